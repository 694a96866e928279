#include "sim/explore_model/model_params.hpp"

#include <algorithm>

#include "model/spec/table.hpp"
#include "sim/profile/profile.hpp"

namespace lmsim::sim {

namespace {

/// The names in an array; each must be one of the known ones, if there are any.
Result<std::vector<std::string>> read_names(const Value& value,
                                            const std::vector<std::string>& known,
                                            const char* what) {
    if (value.type != Value::Type::Array) {
        return Failure{std::string("expected a list of ") + what + ", not " +
                       type_phrase(value.type)};
    }
    std::vector<std::string> names;
    for (const Value& item : value.items) {
        if (item.type != Value::Type::Text) {
            return Failure{std::string("expected a list of ") + what + ", not " +
                           type_phrase(item.type)};
        }
        if (!known.empty() && std::find(known.begin(), known.end(), item.text) == known.end()) {
            return Failure{unknown_name(item.text, known)};
        }
        names.push_back(item.text);
    }
    return names;
}

bool switchable(spec::Kind kind) {
    switch (kind) {
        case spec::Kind::Condition:
        case spec::Kind::Behaviour:
        case spec::Kind::Switch:
        case spec::Kind::Arc:
        case spec::Kind::Defect: return true;
        default: return false;
    }
}

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

std::string print_names(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) {
        text += (text.empty() ? "" : ", ") + in_quotes(name);
    }
    return "[" + text + "]";
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

std::string unknown_name(const std::string& name, const std::vector<std::string>& known) {
    const std::string near = nearest(name, known);
    // The ids of all rows would fill the screen.
    const std::string rest = known.size() <= 40 ? "; there are " + joined(known) : "";
    return "there is no " + in_quotes(name) +
           (near.empty() ? rest : "; did you mean " + near + "?");
}

Result<spec::Id> switchable_row(const std::string& name) {
    const std::optional<spec::Id> id = spec::find(name);
    if (!id) {
        std::vector<std::string> names;
        for (const spec::Row& row : spec::table) {
            if (switchable(row.kind)) names.emplace_back(row.name);
        }
        return Failure{unknown_name(name, names)};
    }
    const spec::Kind kind = spec::row(*id).kind;
    if (!switchable(kind)) {
        return Failure{in_quotes(name) + " is of kind " + std::string(spec::to_string(kind)) +
                       ", which has no off and on"};
    }
    return *id;
}

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

Result<RowList> ParamType<RowList>::read(const Value& value) {
    const auto names = read_names(value, {}, "requirement ids");
    if (!names) return Failure{names.error()};
    RowList list;
    for (const std::string& name : names.value()) {
        const Result<spec::Id> id = switchable_row(name);
        if (!id) return Failure{id.error()};
        list.rows.push_back(id.value());
    }
    return list;
}
std::string ParamType<RowList>::print(const RowList& value) {
    std::vector<std::string> names;
    for (const spec::Id id : value.rows) {
        names.emplace_back(spec::row(id).name);
    }
    return print_names(names);
}

}  // namespace lmsim::sim
