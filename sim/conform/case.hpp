#pragma once

#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "model/spec/row.hpp"

namespace lmsim::sim::conform {

/// A number that a case states, or that its target decides: what `symbol` stands for (if there is
/// one) plus `number`, modulo 2^64. docs/conform.md lists the symbols.
struct Value {
    std::string symbol;
    std::uint64_t number = 0;

    Value() = default;
    template <class Number, class = std::enable_if_t<std::is_integral_v<Number>>>
    Value(Number constant) : number(static_cast<std::uint64_t>(constant)) {}
    Value(std::string name, std::uint64_t offset = 0) : symbol(std::move(name)), number(offset) {}
    Value(const char* name, std::uint64_t offset = 0) : symbol(name), number(offset) {}
};

/// Some bits of a command, a completion or a buffer, and what they are or must be.
struct Field {
    std::string name;
    std::string row;  // requirement id of the row that places it; empty if none does
    spec::Place place;
    Value value;
};

/// Memory that a case uses, zero at its beginning, in the memory of `controller`'s host.
struct Buffer {
    std::string name;  // as a symbol: its address
    std::uint64_t bytes = 0;
    std::string controller = "mmc";
};

/// Bits of a completion that later steps name as a symbol.
struct Save {
    std::string symbol;
    spec::Place place;
};

/// What a completion must be.
struct Answer {
    std::vector<std::uint16_t> statuses{0};  // any of these: SCT << 8 | SC
    std::vector<Field> fields;
    std::vector<Save> saves;
};

/// What a step of a case does.
enum class StepKind : std::uint8_t {
    Command,    // submit; unless `later`, the completion is waited for
    Await,      // the completion of the command `tag` comes, or has come
    Silent,     // the command `tag` has not completed and does not
    Remember,   // keep what the probe `tag` reads
    Unchanged,  // the probe `tag` reads what was kept
    Store,      // write `fields` into the buffer at `at`, `count` times, `stride` bytes apart
    Check,      // the buffer's bytes at `at` hold `fields`, now or soon
    Find,       // so do those of one of `count` slots, `stride` bytes apart: `tag` := its number
    Absent,     // none of these slots does, and none will
    Load,       // symbols named as `fields` are := what the buffer's bytes at `at` hold
    Enable,     // CC.EN = 1 with empty queues, until CSTS.RDY = 1
    Disable,    // CC.EN = 0, until CSTS.RDY = 0
    Reset,      // function level reset
    Write,      // the property at `at` := fields[0]
    Read,       // the property at `at` holds `fields`
};

/// A step of a case: what is done, and what has to come of it.
struct Step {
    StepKind kind = StepKind::Command;
    std::string controller = "mmc";  // mmc, mc, mc2
    std::string tag;
    std::vector<Field> fields;
    // Command
    std::uint16_t queue = 0;
    std::string data;         // the buffer that PRP1 and PRP2 name; empty: none
    std::uint64_t bytes = 0;  // of it
    bool later = false;
    Value times = 1;  // so many of them, under one tag; only with `later`
    Answer answer;
    // Command (where in the buffer), Store, Check (bytes), Write, Read (property)
    std::uint64_t at = 0;
    std::string buffer;
    // Find, Absent: slots. Store: how often; field values grow by `grow` each time
    std::uint64_t count = 1;
    std::uint64_t stride = 0;
    std::uint64_t grow = 0;
};

/// A condition on the target without which the case says nothing.
struct Need {
    std::string symbol;
    std::uint64_t at_least = 1;
    std::uint64_t at_most = UINT64_MAX;
    std::string otherwise;  // the reason for skipping, as a sentence's end
};

/// A conformance case: what it needs, does and expects, and the rules that it is about.
struct Case {
    std::string id;
    std::string group;
    std::string title;
    std::vector<std::string> rows;  // requirement ids
    std::vector<Need> needs;
    std::vector<Buffer> buffers;
    std::vector<Step> steps;
};

/// All cases, in the order in which they run.
std::vector<Case> all_cases();

}  // namespace lmsim::sim::conform
