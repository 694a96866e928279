#include "model/host/namespace_identity.hpp"

#include "tests/catch.hpp"

using namespace lmsim;
using namespace lmsim::host;

namespace {

wire::IdentifyNamespace page() {
    wire::IdentifyNamespace result;
    result.nsze = 1000;
    result.nguid.fill(7);
    result.flbas = 1;
    result.lbaf[0] = {0, 9, 0};
    result.lbaf[1] = {8, 12, 0};
    return result;
}

NamespaceDifferences against(const wire::IdentifyNamespace& other) {
    return compare(identity_of(page()), identity_of(other));
}

}  // namespace

TEST_CASE("the same namespace") {
    CHECK(identity_of(page()).data_shift == 12);
    CHECK(identity_of(page()).metadata == 8);
    CHECK(against(page()).same());
    auto other = page();
    other.nuse = 5;  // no part of the identity
    other.nmic = 1;
    CHECK(against(other).same());
}

TEST_CASE("each difference has its name") {
    using M = NamespaceMismatch;
    const auto only = [](const wire::IdentifyNamespace& other) {
        const NamespaceDifferences found = against(other);
        return found.count == 1 ? found.item[0] : M::None;
    };
    auto other = page();
    other.nguid[15] = 8;
    CHECK(only(other) == M::Nguid);
    other = page();
    other.eui64[0] = 1;
    CHECK(only(other) == M::Eui64);
    other = page();
    other.nsze = 1001;
    CHECK(only(other) == M::Blocks);
    other = page();
    other.lbaf[1].lbads = 9;
    CHECK(only(other) == M::DataSize);
    other = page();
    other.lbaf[1].ms = 0;
    CHECK(only(other) == M::Metadata);
    other = page();
    other.dps = 1;
    CHECK(only(other) == M::Protection);
    CHECK(only(wire::IdentifyNamespace{}) == M::Absent);
    CHECK(compare({}, identity_of(page())).item[0] == M::Absent);
}

TEST_CASE("all differences at once, in order") {
    wire::IdentifyNamespace other;
    other.nsze = 1;
    other.eui64[0] = 1;
    other.dps = 1;
    const NamespaceDifferences found = against(other);
    REQUIRE(found.count == 6);
    for (std::size_t i = 0; i < found.count; ++i) {
        CHECK(static_cast<std::size_t>(found.item[i]) ==
              static_cast<std::size_t>(NamespaceMismatch::Nguid) + i);
        CHECK(to_string(found.item[i]) != "?");
    }
    CHECK(to_string(NamespaceMismatch::None) == "the same");
    CHECK(to_string(NamespaceMismatch::Absent) == "no such namespace");
}
