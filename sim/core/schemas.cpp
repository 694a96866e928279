#include "sim/core/schemas.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <optional>

#include "sim/core/text.hpp"
#include "sim/core/version.hpp"

namespace lmsim::sim {

namespace {

struct VersionedName {
    std::string_view family;
    std::uint32_t version = 0;
};

/// "lmsim/result/1" as lmsim/result and 1; nothing for what has no version of at most 4 digits.
std::optional<VersionedName> taken_apart(std::string_view name) {
    const std::size_t last = name.find_last_not_of("0123456789");
    if (last == std::string_view::npos || last == 0 || last + 1 == name.size() ||
        name.size() - last > 5) {
        return std::nullopt;
    }
    VersionedName parts{name.substr(0, last), 0};
    for (const char digit : name.substr(last + 1)) {
        parts.version = parts.version * 10 + static_cast<std::uint32_t>(digit - '0');
    }
    return parts;
}

}  // namespace

const std::vector<SchemaInfo>& all_schemas() {
    static const std::vector<SchemaInfo> all{
#define LMSIM_SCHEMA(symbol, name, what, written, read) {name, what, written, read},
#include "sim/core/schemas.def"
#undef LMSIM_SCHEMA
    };
    return all;
}

bool is_version_of(std::string_view name, std::string_view schema) {
    const auto one = taken_apart(name);
    const auto other = taken_apart(schema);
    return one && other && one->family == other->family;
}

std::string other_schema(std::string_view found, std::string_view wanted) {
    std::string words =
        fmt::format("its schema is {}; this lmsim reads \"{}\"", in_quotes(found), wanted);
    if (!is_version_of(found, wanted)) {
        return words;
    }
    if (taken_apart(found)->version > taken_apart(wanted)->version) {
        return fmt::format(
            "{}. A newer lmsim than {} wrote it: read it with that one, or write it anew with this",
            words, version);
    }
    return fmt::format("{}. An older lmsim wrote it: write it anew with this one ({})", words,
                       version);
}

}  // namespace lmsim::sim
