#include "tests/viz/diagram/dot_reader.hpp"

#include <cctype>
#include <cstdlib>
#include <stdexcept>

namespace lmsim::viz::test {
namespace {

class Reader {
  public:
    explicit Reader(const std::string& text) : text_(text) {}

    DotGraph run() {
        expect("digraph");
        next();
        expect("{");
        body(true);
        if (!next().empty()) {
            fail("more text after the graph");
        }
        return std::move(graph_);
    }

  private:
    [[noreturn]] void fail(const std::string& what) const {
        throw std::runtime_error(what + " at " + text_.substr(at_, 30));
    }

    void expect(const std::string& token) {
        const std::string found = next();
        if (found != token) {
            fail("expected " + token + ", found '" + found + "'");
        }
    }

    std::string peek() {
        const std::size_t before = at_;
        std::string token = next();
        at_ = before;
        return token;
    }

    /// The next token; quotes and outer angle brackets are taken off.
    std::string next() {
        while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_])) != 0) {
            ++at_;
        }
        if (at_ == text_.size()) {
            return "";
        }
        const char c = text_[at_];
        if (c == '"') {
            return quoted();
        }
        if (c == '<') {
            return html();
        }
        if (text_.compare(at_, 2, "->") == 0) {
            at_ += 2;
            return "->";
        }
        if (!is_word(c)) {
            ++at_;
            return std::string(1, c);
        }
        const std::size_t begin = at_;
        while (at_ < text_.size() && is_word(text_[at_])) {
            ++at_;
        }
        return text_.substr(begin, at_ - begin);
    }

    static bool is_word(char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.';
    }

    std::string quoted() {
        std::string out;
        for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
            if (text_[at_] == '\\' && at_ + 1 < text_.size()) {
                ++at_;
            }
            out += text_[at_];
        }
        if (at_ == text_.size()) {
            fail("a string without end");
        }
        ++at_;
        return out;
    }

    std::string html() {
        const std::size_t begin = at_;
        int depth = 0;
        do {
            depth += text_[at_] == '<' ? 1 : text_[at_] == '>' ? -1 : 0;
            ++at_;
        } while (depth != 0 && at_ < text_.size());
        if (depth != 0) {
            fail("a label without end");
        }
        return text_.substr(begin + 1, at_ - begin - 2);
    }

    Attributes list() {
        Attributes attributes;
        if (peek() != "[") {
            return attributes;
        }
        next();
        while (peek() != "]") {
            const std::string name = next();
            expect("=");
            attributes[name] = next();
            if (peek() == ",") {
                next();
            }
        }
        next();
        return attributes;
    }

    void body(bool outermost) {
        while (peek() != "}") {
            statement(outermost);
        }
        next();
    }

    void statement(bool outermost) {
        const std::string first = next();
        if (first.empty()) {
            fail("a graph without end");
        }
        if (first == "subgraph") {
            next();
            expect("{");
            body(false);
            return;
        }
        if (first == "graph" || first == "node" || first == "edge") {
            const Attributes attributes = list();
            if (first == "graph" && outermost) {
                graph_.attributes = attributes;
            }
            expect(";");
            return;
        }
        if (peek() == "->") {
            next();
            const std::string second = next();
            graph_.edges.push_back({first, second, list()});
        } else {
            graph_.nodes[first] = list();
        }
        expect(";");
    }

    const std::string& text_;
    std::size_t at_ = 0;
    DotGraph graph_;
};

std::string entity(const std::string& name) {
    if (name == "amp") return "&";
    if (name == "lt") return "<";
    if (name == "gt") return ">";
    if (name == "quot") return "\"";
    if (name.size() > 1 && name[0] == '#') {
        return std::string(1, static_cast<char>(std::atoi(name.c_str() + 1)));
    }
    throw std::runtime_error("unknown entity " + name);
}

}  // namespace

DotGraph read_dot(const std::string& text) { return Reader(text).run(); }

std::string shown(const std::string& html) {
    std::string out;
    for (std::size_t at = 0; at < html.size(); ++at) {
        if (html[at] == '<') {
            const std::size_t end = html.find('>', at);
            out += html.compare(at, 4, "<BR/") == 0 ? " " : "";
            at = end;
        } else if (html[at] == '&') {
            const std::size_t end = html.find(';', at);
            out += entity(html.substr(at + 1, end - at - 1));
            at = end;
        } else {
            out += html[at];
        }
    }
    return out;
}

std::vector<std::string> rows(const std::string& html) {
    std::vector<std::string> out;
    std::size_t at = html.find("<TR>");
    if (at == std::string::npos) {
        return {shown(html)};
    }
    while (at != std::string::npos) {
        const std::size_t end = html.find("</TR>", at);
        out.push_back(shown(html.substr(at, end - at)));
        at = html.find("<TR>", end);
    }
    return out;
}

}  // namespace lmsim::viz::test
