#include "sim/bridge/drivable.hpp"

#include "tests/catch.hpp"

using lmsim::sim::cannot_drive;

TEST_CASE("a controller that the queue driver cannot drive is told by its CAP", "[hw]") {
    constexpr std::uint64_t css_nvm = std::uint64_t{1} << 37;
    constexpr std::uint64_t good = css_nvm | 0xff;
    CHECK(cannot_drive(good).empty());
    CHECK(cannot_drive(css_nvm | 1).empty());
    CHECK(cannot_drive(good & ~css_nvm).empty());  // admin commands alone
    for (const std::uint64_t cap :
         {css_nvm, good | std::uint64_t{1} << 32, good | std::uint64_t{1} << 48}) {
        CHECK(cannot_drive(cap).find("expected queues of two entries at least (MQES 1), doorbells "
                                     "4 bytes apart (DSTRD 0)") != std::string::npos);
    }
    CHECK(cannot_drive(~std::uint64_t{0}) ==
          "its registers read as all ones: the device is gone, or asleep");
}
