// The keys that set block sizes. fio(1), "Block size".
#include <algorithm>

#include <fmt/format.h>

#include "sim/core/text.hpp"
#include "sim/guest/fio/io.hpp"
#include "sim/guest/fio/job_values.hpp"

namespace lmsim::sim::fio {

namespace {

constexpr std::size_t split_limit = 64;  // fio's own

std::uint64_t block_size(const Value& value, const Job& job) {
    const std::uint64_t bytes = parse_size(value, job.kb_base, 1, block_size_limit);
    if (bytes % sector != 0) {
        value.fail(
            fmt::format("{} bytes are no whole number of sectors; expected a multiple of "
                        "{}",
                        bytes, sector));
    }
    return bytes;
}

/// A share as written; `percent` 0 stands for "not given", as "/0" does in fio.
SizeShare share(const Value& entry, const Job& job) {
    const std::size_t slash = entry.text.find('/');
    SizeShare out;
    out.bytes = block_size(entry.part(0, std::min(slash, entry.text.size())), job);
    if (slash != std::string_view::npos && slash + 1 != entry.text.size()) {
        const Value percent = entry.part(slash + 1, entry.text.size() - slash - 1);
        out.percent = static_cast<unsigned>(parse_size(percent, job.kb_base, 0, 100));
    }
    return out;
}

/// Gives the entries without a percentage equal parts of what is left, as fio does.
void fill_shares(const Value& value, std::vector<SizeShare>& shares) {
    unsigned sum = 0;
    unsigned missing = 0;
    for (const SizeShare& entry : shares) {
        sum += entry.percent;
        missing += entry.percent == 0 ? 1 : 0;
    }
    if (sum > 100) {
        value.fail(fmt::format("the shares add up to {} %; expected at most 100", sum));
    }
    for (SizeShare& entry : shares) {
        if (entry.percent == 0) {
            entry.percent = (100 - sum) / missing;
        }
    }
    const auto fewer = [](const SizeShare& a, const SizeShare& b) { return a.percent < b.percent; };
    std::stable_sort(shares.begin(), shares.end(), fewer);
}

void set_split(const Value& value, BlockSizes& sizes, const Job& job) {
    const std::vector<Value> entries = value.split(':');
    if (entries.size() > split_limit) {
        value.fail(fmt::format("{} block sizes; expected at most {}", entries.size(), split_limit));
    }
    std::vector<SizeShare> shares;
    for (const Value& entry : entries) {
        shares.push_back(share(entry, job));
    }
    fill_shares(value, shares);
    const auto smaller = [](const SizeShare& a, const SizeShare& b) { return a.bytes < b.bytes; };
    const auto [least, most] = std::minmax_element(shares.begin(), shares.end(), smaller);
    sizes.min = least->bytes;
    sizes.max = most->bytes;
    sizes.split = std::move(shares);
}

}  // namespace

void apply_bs(const Value& value, Job& job) {
    if (value.text.find('-') != std::string_view::npos) {
        value.fail("a range; expected sizes for read,write,trim (a range is bsrange=)");
    }
    spread(value, true, [&](Direction direction, const Value& piece) {
        job.of(direction).fixed = block_size(piece, job);
    });
}

void apply_bsrange(const Value& value, Job& job) {
    spread(value, false, [&](Direction direction, const Value& piece) {
        const std::size_t dash = piece.text.find_first_of("-:");
        if (dash == std::string_view::npos) {
            piece.fail(fmt::format("{} is no range; expected two sizes such as 4k-64k",
                                   in_quotes(piece.text)));
        }
        const std::uint64_t a = block_size(piece.part(0, dash), job);
        const std::uint64_t b = block_size(piece.part(dash + 1, piece.text.size() - dash - 1), job);
        job.of(direction).min = std::min(a, b);
        job.of(direction).max = std::max(a, b);
    });
}

void apply_bssplit(const Value& value, Job& job) {
    spread(value, false, [&](Direction direction, const Value& piece) {
        set_split(piece, job.of(direction), job);
    });
}

}  // namespace lmsim::sim::fio
