#include "bench/page.hpp"

#include "tests/catch.hpp"

namespace lmsim::bench {

namespace {

std::string line_of(const std::string& text, const std::string& start) {
    const std::size_t at = text.find("\n" + start);
    return at == std::string::npos ? "" : text.substr(at + 1, text.find('\n', at + 1) - at - 1);
}

}  // namespace

TEST_CASE("the page says what each figure is measured against and what it reaches", "[bench]") {
    Row rate = compared({"rate", 700, "commands/s", 1000, "plain C++ loop"});
    rate.aim = {Aim::Of::Ratio, 0.6, 0.8};
    Row start{"start", 25, "ms", 10, "another start", {Aim::Of::Value, 20, 5}, true};
    Row memory{"memory", 20, "MB", 100, "limit", {Aim::Of::Value, 100, 30}, true};
    const std::string text = page({"A CPU", 2, "Linux 6", "g++ 12"},
                                  {{"part", "A part", "How it was done.", {rate, start, memory}}});
    CHECK(text.find("This page: A CPU, 2 cores, Linux 6, g++ 12 with -O2.") != std::string::npos);
    CHECK(line_of(text, "| rate") ==
          "| rate | 700 | commands/s | plain C++ loop | 0.7 | 0.6x | 0.8x | floor |");
    CHECK(line_of(text, "| start") ==
          "| start | 25 | ms | another start | 2.5 | 20 | 5 | **no** |");
    CHECK(line_of(text, "| memory") == "| memory | 20 | MB | limit | 0.2 | 100 | 30 | goal |");
    CHECK(text.find("## A part\n\nHow it was done.\n\n    bench/run --only part\n") !=
          std::string::npos);
    CHECK(text.find("| rate | 700 | commands/s | 1000 | plain C++ loop | 0.7 |\n") !=
          std::string::npos);
}

TEST_CASE("this host has a processor and a compiler and does not say its name", "[bench]") {
    const Host host = this_host();
    CHECK(!host.processor.empty());
    CHECK(host.cores > 0);
    CHECK(host.kernel.rfind("Linux ", 0) == 0);
    CHECK(!host.compiler.empty());
}

}  // namespace lmsim::bench
