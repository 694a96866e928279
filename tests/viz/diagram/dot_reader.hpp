#pragma once

#include <map>
#include <string>
#include <vector>

namespace lmsim::viz::test {

using Attributes = std::map<std::string, std::string>;

struct DotEdge {
    std::string from;
    std::string to;
    Attributes attributes;
};

/// A graph read back: nodes of all subgraphs together.
struct DotGraph {
    std::map<std::string, Attributes> nodes;
    std::vector<DotEdge> edges;
    Attributes attributes;  // of the graph itself
};

/// Reads the DOT language (digraphs, attribute lists, subgraphs, quoted and HTML strings). Throws
/// std::runtime_error where it is none.
DotGraph read_dot(const std::string& text);

/// What an HTML-like label shows: without tags, a line break as a space.
std::string shown(const std::string& html);

/// The rows of the table in a label, as shown; the whole label where there is none.
std::vector<std::string> rows(const std::string& html);

}  // namespace lmsim::viz::test
