#include "model/check/invariant.hpp"

#include "model/check/observation.hpp"
#include "model/spec/documents.hpp"

namespace lmsim::check {

const Invariant invariants[invariant_count] = {
#define LMSIM_INVARIANT(name, id, title, text, why, document, section) \
    {id, title, text, why, document, section},
#include "model/check/invariants.def"
#undef LMSIM_INVARIANT
};

const Invariant* find_invariant(std::string_view id) {
    for (const Invariant& row : invariants) {
        if (row.id == id) {
            return &row;
        }
    }
    return nullptr;
}

std::string_view to_string(What what) {
    constexpr std::string_view names[] = {
#define LMSIM_WHAT(name, text) text,
#include "model/check/what.def"
#undef LMSIM_WHAT
    };
    return names[static_cast<std::size_t>(what)];
}

}  // namespace lmsim::check
