#include "model/host/media/fluid.hpp"

#include <cmath>
#include <random>
#include <set>

#include "tests/catch.hpp"

using namespace lmsim::host::media;

namespace {

constexpr std::int64_t second = 1'000'000'000'000;

/// The same by floating point, for comparison.
double unique_by_pow(double granules, double per_write, double writes) {
    return granules * (1 - std::pow(1 - per_write / granules, writes));
}

}  // namespace

TEST_CASE("powers in fixed point are those of floating point", "[media]") {
    CHECK(power(q63_one, 1'000'000) == q63_one);
    CHECK(power(q63_one / 2, 1) == q63_one / 2);
    CHECK(power(q63_one / 2, 3) == q63_one / 8);
    CHECK(power(0, 0) == q63_one);
    CHECK(power(0, 1) == 0);
    for (const std::uint64_t n : {7U, 1000U, 1'000'000U, 1'000'000'000U}) {
        const Q63 base = q63_one - ratio(1, 2'441'406'250);
        const double expected = std::pow(1 - 1 / 2'441'406'250.0, static_cast<double>(n));
        const double got = static_cast<double>(power(base, n)) / static_cast<double>(q63_one);
        // The base as a double is off by 2^-54, n times.
        CHECK(std::abs(got / expected - 1) < 1e-6);
    }
}

TEST_CASE("uniform writes: S(1 - (1 - g/S)^(w t))", "[media]") {
    for (const std::uint64_t granules : {100U, 65'536U, 2'441'406'250U}) {
        for (const std::uint64_t per_write : {1U, 4U}) {
            Writer writer;
            writer.granules = granules;
            writer.per_write = per_write;
            writer.milli_per_s = 2'000'000;
            for (const std::int64_t t : {1, 60, 36'000}) {
                const double expected =
                    unique_by_pow(static_cast<double>(granules), static_cast<double>(per_write),
                                  2000.0 * static_cast<double>(t));
                const auto got = static_cast<double>(expected_unique(writer, t * second));
                CHECK(std::abs(got - expected) <= 1 + expected * 1e-6);
            }
        }
    }
}

TEST_CASE("with a random map nothing is written twice before all is", "[media]") {
    Writer writer;
    writer.granules = 1000;
    writer.milli_per_s = 100'000;
    writer.each_once = true;
    CHECK(expected_unique(writer, 5 * second) == 500);
    CHECK(expected_unique(writer, 10 * second) == 1000);
    CHECK(expected_unique(writer, 20 * second) == 1000);
}

TEST_CASE("what a round leaves is what a guest drawn write by write leaves", "[media]") {
    constexpr std::uint64_t granules = 20'000;
    constexpr std::uint64_t hot = 2'000;
    constexpr std::uint64_t rate = 10'000;  // granules a second
    Writer everywhere;
    everywhere.granules = granules;
    everywhere.milli_per_s = 3'000'000;
    Writer middle;
    middle.first = 9'000;
    middle.granules = hot;
    middle.milli_per_s = 2'000'000;
    Fluid fluid(granules, {everywhere, middle});
    fluid.want(0, granules);
    REQUIRE(fluid.round() == granules);

    std::mt19937_64 draw(7);
    std::set<std::uint64_t> round;
    for (std::uint64_t i = 0; i < granules; ++i) {
        round.insert(i);
    }
    for (int i = 0; i < 3; ++i) {
        // Five writes while every two granules are copied, at the granules' own order.
        const std::uint64_t size = round.size();
        std::set<std::uint64_t> changed;
        std::uint64_t writes = 0;
        for (std::uint64_t taken = 0; !round.empty();) {
            round.erase(round.begin());
            ++taken;
            for (; writes < taken * 5000 / rate; ++writes) {
                const bool in_middle = draw() % 5 < 2;
                const std::uint64_t at = in_middle ? 9'000 + draw() % hot : draw() % granules;
                if (round.count(at) == 0) {
                    changed.insert(at);
                }
            }
        }
        const std::int64_t took = fluid.run_round(rate, 0);
        CHECK(std::abs(static_cast<double>(took) / second -
                       static_cast<double>(size) / static_cast<double>(rate)) < 0.03);
        const auto expected = static_cast<double>(changed.size());
        CHECK(std::abs(static_cast<double>(fluid.round()) - expected) < 4 * std::sqrt(expected));
        round = changed;
    }
}

TEST_CASE("without writers a copy leaves nothing", "[media]") {
    Fluid fluid(1000, {});
    fluid.want(100, 300);
    CHECK(fluid.round() == 300);
    CHECK(fluid.run_round(100, 0) == 3 * second);
    CHECK(fluid.round() == 0);
}
