#include <fmt/format.h>

#include <algorithm>

#include "viz/diagram/escape.hpp"
#include "viz/diagram/state_diagram.hpp"

namespace lmsim::viz {
namespace {

// Colours that differ in brightness too, so that they survive a black and white printer.
constexpr const char* walked = "#0b4f9e";
constexpr const char* first_only = "#c00000";
constexpr const char* second_only = "#007a33";
constexpr const char* ordinary = "#303030";
constexpr const char* hot = "#c8500a";
constexpr const char* quiet = "#707070";

const char* colour(Presence presence, unsigned step) {
    if (presence != Presence::Both) {
        return presence == Presence::FirstOnly ? first_only : second_only;
    }
    return step != 0 ? walked : ordinary;
}

std::string font(const char* colour, int size, const std::string& text) {
    return fmt::format("<FONT COLOR=\"{}\" POINT-SIZE=\"{}\">{}</FONT>", colour, size, text);
}

/// White to dark orange, by the share of time. Integers, so that it is the same everywhere.
std::string heat_colour(std::uint32_t ppm) {
    const auto mix = [ppm](std::uint32_t cold, std::uint32_t hot) {
        return cold - (cold - hot) * std::min<std::uint32_t>(ppm, 1000000) / 1000000;
    };
    return fmt::format("#{:02x}{:02x}{:02x}", mix(255, 253), mix(250, 141), mix(240, 60));
}

/// Tenths of a point: 1 for what was not taken, more with each power of ten.
std::string heat_width(std::uint64_t count) {
    unsigned tenths = count == 0 ? 7 : 14;
    for (; count >= 10; count /= 10) {
        tenths += 8;
    }
    return fmt::format("{}.{}", tenths / 10, tenths % 10);
}

/// Text in lines of about 20 characters, so that labels stay narrow.
std::string wrapped(std::string_view text, std::size_t wanted = 20) {
    std::string out;
    std::size_t column = 0;
    while (!text.empty()) {
        const std::size_t word = std::min(text.find(' '), text.size());
        if (column != 0) {
            out += column + 1 + word > wanted ? "<BR/>" : " ";
            column = column + 1 + word > wanted ? 0 : column + 1;
        }
        out += html_text(text.substr(0, word));
        column += word;
        text.remove_prefix(std::min(word + 1, text.size()));
    }
    return out;
}

class StateDot {
  public:
    explicit StateDot(const StateDiagram& diagram) : diagram_(diagram) {}

    std::string run() {
        line(0, "digraph " + dot_string(diagram_.name) + " {");
        header();
        start();  // first: the layout begins there
        for (std::size_t i = 0; i < diagram_.groups.size(); ++i) {
            group(static_cast<int>(i));
        }
        states(-1, 1);
        const std::vector<Strand> all = strands(diagram_);
        for (std::size_t i = 0; i < all.size(); ++i) {
            strand(all[i], i);
        }
        line(0, "}");
        return std::move(out_);
    }

  private:
    void line(int depth, const std::string& text) {
        out_ += std::string(static_cast<std::size_t>(depth) * 4, ' ') + text + "\n";
    }

    void header() {
        std::string title =
            "<FONT POINT-SIZE=\"16\"><B>" + html_text(diagram_.title) + "</B></FONT>";
        for (const std::string& note : diagram_.notes) {
            title += "<BR/>" + html_text(note);
        }
        if (!diagram_.first.empty()) {
            title += "<BR/>" + font(first_only, 12, "dashed: only in " + html_text(diagram_.first));
            title += "<BR/>" + font(second_only, 12,
                                    "<B>bold: only in " + html_text(diagram_.second) + "</B>");
        }
        // A4 without margins; Graphviz makes what is larger smaller.
        line(1,
             "graph [rankdir=TB, newrank=true, size=\"7.4,10.6\", pad=0.1, nodesep=0.35, "
             "ranksep=0.3,");
        line(1, "    fontname=\"Helvetica\", fontsize=12, labelloc=t,");
        line(1, "    label=<" + title + "<BR/> >];");
        line(1, "node [shape=box, style=\"rounded,filled\", fillcolor=white, color=\"" +
                    std::string(ordinary) + "\",");
        line(1, "    fontname=\"Helvetica\", fontsize=12, height=0.32, margin=\"0.12,0.04\"];");
        line(1, "edge [fontname=\"Helvetica\", fontsize=10, arrowsize=0.7, color=\"" +
                    std::string(ordinary) + "\"];");
    }

    void group(int index) {
        const bool any = std::any_of(diagram_.states.begin(), diagram_.states.end(),
                                     [&](const DrawnState& each) { return each.group == index; });
        if (!any) {
            return;
        }
        line(1, fmt::format("subgraph cluster_{} {{", index));
        line(2, "graph [style=\"rounded,filled\", color=\"#b0b0b0\", fillcolor=\"#f4f6f8\",");
        line(2, "    fontsize=11, fontcolor=\"" + std::string(quiet) + "\", labeljust=l,");
        line(2,
             "    label=<" + html_text(diagram_.groups[static_cast<std::size_t>(index)]) + ">];");
        states(index, 2);
        line(1, "}");
    }

    void states(int group, int depth) {
        for (const DrawnState& each : diagram_.states) {
            if (each.group == group) {
                line(depth, dot_string(each.name) + " [" + state_attributes(each) + "];");
            }
        }
    }

