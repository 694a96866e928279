#pragma once

#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "sim/core/param_type.hpp"

// A parameter is one line in a struct, the default initializer of its member:
//
//     Time pause = param(&pause, "pause", 100_us, between(0_s, 10_s), "time to stop all vCPUs",
//     estimate);
//
// The struct stays plain data with its defaults in place. When schema_of<T>() constructs a T, the
// same lines also describe it: from there come the file format, its checks, the JSON Schema and the
// docs.

namespace lmsim::sim {

/// Where a default comes from when no document gives it.
inline constexpr const char* estimate = "estimate";

/// Not a property of anything but what the user wants to look at.
inline constexpr const char* choice = "choice";

/// The inclusive range of a parameter.
template <class A>
struct Between {
    A least;
    A most;
};
template <class A>
constexpr Between<A> between(A least, A most) {
    return {least, most};
}

/// The few values that a parameter may have.
template <class A>
struct OneOf {
    std::vector<A> values;
};
template <class A>
OneOf<A> one_of(std::initializer_list<A> values) {
    return {values};
}

/// Who may write a parameter that several groups share through an alias.
enum class Written : std::uint8_t { Anywhere, InAliasOnly };

/// What is known about one parameter; `offset` is that of the member in its struct.
struct ParamInfo {
    std::string name;
    std::string help;
    std::string source;
    std::string type;
    std::string schema;    // JSON Schema of the value
    std::string fallback;  // the default, in TOML
    std::string least;     // the range, in TOML; empty if there is none
    std::string most;
    std::vector<std::string> allowed;  // in TOML; empty if there is no list
    Written written = Written::Anywhere;
    std::size_t offset = 0;
    /// Stores what was written; returns what is wrong with it, or an empty text.
    std::function<std::string(void* member, const Value& value)> assign;
    std::function<std::string(const void* member)> print;
};

struct GroupInfo;

/// A list of tables, [[name]] in TOML.
struct ListInfo {
    std::string name;
    std::string help;
    std::size_t most = 0;
    std::size_t offset = 0;
    std::shared_ptr<GroupInfo> element;
    std::function<std::size_t(const void* member)> size;
    std::function<void(void* member, std::size_t size)> resize;
    std::function<void*(void* member, std::size_t index)> at;
};

/// A name that stands for several groups at once: "both" for "src" and "dst".
struct AliasInfo {
    std::string name;
    std::string help;
    std::vector<std::string> targets;
};

/// A struct of parameters, [name] in TOML.
struct GroupInfo {
    std::string name;
    std::string help;
    std::size_t offset = 0;
    std::vector<ParamInfo> params;
    std::vector<GroupInfo> groups;
    std::vector<ListInfo> lists;
    std::vector<AliasInfo> aliases;
};

namespace detail {

/// The group that is being described, if any. One thread describes, as all of set-up does.
inline GroupInfo* describing = nullptr;

template <class T>
struct Plain {
    using Type = T;
};
template <class T>
using NotDeduced = typename Plain<T>::Type;

inline std::size_t address(const void* pointer) { return reinterpret_cast<std::size_t>(pointer); }

/// A distribution is in range if all of it is.
template <class T, class A>
bool in_range(const T& value, const Between<A>& range) {
    if constexpr (std::is_same_v<T, Quantiles>) {
        return value.lowest() >= range.least && value.highest() <= range.most;
    } else if constexpr (std::is_same_v<T, std::optional<A>>) {
        return !value || (*value >= range.least && *value <= range.most);
    } else {
        return value >= static_cast<T>(range.least) && value <= static_cast<T>(range.most);
    }
}
template <class T, class A>
bool in_range(const T& value, const OneOf<A>& range) {
    for (const A& allowed : range.values) {
        if (value == static_cast<T>(allowed)) return true;
    }
    return false;
}
struct Unlimited {};
template <class T>
bool in_range(const T&, Unlimited) {
    return true;
}

template <class A>
void describe_range(ParamInfo& info, const Between<A>& range) {
    info.least = ParamType<A>::print(range.least);
    info.most = ParamType<A>::print(range.most);
}
template <class A>
void describe_range(ParamInfo& info, const OneOf<A>& range) {
    for (const A& allowed : range.values) info.allowed.push_back(ParamType<A>::print(allowed));
}
inline void describe_range(ParamInfo&, Unlimited) {}

/// "; expected 0s to 10s", "; expected one of 64B, 128B"
std::string range_phrase(const ParamInfo& info);

/// The innermost group takes a description; asserts that name, place and help are sound.
void add(ParamInfo info, const void* member);
void add(ListInfo info, const void* member);
void add(AliasInfo info);
void finish(GroupInfo& group, const void* object, std::size_t size);

/// An enumeration, whichever it is: its values are told by their names alone.
struct EnumType {
    std::vector<std::string> names;
    std::size_t (*get)(const void* member);
    void (*set)(void* member, std::size_t value);
};
void declare_enum(EnumType type, const void* member, const char* name, std::size_t fallback,
                  const char* help, const char* source, Written written);

template <class T>
EnumType enum_type() {
    return {
        enum_names<T>(),
        [](const void* member) { return static_cast<std::size_t>(*static_cast<const T*>(member)); },
        [](void* member, std::size_t value) { *static_cast<T*>(member) = static_cast<T>(value); }};
}

template <class T, class R>
T declare(T* member, const char* name, const T& fallback, const R& range, const char* help,
          const char* source, Written written) {
    LMSIM_ASSERT(in_range(fallback, range));
    if (describing == nullptr) return fallback;
    ParamInfo info;
    info.name = name;
    info.help = help;
    info.source = source;
    info.type = ParamType<T>::name();
    info.schema = ParamType<T>::schema();
    info.fallback = ParamType<T>::print(fallback);
    info.written = written;
    describe_range(info, range);
    const std::string phrase = range_phrase(info);
    info.assign = [range, phrase](void* target, const Value& value) -> std::string {
        const Result<T> result = ParamType<T>::read(value);
        if (!result) return result.error();
        if (!in_range(result.value(), range)) {
            return ParamType<T>::print(result.value()) + " is out of range" + phrase;
        }
        *static_cast<T*>(target) = result.value();
        return {};
    };
    info.print = [](const void* source_member) {
        return ParamType<T>::print(*static_cast<const T*>(source_member));
    };
    add(std::move(info), member);
    return fallback;
}

// All files that include a struct of parameters would compile these for themselves.
#define LMSIM_PARAM_TYPES(DO)              \
    DO(bool, Unlimited)                    \
    DO(std::string, Unlimited)             \
    DO(std::string, OneOf<std::string>)    \
    DO(std::uint8_t, Between<int>)         \
    DO(std::uint32_t, Between<int>)        \
    DO(std::uint32_t, OneOf<int>)          \
    DO(std::uint64_t, Between<long>)       \
    DO(Time, Between<Time>)                \
    DO(std::optional<Time>, Between<Time>) \
    DO(Bytes, Between<Bytes>)              \
    DO(Bytes, OneOf<Bytes>)                \
    DO(Bandwidth, Between<Bandwidth>)      \
    DO(Rate, Between<Rate>)                \
    DO(Share, Between<Share>)              \
    DO(FilePath, Unlimited)                \
    DO(Quantiles, Between<Time>)           \
    DO(std::optional<Quantiles>, Unlimited)
#define LMSIM_PARAM_TYPE(T, R)                                                               \
    extern template T declare(T*, const char*, const T&, const R&, const char*, const char*, \
                              Written);
LMSIM_PARAM_TYPES(LMSIM_PARAM_TYPE)
#undef LMSIM_PARAM_TYPE

}  // namespace detail

/// Declares a parameter without a range. See the head of this file.
template <class T>
T param(T* member, const char* name, const detail::NotDeduced<T>& fallback, const char* help,
        const char* source, Written written = Written::Anywhere) {
    if constexpr (std::is_enum_v<T>) {
        if (detail::describing != nullptr) {
            detail::declare_enum(detail::enum_type<T>(), member, name,
                                 static_cast<std::size_t>(fallback), help, source, written);
        }
        return fallback;
    } else {
        return detail::declare(member, name, fallback, detail::Unlimited{}, help, source, written);
    }
}

/// Declares a parameter with a range or a list of allowed values.
template <class T, class A>
T param(T* member, const char* name, const detail::NotDeduced<T>& fallback, const Between<A>& range,
        const char* help, const char* source, Written written = Written::Anywhere) {
    return detail::declare(member, name, fallback, range, help, source, written);
}
template <class T, class A>
T param(T* member, const char* name, const detail::NotDeduced<T>& fallback, const OneOf<A>& range,
        const char* help, const char* source, Written written = Written::Anywhere) {
    return detail::declare(member, name, fallback, range, help, source, written);
}

/// Describes a struct of parameters.
template <class T>
GroupInfo describe(const char* name, const char* help) {
    GroupInfo group;
    group.name = name;
    group.help = help;
    GroupInfo* const outer = std::exchange(detail::describing, &group);
    const T object{};
    detail::describing = outer;
    detail::finish(group, &object, sizeof(T));
    return group;
}

/// Declares a struct of parameters inside another.
template <class T>
T group(T* member, const char* name, const char* help) {
    if (detail::describing == nullptr) return T{};
    GroupInfo inner = describe<T>(name, help);
    inner.offset = detail::address(member);
    detail::describing->groups.push_back(std::move(inner));
    GroupInfo* const outer = std::exchange(detail::describing, nullptr);
    T object{};
    detail::describing = outer;
    return object;
}

/// Declares a list of at most `most` tables, empty by default.
template <class T>
std::vector<T> list(std::vector<T>* member, const char* name, std::size_t most, const char* help) {
    if (detail::describing == nullptr) return {};
    ListInfo info;
    info.name = name;
    info.help = help;
    info.most = most;
    info.element = std::make_shared<GroupInfo>(describe<T>(name, help));
    using List = std::vector<T>;
    info.size = [](const void* source) { return static_cast<const List*>(source)->size(); };
    info.resize = [](void* target, std::size_t size) { static_cast<List*>(target)->resize(size); };
    info.at = [](void* target, std::size_t i) -> void* {
        return &(*static_cast<List*>(target))[i];
    };
    detail::add(std::move(info), member);
    return {};
}

/// Declares a name under which several groups are written at once; the group's own name wins.
struct Alias {};
inline Alias alias(const char* name, std::vector<std::string> targets, const char* help) {
    if (detail::describing != nullptr) detail::add(AliasInfo{name, help, std::move(targets)});
    return {};
}

/// The description of T, made once.
template <class T>
const GroupInfo& schema_of() {
    static const GroupInfo schema = describe<T>("", "");
    return schema;
}

}  // namespace lmsim::sim
