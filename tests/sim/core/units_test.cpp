#include "sim/core/units.hpp"

#include "tests/catch.hpp"

using namespace lmsim::sim;

namespace {

template <class U>
std::string error_of(const char* text) {
    const Result<U> result = parse<U>(text);
    return result ? "read as " + format(result.value()) : result.error();
}

}  // namespace

TEST_CASE("units are read exactly", "[units]") {
    CHECK(parse<Time>("10us").value() == 10_us);
    CHECK(parse<Time>("1.5ms").value() == 1500_us);
    CHECK(parse<Time>("0.000001us").value() == 1_ps);
    CHECK(parse<Time>("1.50000000000000000000000s").value() == 1500_ms);
    CHECK(parse<Time>("0s").value() == 0_s);
    CHECK(parse<Time>("2min").value() == 120_s);
    CHECK(parse<Time>("9223372036854775807ps").value() == Time::max());
    CHECK(parse<Bytes>("4KiB").value() == 4096_B);
    CHECK(parse<Bytes>("4kB").value() == 4000_B);
    CHECK(parse<Bytes>("18446744073709551615B").value() == Bytes::max());
    CHECK(parse<Bandwidth>("25Gbit/s").value() == 25_Gbit_per_s);
    CHECK(parse<Bandwidth>("128MiB/s").value() == 128_MiB_per_s);
    CHECK(parse<Bandwidth>("128MiB/s").value().bits_per_s == 1073741824U);
    CHECK(parse<Rate>("20000/s").value() == 20000_per_s);
    CHECK(parse<Rate>("1k/s").value() == 1000_per_s);
    CHECK(parse<Rate>("0.001/s").value() == Rate{1});
    CHECK(parse<Share>("80%").value() == 80_percent);
    CHECK(parse<Share>("0.0001%").value() == 1_ppm);
}

TEST_CASE("what is not a quantity is refused with the reason", "[units]") {
    CHECK(error_of<Time>("10") == "\"10\" has no unit; expected a time such as \"10us\"");
    CHECK(error_of<Time>("") == "\"\" is not a time such as \"10us\"");
    CHECK(error_of<Time>("us") == "\"us\" is not a time such as \"10us\"");
    CHECK(error_of<Time>("-1us") == "\"-1us\" is not a time such as \"10us\"");
    CHECK(error_of<Time>("1.us") == "\"1.us\" is not a time such as \"10us\"");
    CHECK(error_of<Time>(".5us") == "\".5us\" is not a time such as \"10us\"");
    CHECK(error_of<Time>("10 us") ==
          "\"10 us\": no space between number and "
          "unit; expected a time such as \"10us\"");
    CHECK(error_of<Time>("10usec") ==
          "\"10usec\": unknown unit \"usec\" for a time; did you mean \"us\"? "
          "(units: ps, ns, us, ms, s, min, h)");
    CHECK(error_of<Time>("1e3us") ==
          "\"1e3us\": unknown unit \"e3us\" for a time; did you mean \"us\"? "
          "(units: ps, ns, us, ms, s, min, h)");
    CHECK(error_of<Time>("1.0000001us") == "\"1.0000001us\" is not a whole number of picoseconds");
    CHECK(error_of<Time>("9223372036854775808ps") ==
          "\"9223372036854775808ps\" is too large: at most 9223372036854775807ps");
    CHECK(error_of<Time>("9999999h") == "\"9999999h\" is too large: at most 9223372036854775807ps");
    CHECK(error_of<Bytes>("1.5B") == "\"1.5B\" is not a whole number of bytes");
    CHECK(error_of<Bytes>("4KB") ==
          "\"4KB\": unknown unit \"KB\" for a size; did you mean \"kB\"? "
          "(units: B, kB, MB, GB, TB, KiB, MiB, GiB, TiB)");
    CHECK(error_of<Bytes>("20000000TiB") ==
          "\"20000000TiB\" is too large: at most 18446744073709551615B");
    CHECK(error_of<Bandwidth>("25Gb/s").find("did you mean \"GB/s\"?") != std::string::npos);
    CHECK(error_of<Share>("0.00001%") == "\"0.00001%\" is not a whole number of parts per million");
    CHECK(error_of<Time>("1\x1b[2Jus").find("\\u001B[2Jus") != std::string::npos);
}

TEST_CASE("units are printed in the shortest exact form", "[units]") {
    CHECK(format(0_s) == "0s");
    CHECK(format(1500_us) == "1.5ms");
    CHECK(format(80_us) == "80us");
    CHECK(format(1000_ns) == "1us");
    CHECK(format(600_s) == "600s");
    CHECK(format(500_us) == "500us");
    CHECK(format(Time{-3'000'000}) == "-3us");
    CHECK(format(Time::max()) == "9223372036854775807ps");
    CHECK(format(Time{std::numeric_limits<std::int64_t>::min()}) == "-9223372036854775808ps");
    CHECK(format(4096_B) == "4KiB");
    CHECK(format(4000_B) == "4kB");
    CHECK(format(1536_B) == "1.5KiB");
    CHECK(format(Bytes::max()) == "18446744073709551615B");
    CHECK(format(25_Gbit_per_s) == "25Gbit/s");
    CHECK(format(40_Gbit_per_s) == "40Gbit/s");
    CHECK(format(128_MiB_per_s) == "128MiB/s");
    CHECK(format(20000_per_s) == "20k/s");
    CHECK(format(80_percent) == "80%");
    CHECK(format(1_ppm) == "1ppm");
    CHECK(format(0_percent) == "0%");
}

TEST_CASE("what is printed reads back as the same value", "[units]") {
    std::uint64_t x = 1;
    for (int i = 0; i < 2000; ++i) {
        x = x * 6364136223846793005U + 1442695040888963407U;
        const std::uint64_t raw = (x >> 1U) >> (static_cast<unsigned>(i) % 60U);
        CHECK(parse<Time>(format(Time{static_cast<std::int64_t>(raw)})).value().ps ==
              static_cast<std::int64_t>(raw));
        CHECK(parse<Bytes>(format(Bytes{raw})).value() == Bytes{raw});
        CHECK(parse<Bandwidth>(format(Bandwidth{raw})).value() == Bandwidth{raw});
        CHECK(parse<Rate>(format(Rate{raw})).value() == Rate{raw});
        CHECK(parse<Share>(format(Share{raw})).value() == Share{raw});
    }
}

TEST_CASE("quantities compute in integers", "[units]") {
    CHECK(10_us + 5_us == 15_us);
    CHECK(10_us - 15_us == -(5_us));
    CHECK(3 * 10_us == 30_us);
    CHECK(1_ms / 1_us == 1000);
    CHECK(transfer(1_GB, 8_Gbit_per_s) == 1_s);
    CHECK(transfer(1_B, 3_bit_per_s) == Time{2'666'666'666'667});
    CHECK(transfer(0_B, 1_bit_per_s) == 0_s);
    CHECK(transfer(Bytes{1ULL << 40U}, 1000_Gbit_per_s) == Time{8'796'093'022'208});
    CHECK(carried(1_s, 8_Gbit_per_s) == 1_GB);
    CHECK(period(1000_per_s) == 1_ms);
    CHECK(events(1_s, 20000_per_s) == 20000);
    CHECK(part(1000, 80_percent) == 800);
}
