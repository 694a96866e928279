#include "sim/hw/calibrate_report.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "sim/core/schemas.hpp"
#include "sim/core/text.hpp"
#include "sim/hw/calibrate_text.hpp"

namespace lmsim::sim::hw {

namespace {

using Json = nlohmann::ordered_json;

double per_second(const Throughput& one) {
    return one.lasted <= 0
               ? 0
               : static_cast<double>(one.completed) * 1e12 / static_cast<double>(one.lasted);
}

Json json_of(const Series& series, const DeviceProfile* profile) {
    Json row = {{"kind", series.kind}, {"samples", series.taken.size()}};
    if (series.bytes != 0) row["bytes"] = series.bytes;
    if (series.taken.empty()) {
        row["left_out"] = series.why_not;
        return row;
    }
    row["min_ps"] = series.taken.front();
    row["p50_ps"] = quantile(series, p50);
    row["p99_ps"] = quantile(series, p99);
    row["p999_ps"] = quantile(series, p999);
    row["max_ps"] = series.taken.back();
    if (profile != nullptr && profile->path.count(series.kind) != 0) {
        row["path_ps"] = profile->path.at(series.kind);
    }
    return row;
}

Json json_of(const DeviceFacts& facts) {
    return {{"model", facts.model},           {"firmware", facts.firmware},
            {"serial", facts.serial},         {"mmc", facts.mmc},
            {"functions", facts.functions},   {"mdts_bytes", facts.mdts},
            {"queue_size", facts.queue_size}, {"block_bytes", facts.block},
            {"blocks", facts.blocks}};
}

}  // namespace

std::string calibration_table(const Calibration& measured) {
    const DeviceFacts& facts = measured.facts;
    std::string text = fmt::format("model {}, firmware {}, serial {}\n\n", in_quotes(facts.model),
                                   in_quotes(facts.firmware), in_quotes(facts.serial));
    text += fmt::format("{:<22} {:>7} {:>10} {:>10} {:>10} {:>10} {:>10}\n", "kind", "samples",
                        "min", "p50", "p99", "p99.9", "max");
    for (const Series& series : measured.series) {
        if (series.taken.empty()) {
            text += fmt::format("{:<22} {}\n", series.kind, "left out: " + series.why_not);
            continue;
        }
        text += fmt::format("{:<22} {:>7} {:>10} {:>10} {:>10} {:>10} {:>10}\n", series.kind,
                            series.taken.size(), rounded(series.taken.front()),
                            rounded(quantile(series, p50)), rounded(quantile(series, p99)),
                            rounded(quantile(series, p999)), rounded(series.taken.back()));
    }
    for (const Throughput& one : measured.throughput) {
        text += fmt::format("{:<22} {:>7} {:.0f} a second, {:.1f} MB/s, with {} at once\n",
                            one.kind, one.completed, per_second(one),
                            per_second(one) * static_cast<double>(one.bytes) / 1e6, one.depth);
    }
    return text;
}

std::string comparison_table(const std::vector<Compared>& all) {
    std::string text =
        fmt::format("{:<32} {:>12} {:>12} {:>10}\n", "p50", "measured", "simulated", "difference");
    for (const Compared& one : all) {
        const double difference = one.difference();
        const bool beyond = difference > most_difference || difference < -most_difference;
        text += fmt::format("{:<32} {:>12} {:>12} {:>9.2f}%{}\n", one.kind, rounded(one.measured),
                            rounded(one.simulated), difference,
                            !one.judged ? "  (not judged)"
                            : beyond    ? "  beyond 10 %"
                                        : "");
    }
    return text;
}

std::string calibration_json(const Calibration& measured, const Provenance& from,
                             const DeviceProfile* profile, const std::vector<Compared>& all) {
    Json json = {{"schema", schema::Calibration},
                 {"time_base", "wall"},
                 {"device", from.device},
                 {"version", from.version},
                 {"kernel", from.kernel},
                 {"date", from.date},
                 {"facts", json_of(measured.facts)},
                 {"kinds", Json::array()},
                 {"throughput", Json::array()}};
    for (const Series& series : measured.series) {
        json["kinds"].push_back(json_of(series, profile));
    }
    for (const Throughput& one : measured.throughput) {
        json["throughput"].push_back({{"kind", one.kind},
                                      {"depth", one.depth},
                                      {"completed", one.completed},
                                      {"lasted_ps", one.lasted},
                                      {"per_s", per_second(one)}});
    }
    if (profile != nullptr) {
        json["link_latency_ps"] = profile->link_latency;
    }
    if (!all.empty()) {
        json["verified"] = agree(all);
        json["comparison"] = Json::array();
        for (const Compared& one : all) {
            json["comparison"].push_back({{"kind", one.kind},
                                          {"measured_ps", one.measured},
                                          {"simulated_ps", one.simulated},
                                          {"difference_percent", one.difference()},
                                          {"judged", one.judged}});
        }
    }
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace lmsim::sim::hw
