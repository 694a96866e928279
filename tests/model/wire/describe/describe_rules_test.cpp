// Every rule that a description can find broken: told with its requirement id and byte, and not
// told when the row is off.
#include <algorithm>

#include "model/wire/cdq.hpp"
#include "model/wire/controller_state.hpp"
#include "tests/catch.hpp"
#include "tests/model/wire/describe/collect.hpp"
#include "tests/model/wire/describe/examples.hpp"

using namespace lmsim;
using namespace lmsim::tests;
using spec::Id;
using spec::Rules;

namespace {

struct Breach {
    const char* structure;
    Bytes bytes;
    std::string expected;  // rule@byte
};

Bytes changed(Bytes bytes, std::size_t at, std::uint8_t value) {
    bytes.at(at) = value;
    return bytes;
}

std::vector<Breach> entry_breaches() {
    const Bytes suspend = sqe(0x41, 0, 0, {0, 0x00010002});
    const Bytes set_state = sqe(0x41, 0, 0x1000, {0x00010002, 0x01010002, 0, 0, 0, 4});
    const Bytes create_cq = sqe(0x05, 0, 0x1000, {0x000F0001, 1});
    const Bytes create_sq = sqe(0x01, 0, 0x1000, {0x000F0001, 0x00010001});
    return {
        {"admin-sqe", sqe(0x7F), "AD-GEN-01@0"},
        {"admin-sqe", changed(suspend, 1, 3), "AD-GEN-02@1"},
        {"admin-sqe", changed(suspend, 1, 0xC0), "AD-GEN-02@1"},
        {"admin-sqe", changed(suspend, 1, 0x40), "SQE-41@1"},
        {"admin-sqe", changed(suspend, 4, 1), "SQE-40@4"},
        {"admin-sqe", sqe(0x06, 5, 0x1000, {1}), "SQE-40@4"},
        {"admin-sqe", sqe(0x06, 5, 0x1000, {0x20}), "SQE-40@4"},
        {"admin-sqe", changed(set_state, 24, 2), "AD-GEN-03@24"},
        {"admin-sqe", changed(suspend, 8, 1), "GEN-RSV-01@8"},
        {"admin-sqe", changed(suspend, 24, 8), "GEN-RSV-01@24"},
        {"admin-sqe", sqe(0x41, 0, 0, {3}), "LM-SEND-41@40"},
        {"admin-sqe", sqe(0x42, 0, 0, {1}), "LM-RECV-41@40"},
        {"admin-sqe", sqe(0x41, 0, 0, {0, 0x00020002}), "LM-SUSP-41@46"},
        {"admin-sqe", changed(set_state, 48, 1), "LM-SET-41@48"},
        {"admin-sqe", sqe(0x41, 0, 0, {0x00010002, 2, 0, 0, 0, 4}), "LM-SET-47@46"},
        {"admin-sqe", changed(set_state, 60, 0), "LM-SET-50@60"},
        {"admin-sqe", sqe(0x42, 0, 0, {0x00010000, 0x00010002, 2}), "LM-GET-41@48"},
        {"admin-sqe", changed(create_cq, 40, 0), "AD-QUE-40@40"},
        {"admin-sqe", changed(create_cq, 42, 0), "AD-QUE-41@42"},
        {"admin-sqe", changed(create_cq, 25, 1), "AD-QUE-47@24"},
        {"admin-sqe", changed(create_sq, 40, 0), "AD-QUE-43@40"},
        {"admin-sqe", changed(create_sq, 42, 0), "AD-QUE-44@42"},
        {"admin-sqe", changed(create_sq, 46, 0), "AD-QUE-46@46"},
        {"admin-sqe", sqe(0x00), "AD-QUE-49@40"},
        {"admin-sqe", sqe(0x09, 0, 0, {7, 0x0000FFFF}), "AD-FEAT-43@44"},
        {"admin-sqe", sqe(0x09, 1, 0, {7, 1}), "AD-FEAT-47@4"},
        {"admin-sqe", sqe(0x0A, 0, 0x1000, {0x0407}), "AD-FEAT-44@41"},
        {"admin-sqe", sqe(0x02, 0, 0x1000, {2, 0, 6}), "AD-LOG-42@48"},
        {"admin-sqe", sqe(0x1C, 0, 0, {0x00020002}), "VM-42@40"},
        {"admin-sqe", sqe(0x1C, 0, 0, {0x00020208}), "VM-43@41"},
        {"admin-sqe", sqe(0x1C, 0, 0, {0x00020008, 1}), "VM-50@44"},
        {"admin-sqe", sqe(0x45, 0, 0, {5}), "LM-CDQ-40@40"},
        {"admin-sqe", sqe(0x45, 0, 0x1000, {0x00020000, 1, 64}), "LM-CDQ-41@42"},
        {"admin-sqe", sqe(0x45, 0, 0x1004, {0, 1, 64}), "LM-CDQ-43@24"},
        {"admin-sqe", sqe(0x45, 0, 0x1000, {0, 1, 63}), "LM-CDQ-45@48"},
        {"admin-sqe", sqe(0x45, 0, 0x1000, {0, 1, 8}), "LM-CDQ-46@48"},
        {"admin-sqe", sqe(0x3D, 0, 0, {2}), "LM-TRK-41@40"},
        {"admin-sqe", sqe(0x3D, 0, 0, {0x00020000, 3}), "LM-LOG-40@42"},
        {"admin-sqe", sqe(0x3E, 0, 0x1000, {1}), "LM-TRK-61@40"},
        {"admin-sqe", sqe(0x3E, 0, 0x1000, {0, 2, 2}), "LM-TRK-63@48"},
        {"admin-sqe", sqe(0x0D, 0, 0x1000, {2}), "NV-NM-40@40"},
        {"admin-sqe", sqe(0x0D, 1, 0x1000, {0}), "NV-NM-51@4"},
        {"admin-sqe", sqe(0x0D, 0, 0, {1}), "NV-NM-49@4"},
        {"admin-sqe", sqe(0x15, 1, 0x1000, {2}), "NV-NA-40@40"},
        {"admin-sqe", sqe(0x80, 0, 0, {0}), "NV-FMT-42@4"},
        {"admin-sqe", sqe(0x80, 1, 0, {0x600}), "NV-FMT-40@41"},
        {"admin-sqe", sqe(0x84, 0, 0, {6}), "NV-SAN-41@40"},
        {"admin-sqe", sqe(0x86, 1, 0x1000, {0, 0, 15, 0x03000000}), "NV-LBS-40@55"},
        {"nvm-sqe", sqe(0x02, 0, 0x1000, {0, 0, 7}), "NV-IO-40@4"},
        {"nvm-sqe", sqe(0x01, 1, 0x1000, {~0U, ~0U, 7}), "NV-IO-41@40"},
        {"cqe", changed(Bytes(16), 15, 0x08), "AD-GEN-02@15"},
        {"cqe-get-state", changed(Bytes(16), 0, 2), "GEN-RSV-01@0"},
    };
}

std::vector<Breach> structure_breaches() {
    const Bytes state = one_pair_state();
    const Bytes entry = udmq_entry({});
    return {
        {"controller-state", changed(state, 3, 1), "GEN-RSV-01@3"},
        {"controller-state", changed(state, 50, 0), "LM-SET-51@50"},
        {"controller-state", changed(state, 56 + 10, 0), "LM-SET-52@66"},
        {"controller-state", changed(state, 56 + 8, 0), "LM-SET-52@64"},
        {"controller-state", changed(state, 56 + 16, 0x30), "LM-SET-52@72"},
        {"controller-state", changed(state, 56 + 18, 0x30), "LM-SET-52@74"},
        {"controller-state", changed(state, 56 + 12, 9), "LM-SET-52@68"},
        {"controller-state", changed(state, 56 + 1, 1), "AD-QUE-47@56"},
        {"controller-state", changed(state, 80 + 14, 0x30), "LM-SET-52@94"},
        {"controller-state", changed(state, 80 + 20, 1), "GEN-RSV-01@100"},
        {"nvme-state", two_sqs_of_one_qid(), "CS-V0-06@42"},
        {"nvme-state", two_cqs_of_one_qid(), "CS-V0-07@42"},
        {"cdq", udmq_entry({1, 5, 0, 0x41}), "LM-UDMQ-20@31"},
        {"cdq", udmq_entry({1, 0, 9, 0x43}), "LM-UDMQ-21@8"},
        {"cdq", udmq_entry({1, 0, 0, 0x83}), "LM-UDMQ-22@0"},
        {"cdq", udmq_entry({0, 3, 0, 0x83}), "LM-UDMQ-22@0"},
        {"cdq", udmq_entry({1, 0, 0, 0x09}), "AD-GEN-02@31"},
        {"cdq", udmq_entry({1, 0, 0, 0xC3}), "AD-GEN-02@31"},
        {"cdq", changed(entry, 16, 1), "GEN-RSV-01@16"},
        {"cdq",
         joined({udmq_entry({1, 0, 0, 1}), udmq_entry({1, 0, 0, 0}), udmq_entry({1, 0, 0, 1})}),
         "LM-CDQ-70@95"},
        {"cdq", joined({udmq_entry({1, 0, 0, 0x05}), udmq_entry({1, 0, 0, 1})}), "LM-LOG-70@63"},
        {"cdq", joined({udmq_entry({1, 0, 0, 0x07}), udmq_entry({1, 0, 0, 1})}), "LM-LOG-71@63"},
        {"feature-cdq", changed(Bytes(512), 9, 1), "GEN-RSV-01@9"},
        {"track-memory", Bytes(8), "LM-TRK-48@4"},
        {"track-memory", changed(Bytes(8), 0, 1), "LM-TRK-45@0"},
        {"track-memory", changed(track_memory(), 8, 1), "LM-TRK-52@8"},
        {"tracked-memory", changed(Bytes(16), 1, 1), "LM-TRK-81@1"},
        {"id-controller", mmc_with_host_buffer(), "LM-ROLE-03@272"},
        {"secondary-list", changed(Bytes(4096), 4095, 1), "GEN-RSV-01@4095"},
        {"state-formats", changed(Bytes(4096), 2, 1), "GEN-RSV-01@2"},
        {"namespace-create", Bytes(4096), "NV-NM-44@0"},
        {"controller-list", changed(changed(Bytes(4096), 0, 2), 2, 7), "NV-NA-41@4"},
    };
}

bool told(const Described& found, const std::string& rule) {
    return std::find(found.rules.begin(), found.rules.end(), rule) != found.rules.end();
}

void check(const std::vector<Breach>& breaches) {
    for (const Breach& breach : breaches) {
        CAPTURE(breach.structure, breach.expected);
        const Described found = described(breach.structure, breach.bytes);
        CAPTURE(found.rules, found.text);
        CHECK(told(found, breach.expected));
        Rules rules;
        const auto rule = spec::find(breach.expected.substr(0, breach.expected.find('@')));
        REQUIRE(rule.has_value());
        rules.set_on(*rule, false);
        CHECK(!told(described(breach.structure, breach.bytes, rules), breach.expected));
    }
}

}  // namespace

