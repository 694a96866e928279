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

namespace {

struct WhatText {
    std::string_view name;
    std::string_view text;
};
constexpr WhatText whats[what_count] = {
#define LMSIM_WHAT(name, text) {#name, text},
#include "model/check/what.def"
#undef LMSIM_WHAT
};

}  // namespace

std::string_view name(What what) { return whats[static_cast<std::size_t>(what)].name; }

std::string_view to_string(What what) { return whats[static_cast<std::size_t>(what)].text; }

bool find_what(std::string_view name, What& into) {
    for (std::size_t i = 0; i < what_count; ++i) {
        if (whats[i].name == name) {
            into = static_cast<What>(i);
            return true;
        }
    }
    return false;
}

}  // namespace lmsim::check
