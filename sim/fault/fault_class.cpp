#include "sim/fault/fault_class.hpp"

#include <algorithm>

namespace lmsim::sim {

const std::vector<FaultClass>& fault_classes() {
    using How = FaultHow;
    using Place = FaultPlace;
    using Harm = FaultHarm;
    static const std::vector<FaultClass> classes = {
#define LMSIM_FAULT(symbol, id, name, how, place, knobs, harm, signs, what, found, document) \
    {Fault::symbol, id,    name, How::how, Place::place, knobs,                              \
     Harm::harm,    signs, what, found,    document},
#include "sim/fault/classes.def"
#undef LMSIM_FAULT
    };
    return classes;
}

const FaultClass* find_fault(std::string_view name) {
    const auto& all = fault_classes();
    const auto found = std::find_if(all.begin(), all.end(),
                                    [name](const FaultClass& one) { return one.name == name; });
    return found == all.end() ? nullptr : &*found;
}

}  // namespace lmsim::sim
