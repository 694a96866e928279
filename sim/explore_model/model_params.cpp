#include "sim/explore_model/model_params.hpp"

#include <algorithm>

#include "sim/profile/profile.hpp"

namespace lmsim::sim {

namespace {

std::vector<std::string> fault_names() {
    std::vector<std::string> names;
    for (std::uint8_t i = 0; i < explore::fault_count; ++i) {
        names.emplace_back(explore::to_string(static_cast<explore::Fault>(i)));
    }
    return names;
}

const std::vector<std::string>& feature_names() {
    static const std::vector<std::string> names{"stop_copy", "p2p", "pre_copy"};
    return names;
}

std::vector<std::string> chosen(const std::vector<std::string>& names, unsigned bits) {
    std::vector<std::string> some;
    for (std::size_t i = 0; i < names.size(); ++i) {
        if ((bits >> i & 1) != 0) some.push_back(names[i]);
    }
    return some;
}

std::string list_schema(const std::vector<std::string>& names) {
    return R"({"type":"array","items":)" + detail::names_schema(names) + "}";
}

}  // namespace

Result<FeatureSet> ParamType<FeatureSet>::read(const Value& value) {
    const auto names = read_names(value, feature_names(), "features");
    if (!names) return Failure{names.error()};
    std::string error;
    const FeatureSet set{parse_features(names.value(), error)};
    if (!error.empty()) return Failure{error};
    return set;
}
std::string ParamType<FeatureSet>::print(FeatureSet value) {
    return print_names(chosen(feature_names(), value.flags));
}
std::string ParamType<FeatureSet>::schema() { return list_schema(feature_names()); }

Result<FaultSet> ParamType<FaultSet>::read(const Value& value) {
    const std::vector<std::string> known = fault_names();
    const auto names = read_names(value, known, "faults");
    if (!names) return Failure{names.error()};
    FaultSet set;
    for (std::size_t i = 0; i < known.size(); ++i) {
        const auto& list = names.value();
        if (std::find(list.begin(), list.end(), known[i]) != list.end()) {
            set.bits |= explore::fault_bit(static_cast<explore::Fault>(i));
        }
    }
    return set;
}
std::string ParamType<FaultSet>::print(FaultSet value) {
    return print_names(chosen(fault_names(), value.bits));
}
std::string ParamType<FaultSet>::schema() { return list_schema(fault_names()); }

}  // namespace lmsim::sim
