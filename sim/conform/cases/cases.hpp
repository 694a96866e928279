#pragma once

#include <string>
#include <vector>

#include "sim/conform/build.hpp"

/// The cases by subject. Each function appends its own.
namespace lmsim::sim::conform::cases {

using List = std::vector<Case>;

/// A CNTLID that names no migratable controller, for every command that takes one.
struct Stranger {
    std::string id;   // of the case
    std::string who;  // "CNTLID FFFFh"
    Value cntlid;
};
const std::vector<Stranger>& strangers();

void add_reserved(List& list);
void add_suspend(List& list);
void add_suspend_draining(List& list);
void add_resume(List& list);
void add_get_state(List& list);
void add_set_state(List& list);
void add_state_sequences(List& list);
void add_identify(List& list);
void add_queues(List& list);
void add_features(List& list);
void add_log_pages(List& list);
void add_events(List& list);
void add_cdq(List& list);
void add_logging(List& list);
void add_tracking(List& list);
void add_namespaces(List& list);
void add_namespace_management(List& list);
void add_virtualization(List& list);

}  // namespace lmsim::sim::conform::cases
