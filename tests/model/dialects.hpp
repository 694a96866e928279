#pragma once

#include "model/spec/rules.hpp"

// Parts of dialects, as profiles of the program have them.
namespace lmsim::tests {

/// A state of the whole controller.
inline spec::Rules version1() {
    spec::Rules rules;
    rules.set_value(spec::Id::NvmeStateVersion, 1);
    rules.set_value(spec::Id::NvmeStateBody, 1);
    rules.set_value(spec::Id::NvmeStateHeaderSize, 16);
    return rules;
}

/// A state of parts that describe themselves.
inline spec::Rules parts() {
    spec::Rules rules;
    rules.set_value(spec::Id::NvmeStateBody, 2);
    return rules;
}

/// Templates, which states name in a longer header.
inline spec::Rules with_templates(spec::Rules rules = {}) {
    rules.set_value(spec::Id::StateHeaderSize, 64);
    rules.set_on(spec::Id::Templates, true);
    return rules;
}

}  // namespace lmsim::tests
