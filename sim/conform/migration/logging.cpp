#include <fmt/format.h>

#include "sim/conform/migration/bench.hpp"

// DMA logging: ranges, page sizes, order.
namespace lmsim::sim::conform::migration {

namespace {

using vfio::LogRange;

constexpr std::uint64_t page = 4096;
constexpr std::uint64_t some = 16 * page;
constexpr std::uint64_t top = ~std::uint64_t{0};

std::vector<LogRange> many(std::size_t count) {
    std::vector<LogRange> ranges;
    for (std::size_t i = 0; i < count; ++i) {
        ranges.push_back({2 * i * page, page});
    }
    return ranges;
}

void refused_starts(Bench& bench) {
    const auto most = bench.rules().value(spec::Id::VfioLogMaxRanges);
    bench.log_start("START without ranges", page, {});
    bench.log_start(fmt::format("START of {} ranges", most + 1), page, many(most + 1));
    bench.log_start("START of ranges that cannot be read", page, {}, Place::Here, 1);
    bench.log_start("START of too many ranges, which cannot be read", page, {}, Place::Here,
                    most + 1);
    bench.log_start("START of an iova that is not aligned", page, {{page / 2, page}});
    bench.log_start("START of a length that is not aligned", page, {{page, page / 2}});
    bench.log_start("START of a second range that is not aligned", page,
                    {{0, page}, {2 * page + 1, page}});
    bench.log_start("START of a range that ends beyond 64 bits", page,
                    {{top - page + 1, 2 * page}});
    bench.log_start("START of a range twice", page, {{some, page}, {some, page}});
    bench.log_start("START of ranges that overlap", page, {{0, some}, {some - page, page}});
    bench.log_start("START of a range in another", page, {{0, some}, {page, page}});
    bench.log_start("START without a payload", page, {{0, some}}, Place::HalfThere);
    bench.log_start("START whose answer cannot be written", page, {{0, some}}, Place::ReadOnly);
}

void refused_reports(Bench& bench, const std::string& when) {
    for (const std::uint64_t size : {std::uint64_t{0}, page / 2, 3 * page}) {
        bench.log_report(fmt::format("REPORT with a page size of {}, {}", size, when), 0, some,
                         size);
    }
    bench.log_report("REPORT of a range that ends beyond 64 bits, " + when, top - page + 1,
                     2 * page, page);
    bench.log_report("REPORT without a payload, " + when, 0, some, page, Place::HalfThere);
}

}  // namespace

void compare_logging(Bench& bench) {
    bench.group("DMA logging");
    if (!bench.log_ops() || !bench.start()) {
        return;
    }
    bench.log_stop("STOP while it is not active");
    bench.log_report("REPORT while it is not active", 0, some, page);
    refused_reports(bench, "not active");
    refused_starts(bench);
    const auto most = bench.rules().value(spec::Id::VfioLogMaxRanges);
    bench.log_start(fmt::format("START of {} ranges", most), page, many(most));
    bench.log_stop("STOP");
    bench.log_start("START", page, {{0, some}, {2 * some, some}});
    bench.log_start("START while it is active", page, {{0, some}});
    bench.log_report("REPORT", 0, some, page);
    bench.log_report("REPORT of the second range", 2 * some, some, page);
    refused_reports(bench, "active");
    bench.set(MigState::STOP, "logging");
    bench.log_report("REPORT in STOP", 0, some, page);
    bench.reset("logging");
    bench.log_stop("STOP after a reset");
    bench.log_stop("STOP twice");
}

}  // namespace lmsim::sim::conform::migration
