#include "sim/guest/fio/describe.hpp"

#include <fmt/format.h>

namespace lmsim::sim::fio {

namespace {

using Values = std::vector<std::pair<std::string, std::string>>;
using sim::format;

std::string kind_of(const Job& job) {
    const char* what = job.mixed() ? "rw" : job.reads ? "read" : job.writes ? "write" : "trim";
    return fmt::format("{}{}", job.random ? "rand" : "", what);
}

std::string bytes(std::uint64_t count) { return format(Bytes(count)); }

std::string millionths(std::uint64_t value) {
    std::string text = fmt::format("{}.{:06}", value / 1'000'000, value % 1'000'000);
    text.erase(text.find_last_not_of('0') + 1);
    return text.back() == '.' ? text + "0" : text;
}

std::string sizes_text(const BlockSizes& sizes) {
    if (!sizes.split.empty()) {
        std::string text;
        for (const SizeShare& share : sizes.split) {
            text +=
                fmt::format("{}{}/{}%", text.empty() ? "" : ":", bytes(share.bytes), share.percent);
        }
        return text;
    }
    return sizes.min == sizes.max ? bytes(sizes.min)
                                  : fmt::format("{}-{}", bytes(sizes.min), bytes(sizes.max));
}

std::string extent_text(const Extent& extent) {
    return extent.percent ? fmt::format("{}%", extent.value) : bytes(extent.value);
}

void add_directions(const Job& job, Values& out) {
    constexpr std::string_view names[] = {"read", "write", "trim"};
    for (std::size_t i = 0; i < directions; ++i) {
        if (!job.uses(static_cast<Direction>(i))) {
            continue;
        }
        out.emplace_back(fmt::format("bs.{}", names[i]), sizes_text(job.sizes[i]));
        if (job.rate[i] != 0) {
            out.emplace_back(fmt::format("rate.{}", names[i]), bytes(job.rate[i]) + "/s");
        }
        if (job.rate_iops[i] != 0) {
            out.emplace_back(fmt::format("rate_iops.{}", names[i]),
                             fmt::format("{}/s", job.rate_iops[i]));
        }
    }
}

std::string distribution_text(const Job& job) {
    switch (job.distribution) {
        case Distribution::Uniform:
            return job.random_map ? "random, each block once" : "random, blocks may repeat";
        case Distribution::Zipf: return "zipf:" + millionths(job.skew);
        case Distribution::Pareto: return "pareto:" + millionths(job.skew);
    }
    return {};
}

void add_times(const Job& job, Values& out) {
    const auto add = [&](const char* name, Time time) {
        if (time != Time()) {
            out.emplace_back(name, format(time));
        }
    };
    add("thinktime", job.think_time);
    if (job.think_time != Time()) {
        out.emplace_back("thinktime_blocks", std::to_string(job.think_blocks));
    }
    add("startdelay", job.start_delay);
    if (job.start_delay_max != job.start_delay) {
        add("startdelay.max", job.start_delay_max);
    }
    add("ramp_time", job.ramp_time);
    add("runtime", job.runtime);
    out.emplace_back("time_based", job.time_based ? "1" : "0");
}

Values values_of(const Job& job) {
    Values out;
    out.emplace_back("rw", kind_of(job));
    if (job.mixed()) {
        out.emplace_back("rwmixread", std::to_string(job.read_percent));
    }
    add_directions(job, out);
    out.emplace_back("iodepth", std::to_string(job.depth));
    out.emplace_back("numjobs", std::to_string(job.copies));
    if (job.random) {
        out.emplace_back("random_distribution", distribution_text(job));
    }
    const std::pair<const char*, const Extent*> extents[] = {
        {"offset", &job.offset},
        {"offset_increment", &job.offset_increment},
        {"size", &job.size},
        {"io_size", &job.io_size}};
    for (const auto& [name, extent] : extents) {
        if (extent->given) {
            out.emplace_back(name, extent_text(*extent));
        }
    }
    const std::pair<const char*, std::uint64_t> counts[] = {{"number_ios", job.number_ios},
                                                            {"fsync", job.fsync_every},
                                                            {"fdatasync", job.fdatasync_every},
                                                            {"loops", job.loops - 1U}};
    for (const auto& [name, count] : counts) {
        if (count != 0) {
            out.emplace_back(name,
                             std::to_string(name == std::string_view("loops") ? count + 1 : count));
        }
    }
    add_times(job, out);
    return out;
}

}  // namespace

Description describe(const JobFile& file) {
    Description out;
    out.source = "fio job file " + file.path;
    for (const Job& job : file.jobs) {
        out.jobs.push_back({job.name, values_of(job)});
    }
    for (const IgnoredKey& key : file.ignored) {
        out.ignored.push_back(
            {key.key, key.value, fmt::format("{}:{}", file.path, key.where.line)});
    }
    for (const Note& note : file.notes) {
        out.notes.push_back(fmt::format("{}:{}: {}", file.path, note.where.line, note.text));
    }
    return out;
}

Description describe(const IoLog& log) {
    Description out;
    const bool of_fio = log.version != 0;
    out.source = fmt::format("{} {}", of_fio ? "fio I/O log" : log.notes.front(), log.path);
    Values values{{"ios", std::to_string(log.ios.size())}, {"size", bytes(log.size)}};
    if (of_fio) {
        values.insert(values.begin(), {"version", std::to_string(log.version)});
    }
    for (const LoggedFile& file : log.files) {
        values.emplace_back("file", fmt::format("{} at {}", file.name, bytes(file.base)));
    }
    out.jobs.push_back({"iolog", std::move(values)});
    for (std::size_t i = of_fio ? 0 : 1; i < log.notes.size(); ++i) {
        out.notes.push_back(log.path + ": " + log.notes[i]);
    }
    return out;
}

std::string format(const Description& description) {
    std::string out = description.source + "\n";
    for (const Description::Job& job : description.jobs) {
        out += fmt::format("  [{}]\n", job.name);
        for (const auto& [key, value] : job.values) {
            out += fmt::format("    {} = {}\n", key, value);
        }
    }
    for (const Description::Ignored& key : description.ignored) {
        out += fmt::format("  ignored, no meaning here: {}{}{} ({})\n", key.key,
                           key.value.empty() ? "" : "=", key.value, key.where);
    }
    for (const std::string& note : description.notes) {
        out += fmt::format("  note: {}\n", note);
    }
    return out;
}

}  // namespace lmsim::sim::fio
