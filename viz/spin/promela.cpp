#include "viz/spin/promela.hpp"

#include <fmt/format.h>

#include <cctype>
#include <map>
#include <set>

#include "model/spec/table.hpp"
#include "viz/spin/parts.hpp"

namespace lmsim::viz {
namespace spin {
namespace {

/// A comment cannot end another: names of profiles are the user's.
std::string in_comment(std::string_view text) {
    std::string safe;
    for (const char c : text) {
        const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0 ||
                           std::string_view(" .,;:()_+-=").find(c) != std::string_view::npos;
        safe += plain ? c : '_';
    }
    return safe;
}

std::string row(const fsm::Arc& arc, const EventRows& event) {
    const std::string& variable = event.variable;
    std::string guard = fmt::format("{} == {}", variable, identifier(arc.source));
    if (!event.asks.empty()) {
        guard += fmt::format(" && {} == {}", event.asks, identifier(arc.target));
    }
    std::string body;
    if (!arc.action.empty()) {
        body += identifier(arc.action) + "(); ";
    }
    body += arc.internal ? "skip" : fmt::format("{} = {}", variable, identifier(arc.target));
    return fmt::format("    :: {} -> {}  /* {} */\n", guard, body, spec::row(arc.rule).name);
}

}  // namespace

std::string identifier(std::string_view name) {
    std::string result;
    for (const char c : name) {
        const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0;
        if (plain || (!result.empty() && result.back() != '_')) {
            result += plain ? c : '_';
        }
    }
    while (!result.empty() && result.back() == '_') {
        result.pop_back();
    }
    const bool digit = !result.empty() && std::isdigit(static_cast<unsigned char>(result[0])) != 0;
    return digit ? "_" + result : result;
}

std::string head(std::string_view what, std::string_view name, const Dialect& dialect) {
    const std::string profile =
        dialect.name.empty() ? "the ratified standard" : in_comment(dialect.name);
    return fmt::format(
        "/* {}; {}.\n"
        " * Made by `lmsim export spin {}` out of the table that runs; docs/spin.md says what is\n"
        " * in it and what a state is. All states, and the assertions:\n"
        " *     spin -a FILE && cc -DSAFETY -DNOREDUCE -o pan pan.c && ./pan -m1000000\n"
        " */\n",
        what, profile, name);
}

std::string state_numbers(const MachineInfo& machine) {
    std::map<std::uint8_t, std::string_view> names;
    for (const fsm::Arc& arc : machine.arcs) {
        names[arc.from] = arc.source;
        names[arc.to] = arc.target;
    }
    std::string text;
    for (const auto& each : names) {
        text += fmt::format("#define {} {}\n", identifier(each.second), each.first);
    }
    return text;
}

std::string take_rows(const MachineInfo& machine, const Dialect& dialect, const EventRows& event) {
    std::string rows;
    for (const fsm::Arc& arc : machine.arcs) {
        if (event.wanted(arc) && exists(machine, arc, dialect)) {
            rows += row(arc, event);
        }
    }
    if (rows.empty()) {
        return fmt::format("inline {} {{ taken = false }}\n", event.name);
    }
    return fmt::format(
        "inline {} {{\n    taken = true;\n    if\n{}    :: else -> taken = false\n    fi\n}}\n",
        event.name, rows);
}

std::string take_events(const MachineInfo& machine, const Dialect& dialect,
                        const std::string& variable) {
    std::string text;
    std::set<std::string_view> seen;
    for (const fsm::Arc& arc : machine.arcs) {
        if (!seen.insert(arc.event).second) {
            continue;
        }
        const std::string name =
            fmt::format("{}_{}()", identifier(machine.name()), identifier(arc.event));
        const std::string_view wanted = arc.event;
        text += take_rows(machine, dialect, {name, variable, [wanted](const fsm::Arc& each) {
                                                 return each.event == wanted;
                                             }});
    }
    return text;
}

std::string option(std::string_view guard, std::string_view body, std::string_view comment) {
    const std::string said = comment.empty() ? "" : fmt::format("  /* {} */", comment);
    return fmt::format("    :: d_step {{ {} -> {}; check() }}{}\n", guard, body, said);
}

std::string define(std::string_view name, bool value, std::string_view comment) {
    return fmt::format("#define {} {}  /* {} */\n", name, value ? 1 : 0, comment);
}

/// Guards of such a table need more than the machine: each may hold or not.
std::string table_model(const MachineInfo& machine, const Dialect& dialect) {
    std::string text = head(machine.title, machine.name(), dialect);
    text += state_numbers(machine) + "\nbyte state = " + std::to_string(machine.arcs.initial()) +
            ";\n\nactive proctype machine() {\nend:\n    do\n";
    for (const fsm::Arc& arc : machine.arcs) {
        if (exists(machine, arc, dialect)) {
            const std::string guard = arc.guard.empty() ? "" : fmt::format(" [{}]", arc.guard);
            text += fmt::format("    :: d_step {{ state == {} -> state = {} }}  /* {}: {}{} */\n",
                                identifier(arc.source), identifier(arc.target),
                                spec::row(arc.rule).name, arc.event, guard);
        }
    }
    return text + "    :: false\n    od\n}\n";
}

}  // namespace spin

std::string promela(const MachineInfo& machine, const Dialect& dialect) {
    if (machine.has_features) {
        return spin::vfio_model(machine, dialect);
    }
    const bool controller = machine.name() == "controller" || machine.name() == "migration";
    return controller ? spin::controller_model(dialect) : spin::table_model(machine, dialect);
}

}  // namespace lmsim::viz
