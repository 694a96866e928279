#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "sim/core/param_type.hpp"
#include "sim/core/text.hpp"
#include "sim/scenario/bind.hpp"
#include "sim/scenario/scenario.hpp"
#include "tools/runs/hypercube.hpp"
#include "tools/runs/settings.hpp"

namespace lmsim::runs {

namespace {

using sim::Value;

constexpr const char* range_phrase =
    "a range such as {from = \"1us\", to = \"1ms\", scale = \"log\"}, or a list of values";

/// A number with the dimension of its unit; no dimension: a whole number.
struct CubeNumber {
    const sim::Dimension* dimension = nullptr;
    std::uint64_t raw = 0;
};

std::optional<CubeNumber> cube_number(const Value& value) {
    if (value.type == Value::Type::Integer && value.integer >= 0) {
        return CubeNumber{nullptr, static_cast<std::uint64_t>(value.integer)};
    }
    if (value.type != Value::Type::Text) {
        return std::nullopt;
    }
    for (const sim::Dimension* each :
         {&sim::dimension<sim::Time>(), &sim::dimension<sim::Bytes>(),
          &sim::dimension<sim::Bandwidth>(), &sim::dimension<sim::Rate>(),
          &sim::dimension<sim::Share>()}) {
        const auto raw = sim::parse_quantity(*each, value.text);
        if (raw) return CubeNumber{each, raw.value()};
    }
    return std::nullopt;
}

class AxisReader {
  public:
    AxisReader(const std::string& key, std::vector<sim::Diagnostic>& problems)
        : problems_(problems) {
        axis_.key = key;
    }

    CubeAxis read(const Value& value) {
        if (value.type == Value::Type::Array && !value.items.empty()) {
            for (const Value& item : value.items) {
                check(item);
                axis_.values.push_back(value_text(item));
            }
        } else if (value.type == Value::Type::Table) {
            range(value);
        } else {
            complain(value, sim::detail::expected(range_phrase, value).message);
        }
        return axis_;
    }

  private:
    void complain(const Value& value, const std::string& message) {
        problems_.push_back({value.where, axis_.key + ": " + message});
    }

    /// As --set would have it, on a scenario that nobody runs.
    void check(const Value& value) {
        sim::Scenario scratch;
        sim::Origins origins;
        sim::Diagnostics diagnostics;
        sim::Binder(sim::schema_of<sim::Scenario>(), &scratch, origins, diagnostics)
            .bind_options({axis_.key + "=" + value_text(value)});
        for (const sim::Diagnostic& each : diagnostics.sorted()) {
            problems_.push_back({value.where, each.message});
        }
    }

    /// False if it is not there, or said to be wrong.
    bool number(const Value::Member& member, std::uint64_t& raw) {
        const auto read = cube_number(member.value);
        if (!read) {
            complain(member.value,
                     sim::detail::expected("a quantity or a whole number", member.value).message);
            return false;
        }
        if (known_ && read->dimension != axis_.dimension) {
            complain(member.value, member.name + " is of another kind than from");
            return false;
        }
        known_ = true;
        axis_.dimension = read->dimension;
        raw = read->raw;
        return true;
    }

    void range(const Value& value) {
        const Value* from = nullptr;
        const Value* to = nullptr;
        for (const Value::Member& member : value.members) {
            if (member.name == "from") {
                from = number(member, axis_.from) ? &member.value : nullptr;
            } else if (member.name == "to") {
                to = number(member, axis_.to) ? &member.value : nullptr;
            } else if (member.name == "step") {
                number(member, axis_.step);
            } else if (member.name == "scale" &&
                       (member.value.text == "log" || member.value.text == "linear")) {
                axis_.is_log = member.value.text == "log";
            } else if (member.name == "scale") {
                complain(member.value, "scale: expected \"linear\" or \"log\"");
            } else {
                complain(member.value, "unknown key " + sim::in_quotes(member.name) +
                                           "; expected from, to, scale or step");
            }
        }
        const auto has = [&](const char* name) {
            return std::any_of(value.members.begin(), value.members.end(),
                               [&](const auto& member) { return member.name == name; });
        };
        if (!has("from") || !has("to")) {
            return complain(value, std::string("expected ") + range_phrase);
        }
        if (from == nullptr || to == nullptr) {
            return;
        }
        check(*from);
        check(*to);
        if (axis_.from >= axis_.to) {
            complain(*to, "to is not more than from");
        }
        if (axis_.is_log && axis_.from == 0) {
            complain(*from, "a logarithmic range does not begin at 0");
        }
    }

    CubeAxis axis_;
    std::vector<sim::Diagnostic>& problems_;
    bool known_ = false;  // of what kind the range is
};

}  // namespace

CubeAxis read_cube_axis(const std::string& key, const Value& value,
                        std::vector<sim::Diagnostic>& problems) {
    return AxisReader(key, problems).read(value);
}

std::string CubeAxis::text() const {
    if (!values.empty()) {
        return "[" + sim::joined(values) + "]";
    }
    const auto number = [this](std::uint64_t raw) {
        return dimension == nullptr ? std::to_string(raw)
                                    : sim::in_quotes(sim::format_quantity(*dimension, raw));
    };
    return fmt::format("{{from = {}, to = {}, scale = \"{}\"{}}}", number(from), number(to),
                       is_log ? "log" : "linear", step == 0 ? "" : ", step = " + number(step));
}

}  // namespace lmsim::runs
