#include "sim/explore_model/model.hpp"
#include "sim/scenario/param_docs.hpp"

namespace lmsim::sim {

std::string model_schema() {
    return params_schema(schema_of<ExploreParams>(), "lmsim explore model");
}

std::string model_docs() {
    return params_docs(schema_of<ExploreParams>(), "Parameters of a model for lmsim explore");
}

}  // namespace lmsim::sim
