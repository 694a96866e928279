#include "sim/conform/runner.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "model/wire/bits.hpp"
#include "sim/conform/describe.hpp"

namespace lmsim::sim::conform {

namespace {

constexpr std::uint64_t entries_of_a_list_page = page_size / 8;

/// Where two byte strings first differ.
std::size_t first_difference(const std::string& a, const std::string& b) {
    const std::size_t size = std::min(a.size(), b.size());
    std::size_t at = 0;
    while (at < size && a[at] == b[at]) {
        ++at;
    }
    return at;
}

}  // namespace

std::optional<std::string> Runner::missing(const Case& test) {
    for (const Need& need : test.needs) {
        const auto found = session_.symbols().find(need.symbol);
        if (found == session_.symbols().end() || found->second < need.at_least ||
            found->second > need.at_most) {
            return need.otherwise;
        }
    }
    for (const Step& step : test.steps) {
        if (session_.unit(step.controller) == nullptr || names_missing(step)) {
            return std::string("the target has no second MC");
        }
    }
    return std::nullopt;
}

/// Does a field name the second MC where there is none?
bool Runner::names_missing(const Step& step) {
    return session_.unit("mc2") == nullptr &&
           std::any_of(step.fields.begin(), step.fields.end(),
                       [](const Field& field) { return field.value.symbol.rfind("mc2.", 0) == 0; });
}

std::string Runner::prepare(const Case& test) {
    std::string error = session_.restore();
    if (!error.empty()) {
        return error;
    }
    symbols_ = session_.symbols();
    buffers_.clear();
    remembered_.clear();
    for (const char* name : {"mmc", "mc", "mc2"}) {
        Unit* unit = session_.unit(name);
        for (std::uint16_t id = 0; unit != nullptr && id <= unit->commands().pairs(); ++id) {
            const QueuePair& pair = unit->commands().queue(id);
            symbols_[fmt::format("{}.sq{}", name, id)] = pair.sq_base();
            symbols_[fmt::format("{}.cq{}", name, id)] = pair.cq_base();
            symbols_[fmt::format("{}.entries{}", name, id)] = pair.entries();
        }
    }
    for (const Buffer& buffer : test.buffers) {
        const auto address = session_.unit(buffer.controller)->allocate(buffer.bytes);
        if (!address) {
            return fmt::format("no room for the buffer {} of {} bytes", buffer.name, buffer.bytes);
        }
        symbols_[buffer.name] = *address;
        buffers_[buffer.name] = {buffer.controller, buffer.bytes};
    }
    return {};
}

Outcome Runner::run(const Case& test) {
    Outcome outcome;
    if (const auto reason = missing(test)) {
        outcome.verdict = Verdict::Skipped;
        outcome.reason = *reason;
        return outcome;
    }
    const std::string error = prepare(test);
    if (!error.empty()) {
        outcome.verdict = Verdict::Failed;
        outcome.got = error;
        outcome.expected = "the state from which every case begins";
        return outcome;
    }
    for (const char* name : {"mmc", "mc", "mc2"}) {
        if (Unit* const unit = session_.unit(name)) {
            unit->take_completed();  // what has led to that state
        }
    }
    for (const Step& step : test.steps) {
        ++outcome.step;
        Maybe failure = perform(step);
        if (observer_ && observe(step, outcome.step, failure)) {
            continue;
        }
        if (failure) {
            outcome.verdict = Verdict::Failed;
            outcome.sent = failure->sent;
            outcome.got = failure->got;
            outcome.expected = failure->expected;
            return outcome;
        }
    }
    return outcome;
}

std::optional<std::uint64_t> Runner::resolve(const Value& value) const {
    if (value.symbol.empty()) {
        return value.number;
    }
    const auto found = symbols_.find(value.symbol);
    if (found == symbols_.end()) {
        return std::nullopt;
    }
    return found->second + value.number;
}

Unit& Runner::unit_of(const Step& step) { return *session_.unit(step.controller); }

Runner::Maybe Runner::lacks(const std::string& what) const {
    return Failure{"nothing", "the case cannot go on: " + what, "a case that can be run"};
}

Runner::Maybe Runner::perform(const Step& step) {
    const auto failed = [&](const std::string& error, const char* what) -> Maybe {
        return error.empty() ? Maybe() : Failure{what, error, "it takes effect"};
    };
    switch (step.kind) {
        case StepKind::Command: return command(step);
        case StepKind::Await: return await(step);
        case StepKind::Silent: return silent(step);
        case StepKind::Remember: return remember(step);
        case StepKind::Unchanged: return unchanged(step);
        case StepKind::Store: return store(step);
        case StepKind::Check: return check(step);
        case StepKind::Load: return load(step);
        case StepKind::Find:
        case StepKind::Absent: return find(step);
        case StepKind::Enable:
            // The PF alone, which is an MC, too: see Session::alone().
            return session_.alone() && unit_of(step).enabled()
                       ? Maybe()
                       : failed(unit_of(step).enable(), "CC.EN = 1");
        case StepKind::Disable: return failed(unit_of(step).disable(), "CC.EN = 0");
        case StepKind::Reset: return failed(unit_of(step).reset(), "a function level reset");
        case StepKind::Write:
        case StepKind::Read: return property(step);
    }
    return std::nullopt;
}

Runner::Maybe Runner::encode(const Step& step, std::uint8_t* sqe) {
    std::memset(sqe, 0, wire::Sqe::size);
    if (!step.data.empty()) {
        if (Maybe failure = place_data(step, sqe)) {
            return failure;
        }
    }
    for (const Field& field : step.fields) {
        const std::optional<std::uint64_t> value = resolve(field.value);
        if (!value) {
            return lacks("nothing has given " + field.value.symbol + " a value");
        }
        wire::store_bits(sqe, field.place, *value);
    }
    return std::nullopt;
}

/// PRP1 and PRP2 that name the data; a list of its own where there are more than two pages.
Runner::Maybe Runner::place_data(const Step& step, std::uint8_t* sqe) {
    const std::uint64_t first = symbols_[step.data] + step.at;
    const std::uint64_t second = (first / page_size + 1) * page_size;
    const std::uint64_t end = first + step.bytes;
    std::uint64_t prp2 = 0;
    if (end > second + page_size) {
        Unit& unit = *session_.unit(buffers_[step.data].first);
        const std::uint64_t pages = (end - second + page_size - 1) / page_size;
        const auto list = unit.allocate(page_size);
        if (!list || pages > entries_of_a_list_page) {
            return lacks("no room for the PRP list of " + step.data);
        }
        for (std::uint64_t i = 0; i < pages; ++i) {
            wire::store_le<std::uint64_t>(unit.bytes(*list + 8 * i, 8), second + i * page_size);
        }
        prp2 = *list;
    } else if (end > second) {
        prp2 = second;
    }
    wire::store_le<std::uint64_t>(sqe + offsetof(wire::Sqe, prp1), first);
    wire::store_le<std::uint64_t>(sqe + offsetof(wire::Sqe, prp2), prp2);
    return std::nullopt;
}

std::string Runner::describe(const Step& step, const std::uint8_t* sqe) const {
    std::string text = fmt::format("{} to {}, queue {}", describe_opcode(sqe[0], step.queue),
                                   step.controller, step.queue);
    for (const Field& field : step.fields) {
        if (field.place.bit == 0) {
            continue;  // the opcode
        }
        text += fmt::format("\n  {} ({}) = {}", field.name, place_in_command(field.place),
                            hex(wire::load_bits(sqe, field.place)));
        text += field.value.symbol.empty() ? "" : " = " + conform::describe(field.value);
    }
    text += "\n  CDW10-15:";
    for (std::size_t dword = 10; dword < 16; ++dword) {
        text += fmt::format(" {:08x}", wire::load_le<std::uint32_t>(sqe + 4 * dword));
    }
    return text;
}

Runner::Maybe Runner::command(const Step& step) {
    std::uint8_t sqe[wire::Sqe::size];
    if (Maybe failure = encode(step, sqe)) {
        return failure;
    }
    Unit& unit = unit_of(step);
    const Pending* pending = nullptr;
    const bool has_cid = std::any_of(
        step.fields.begin(), step.fields.end(),
        [](const Field& field) { return field.place == oracle().place(spec::Id::SqeCid); });
    for (std::uint64_t left = resolve(step.times).value_or(1); left > 0; --left) {
        pending = unit.submit(step.queue, sqe, step.tag, has_cid);
        if (pending == nullptr) {
            return lacks(fmt::format("queue {} of {} has no room", step.queue, step.controller));
        }
    }
    if (!step.tag.empty()) {
        symbols_[step.tag + ".cid"] = wire::load_le<std::uint16_t>(pending->sqe.data() + 2);
    }
    if (step.later) {
        return std::nullopt;
    }
    if (!session_.complete(unit, *pending, command_limit)) {
        return Failure{describe(step, sqe), "no completion within 10 s",
                       describe_statuses(step.answer.statuses)};
    }
    return judge(step, *pending);
}

Runner::Maybe Runner::await(const Step& step) {
    Unit& unit = unit_of(step);
    const Pending* pending = unit.find(step.tag);
    if (pending == nullptr) {
        return lacks("no command was called " + step.tag);
    }
    if (!session_.complete(unit, *pending, command_limit)) {
        return Failure{fmt::format("earlier, as \"{}\": {}", step.tag,
                                   describe_opcode(pending->sqe[0], pending->queue)),
                       "no completion within 10 s", describe_statuses(step.answer.statuses)};
    }
    return judge(step, *pending);
}

Runner::Maybe Runner::silent(const Step& step) {
    Unit& unit = unit_of(step);
    const Pending* pending = unit.find(step.tag);
    if (pending == nullptr) {
        return lacks("no command was called " + step.tag);
    }
    if (!session_.complete(unit, *pending, quiet_time)) {
        return std::nullopt;
    }
    const std::uint16_t status = wire::status_code(wire::decode_cqe(pending->cqe.data()).status);
    return Failure{fmt::format("earlier, as \"{}\": {}", step.tag,
                               describe_opcode(pending->sqe[0], pending->queue)),
                   describe_status(status), "no completion yet"};
}

/// What the completion is, and not what it should be.
Runner::Maybe Runner::note(const Step& step, const Pending& pending) {
    const wire::Cqe cqe = wire::decode_cqe(pending.cqe.data());
    seen_.command = true;
    seen_.sent = step.kind == StepKind::Await ? "earlier, as \"" + step.tag + "\""
                                              : describe(step, pending.sqe.data());
    seen_.status = wire::status_code(cqe.status);
    for (const Field& field : step.answer.fields) {
        seen_.found.push_back(wire::load_bits(pending.cqe.data(), field.place));
    }
    for (const Save& save : step.answer.saves) {
        symbols_[save.symbol] = wire::load_bits(pending.cqe.data(), save.place);
    }
    return std::nullopt;
}

/// Tells the observer; false if the case cannot go on.
bool Runner::observe(const Step& step, std::size_t number, Maybe& failure) {
    seen_.step = number;
    seen_.completed = !failure;
    if (failure) {
        seen_.sent = failure->sent;
        seen_.got = failure->got;
    }
    for (const char* name : {"mmc", "mc", "mc2"}) {
        Unit* const unit = session_.unit(name);
        if (unit != nullptr && !(session_.alone() && name != std::string("mmc"))) {
            for (const std::string& tag : unit->take_completed()) {
                seen_.completes.push_back(std::string(name) + ":" + tag);
            }
        }
    }
    observer_(seen_);
    seen_ = Observed();
    const bool sends = step.kind == StepKind::Command || step.kind == StepKind::Await;
    return !failure || !sends;
}

Runner::Maybe Runner::judge(const Step& step, const Pending& pending) {
    if (observer_) {
        return note(step, pending);
    }
    const wire::Cqe cqe = wire::decode_cqe(pending.cqe.data());
    const std::uint16_t status = wire::status_code(cqe.status);
    const auto& wanted = step.answer.statuses;
    const std::string sent = step.kind == StepKind::Await ? "earlier, as \"" + step.tag + "\""
                                                          : describe(step, pending.sqe.data());
    if (std::find(wanted.begin(), wanted.end(), status) == wanted.end()) {
        return Failure{
            sent,
            fmt::format("{}, DW0 {:08x}, DW1 {:08x}", describe_status(status), cqe.dw0, cqe.dw1),
            describe_statuses(wanted)};
    }
    for (const Field& field : step.answer.fields) {
        const std::optional<std::uint64_t> value = resolve(field.value);
        if (!value) {
            return lacks("nothing has given " + field.value.symbol + " a value");
        }
        const std::uint64_t got = wire::load_bits(pending.cqe.data(), field.place);
        if (got != *value) {
            const std::string where = field.name + " (" + place_in_completion(field.place) + ")";
            return Failure{sent,
                           fmt::format("{}, {} = {}", describe_status(status), where, hex(got)),
                           where + " = " + hex(*value)};
        }
    }
    for (const Save& save : step.answer.saves) {
        symbols_[save.symbol] = wire::load_bits(pending.cqe.data(), save.place);
    }
    return std::nullopt;
}

Runner::Maybe Runner::property(const Step& step) {
    Unit& unit = unit_of(step);
    for (const Field& field : step.fields) {
        const std::optional<std::uint64_t> value = resolve(field.value);
        if (!value) {
            return lacks("nothing has given " + field.value.symbol + " a value");
        }
        const unsigned size = field.place.end_byte() > 4 ? 8 : 4;
        if (step.kind == StepKind::Write) {
            unit.write(step.at, *value, size);
            continue;
        }
        const std::string sent = fmt::format("a read of the property at {:x}h", step.at);
        const std::optional<std::uint64_t> got = unit.read(step.at, size);
        if (!got) {
            return Failure{sent, "no answer within 10 s", "an answer"};
        }
        std::uint8_t bytes[8];
        wire::store_le(bytes, *got);
        const std::uint64_t found = wire::load_bits(bytes, field.place);
        if (found != *value) {
            return Failure{sent, field.name + " = " + hex(found), field.name + " = " + hex(*value)};
        }
    }
    return std::nullopt;
}

/// What each command of the probe brings: status, DW0 and the data, as bytes.
std::vector<std::string> Runner::read_probe(const std::string& name) {
    std::vector<std::string> all;
    for (Step step : probe(name)) {
        Unit& unit = unit_of(step);
        if (step.bytes != 0) {
            const auto room = unit.allocate(step.bytes);
            if (!room) {
                all.push_back("no room");
                continue;
            }
            step.data = "probe";
            symbols_["probe"] = *room;
            buffers_["probe"] = {step.controller, step.bytes};
        }
        std::uint8_t sqe[wire::Sqe::size];
        if (encode(step, sqe)) {
            continue;  // it names a controller that the target does not have
        }
        const Pending* pending = unit.submit(0, sqe, "probe");
        if (pending == nullptr || !session_.complete(unit, *pending, command_limit)) {
            all.push_back("no completion");
            continue;
        }
        const wire::Cqe cqe = wire::decode_cqe(pending->cqe.data());
        std::string text = fmt::format("status {:03x}h, DW0 {:08x}; data ",
                                       wire::status_code(cqe.status), cqe.dw0);
        if (step.bytes != 0) {
            const auto* data = unit.bytes(symbols_["probe"], step.bytes);
            text.append(reinterpret_cast<const char*>(data), step.bytes);
        }
        all.push_back(text);
    }
    return all;
}

Runner::Maybe Runner::remember(const Step& step) {
    remembered_[step.tag] = read_probe(step.tag);
    return std::nullopt;
}

Runner::Maybe Runner::unchanged(const Step& step) {
    const std::vector<std::string> now = read_probe(step.tag);
    const std::vector<std::string>& before = remembered_[step.tag];
    for (std::size_t i = 0; i < now.size(); ++i) {
        if (i >= before.size() || now[i] != before[i]) {
            const std::string old = i < before.size() ? before[i] : std::string();
            const std::string head = now[i].substr(0, now[i].find(';'));
            const std::size_t data = std::min(now[i].size(), now[i].find("; data ") + 7);
            const std::size_t at = first_difference(now[i], old);
            return Failure{
                fmt::format("the probe \"{}\" before and after: its command {}", step.tag, i + 1),
                at < data ? head : fmt::format("its data differ from byte {} on", at - data),
                at < data ? old.substr(0, old.find(';')) : "the same data as before"};
        }
    }
    return std::nullopt;
}

}  // namespace lmsim::sim::conform