TEST_CASE("describe: rules that queue entries break") { check(entry_breaches()); }
TEST_CASE("describe: rules that structures break") { check(structure_breaches()); }

// An open point: a range of no granules is one, or it is not.
TEST_CASE("describe: LEN = 0 of a tracked range is judged by its switch") {
    const Bytes bytes = changed(track_memory(), 16, 0);
    CHECK(told(described("track-memory", bytes), "LM-TRK-78@16"));
    Rules rules;
    rules.set_on(Id::TrackEmptyAllowed, true);
    CHECK(described("track-memory", bytes, rules).rules.empty());
}

TEST_CASE("describe: what is sound breaks no rule") {
    const std::pair<const char*, Bytes> sound[] = {
        {"controller-state", one_pair_state()},
        {"track-memory", track_memory()},
        {"cdq", joined({udmq_entry({0, 0, 0, 0x83}), udmq_entry({1, 7, 64, 1})})},
        {"admin-sqe", sqe(0x41, 0, 0, {0, 0x80010002})},
        {"admin-sqe", sqe(0x45, 0, 0x1000, {0x00C00000, 1, 3})},  // a vendor's type and size
        {"nvm-sqe", sqe(0x00, 1)},
        {"cqe", Bytes(16)},
    };
    for (const auto& one : sound) {
        CAPTURE(one.first);
        const Described found = described(one.first, one.second);
        CAPTURE(found.rules);
        CHECK(found.rules.empty());
        CHECK(found.outcome.ok());
        CHECK(found.outcome.end == one.second.size());
    }
}
