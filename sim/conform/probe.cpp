#include "sim/conform/build.hpp"
#include "sim/conform/runner.hpp"

namespace lmsim::sim::conform {

using spec::Id;

namespace {

constexpr std::uint64_t empty_state = 56;      // header and NVMe Controller State without queues
constexpr std::uint64_t one_pair_state = 104;  // with one I/O queue pair

/// Of a probe's command, only how much data it brings matters.
Command probing(Command command) {
    command.data.clear();
    return command;
}

Command state_of(const char* cntlid, std::uint64_t bytes) {
    Command command = probing(get_state("probe", 0, bytes));
    command.set(Id::GetStateCntlid, cntlid);
    return command;
}

std::vector<Step> probe_controllers(std::uint64_t bytes) {
    return {state_of("mc.cntlid", bytes), state_of("mc2.cntlid", empty_state),
            probing(identify(Id::CnsSecondaryControllers, "probe")),
            get_features(Id::FeatureNumberOfQueues), get_features(Id::FeatureAsyncEventConfig)};
}

}  // namespace

const std::vector<std::string>& probe_names() {
    static const std::vector<std::string> names{"mc", "mc.queues", "mc.features"};
    return names;
}

std::vector<Step> probe(const std::string& name) {
    if (name == "mc") {
        return probe_controllers(empty_state);
    }
    if (name == "mc.queues") {
        return probe_controllers(one_pair_state);
    }
    if (name == "mc.features") {
        return {get_features(Id::FeatureNumberOfQueues).to("mc"),
                get_features(Id::FeatureInterruptCoalescing).to("mc"),
                get_features(Id::FeatureAsyncEventConfig).to("mc"),
                state_of("mc.cntlid", one_pair_state)};
    }
    return {};
}

}  // namespace lmsim::sim::conform