    std::string state_attributes(const DrawnState& state) const {
        std::string name = "<B>" + html_text(state.name) + "</B>";
        if (state.step != 0) {
            name =
                fmt::format("{} {}", font(walked, 12, fmt::format("<B>{}</B>", state.step)), name);
        }
        std::string text = "label=<" + with_inner_rows(state, name) + ">";
        if (state.presence != Presence::Both) {
            const char* ink = colour(state.presence, 0);
            text += fmt::format(", color=\"{}\", fontcolor=\"{}\"", ink, ink);
            text += state.presence == Presence::FirstOnly ? ", style=\"rounded,filled,dashed\""
                                                          : ", penwidth=2.5";
        } else if (state.step != 0) {
            text += fmt::format(", color=\"{}\", penwidth=2.5, fillcolor=\"#e3eefb\"", walked);
        }
        if (diagram_.heated) {
            text += fmt::format(", fillcolor=\"{}\"", heat_colour(state.heat.ppm));
            text += state.step == 0 ? ", penwidth=" + heat_width(state.heat.count) : "";
        }
        return text;
    }

    /// A box of its own for the name, and a line for each arc that does not leave the state.
    std::string with_inner_rows(const DrawnState& state, const std::string& name) const {
        std::string rows;
        for (const DrawnArc* each : internal_arcs(diagram_, state.code)) {
            rows += "<TR><TD ALIGN=\"LEFT\">" + arc_label(*each, false) + "</TD></TR>";
        }
        const std::string heat = heat_text(state.heat);
        const std::string line = heat.empty() ? "" : "<BR/>" + font(ordinary, 10, heat);
        if (rows.empty()) {
            return name + line;
        }
        return "<TABLE BORDER=\"0\" CELLBORDER=\"0\" CELLSPACING=\"0\" CELLPADDING=\"2\"><TR><TD>" +
               name + line + "</TD></TR><HR/>" + rows + "</TABLE>";
    }

    /// event [guard] / action, then the requirement id. `narrow`: in short lines.
    std::string arc_label(const DrawnArc& drawn, bool narrow) const {
        const auto shown = [narrow](std::string_view part) {
            return narrow ? wrapped(part) : html_text(part);
        };
        const char* between = narrow ? "<BR/>" : " ";
        const fsm::Arc& arc = *drawn.arc;
        const char* ink = colour(drawn.presence, drawn.step);
        std::string text = shown(arc.event);
        if (drawn.step != 0) {
            text = fmt::format("<B>{}. {}</B>", drawn.step, text);
        }
        if (!drawn.guard.empty()) {
            text += between + shown("[" + std::string(drawn.guard) + "]");
        }
        if (!arc.action.empty()) {
            text += between + shown("/ " + std::string(arc.action));
        }
        text = font(ink, 10, text) + between + font(quiet, 8, html_text(rule_name(drawn)));
        const std::string heat = heat_text(drawn.heat);
        return heat.empty() ? text : text + between + font(hot, 9, "<B>" + heat + "</B>");
    }

    void start() {
        for (const DrawnState& each : diagram_.states) {
            if (each.initial) {
                line(1, "\"(start)\" [shape=circle, style=filled, fillcolor=\"" +
                            std::string(ordinary) + "\", label=\"\", width=0.16, height=0.16];");
                line(1, "\"(start)\" -> " + dot_string(each.name) + ";");
            }
        }
    }

    void strand(const Strand& strand, std::size_t index) {
        const DrawnArc& arc = strand.front();
        std::string source = dot_string(arc.arc->source);
        if (strand.folded()) {
            source = fmt::format("\"(any {})\"", index);
            std::string names;
            for (const DrawnArc* each : strand.arcs) {
                names += (names.empty() ? "" : " ") + std::string(each->arc->source);
            }
            line(1, source + " [shape=box, style=dashed, color=\"" + quiet +
                        "\", fontsize=10, margin=\"0.12,0.07\",");
            line(1, "    label=<<I>" + wrapped(source_phrase(diagram_, strand), 60) +
                        "</I>>, tooltip=" + dot_string(names) + "];");
        }
        line(1, source + " -> " + dot_string(arc.arc->target) + " [" + arc_attributes(arc) + "];");
    }

    std::string arc_attributes(const DrawnArc& arc) const {
        // The table keeps the text off the lines.
        std::string text =
            "label=<<TABLE BORDER=\"0\" CELLBORDER=\"0\" CELLPADDING=\"3\"><TR><TD>" +
            arc_label(arc, true) + "</TD></TR></TABLE>>";
        if (arc.presence == Presence::FirstOnly) {
            text += fmt::format(", color=\"{}\", style=dashed", first_only);
        } else if (arc.presence == Presence::SecondOnly) {
            text += fmt::format(", color=\"{}\", penwidth=2.5", second_only);
        }
        if (arc.step != 0) {
            text += arc.presence == Presence::Both ? fmt::format(", color=\"{}\"", walked) : "";
            text += ", penwidth=3";
        } else if (diagram_.heated && arc.presence == Presence::Both) {
            text += ", penwidth=" + heat_width(arc.heat.count);
            text += fmt::format(", color=\"{}\"", arc.heat.count == 0 ? "#a0a0a0" : hot);
        }
        return text;
    }

    const StateDiagram& diagram_;
    std::string out_;
};

}  // namespace

std::string dot(const StateDiagram& diagram) { return StateDot(diagram).run(); }

}  // namespace lmsim::viz
