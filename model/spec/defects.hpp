#pragma once

#include <string_view>

#include "model/spec/documents.hpp"
#include "model/spec/id.hpp"

namespace lmsim::spec {

/// H: wrong on the wire, or data lost; M: wrong handling in the host; L: a text, or robustness.
enum class Severity : std::uint8_t { H, M, L };

/// Where a defect shows.
enum class DefectClass : std::uint8_t {
    Wire,      // in what a command says, or in how its answer is taken
    Data,      // in what is read or written
    Lifetime,  // of memory, pins and references in the host
    Outside,   // nowhere in the model
};

/// What a driver posted for review gets wrong (model/spec/rows/defects.def).
struct Defect {
    std::string_view name;  // "R001-05"
    Id id;                  // its switch; Id::Count: it has none
    Severity severity;
    DefectClass of;
    std::string_view source;
    std::string_view where;  // in the source
    std::string_view does;
    std::string_view right;
    std::string_view leads_to;  // or why it is not in the model
    std::string_view touches;   // requirement ids, separated by spaces
};

namespace detail {

using namespace document;  // rows name their documents plainly

inline constexpr Defect defect_table[] = {
#define LMSIM_DEFECT(symbol, name, severity, of, source, where, does, right, leads_to, touches) \
    {name, Id::symbol, Severity::severity, DefectClass::of, source, where,                      \
     does, right,      leads_to,           touches},
#define LMSIM_DEFECT_TOLD(name, severity, of, source, where, does, right, leads_to, touches) \
    {name, Id::Count, Severity::severity, DefectClass::of, source, where,                    \
     does, right,     leads_to,           touches},
#include "model/spec/rows/defects.def"
#undef LMSIM_DEFECT
#undef LMSIM_DEFECT_TOLD
};

}  // namespace detail

/// All of them, in the order of their names.
inline constexpr auto& defects = detail::defect_table;

constexpr std::string_view to_string(Severity severity) {
    return severity == Severity::H ? "H" : severity == Severity::M ? "M" : "L";
}

constexpr std::string_view to_string(DefectClass of) {
    switch (of) {
        case DefectClass::Wire: return "wire";
        case DefectClass::Data: return "data";
        case DefectClass::Lifetime: return "lifetime";
        case DefectClass::Outside: break;
    }
    return "outside";
}

}  // namespace lmsim::spec
