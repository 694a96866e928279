#include "sim/conform/cases/cases.hpp"
#include "sim/conform/needs.hpp"

namespace lmsim::sim::conform {

std::vector<Case> all_cases() {
    std::vector<Case> list;
    cases::add_reserved(list);
    cases::add_suspend(list);
    cases::add_suspend_draining(list);
    cases::add_resume(list);
    cases::add_get_state(list);
    cases::add_set_state(list);
    cases::add_state_sequences(list);
    cases::add_identify(list);
    cases::add_queues(list);
    cases::add_features(list);
    cases::add_log_pages(list);
    cases::add_events(list);
    cases::add_cdq(list);
    cases::add_logging(list);
    cases::add_tracking(list);
    cases::add_namespaces(list);
    cases::add_namespace_management(list);
    cases::add_virtualization(list);
    for (Case& test : list) {
        add_needs(test);
    }
    return list;
}

}  // namespace lmsim::sim::conform
