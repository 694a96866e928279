#include "sim/host/channel.hpp"

#include "tests/catch.hpp"

using namespace lmsim::sim;

namespace {

constexpr Ps us = 1'000'000;

/// 8 Gbit/s: a byte takes 1 ns.
Channel channel(Network* network, Bandwidth stream = 8_Gbit_per_s) {
    Channel one;
    one.bandwidth = 8_Gbit_per_s;
    one.stream_limit = stream;
    one.network = network;
    return one;
}

}  // namespace

TEST_CASE("two migrations take turns on one network") {
    Network network;
    Channel a = channel(&network);
    Channel b = channel(&network);
    CHECK(a.send_pages(0, 1000) == us);
    CHECK(b.send_pages(0, 1000) == 2 * us);
    CHECK(a.send_pages(us, 1000) == 3 * us);
    CHECK(a.waited == us);
    CHECK(b.waited == us);
    // What each sends next is behind what it has sent.
    CHECK(b.send(2 * us, 1000) == 4 * us);
    CHECK(network.forward.busy == 4 * us);
    CHECK(a.reply(0, 1000) == us);
}

TEST_CASE("streams that are slower than the network do not wait for each other") {
    Network network;
    Channel a = channel(&network, 4_Gbit_per_s);
    Channel b = channel(&network, 4_Gbit_per_s);
    CHECK(a.send(0, 1000) == 2 * us);
    CHECK(b.send(0, 1000) == 2 * us);
    CHECK(a.waited == 0);
    CHECK(b.waited == 0);
}

TEST_CASE("who has the network alone waits for nobody") {
    Channel one = channel(nullptr);
    CHECK(one.send(0, 1000) == us);
    CHECK(one.send_job(0, 1000) == 2 * us);
    CHECK(one.waited == 0);
}
