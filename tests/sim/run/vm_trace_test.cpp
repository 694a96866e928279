#include "sim/run/vm_trace.hpp"

#include <vector>

#include "tests/catch.hpp"

using namespace lmsim;
using namespace lmsim::sim;

namespace {

/// Writes down what it is told.
class Seen final : public trace::TraceSink {
  public:
    void phase(const trace::PhaseRecord& record) override {
        said.push_back(std::string(record.name) + " " + std::to_string(record.vf));
    }
    void command(const trace::CommandRecord& record) override {
        said.push_back(std::to_string(record.vf) + " for " + std::to_string(record.for_vf));
    }
    void round(const trace::RoundRecord& record) override {
        said.push_back("round " + std::to_string(record.round));
    }
    void seen(const trace::SeenRecord& record) override {
        said.push_back("seen " + std::to_string(record.seen.vf));
    }
    void note(Ps /*at*/, std::string_view text) override { said.emplace_back(text); }

    std::vector<std::string> said;
};

void tell(trace::TraceSink& to) {
    trace::PhaseRecord phase;
    phase.name = "RamSendSlice";
    to.phase(phase);
    phase.name = "SetDeviceState";
    phase.vf = 4;  // of another kind, behind 4 VFs
    to.phase(phase);
    trace::CommandRecord command;
    command.for_vf = 3;
    to.command(command);
    to.round({0, 2, 4096, 100});
    trace::SeenRecord seen;
    seen.seen.vf = 1;
    to.seen(seen);
    seen.seen.vf = check::no_vf;
    to.seen(seen);
}

}  // namespace

TEST_CASE("a VM of several has a name and other numbers in the trace of all", "[vms]") {
    Seen all;
    const VmTrace::Layout layout{3, 4, 1};
    VmTrace second(all, 1, layout);
    tell(second);
    CHECK(all.said ==
          std::vector<std::string>{"vm1.RamSendSlice -1", "vm1.SetDeviceState 13", "-1 for 7",
                                   "vm1.round 2: 4096 bytes dirty, 100 sent", "seen 5"});
}

TEST_CASE("the first VM of several is called as if it were alone", "[vms]") {
    Seen all;
    const VmTrace::Layout layout{3, 4, 1};
    VmTrace first(all, 0, layout);
    tell(first);
    CHECK(all.said == std::vector<std::string>{"RamSendSlice -1", "SetDeviceState 12", "-1 for 3",
                                               "round 2", "seen 1", "seen 65535"});
}
