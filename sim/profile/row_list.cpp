#include "sim/profile/row_list.hpp"

#include <algorithm>
#include <optional>

#include "model/spec/table.hpp"
#include "sim/core/text.hpp"

namespace lmsim::sim {

namespace {

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

}  // namespace

std::string unknown_name(const std::string& name, const std::vector<std::string>& known) {
    const std::string near = nearest(name, known);
    // The ids of all rows would fill the screen.
    const std::string rest = known.size() <= 40 ? "; there are " + joined(known) : "";
    return "there is no " + in_quotes(name) +
           (near.empty() ? rest : "; did you mean " + near + "?");
}

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

std::string print_names(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) {
        text += (text.empty() ? "" : ", ") + in_quotes(name);
    }
    return "[" + text + "]";
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
