#include "sim/check/step_line.hpp"

#include <algorithm>

namespace lmsim::sim {

using JsonValue = trace::FlatJson::Value;
using Type = trace::FlatJson::Type;

namespace {

/// 16: no hexadecimal digit.
unsigned digit(char c) {
    return c >= '0' && c <= '9'   ? static_cast<unsigned>(c - '0')
           : c >= 'a' && c <= 'f' ? static_cast<unsigned>(c - 'a' + 10)
                                  : 16;
}

}  // namespace

bool StepLine::take_bytes(trace::FlatJson& json, const JsonValue& value) {
    if (value.type != Type::Text || value.text.size() % 2 != 0) {
        return json.wrong(value.at, "this is something else; expected bytes as hexadecimal digits");
    }
    bytes.clear();
    has_bytes = true;
    for (std::size_t i = 0; i < value.text.size(); i += 2) {
        const unsigned high = digit(value.text[i]);
        const unsigned low = digit(value.text[i + 1]);
        if (high > 15 || low > 15) {
            return json.wrong(value.at, "this is no byte; expected hexadecimal digits");
        }
        bytes.push_back(static_cast<std::uint8_t>(high << 4 | low));
    }
    return true;
}

bool StepLine::take(trace::FlatJson& json, std::string_view key, const JsonValue& value) {
    if (key == "bytes" || key == "state") {
        is_state = key == "state";
        return take_bytes(json, value);
    }
    if (key == "side") {
        const auto& names = metrics::side_names;
        const auto* found = std::find(names.begin(), names.end(), value.text);
        if (value.type != Type::Text || found == names.end()) {
            return json.wrong(value.at,
                              "\"side\" is something else; expected \"source\" or "
                              "\"destination\"");
        }
        side = static_cast<metrics::Side>(found - names.begin());
    } else if (key == "part" && value.type == Type::Text) {
        part = std::string(value.text);
    } else if (value.type == Type::Integer) {
        numbers_.push_back({std::string(key), value.number, value.negative});
    }
    return true;
}

bool StepLine::read(trace::FlatJson& json, std::string_view text) {
    numbers_.clear();
    has_bytes = false;
    is_state = false;
    part.clear();
    side = metrics::Side::Network;
    json.start(text);
    std::string_view key;
    JsonValue value;
    while (json.next(key, value)) {
        if (!take(json, key, value)) {
            return false;
        }
    }
    if (!json.what().empty()) {
        return false;
    }
    if (part.empty() || side == metrics::Side::Network) {
        return json.wrong(text.data(), "no \"part\" or \"side\"; expected a step of the model");
    }
    at = get<Ps>("t");
    return true;
}

}  // namespace lmsim::sim
