#include "sim/guest/page_writer.hpp"

#include <cmath>

#include "tests/catch.hpp"

namespace lmsim::sim {

namespace {

constexpr Ps ms = 1'000'000'000;
constexpr std::uint64_t gib_pages = (std::uint64_t{1} << 30) / page_size;

PageWriter::Params params_of(Rate rate, std::uint64_t working_set) {
    PageWriter::Params params;
    params.rate = rate;
    params.working_set = working_set;
    return params;
}

std::uint64_t dirty_pages(Memory& memory) {
    std::vector<std::uint64_t> bits((memory.pages() + 63) / 64, 0);
    return memory.collect_dirty(bits);
}

/// Pages that one writer makes dirty in so long, with the log on.
std::uint64_t written(const PageWriter::Params& params, Ps window) {
    Memory memory(params.first_page + params.working_set);
    memory.protect(true);
    PageWriter writer(params, Random(1, "writer"));
    writer.start(0);
    writer.stop(memory, window);
    return dirty_pages(memory);
}

}  // namespace

// A. Gudkov, qemu-devel 2023-09: S (1 - (1 - 4096/S)^(w t)) / t.
TEST_CASE("uniform writes make as many pages dirty as the formula says", "[writer]") {
    constexpr double writes = 3'013'500;
    for (const std::uint64_t gib : {1, 4, 24}) {
        const std::uint64_t pages = gib * gib_pages;
        Memory memory(pages);
        PageWriter writer(params_of(Rate{3'013'500'000}, pages), Random(1, "writer"));
        writer.start(0);
        std::vector<std::uint64_t> bits((pages + 63) / 64, 0);
        std::uint64_t dirty = 0;
        for (const int window : {100, 200, 300, 400, 500, 750, 1000, 1500, 2000}) {
            writer.catch_up(memory, window * ms);
            dirty += memory.collect_dirty(bits);
            const auto all = static_cast<double>(pages);
            const double formula = all * (1 - std::pow(1 - 1 / all, writes * window / 1000));
            INFO(gib << " GiB, " << window << " ms");
            CHECK(static_cast<double>(dirty) == Approx(formula).epsilon(0.005));
        }
    }
}

TEST_CASE("the dirty log caps first writes, for each vCPU that writes", "[writer]") {
    PageWriter::Params params = params_of(Rate{3'000'000'000}, 24 * gib_pages);
    const std::uint64_t free = written(params, 500 * ms);
    params.log_fault = 1'530'000;  // 1.53 us
    const std::uint64_t one = written(params, 500 * ms);
    params.writers = 4;
    const std::uint64_t four = written(params, 500 * ms);
    // n uniform writes make d = P (1 - exp(-n / P)) pages dirty, each of which is one fault of one
    // of the writers: n / rate + d fault / writers is the time that it took.
    constexpr double pages = 24 * static_cast<double>(gib_pages);
    const auto us = [](std::uint64_t dirty, double fault_us) {
        const auto faults = static_cast<double>(dirty);
        return -pages * std::log1p(-faults / pages) / 3 + faults * fault_us;
    };
    CHECK(us(free, 0) == Approx(500e3).epsilon(0.005));
    CHECK(us(one, 1.53) == Approx(500e3).epsilon(0.005));
    CHECK(us(four, 1.53 / 4) == Approx(500e3).epsilon(0.005));
}

TEST_CASE("a page faults again once the log has been read, and not when nobody logs", "[writer]") {
    PageWriter::Params params = params_of(Rate{1'000'000'000}, 1);
    params.log_fault = 100 * ms;
    Memory memory(1);
    PageWriter writer(params, Random(1, "writer"));
    writer.start(0);
    writer.catch_up(memory, 1 * ms);
    const std::uint32_t unlogged = memory.version(0);
    CHECK(unlogged == 1000);
    memory.protect(true);
    CHECK(dirty_pages(memory) == 1);
    writer.catch_up(memory, 2 * ms);
    CHECK(memory.version(0) == unlogged + 1);  // and then it waits
    writer.catch_up(memory, 101 * ms);
    CHECK(memory.version(0) == unlogged + 1);
    writer.catch_up(memory, 102 * ms);
    const std::uint32_t after = memory.version(0);
    CHECK(after > unlogged + 900);  // it found the page dirty: no fault
    CHECK(dirty_pages(memory) == 1);
    writer.catch_up(memory, 110 * ms);
    CHECK(memory.version(0) == after + 1);
}

TEST_CASE("a sequential writer goes round and round", "[writer]") {
    PageWriter::Params params = params_of(Rate{1'000'000}, 10);
    params.first_page = 5;
    params.sequential = true;
    Memory memory(20);
    PageWriter writer(params, Random(1, "writer"));
    writer.start(0);
    writer.catch_up(memory, 12 * ms);
    CHECK(memory.version(4) == 0);
    CHECK(memory.version(5) == 2);
    CHECK(memory.version(6) == 2);
    CHECK(memory.version(7) == 1);
    CHECK(memory.version(14) == 1);
    CHECK(memory.version(15) == 0);
}

TEST_CASE("writes end when they are told to, to the write", "[writer]") {
    Memory memory(8);
    PageWriter writer(params_of(Rate{1'000'000}, 1), Random(1, "writer"));
    writer.start(0);
    writer.end_at(5 * ms);
    writer.catch_up(memory, 3 * ms);
    writer.catch_up(memory, 100 * ms);
    CHECK(memory.version(0) == 5);
    writer.stop(memory, 200 * ms);
    writer.start(300 * ms);
    writer.catch_up(memory, 400 * ms);
    CHECK(memory.version(0) == 5);
}

}  // namespace lmsim::sim
