#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "sim/core/distribution.hpp"
#include "sim/core/param_value.hpp"
#include "sim/core/result.hpp"
#include "sim/core/text.hpp"
#include "sim/core/units.hpp"

namespace lmsim::sim {

/// What a C++ type is in a file. A specialization has
///   read(Value) -> Result<T>    what the user wrote, or what was expected instead
///   print(T) -> text            valid TOML that read() takes back
///   name()                      for people: "time"
///   schema()                    a fragment of JSON Schema
template <class T, class = void>
struct ParamType;

/// An enumeration is written by names: specialize with `static constexpr std::array names{...}`,
/// one per enumerator, which count from 0.
template <class T>
struct EnumNames;

namespace detail {
Failure expected(const char* phrase, const Value& value);
Result<std::uint64_t> read_quantity(const Dimension& dimension, const Value& value);
Result<std::string> read_choice(const std::vector<std::string>& names, const Value& value);
std::string quantity_schema(const Dimension& dimension);
std::string names_schema(const std::vector<std::string>& names);
Result<Quantiles> read_quantiles(const Value& value);
std::string print_quantiles(const Quantiles& quantiles);
std::string quantiles_schema();

template <class T>
std::vector<std::string> enum_names() {
    return {EnumNames<T>::names.begin(), EnumNames<T>::names.end()};
}
}  // namespace detail

template <>
struct ParamType<bool> {
    static Result<bool> read(const Value& value) {
        if (value.type != Value::Type::Boolean) return detail::expected("true or false", value);
        return value.boolean;
    }
    static std::string print(bool value) { return value ? "true" : "false"; }
    static std::string name() { return "boolean"; }
    static std::string schema() { return R"({"type":"boolean"})"; }
};

template <class T>
struct ParamType<T, std::enable_if_t<std::is_integral_v<T>>> {
    static Result<T> read(const Value& value) {
        if (value.type != Value::Type::Integer) return detail::expected("a whole number", value);
        if (value.integer < 0 && std::is_unsigned_v<T>) {
            return Failure{std::to_string(value.integer) + " is negative"};
        }
        const auto narrow = static_cast<T>(value.integer);
        if (static_cast<std::int64_t>(narrow) != value.integer) {
            return Failure{std::to_string(value.integer) + " is too large"};
        }
        return narrow;
    }
    static std::string print(T value) { return std::to_string(value); }
    static std::string name() { return "integer"; }
    static std::string schema() { return R"({"type":"integer"})"; }
};

template <>
struct ParamType<std::string> {
    static Result<std::string> read(const Value& value);
    static std::string print(const std::string& value) { return toml_string(value); }
    static std::string name() { return "string"; }
    static std::string schema() { return R"({"type":"string"})"; }
};

template <class U>
struct ParamType<U, std::enable_if_t<std::is_base_of_v<Quantity<U, typename U::Raw>, U>>> {
    static Result<U> read(const Value& value) {
        const Result<std::uint64_t> raw = detail::read_quantity(dimension<U>(), value);
        if (!raw) return Failure{raw.error()};
        return U{static_cast<typename U::Raw>(raw.value())};
    }
    static std::string print(U value) { return in_quotes(format(value)); }
    static std::string name() { return dimension<U>().what + 2; }  // without "a "
    static std::string schema() { return detail::quantity_schema(dimension<U>()); }
};

template <class T>
struct ParamType<T, std::enable_if_t<std::is_enum_v<T>>> {
    static Result<T> read(const Value& value) {
        const std::vector<std::string> names = detail::enum_names<T>();
        const Result<std::string> name = detail::read_choice(names, value);
        if (!name) return Failure{name.error()};
        std::size_t i = 0;
        while (names[i] != name.value()) ++i;
        return static_cast<T>(i);
    }
    static std::string print(T value) {
        return in_quotes(EnumNames<T>::names[static_cast<std::size_t>(value)]);
    }
    static std::string name() { return "one of " + joined(detail::enum_names<T>()); }
    static std::string schema() { return detail::names_schema(detail::enum_names<T>()); }
};

template <class T>
struct ParamType<std::optional<T>> {
    static Result<std::optional<T>> read(const Value& value) {
        if (value.type == Value::Type::Text && value.text == "none") return std::optional<T>{};
        const Result<T> result = ParamType<T>::read(value);
        if (!result) {
            std::string error = result.error();
            const std::size_t end = std::min(error.find("; did you mean"), error.size());
            return Failure{error.insert(end, ", or \"none\"")};
        }
        return std::optional<T>{result.value()};
    }
    static std::string print(const std::optional<T>& value) {
        return value ? ParamType<T>::print(*value) : "\"none\"";
    }
    static std::string name() { return ParamType<T>::name() + " or none"; }
    static std::string schema() {
        return R"({"anyOf":[{"const":"none"},)" + ParamType<T>::schema() + "]}";
    }
};

template <>
struct ParamType<Quantiles> {
    static Result<Quantiles> read(const Value& value) { return detail::read_quantiles(value); }
    static std::string print(const Quantiles& value) { return detail::print_quantiles(value); }
    static std::string name() { return "distribution"; }
    static std::string schema() { return detail::quantiles_schema(); }
};

/// A file to read. A relative name in a file starts from that file's folder, on the command line
/// from the current one; `path` is usable as it is and empty if nothing was given.
struct FilePath {
    std::string path;

    bool empty() const { return path.empty(); }
    friend bool operator==(const FilePath& a, const FilePath& b) { return a.path == b.path; }
};

template <>
struct ParamType<FilePath> {
    static Result<FilePath> read(const Value& value);
    static std::string print(const FilePath& value);  // absolute, so that it can be read elsewhere
    static std::string name() { return "file"; }
    static std::string schema() { return R"({"type":"string"})"; }
};

/// A profile: the name of one of the program's own, or a file, which is NAME.toml or has a slash
/// and is relative as a FilePath is. Empty: none is named.
struct ProfileName {
    std::string text;

    bool empty() const { return text.empty(); }
    bool is_file() const;
    friend bool operator==(const ProfileName& a, const ProfileName& b) { return a.text == b.text; }
};

template <>
struct ParamType<ProfileName> {
    static Result<ProfileName> read(const Value& value);
    static std::string print(const ProfileName& value);
    static std::string name() { return "profile"; }
    static std::string schema() { return R"({"type":"string"})"; }
};

/// Some members of a numbered set: the text "all", or a list of indices.
struct IndexSet {
    bool all = true;
    std::vector<std::uint32_t> indices;

    bool contains(std::uint32_t index) const;
    friend bool operator==(const IndexSet& a, const IndexSet& b) {
        return a.all == b.all && a.indices == b.indices;
    }
};

template <>
struct ParamType<IndexSet> {
    static Result<IndexSet> read(const Value& value);
    static std::string print(const IndexSet& value);
    static std::string name() { return "\"all\" or a list of indices"; }
    static std::string schema();
};

}  // namespace lmsim::sim
