#include "sim/bridge/record/session_line.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>

#include "sim/trace/flat_json.hpp"

namespace lmsim::sim::record {

namespace {

constexpr std::array<const char*, 14> names = {
    "host-wrote", "write",      "read",    "reset",  "interrupts", "device-wrote", "read-done",
    "interrupt",  "reset-done", "trouble", "polled", "now",        "over",         "end"};

constexpr std::size_t shown = 16;  // bytes in a message

constexpr std::string_view digits = "0123456789abcdef";

std::string hex(const std::string& bytes) {
    // Most of a session is such texts: no byte is appended by itself.
    std::string text(2 * bytes.size(), '\0');
    char* to = text.data();
    for (const char byte : bytes) {
        const auto value = static_cast<std::uint8_t>(byte);
        *to++ = digits[value >> 4];
        *to++ = digits[value & 15];
    }
    return text;
}

/// What a character is worth as a hexadecimal digit; -1: it is none.
constexpr std::array<std::int8_t, 256> make_worth() {
    std::array<std::int8_t, 256> worth{};
    for (auto& one : worth) one = -1;
    std::int8_t value = 0;
    for (const char digit : digits) worth[static_cast<std::uint8_t>(digit)] = value++;
    return worth;
}

bool unhex(std::string_view text, std::string& bytes) {
    static constexpr std::array<std::int8_t, 256> worth = make_worth();
    bytes.resize(text.size() / 2);
    const char* from = text.data();
    int wrong = 0;  // negative as soon as one is none
    for (char& byte : bytes) {
        const int high = worth[static_cast<std::uint8_t>(*from++)];
        const int low = worth[static_cast<std::uint8_t>(*from++)];
        wrong |= high | low;
        byte = static_cast<char>(high << 4 | low);
    }
    return wrong >= 0 && text.size() % 2 == 0;
}

std::string describe_bytes(const SessionLine& line) {
    return fmt::format("{} bytes at {:x}h{}: {}{}", line.bytes.size(), line.address,
                       line.memory == 0 ? "" : fmt::format(" of memory {}", line.memory),
                       hex(line.bytes.substr(0, shown)), line.bytes.size() > shown ? "..." : "");
}

/// A member of a line, or where it goes.
struct Field {
    std::string_view key;
    std::uint64_t* number;
};

}  // namespace

const char* name(Kind kind) { return names[static_cast<std::size_t>(kind)]; }

std::string describe(const SessionLine& line) {
    switch (line.kind) {
        case Kind::HostWrote: return "the host's change of " + describe_bytes(line);
        case Kind::DeviceWrote: return "the device's change of " + describe_bytes(line);
        case Kind::Write:
            return fmt::format(
                "a write of {:x}h ({} bytes) to the property at {:x}h of function "
                "{}",
                line.value, line.size, line.address, line.function);
        case Kind::Read:
            return fmt::format("a read of {} bytes of the property at {:x}h of function {}",
                               line.size, line.address, line.function);
        case Kind::Reset: return fmt::format("a reset of function {}", line.function);
        case Kind::Interrupts:
            return fmt::format("interrupts of function {} {}", line.function,
                               line.value != 0 ? "on" : "off");
        case Kind::ReadDone:
            return fmt::format("the answer {:x}h to a read of function {}", line.value,
                               line.function);
        case Kind::Interrupt:
            return fmt::format("interrupt {} of function {}", line.value, line.function);
        case Kind::ResetDone:
            return fmt::format("the end of a reset of function {}", line.function);
        case Kind::Trouble: return "trouble: " + line.bytes;
        case Kind::Polled: return "the end of a poll";
        case Kind::Now: return "a look at the clock";
        case Kind::Over: return "the end of a wait whose time is over";
        case Kind::End: return "the end of the session";
    }
    return {};
}

bool same(const SessionLine& a, const SessionLine& b) {
    return a.kind == b.kind && a.function == b.function && a.memory == b.memory &&
           a.address == b.address && a.size == b.size && a.token == b.token && a.value == b.value &&
           a.bytes == b.bytes;
}

std::string encode(const SessionLine& line) {
    std::string text = fmt::format("{{\"kind\":\"{}\"", name(line.kind));
    const auto put = [&](const char* key, std::uint64_t value) {
        if (value != 0) {
            fmt::format_to(std::back_inserter(text), ",\"{}\":{}", key, value);
        }
    };
    put("polls", line.polls);
    put("at", static_cast<std::uint64_t>(line.at));
    put("function", line.function);
    put("memory", line.memory);
    put("address", line.address);
    put("size", line.size);
    put("since", line.since);
    put("token", line.token);
    put("value", line.value);
    if (!line.bytes.empty()) {
        text += ",\"bytes\":\"" + hex(line.bytes) + "\"";
    }
    return text;
}

std::string decode(const std::string& text, SessionLine& into) {
    into = SessionLine();
    std::uint64_t at = 0;
    std::uint64_t function = 0;
    std::uint64_t memory = 0;
    std::uint64_t size = 0;
    const Field fields[] = {{"polls", &into.polls},     {"at", &at},
                            {"function", &function},    {"memory", &memory},
                            {"address", &into.address}, {"size", &size},
                            {"since", &into.since},     {"token", &into.token},
                            {"value", &into.value}};
    bool known = false;
    trace::FlatJson json;
    json.start(text);
    std::string_view key;
    trace::FlatJson::Value value;
    while (json.next(key, value)) {
        const auto* field = std::find_if(std::begin(fields), std::end(fields),
                                         [&](const Field& one) { return one.key == key; });
        if (field != std::end(fields)) {
            if (value.type != trace::FlatJson::Type::Integer || value.negative) {
                return fmt::format("\"{}\" is no number from 0 on", key);
            }
            *field->number = value.number;
        } else if (key == "kind") {
            const auto* const found = std::find_if(
                names.begin(), names.end(), [&](const char* one) { return value.text == one; });
            known = found != names.end();
            into.kind = known ? static_cast<Kind>(found - names.begin()) : into.kind;
        } else if (key == "bytes" && !unhex(value.text, into.bytes)) {
            return "\"bytes\" is no text of pairs of hexadecimal digits";
        }
    }
    if (!json.what().empty()) {
        return json.what();
    }
    if (!known) {
        return fmt::format("\"kind\" is none of {}", fmt::join(names, ", "));
    }
    if (function > UINT32_MAX || memory > UINT32_MAX || size > UINT32_MAX || at > INT64_MAX) {
        return "a number is too large";
    }
    into.at = static_cast<Ps>(at);
    into.function = static_cast<std::uint32_t>(function);
    into.memory = static_cast<std::uint32_t>(memory);
    into.size = static_cast<std::uint32_t>(size);
    return {};
}

}  // namespace lmsim::sim::record
