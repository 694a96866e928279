#pragma once

#include "model/wire/describe/walker.hpp"

namespace lmsim::wire::describe {

/// LM-TPL-07.
extern const Block template_block;

}  // namespace lmsim::wire::describe
