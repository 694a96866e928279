#include "sim/core/param_type.hpp"

#include <algorithm>
#include <filesystem>

namespace lmsim::sim {

std::string Position::text() const {
    if (!option.empty()) return option;
    if (line == 0) return file;
    return file + ":" + std::to_string(line) + ":" + std::to_string(column);
}

const char* type_phrase(Value::Type type) {
    switch (type) {
        case Value::Type::Boolean: return "a boolean";
        case Value::Type::Integer: return "a whole number";
        case Value::Type::Real: return "a number with a fraction";
        case Value::Type::Text: return "a string";
        case Value::Type::Moment: return "a date or time of day";
        case Value::Type::Array: return "an array";
        case Value::Type::Table: return "a table";
    }
    return "?";
}

namespace detail {

Failure expected(const char* phrase, const Value& value) {
    std::string got = type_phrase(value.type);
    if (value.type == Value::Type::Text) got = "the string " + in_quotes(value.text);
    return Failure{std::string("expected ") + phrase + ", not " + got};
}

Result<std::uint64_t> read_quantity(const Dimension& dimension, const Value& value) {
    if (value.type == Value::Type::Integer || value.type == Value::Type::Real) {
        return Failure{"the bare number " + value.text + " has no unit; expected " +
                       dimension.phrase};
    }
    if (value.type != Value::Type::Text) return expected(dimension.phrase, value);
    return parse_quantity(dimension, value.text);
}

Result<std::string> read_choice(const std::vector<std::string>& names, const Value& value) {
    if (value.type != Value::Type::Text) {
        return expected(("one of " + joined(names)).c_str(), value);
    }
    if (std::find(names.begin(), names.end(), value.text) != names.end()) return value.text;
    const std::string near = nearest(value.text, names);
    return Failure{in_quotes(value.text) + " is not one of " + joined(names) +
                   (near.empty() ? "" : "; did you mean " + in_quotes(near) + "?")};
}

std::string quantity_schema(const Dimension& dimension) {
    std::string units;
    for (const UnitName& unit : dimension.units) {
        units += (units.empty() ? "" : "|") + std::string(unit.name);
    }
    return R"({"type":"string","pattern":"^[0-9]+(\\.[0-9]+)?()" + units + R"()$"})";
}

std::string names_schema(const std::vector<std::string>& names) {
    std::string list;
    for (const std::string& name : names) list += (list.empty() ? "\"" : ",\"") + name + "\"";
    return R"({"enum":[)" + list + "]}";
}

Result<Quantiles> read_quantiles(const Value& value) {
    Quantiles quantiles;
    if (value.type == Value::Type::Text) {
        const Result<Time> time = parse<Time>(value.text);
        if (!time) return Failure{time.error()};
        quantiles = fixed(time.value());
    } else if (value.type == Value::Type::Table) {
        std::vector<std::string> names;
        for (const QuantileName& quantile : quantile_names) names.emplace_back(quantile.name);
        for (const Value::Member& member : value.members) {
            if (std::find(names.begin(), names.end(), member.name) == names.end()) {
                const std::string near = nearest(member.name, names);
                return Failure{"unknown point " + in_quotes(member.name) +
                               (near.empty() ? "" : "; did you mean " + in_quotes(near) + "?") +
                               " (points: " + joined(names) + ")"};
            }
            const Result<std::uint64_t> time = read_quantity(dimension<Time>(), member.value);
            if (!time) return Failure{member.name + ": " + time.error()};
            quantiles.set(member.name, Time{static_cast<std::int64_t>(time.value())});
        }
    } else if (value.type == Value::Type::Integer || value.type == Value::Type::Real) {
        return Failure{read_quantity(dimension<Time>(), value).error()};
    } else {
        return expected(
            "a time such as \"10us\" or a table such as "
            "{min = \"60us\", p50 = \"80us\", p99 = \"200us\", max = \"2ms\"}",
            value);
    }
    const std::string problem = check(quantiles);
    if (!problem.empty()) return Failure{"the distribution " + problem};
    return quantiles;
}

std::string print_quantiles(const Quantiles& quantiles) {
    if (quantiles == fixed(quantiles.lowest())) return in_quotes(format(quantiles.lowest()));
    std::string out;
    for (std::size_t i = 0; i < quantile_names.size(); ++i) {
        if (!quantiles.has(i)) continue;
        out += out.empty() ? "{" : ", ";
        out += std::string(quantile_names[i].name) + " = " + in_quotes(format(quantiles.at[i]));
    }
    return out + "}";
}

std::string quantiles_schema() {
    const std::string time = quantity_schema(dimension<Time>());
    std::string points;
    for (const QuantileName& quantile : quantile_names) {
        points += (points.empty() ? "\"" : ",\"") + std::string(quantile.name) + "\":" + time;
    }
    return R"({"anyOf":[)" + time + R"(,{"type":"object","additionalProperties":false,)" +
           R"("minProperties":1,"properties":{)" + points + "}}]}";
}

}  // namespace detail

Result<std::string> ParamType<std::string>::read(const Value& value) {
    // On the command line nobody quotes twice: --set name=42 is the text "42".
    const bool is_list = value.type == Value::Type::Array || value.type == Value::Type::Table;
    if (value.type == Value::Type::Text || (!value.where.option.empty() && !is_list)) {
        return value.text;
    }
    return detail::expected("a string", value);
}

Result<FilePath> ParamType<FilePath>::read(const Value& value) {
    const Result<std::string> text = ParamType<std::string>::read(value);
    if (!text) return Failure{text.error()};
    if (text.value().find('\0') != std::string::npos) {
        return Failure{"no file can be called " + in_quotes(text.value())};
    }
    if (text.value().empty()) return FilePath{};
    const std::filesystem::path folder = std::filesystem::path(value.where.file).parent_path();
    return FilePath{(folder / text.value()).lexically_normal().string()};
}

std::string ParamType<FilePath>::print(const FilePath& value) {
    if (value.empty()) return toml_string("");
    std::error_code error;
    const std::filesystem::path path = std::filesystem::absolute(value.path, error);
    return toml_string(error ? value.path : path.lexically_normal().string());
}

bool ProfileName::is_file() const {
    constexpr std::string_view extension = ".toml";
    return text.find('/') != std::string::npos ||
           (text.size() > extension.size() &&
            text.compare(text.size() - extension.size(), extension.size(), extension) == 0);
}

Result<ProfileName> ParamType<ProfileName>::read(const Value& value) {
    const Result<std::string> text = ParamType<std::string>::read(value);
    if (!text) return Failure{text.error()};
    if (!ProfileName{text.value()}.is_file()) return ProfileName{text.value()};
    const Result<FilePath> file = ParamType<FilePath>::read(value);
    if (!file) return Failure{file.error()};
    return ProfileName{file.value().path};
}

std::string ParamType<ProfileName>::print(const ProfileName& value) {
    return value.is_file() ? ParamType<FilePath>::print({value.text}) : toml_string(value.text);
}

bool IndexSet::contains(std::uint32_t index) const {
    return all || std::find(indices.begin(), indices.end(), index) != indices.end();
}

Result<IndexSet> ParamType<IndexSet>::read(const Value& value) {
    constexpr const char* phrase = "\"all\" or a list of indices such as [0, 2]";
    if (value.type == Value::Type::Text && value.text == "all") return IndexSet{};
    if (value.type != Value::Type::Array) return detail::expected(phrase, value);
    IndexSet set{false, {}};
    for (const Value& item : value.items) {
        const Result<std::uint32_t> index = ParamType<std::uint32_t>::read(item);
        if (!index) return Failure{index.error() + "; expected " + phrase};
        if (set.contains(index.value())) {
            return Failure{"index " + item.text + " is listed twice"};
        }
        set.indices.push_back(index.value());
    }
    if (set.indices.empty()) return Failure{std::string("the list is empty; expected ") + phrase};
    return set;
}

std::string ParamType<IndexSet>::print(const IndexSet& value) {
    if (value.all) return "\"all\"";
    std::vector<std::string> indices;
    for (const std::uint32_t index : value.indices) indices.push_back(std::to_string(index));
    return "[" + joined(indices) + "]";
}

std::string ParamType<IndexSet>::schema() {
    return R"({"anyOf":[{"const":"all"},{"type":"array","minItems":1,"uniqueItems":true,)"
           R"("items":{"type":"integer","minimum":0}}]})";
}

}  // namespace lmsim::sim
