#include <fmt/format.h>

#include "viz/diagram/escape.hpp"
#include "viz/diagram/state_diagram.hpp"

namespace lmsim::viz {
namespace {

using Escape = std::string (*)(std::string_view);

/// What both formats say of an arc: "2. event [guard] / action (ID), 12x, 3.40 ms".
std::string arc_text(const StateDiagram& diagram, const DrawnArc& drawn, Escape escape,
                     const std::string& between) {
    std::string text = drawn.step == 0 ? "" : fmt::format("{}. ", drawn.step);
    text += escape(drawn.arc->event);
    if (!drawn.guard.empty()) {
        text += between + "[" + escape(drawn.guard) + "]";
    }
    if (!drawn.arc->action.empty()) {
        text += between + "/ " + escape(drawn.arc->action);
    }
    text += between + "(" + escape(rule_name(drawn)) + ")";
    const std::string heat = heat_text(drawn.heat);
    text += heat.empty() ? "" : ", " + escape(heat);
    if (drawn.presence != Presence::Both) {
        const std::string& where =
            drawn.presence == Presence::FirstOnly ? diagram.first : diagram.second;
        text += ", only in " + escape(where);
    }
    return text;
}

std::string state_text(const DrawnState& state, Escape escape) {
    std::string text = state.step == 0 ? "" : fmt::format("{}. ", state.step);
    text += escape(state.name);
    const std::string heat = heat_text(state.heat);
    return heat.empty() ? text : text + " (" + escape(heat) + ")";
}

/// Both formats have the same statements, but for a few words.
class StateText {
  public:
    StateText(const StateDiagram& diagram, Escape escape) : diagram_(diagram), escape_(escape) {}

    void states() {
        for (std::size_t i = 0; i < diagram_.groups.size(); ++i) {
            const int group = static_cast<int>(i);
            if (any_of(group)) {
                line(0, fmt::format("state \"{}\" as group{} {{", escape_(diagram_.groups[i]), i));
                states(group, 1);
                line(0, "}");
            }
        }
        states(-1, 0);
    }

    void arcs() {
        for (const DrawnState& each : diagram_.states) {
            if (each.initial) {
                line(0, "[*] --> " + identifier(each.name));
            }
            for (const DrawnArc* inner : internal_arcs(diagram_, each.code)) {
                line(0, identifier(each.name) + " : " + arc_text(diagram_, *inner, escape_, " "));
            }
        }
        std::size_t number = 0;
        for (const Strand& strand : strands(diagram_)) {
            const fsm::Arc& arc = *strand.front().arc;
            std::string source = identifier(arc.source);
            if (strand.folded()) {
                source = fmt::format("any{}", ++number);
                line(0, fmt::format("state \"{}\" as {}", escape_(source_phrase(diagram_, strand)),
                                    source));
            }
            line(0, source + arrow(strand.front()) + identifier(arc.target) + " : " +
                        arc_text(diagram_, strand.front(), escape_, between_));
        }
    }

    void line(int depth, const std::string& text) {
        out_ += std::string(static_cast<std::size_t>(depth) * 4 + indent_, ' ') + text + "\n";
    }

    std::string out_;
    std::size_t indent_ = 0;
    std::string between_ = " ";  // the parts of an arc's text
    bool coloured_ = false;      // arrows take a style in brackets

  private:
    bool any_of(int group) const {
        for (const DrawnState& each : diagram_.states) {
            if (each.group == group) {
                return true;
            }
        }
        return false;
    }

    void states(int group, int depth) {
        for (const DrawnState& each : diagram_.states) {
            if (each.group == group) {
                line(depth, fmt::format("state \"{}\" as {}", state_text(each, escape_),
                                        identifier(each.name)));
            }
        }
    }

    std::string arrow(const DrawnArc& arc) const {
        if (!coloured_) {
            return " --> ";
        }
        if (arc.presence != Presence::Both) {
            return arc.presence == Presence::FirstOnly ? " -[#C00000,dashed]-> "
                                                       : " -[#007A33,bold]-> ";
        }
        return arc.step != 0 ? " -[#0B4F9E,bold]-> " : " --> ";
    }

    const StateDiagram& diagram_;
    Escape escape_;
};

std::string title_of(const StateDiagram& diagram, Escape escape) {
    std::string title = escape(diagram.title);
    for (const std::string& note : diagram.notes) {
        title += ", " + escape(note);
    }
    if (!diagram.first.empty()) {
        title += ", " + escape(diagram.first) + " against " + escape(diagram.second);
    }
    return title;
}

}  // namespace

std::string mermaid(const StateDiagram& diagram) {
    StateText writer(diagram, mermaid_text);
    writer.line(0, "---");
    writer.line(0, "title: \"" + title_of(diagram, yaml_text) + "\"");
    writer.line(0, "---");
    writer.line(0, "stateDiagram-v2");
    writer.indent_ = 4;
    writer.states();
    writer.arcs();
    std::string walked;
    for (const DrawnState& each : diagram.states) {
        if (each.step != 0) {
            walked += (walked.empty() ? "" : ",") + identifier(each.name);
        }
    }
    if (!walked.empty()) {
        writer.line(0, "classDef walked stroke-width:3px,font-weight:bold");
        writer.line(0, "class " + walked + " walked");
    }
    return writer.out_;
}

std::string plantuml(const StateDiagram& diagram) {
    StateText writer(diagram, plantuml_text);
    writer.coloured_ = true;
    writer.between_ = "\\n";
    writer.line(0, "@startuml");
    writer.line(0, "hide empty description");
    writer.line(0, "title " + title_of(diagram, plantuml_text));
    writer.states();
    writer.arcs();
    writer.line(0, "@enduml");
    return writer.out_;
}

}  // namespace lmsim::viz
