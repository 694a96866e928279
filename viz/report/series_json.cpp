#include "viz/report/series_json.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace lmsim::viz {

namespace {

using sim::Ps;
using Json = nlohmann::ordered_json;

constexpr std::size_t fine_per_bucket = 4;
constexpr std::size_t most_steps = 2000;
constexpr std::array<const char*, 3> guest_windows{"before", "during", "after"};

Ps rounded_ns(Ps ps) { return (ps + 500) / 1000; }

/// A bucket is some bins together; the least and the most commands of a bin are kept, so that no
/// peak and no gap of the rate is lost.
Json guest_json(const GuestSeries& guest, Ps end) {
    const auto& bins = guest.bins();
    const Ps width = guest.width() * static_cast<Ps>(fine_per_bucket);
    Json json{{"fine_ps", guest.width()}};
    for (const char* list : {"begin_ps", "width_ps", "commands", "bytes", "min_ns", "mean_ns",
                             "max_ns", "low", "high"}) {
        json[list] = Json::array();
    }
    for (std::size_t at = 0; static_cast<Ps>(at / fine_per_bucket) * width <= end;
         at += fine_per_bucket) {
        GuestBin sum;
        std::uint64_t low = UINT64_MAX;
        std::uint64_t high = 0;
        for (std::size_t i = at; i < at + fine_per_bucket; ++i) {
            const GuestBin bin = i < bins.size() ? bins[i] : GuestBin{};
            put_together(sum, bin);
            low = std::min(low, bin.commands);
            high = std::max(high, bin.commands);
        }
        json["begin_ps"].push_back(static_cast<Ps>(at / fine_per_bucket) * width);
        json["width_ps"].push_back(width);
        json["commands"].push_back(sum.commands);
        json["bytes"].push_back(sum.bytes);
        const bool none = sum.commands == 0;
        const auto mean = none ? 0 : static_cast<Ps>(sum.sum / sum.commands);
        json["min_ns"].push_back(none ? Json() : Json(rounded_ns(sum.least)));
        json["mean_ns"].push_back(none ? Json() : Json(rounded_ns(mean)));
        json["max_ns"].push_back(none ? Json() : Json(rounded_ns(sum.most)));
        json["low"].push_back(low);
        json["high"].push_back(high);
    }
    return json;
}

Json admin_json(const SeriesMeter& meter) {
    Json json = Json::object();
    for (const auto side : {sim::trace::Side::Source, sim::trace::Side::Destination}) {
        Json moments = Json::array();
        Json counts = Json::array();
        for (const Load& step : occupancy(meter.admin(side), most_steps)) {
            moments.push_back(step.at);
            counts.push_back(step.count);
        }
        json[std::string(sim::metrics::name(side))] = {{"t_ps", moments}, {"count", counts}};
    }
    return json;
}

/// Of a window that the result does not have: none.
Ps window_length(const Json& result, const char* window) {
    return result.value(Json::json_pointer(std::string("/guest/") + window + "/duration_ps"),
                        Ps{0});
}

}  // namespace

Json series_json(const SeriesMeter& meter, const Json& result, Ps end) {
    if (meter.guest().bins().empty()) {
        return nullptr;
    }
    Json marks = Json::array();
    for (const Mark& mark : meter.marks()) {
        marks.push_back({{"t_ps", mark.at},
                         {"text", mark.text},
                         {"side", std::string(sim::metrics::name(mark.side))}});
    }
    Json json{{"guest", guest_json(meter.guest(), end)},
              {"marks", std::move(marks)},
              {"admin", admin_json(meter)}};
    if (meter.begin() >= 0) {
        const Ps begin = meter.begin();
        const Ps over = begin + window_length(result, "during");
        json["windows"] = {{"before", {begin - window_length(result, "before"), begin}},
                           {"during", {begin, over}},
                           {"after", {over, over + window_length(result, "after")}}};
    }
    const Json& downtime = result.at("downtime");
    const Ps total = downtime.at("total_ps");
    if (total > 0) {
        const Ps begin = downtime.at("begin_ps");
        json["blackout"] = {
            {"begin_ps", begin}, {"end_ps", begin + total}, {"ended", downtime.at("ended")}};
    }
    return json;
}

Json distribution_json(const SeriesMeter& meter, const Json& result) {
    Json json;
    for (std::size_t i = 0; i < guest_windows.size(); ++i) {
        const LatencyCounts& counts = meter.latencies()[i];
        const std::uint64_t wanted =
            result.at("guest").at(guest_windows[i]).at("commands").get<std::uint64_t>();
        // Other commands than the window's (several VMs, rates) would be a different distribution.
        if (wanted == 0 || counts.count() != wanted) {
            continue;
        }
        Json from = Json::array();
        Json to = Json::array();
        Json count = Json::array();
        for (const LatencyCounts::Bucket& bucket : counts.buckets()) {
            from.push_back(rounded_ns(bucket.from));
            to.push_back(rounded_ns(bucket.to));
            count.push_back(bucket.count);
        }
        json[guest_windows[i]] = {{"from_ns", from}, {"to_ns", to}, {"count", count}};
    }
    return json;
}

}  // namespace lmsim::viz
