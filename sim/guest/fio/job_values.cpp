#include "sim/guest/fio/job_values.hpp"

#include <fmt/format.h>

#include "sim/core/text.hpp"
namespace lmsim::sim::fio {

namespace {

constexpr std::uint64_t no_limit = UINT64_MAX;
constexpr std::uint64_t largest_int = INT32_MAX;

std::uint64_t number(const Value& value, const Job& job, std::uint64_t min, std::uint64_t max) {
    return parse_size(value, job.kb_base, min, max);
}

unsigned small_number(const Value& value, const Job& job, std::uint64_t min, std::uint64_t max) {
    return static_cast<unsigned>(number(value, job, min, max));
}

void apply_rw(const Value& value, Job& job, JobFile&) {
    struct Row {
        std::string_view name;
        bool reads, writes, trims, random;
    };
    constexpr Row rows[] = {
        {"read", true, false, false, false},     {"write", false, true, false, false},
        {"trim", false, false, true, false},     {"randread", true, false, false, true},
        {"randwrite", false, true, false, true}, {"randtrim", false, false, true, true},
        {"rw", true, true, false, false},        {"readwrite", true, true, false, false},
        {"randrw", true, true, false, true},
    };
    std::vector<std::string_view> names;
    for (const Row& row : rows) {
        if (row.name == value.text) {
            job.reads = row.reads;
            job.writes = row.writes;
            job.trims = row.trims;
            job.random = row.random;
            return;
        }
        names.push_back(row.name);
    }
    const bool known = value.text == "trimwrite" || value.text == "randtrimwrite" ||
                       value.text.find(':') != std::string_view::npos;
    if (value.text.empty()) {
        value.fail(fmt::format("a value is missing; expected {}", fmt::join(names, ", ")));
    }
    value.fail(fmt::format("{} is {}; expected {}{}", in_quotes(value.text),
                           known ? "not supported" : "no kind of I/O", fmt::join(names, ", "),
                           known ? "" : did_you_mean(value.text, names)));
}

void apply_mix(const Value& value, Job& job, JobFile&) {
    const unsigned percent = small_number(value, job, 0, 100);
    job.read_percent = value.key == "rwmixwrite" ? 100 - percent : percent;
}

void apply_extent(const Value& value, const Job& job, Extent& extent) {
    extent.value = parse_size_or_percent(value, job.kb_base, no_limit, extent.percent);
    extent.given = true;
}

void apply_length(const Value& value, const Job& job, Extent& extent) {
    apply_extent(value, job, extent);
    if (extent.value == 0) {
        value.fail("0 is out of range; expected at least one block");
    }
}

void apply_align(const Value& value, Job& job, JobFile&) {
    spread(value, true, [&](Direction direction, const Value& piece) {
        job.of(direction).align = number(piece, job, 512, block_size_limit);
        if (job.of(direction).align % 512 != 0) {
            piece.fail(fmt::format("{} is no multiple of 512", in_quotes(piece.text)));
        }
    });
}

void apply_rate(const Value& value, PerDirection<std::uint64_t>& rates, const Job& job) {
    constexpr std::uint64_t fastest = 1ULL << 50;
    spread(value, true, [&](Direction direction, const Value& piece) {
        rates[static_cast<std::size_t>(direction)] = number(piece, job, 0, fastest);
    });
}

void apply_random_percent(const Value& value, Job& job, JobFile&) {
    spread(value, true, [&](Direction direction, const Value& piece) {
        job.random_percent[static_cast<std::size_t>(direction)] = small_number(piece, job, 0, 100);
    });
}

/// name[:value[:center]]
void apply_distribution(const Value& value, Job& job, JobFile&) {
    constexpr std::uint64_t one = 1'000'000;
    const std::vector<Value> pieces = value.split(':');
    const std::string_view name = pieces[0].text;
    const std::vector<std::string_view> names{"random", "zipf", "pareto"};
    if (name == "normal" || name == "zoned" || name == "zoned_abs") {
        value.fail(fmt::format("{} is not supported; expected random, zipf:theta or pareto:h",
                               in_quotes(name)));
    }
    if (std::find(names.begin(), names.end(), name) == names.end()) {
        value.fail(fmt::format("{} is no distribution; expected random, zipf:theta or pareto:h{}",
                               in_quotes(name), did_you_mean(name, names)));
    }
    if (pieces.size() > (name == "random" ? 1 : 3)) {
        value.fail(fmt::format("{} has too many values; expected random, zipf:theta or pareto:h",
                               in_quotes(value.text)));
    }
    job.distribution = name == "zipf"     ? Distribution::Zipf
                       : name == "pareto" ? Distribution::Pareto
                                          : Distribution::Uniform;
    job.skew = name == "zipf" ? 1'100'000 : 200'000;  // fio's defaults
    if (pieces.size() > 1) {
        job.skew = parse_millionths(pieces[1]);
        if (name == "pareto" && (job.skew == 0 || job.skew >= one)) {
            pieces[1].fail(fmt::format("h is {}; expected more than 0 and less than 1",
                                       in_quotes(pieces[1].text)));
        }
        if (name == "zipf" && (job.skew == one || job.skew == 0 || job.skew > 10 * one)) {
            pieces[1].fail(
                fmt::format("theta is {}; expected more than 0, at most 10 and, as fio "
                            "wants it, not 1",
                            in_quotes(pieces[1].text)));
        }
    }
    job.centered = pieces.size() > 2;
    job.center = job.centered ? parse_millionths(pieces[2]) : 0;
    if (job.center > one) {
        pieces[2].fail(fmt::format("the center is {}; expected 0 to 1", in_quotes(pieces[2].text)));
    }
}

void apply_think_type(const Value& value, Job& job, JobFile&) {
    if (value.text != "complete" && value.text != "issue") {
        value.fail(fmt::format("{} is unknown; expected complete or issue{}", in_quotes(value.text),
                               did_you_mean(value.text, {"complete", "issue"})));
    }
    job.think_at_issue = value.text == "issue";
}

void apply_start_delay(const Value& value, Job& job, JobFile&) {
    const std::size_t dash = value.text.find_first_of("-,:");
    job.start_delay = parse_time(value.part(0, std::min(dash, value.text.size())), 1_s);
    job.start_delay_max = job.start_delay;
    if (dash != std::string_view::npos) {
        const Value end = value.part(dash + 1, value.text.size() - dash - 1);
        job.start_delay_max = parse_time(end, 1_s);
        if (job.start_delay_max < job.start_delay) {
            value.fail("the range ends before it starts");
        }
    }
}

void apply_kb_base(const Value& value, Job& job, JobFile&) {
    if (value.text != "1024" && value.text != "1000") {
        value.fail(fmt::format("{} is unknown; expected 1024 or 1000", in_quotes(value.text)));
    }
    job.kb_base = value.text == "1000" ? 1000 : 1024;
}

void ignore(const Value& value, JobFile& file) {
    file.ignored.push_back({std::string(value.key), std::string(value.text), value.at});
}

/// The number of the namespace in "/dev/nvme0n2"; 0 if it is no such name.
unsigned namespace_in(std::string_view path) {
    const std::string_view name = path.substr(path.rfind('/') + 1);
    const std::size_t at = name.rfind('n');
    const auto digits = [](std::string_view text) {
        return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
    };
    if (name.substr(0, 4) != "nvme" || at < 5 || at == std::string_view::npos ||
        !digits(name.substr(4, at - 4)) || !digits(name.substr(at + 1)) || name.size() > at + 6) {
        return 0;
    }
    unsigned number = 0;
    for (const char digit : name.substr(at + 1)) {
        number = 10 * number + static_cast<unsigned>(digit - '0');
    }
    return number;
}

/// One name tells which namespace, where a VF has several; several would spread the I/O.
void apply_filename(const Value& value, Job& job, JobFile& file) {
    for (std::size_t i = 1; i < value.text.size(); ++i) {
        if (value.text[i] == ':' && value.text[i - 1] != '\\') {
            value.fail("several files in one job are not supported; expected a section per file");
        }
    }
    job.device = namespace_in(value.text);
    ignore(value, file);
}

/// fio's page cache would change the workload, but a simulated guest has none.
void apply_direct(const Value& value, Job&, JobFile& file) {
    const bool buffered = parse_flag(value) == (value.key == "buffered");
    if (buffered) {
        file.notes.push_back({value.at,
                              "buffered I/O is simulated as direct: every I/O reaches "
                              "the namespace"});
    }
    ignore(value, file);
}

void apply_engine(const Value& value, Job& job, JobFile& file) {
    job.engine = value.text;
    ignore(value, file);
}

using Apply = void (*)(const Value&, Job&, JobFile&);

struct Row {
    std::string_view name;
    Apply apply;
};

constexpr Row rows[] = {
    {"rw", apply_rw},
    {"rwmixread", apply_mix},
    {"rwmixwrite", apply_mix},
    {"bs", [](const Value& v, Job& j, JobFile&) { apply_bs(v, j); }},
    {"bsrange", [](const Value& v, Job& j, JobFile&) { apply_bsrange(v, j); }},
    {"bssplit", [](const Value& v, Job& j, JobFile&) { apply_bssplit(v, j); }},
    {"ba", apply_align},
    {"iodepth",
     [](const Value& v, Job& j, JobFile&) { j.depth = small_number(v, j, 1, depth_limit); }},
    {"numjobs",
     [](const Value& v, Job& j, JobFile&) { j.copies = small_number(v, j, 1, jobs_limit); }},
    {"size", [](const Value& v, Job& j, JobFile&) { apply_length(v, j, j.size); }},
    {"io_size", [](const Value& v, Job& j, JobFile&) { apply_length(v, j, j.io_size); }},
    {"offset", [](const Value& v, Job& j, JobFile&) { apply_extent(v, j, j.offset); }},
    {"offset_increment",
     [](const Value& v, Job& j, JobFile&) { apply_extent(v, j, j.offset_increment); }},
    {"loops",
     [](const Value& v, Job& j, JobFile&) { j.loops = small_number(v, j, 1, largest_int); }},
    {"number_ios",
     [](const Value& v, Job& j, JobFile&) { j.number_ios = number(v, j, 0, no_limit); }},
    {"norandommap", [](const Value& v, Job& j, JobFile&) { j.random_map = !parse_flag(v); }},
    {"random_distribution", apply_distribution},
    {"percentage_random", apply_random_percent},
    {"rate", [](const Value& v, Job& j, JobFile&) { apply_rate(v, j.rate, j); }},
    {"rate_iops", [](const Value& v, Job& j, JobFile&) { apply_rate(v, j.rate_iops, j); }},
    {"thinktime", [](const Value& v, Job& j, JobFile&) { j.think_time = parse_time(v, 1_us); }},
    {"thinktime_blocks",
     [](const Value& v, Job& j, JobFile&) { j.think_blocks = number(v, j, 1, largest_int); }},
    {"thinktime_blocks_type", apply_think_type},
    {"time_based", [](const Value& v, Job& j, JobFile&) { j.time_based = parse_flag(v); }},
    {"runtime", [](const Value& v, Job& j, JobFile&) { j.runtime = parse_time(v, 1_s); }},
    {"ramp_time", [](const Value& v, Job& j, JobFile&) { j.ramp_time = parse_time(v, 1_s); }},
    {"startdelay", apply_start_delay},
    {"stonewall", [](const Value& v, Job& j, JobFile&) { j.stonewall = parse_flag(v); }},
    {"fsync",
     [](const Value& v, Job& j, JobFile&) { j.fsync_every = small_number(v, j, 0, largest_int); }},
    {"fdatasync", [](const Value& v, Job& j,
                     JobFile&) { j.fdatasync_every = small_number(v, j, 0, largest_int); }},
    {"kb_base", apply_kb_base},
    {"filename", apply_filename},
    {"ioengine", apply_engine},
    {"direct", apply_direct},
    {"buffered", apply_direct},
};

}  // namespace

void apply_key(std::string_view canonical, const Value& value, Job& job, JobFile& file) {
    for (const Row& row : rows) {
        if (row.name == canonical) {
            row.apply(value, job, file);
            job.given.push_back({row.name, value.at});
            return;
        }
    }
    LMSIM_ASSERT(!"a supported key without a handler");
}

}  // namespace lmsim::sim::fio
