#include <fmt/format.h>

#include "model/wire/bits.hpp"
#include "sim/conform/describe.hpp"
#include "sim/conform/runner.hpp"

/// Steps that write and look at memory.
namespace lmsim::sim::conform {

namespace {}  // namespace

Runner::Maybe Runner::store(const Step& step) {
    const std::uint64_t base = symbols_[step.buffer];
    const auto& [controller, size] = buffers_[step.buffer];
    Unit& unit = *session_.unit(controller);
    for (std::uint64_t i = 0; i < step.count; ++i) {
        for (const Field& field : step.fields) {
            const std::optional<std::uint64_t> value = resolve(field.value);
            const std::uint64_t at = step.at + i * step.stride;
            if (!value || at + field.place.end_byte() > size) {
                return lacks("it stores outside " + step.buffer + ", or an unknown symbol");
            }
            wire::store_bits(unit.bytes(base + at, field.place.end_byte()), field.place,
                             *value + i * step.grow);
        }
    }
    unit.commands().port().memory().wrote(base, size);
    return std::nullopt;
}

/// The first field of which the buffer holds something else; null if there is none.
const Field* Runner::differs(const Step& step, std::uint64_t at, std::uint64_t& got) {
    const std::string& controller = buffers_[step.buffer].first;
    for (const Field& field : step.fields) {
        const std::uint8_t* bytes =
            session_.unit(controller)->bytes(symbols_[step.buffer] + at, field.place.end_byte());
        got = wire::load_bits(bytes, field.place);
        if (got != resolve(field.value)) {
            return &field;
        }
    }
    return nullptr;
}

/// Looks only where the buffer is, and only for what is known.
Runner::Maybe Runner::looks_wrong(const Step& step) {
    const std::uint64_t size = buffers_[step.buffer].second;
    for (const Field& field : step.fields) {
        const std::uint64_t last = step.at + (step.count - 1) * step.stride;
        if (last + field.place.end_byte() > size) {
            return lacks("it looks outside " + step.buffer);
        }
        if (!resolve(field.value)) {
            return lacks("nothing has given " + field.value.symbol + " a value");
        }
    }
    return std::nullopt;
}

Runner::Maybe Runner::check(const Step& step) {
    if (Maybe failure = looks_wrong(step)) {
        return failure;
    }
    std::uint64_t got = 0;
    const Field* wrong = nullptr;
    session_.target().wait(
        [&] {
            wrong = differs(step, step.at, got);
            return wrong == nullptr;
        },
        quiet_time);
    if (wrong == nullptr) {
        return std::nullopt;
    }
    const std::string where = fmt::format("{} ({} from byte {} of {})", wrong->name,
                                          place_in_bytes(wrong->place), step.at, step.buffer);
    return Failure{"nothing; memory was looked at", where + " = " + hex(got),
                   where + " = " + hex(*resolve(wrong->value))};
}

Runner::Maybe Runner::load(const Step& step) {
    if (Maybe failure = looks_wrong(step)) {
        return failure;
    }
    for (const Field& field : step.fields) {
        const std::string& controller = buffers_[step.buffer].first;
        symbols_[field.name] =
            wire::load_bits(session_.unit(controller)
                                ->bytes(symbols_[step.buffer] + step.at, field.place.end_byte()),
                            field.place);
    }
    return std::nullopt;
}

Runner::Maybe Runner::find(const Step& step) {
    if (Maybe failure = looks_wrong(step)) {
        return failure;
    }
    const auto search = [&] {
        for (std::uint64_t slot = 0; slot < step.count; ++slot) {
            std::uint64_t got = 0;
            if (differs(step, step.at + slot * step.stride, got) == nullptr) {
                symbols_[step.tag] = slot;
                return true;
            }
        }
        return false;
    };
    const bool found = session_.target().wait(search, quiet_time);
    if (found == (step.kind == StepKind::Find)) {
        return std::nullopt;
    }
    std::string what;
    for (const Field& field : step.fields) {
        what += fmt::format("{}{} = {}", what.empty() ? "" : ", ", field.name,
                            hex(*resolve(field.value)));
    }
    const std::string where = fmt::format("{} slots of {} bytes in {}, from byte {} on", step.count,
                                          step.stride, step.buffer, step.at);
    return Failure{
        "nothing; memory was looked at: " + where,
        found ? fmt::format("slot {} has {}", symbols_[step.tag], what) : "no slot has " + what,
        found ? "no such slot" : "one slot has it"};
}

}  // namespace lmsim::sim::conform
