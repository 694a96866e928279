#include <fmt/format.h>

#include "viz/diagram/escape.hpp"
#include "viz/diagram/topology.hpp"

namespace lmsim::viz {
namespace {

using Escape = std::string (*)(std::string_view);

std::string lines_of(const std::vector<std::string>& lines, const char* between, Escape escape) {
    std::string text;
    for (const std::string& each : lines) {
        text += (text.empty() ? "" : between) + escape(each);
    }
    return text;
}

/// Both formats nest alike: a frame with boxes and frames, then links.
struct Words {
    Escape escape;
    const char* between;  // lines of a box
    const char* frame;    // fmt: id, title
    const char* end;      // of a frame
    const char* box;      // fmt: id, text
    const char* later;    // the same of what is there after the migration
    const char* link;     // fmt: from, to
    const char* label;    // fmt: from, to, text
    const char* dashed;   // fmt: from, to
};

constexpr Words mermaid_words{
    mermaid_text,         "<br/>",     "subgraph {}[\"{}\"]",  "end",      "{}[\"{}\"]",
    "{}[\"{}\"]:::later", "{} --- {}", "{0} ---|\"{2}\"| {1}", "{} -.- {}"};
constexpr Words plantuml_words{plantuml_text,
                               "\\n",
                               "node \"{1}\" as {0} {{",
                               "}",
                               "rectangle \"{1}\" as {0}",
                               "rectangle \"{1}\" as {0} #line.dashed",
                               "{} -- {}",
                               "{} -- {} : {}",
                               "{} .. {}"};

class TopologyText {
  public:
    explicit TopologyText(const Words& words) : words_(words) {}

    void line(int depth, const std::string& text) {
        out_ += std::string(static_cast<std::size_t>(depth) * 4, ' ') + text + "\n";
    }

    void frame(const TopologyFrame& frame, int depth) {
        line(depth, fmt::format(fmt::runtime(words_.frame), frame.id, words_.escape(frame.title)));
        for (const TopologyBox& box : frame.boxes) {
            const std::string text = lines_of(box.lines, words_.between, words_.escape);
            line(depth + 1,
                 fmt::format(fmt::runtime(box.later ? words_.later : words_.box), box.id, text));
        }
        for (const TopologyFrame& each : frame.frames) {
            this->frame(each, depth + 1);
        }
        line(depth, words_.end);
    }

    void links(const std::vector<TopologyLink>& links, int depth) {
        for (const TopologyLink& each : links) {
            const std::string text = lines_of(each.lines, words_.between, words_.escape);
            const char* form = each.later     ? words_.dashed
                               : text.empty() ? words_.link
                                              : words_.label;
            line(depth, fmt::format(fmt::runtime(form), each.from, each.to, text));
        }
    }

    std::string out_;

  private:
    const Words& words_;
};

std::string title_of(const Topology& topology, Escape escape) {
    return escape(topology.title) +
           (topology.description.empty() ? "" : ": " + escape(topology.description));
}

}  // namespace

std::string mermaid(const Topology& topology) {
    TopologyText writer(mermaid_words);
    writer.line(0, "---");
    writer.line(0, "title: \"" + title_of(topology, yaml_text) + "\"");
    writer.line(0, "---");
    writer.line(0, "flowchart TB");
    writer.line(1, "classDef later stroke-dasharray: 5 5");
    for (const TopologyFrame& host : topology.hosts) {
        writer.frame(host, 1);
    }
    writer.links(topology.links, 1);
    return writer.out_;
}

std::string plantuml(const Topology& topology) {
    TopologyText writer(plantuml_words);
    writer.line(0, "@startuml");
    writer.line(0, "title " + title_of(topology, plantuml_text));
    for (const TopologyFrame& host : topology.hosts) {
        writer.frame(host, 0);
    }
    writer.links(topology.links, 0);
    writer.line(0, "@enduml");
    return writer.out_;
}

}  // namespace lmsim::viz
