#include "model/explore/rfc/conformance.hpp"

#include <fmt/format.h>

#include "model/explore/rfc/cdq_owner_system.hpp"
#include "model/explore/rfc/saved_state_system.hpp"

namespace lmsim::explore {
namespace {

using spec::Defect;
using spec::DefectClass;
using spec::Id;

bool is_of(const Defect& defect, std::string_view driver) {
    return defect.name.substr(0, driver.size()) == driver;
}

bool of_saved_state(const Defect& defect) {
    return defect.of == DefectClass::Lifetime && is_of(defect, "R001");
}

bool of_cdq_owner(const Defect& defect) {
    return (defect.of == DefectClass::Lifetime && is_of(defect, "R004")) ||
           defect.id == Id::RfcCreateUnchecked || defect.id == Id::RfcAnyQueueType;
}

const char* kind_text(Violation::Kind kind) {
    return kind == Violation::Kind::Deadlock ? "deadlock" : "starvation";
}

}  // namespace

const std::vector<RfcModel>& rfc_models() {
    static const std::vector<RfcModel> models = {
        {"saved-state", "what the VFIO driver holds while it saves a state", of_saved_state,
         [](const spec::Rules& rules) { return make_saved_state_system(rules); }},
        {"cdq-owner", "what the kernel holds for Controller Data Queues", of_cdq_owner,
         [](const spec::Rules& rules) { return make_cdq_owner_system({}, rules); }},
    };
    return models;
}

std::string RfcFinding::text() const {
    if (violations.empty()) {
        return complete ? "nothing" : "nothing so far";
    }
    const Violation& first = violations.front();
    const std::string what = first.invariant != nullptr ? std::string(first.invariant->id)
                                                        : std::string(kind_text(first.kind));
    const std::size_t steps = first.steps.size();
    return fmt::format("{} in {} step{}", what, steps, steps == 1 ? "" : "s");
}

RfcFinding search_rfc(const RfcModel& model, const spec::Rules& rules,
                      const SearchOptions& options) {
    const SearchReport report = search([&] { return model.make(rules); }, options);
    return {&model, report.states, report.transitions, report.stop == Stop::None,
            report.violations};
}

std::vector<RfcFinding> findings_of(const Defect& defect, const SearchOptions& options) {
    std::vector<RfcFinding> findings;
    for (const RfcModel& model : rfc_models()) {
        if (defect.id != Id::Count && model.covers(defect)) {
            findings.push_back(search_rfc(model, rules_with(defect), options));
        }
    }
    return findings;
}

std::vector<std::string> path_of(const RfcModel& model, const spec::Rules& rules,
                                 const Violation& violation) {
    const std::unique_ptr<System> system = model.make(rules);
    std::vector<std::uint8_t> state(system->state_bytes());
    system->initial(state.data());
    std::vector<std::string> path;
    for (const Action& action : violation.steps) {
        path.push_back(system->describe(state.data(), action));
        system->apply(state.data(), action);
    }
    return path;
}

spec::Rules rules_with(const Defect& defect) {
    spec::Rules rules;
    if (defect.id != Id::Count) {
        rules.set_on(defect.id, true);
    }
    return rules;
}

}  // namespace lmsim::explore
