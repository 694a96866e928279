// What an input is taken for, that the reason is said, and where an input stops making sense.
#include "tests/catch.hpp"
#include "tests/model/wire/describe/collect.hpp"
#include "tests/model/wire/describe/examples.hpp"

using namespace lmsim;
using namespace lmsim::tests;
using namespace lmsim::wire::describe;

namespace {

std::string guessed(const Bytes& bytes, std::string_view family = "") {
    const spec::Rules rules;
    static Guess result;
    guess({bytes.data(), bytes.size(), &rules}, family, result);
    REQUIRE(result.count != 0);
    CHECK(!result.candidates[0].because.empty());
    if (family.empty() && result.candidates[0].points < guess_threshold) return "none";
    return std::string(result.candidates[0].structure->name);
}

Bytes page(const std::string& hex_at_0, std::size_t size = 4096) {
    Bytes bytes(size);
    std::copy(hex_at_0.begin(), hex_at_0.end(), bytes.begin());
    return bytes;
}

Bytes identify_controller() {
    Bytes bytes(4096);
    const std::string text = "SN0001              MODEL                                   ";
    std::copy(text.begin(), text.end(), bytes.begin() + 4);
    bytes[82] = 2;  // VER 2.0
    return bytes;
}

}  // namespace

TEST_CASE("describe: guesses by content") {
    CHECK(guessed(one_pair_state()) == "controller-state");
    CHECK(guessed(sqe(0x41, 0, 0, {0, 0x00010002})) == "admin-sqe");
    CHECK(guessed(sqe(0x42, 0, 0x1000, {0x00010000, 2, 0, 0, 0, 9})) == "admin-sqe");
    CHECK(guessed(sqe(0x02, 1, 0x1000, {64, 0, 7})) == "nvm-sqe");
    CHECK(guessed(sqe(0x01, 1, 0x1000, {64, 0, 7})) == "nvm-sqe");
    CHECK(guessed(joined({udmq_entry({0, 0, 0, 0x83}), udmq_entry({1, 7, 64, 1})})) == "cdq");
    CHECK(guessed(track_memory()) == "track-memory");
    CHECK(guessed(identify_controller()) == "id-controller");
    CHECK(guessed(page({1, 1, 0, 0, 'U', 'U', 'I', 'D'})) == "state-formats");
    CHECK(guessed(page({1, 0, 0, 0, 4, 0, 0, 0})) == "namespace-list");
    Bytes event(16);
    event[0] = 4;
    event[4] = 3;
    CHECK(guessed(event) == "cqe-event");
    CHECK(guessed({'L', 'M', 'V', 'A', 1, 0}) == "vendor-area");
}

TEST_CASE("describe: a guess within a family, and none at all") {
    CHECK(guessed(sqe(0x02, 1, 0x1000, {64, 0, 7}), "sqe") == "nvm-sqe");
    CHECK(guessed(sqe(0x08, 0, 0, {3}), "sqe") == "admin-sqe");
    CHECK(guessed(Bytes(37, 0xA5)) == "none");
}

TEST_CASE("describe: a cut controller state is known, and stops where it is cut") {
    const Bytes whole = one_pair_state();
    for (std::size_t size = 56; size < whole.size(); ++size) {
        CAPTURE(size);
        const Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
        CHECK(guessed(cut) == "controller-state");
        const auto outcome = described("controller-state", cut).outcome;
        CHECK(outcome.error == wire::Error::Truncated);
        CHECK(outcome.at == size);
    }
}

TEST_CASE("describe: foreign bytes stop at the byte that makes no sense") {
    const auto at = [](const char* name, Bytes bytes, std::size_t place, std::uint8_t value) {
        bytes.at(place) = value;
        const auto outcome = described(name, bytes).outcome;
        CHECK(!outcome.ok());
        CHECK(!outcome.why.empty());
        return outcome.at;
    };
    CHECK(at("controller-state", one_pair_state(), 0, 1) == 0);
    CHECK(at("controller-state", one_pair_state(), 48, 1) == 48);
    CHECK(at("controller-state", one_pair_state(), 23, 0xFF) == 16);
    CHECK(at("controller-state", one_pair_state(), 40, 1) == 32);
    CHECK(at("controller-state", one_pair_state(), 52, 2) == 104);  // a CQ beyond NVMECSS
    CHECK(at("track-memory", track_memory(), 0, 1) == 0);
    CHECK(at("track-memory", track_memory(), 4, 2) == 20);
    CHECK(at("tracked-memory", Bytes(16), 0, 1) == 0);
    CHECK(at("secondary-list", Bytes(4096), 0, 128) == 0);
    CHECK(at("controller-list", Bytes(4096), 1, 8) == 0);
    CHECK(at("namespace-list", page({2, 0, 0, 0}), 4, 2) == 4);
    CHECK(at("id-namespace", Bytes(4096), 25, 64) == 25);
    CHECK(at("cdq", Bytes(40), 0, 0) == 40);
    CHECK(described("cqe", {}).outcome.at == 0);
}

TEST_CASE("describe: every structure has a name of its own, a title and a source") {
    for (const Structure& structure : structures()) {
        CAPTURE(structure.name);
        CHECK(find_structure(structure.name) == &structure);
        CHECK(!structure.title.empty());
        CHECK(structure.about != spec::Id::Count);
    }
    CHECK(find_structure("sqe") == nullptr);
}
