#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/metrics/part.hpp"
#include "sim/trace/flat_json.hpp"

namespace lmsim::sim {

/// A line of steps.ndjson, but for its effects and hash.
struct StepLine {
    Ps at = 0;
    metrics::Side side = metrics::Side::Source;
    std::string part;
    std::vector<std::uint8_t> bytes;  // of the event, or the packed state
    bool has_bytes = false;
    bool is_state = false;

    /// A number of the event; 0 if it is left out.
    template <class T>
    T get(std::string_view key) const {
        for (const Number& number : numbers_) {
            if (number.key == key) {
                return static_cast<T>(number.negative ? ~number.value + 1 : number.value);
            }
        }
        return T{};
    }
    template <class T>
    void get(std::string_view key, T& into) const {
        if constexpr (std::is_same_v<T, bool>) {
            into = get<std::uint64_t>(key) != 0;
        } else {
            into = get<T>(key);
        }
    }

    /// Reads the line, without its newline. False: `json` says what is wrong.
    bool read(trace::FlatJson& json, std::string_view text);

  private:
    struct Number {
        std::string key;
        std::uint64_t value;
        bool negative;
    };
    bool take(trace::FlatJson& json, std::string_view key, const trace::FlatJson::Value& value);
    bool take_bytes(trace::FlatJson& json, const trace::FlatJson::Value& value);

    std::vector<Number> numbers_;
};

}  // namespace lmsim::sim
