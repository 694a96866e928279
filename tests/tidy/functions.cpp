#include "tests/tidy/functions.hpp"

#include <algorithm>
#include <cctype>
#include <regex>

namespace lmsim::tidy {
namespace {

enum class Brace { Scope, Function, Value };

std::string without_template_prefix(std::string text) {
    static const std::regex prefix(R"(^\s*template\s*<)");
    std::smatch match;
    while (std::regex_search(text, match, prefix)) {
        std::size_t at = static_cast<std::size_t>(match.length());
        for (int depth = 1; at < text.size() && depth > 0; ++at) {
            depth += text[at] == '<' ? 1 : text[at] == '>' ? -1 : 0;
        }
        text = text.substr(at);
    }
    return text;
}

char last_visible(const std::string& text) {
    const std::size_t at = text.find_last_not_of(" \n\t");
    return at == std::string::npos ? '\0' : text[at];
}

/// What the brace after `header` opens, outside of functions and parentheses.
Brace kind_of(const std::string& header) {
    static const std::regex scope(
        R"(^\s*((inline|static|constexpr|typedef|const|public:|private:|protected:|)"
        R"(\[\[.*\]\])\s*)*(namespace|class|struct|union|enum)\b)");
    static const std::regex members(R"(\)[^)]*[^:]:[^:])");
    const std::string text = without_template_prefix(header);
    if (std::regex_search(text, scope)) {
        return Brace::Scope;
    }
    if (text.find('(') == std::string::npos) {
        return text.find("extern") != std::string::npos ? Brace::Scope : Brace::Value;
    }
    const char last = last_visible(text);
    if (last == '=' || last == ',') {
        return Brace::Value;
    }
    const bool named = std::isalnum(static_cast<unsigned char>(last)) || last == '_' || last == '>';
    return named && std::regex_search(text, members) ? Brace::Value : Brace::Function;
}

class Finder {
  public:
    explicit Finder(const std::string& code) : code_(code) {}

    std::vector<Function> run() {
        for (const char c : code_) {
            line_ += c == '\n' ? 1 : 0;
            if (inside_ > 0) {
                in_function(c);
            } else {
                outside(c);
            }
        }
        return std::move(found_);
    }

  private:
    void in_function(char c) {
        inside_ += c == '{' ? 1 : c == '}' ? -1 : 0;
        if (inside_ == 0) {
            found_.back().last_line = line_;
            header_.clear();
        }
    }
    void outside(char c) {
        if (value_ > 0) {
            value_ += c == '{' ? 1 : c == '}' ? -1 : 0;
            return;
        }
        parentheses_ += c == '(' ? 1 : c == ')' ? -1 : 0;
        if (c == '{') {
            open();
        } else if (c == '}' || (c == ';' && parentheses_ == 0)) {
            header_.clear();
        } else if (!header_.empty() || !std::isspace(static_cast<unsigned char>(c))) {
            if (header_.empty()) {
                header_line_ = line_;
            }
            header_ += c;
        }
    }
    void open() {
        const Brace kind = parentheses_ > 0 ? Brace::Value : kind_of(header_);
        if (kind == Brace::Value) {
            value_ = 1;
            header_ += "()";  // an initializer reads on like a call: `a{1}, b{2} {` is not over
        } else if (kind == Brace::Function) {
            inside_ = 1;
            found_.push_back({header_line_, line_, header_.substr(0, header_.find('\n'))});
        } else {
            header_.clear();
        }
    }

    const std::string& code_;
    std::vector<Function> found_;
    std::string header_;  // what was read since the last statement or scope ended
    int line_ = 1;
    int header_line_ = 1;
    int parentheses_ = 0;
    int value_ = 0;
    int inside_ = 0;
};

}  // namespace

std::vector<Function> functions(const std::string& text) {
    const std::string code = code_only(text);
    return Finder(code).run();
}

std::vector<Finding> long_functions(const Source& source, int limit) {
    std::vector<Finding> findings;
    for (const Function& function : functions(source.text)) {
        if (function.length() > limit) {
            findings.push_back({source.path, function.first_line,
                                std::to_string(function.length()) + " lines, at most " +
                                    std::to_string(limit) + ": " + function.signature});
        }
    }
    return findings;
}

}  // namespace lmsim::tidy
