#include <fmt/format.h>

#include "viz/diagram/escape.hpp"
#include "viz/diagram/topology.hpp"

namespace lmsim::viz {
namespace {

class TopologyDot {
  public:
    std::string run(const Topology& topology) {
        line(0, "digraph \"topology\" {");
        header(topology);
        for (const TopologyFrame& host : topology.hosts) {
            frame(host, 1);
        }
        for (const TopologyLink& each : topology.links) {
            link(each);
        }
        line(0, "}");
        return std::move(out_);
    }

  private:
    void line(int depth, const std::string& text) {
        out_ += std::string(static_cast<std::size_t>(depth) * 4, ' ') + text + "\n";
    }

    void header(const Topology& topology) {
        std::string title =
            "<FONT POINT-SIZE=\"16\"><B>" + html_text(topology.title) + "</B></FONT>";
        if (!topology.description.empty()) {
            title += "<BR/>" + html_text(topology.description);
        }
        // A4 on its side without margins; Graphviz makes what is larger smaller.
        line(1, "graph [rankdir=TB, size=\"10.6,7.4\", pad=0.1, nodesep=0.25, ranksep=0.35,");
        line(1, "    fontname=\"Helvetica\", fontsize=12, labelloc=t, compound=true,");
        line(1, "    label=<" + title + "<BR/> >];");
        line(1, "node [shape=box, style=filled, fillcolor=white, color=\"#303030\",");
        line(1, "    fontname=\"Helvetica\", fontsize=10, margin=\"0.12,0.06\"];");
        line(1, "edge [fontname=\"Helvetica\", fontsize=9, arrowhead=none, color=\"#303030\"];");
    }

    void frame(const TopologyFrame& frame, int depth) {
        line(depth, "subgraph \"cluster_" + frame.id + "\" {");
        const char* fill = depth == 1 ? "#f4f6f8" : "#e6ebf0";
        line(depth + 1, fmt::format("graph [style=\"rounded,filled\", color=\"#b0b0b0\", "
                                    "fillcolor=\"{}\",",
                                    fill));
        line(depth + 1,
             "    fontsize=12, labeljust=l, label=<<B>" + html_text(frame.title) + "</B>>];");
        for (const TopologyBox& each : frame.boxes) {
            box(each, depth + 1);
        }
        for (const TopologyFrame& each : frame.frames) {
            this->frame(each, depth + 1);
        }
        line(depth, "}");
    }

    void box(const TopologyBox& box, int depth) {
        std::string text = "<B>" + html_text(box.lines.front()) + "</B>";
        for (std::size_t i = 1; i < box.lines.size(); ++i) {
            text += "<BR/>" + html_text(box.lines[i]);
        }
        line(depth, dot_string(box.id) + " [label=<" + text + ">" +
                        (box.later ? ", style=\"filled,dashed\"" : "") + "];");
    }

    void link(const TopologyLink& link) {
        std::string text;
        for (const std::string& each : link.lines) {
            text += (text.empty() ? "" : "<BR/>") + html_text(each);
        }
        std::string attributes;
        const auto add = [&](const std::string& attribute) {
            attributes += (attributes.empty() ? "" : ", ") + attribute;
        };
        if (!text.empty()) {
            add("label=<" + text + ">");
        }
        if (link.later) {
            add("style=dashed");
        }
        if (link.across) {
            add("constraint=false, penwidth=2.5, color=\"#0b4f9e\", arrowhead=normal");
        }
        line(1, dot_string(link.from) + " -> " + dot_string(link.to) + " [" + attributes + "];");
    }

    std::string out_;
};

}  // namespace

std::string dot(const Topology& topology) { return TopologyDot().run(topology); }

}  // namespace lmsim::viz
