#include "tests/tidy/source.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace lmsim::tidy {
namespace {

namespace fs = std::filesystem;

bool ends_with(const std::string& text, const std::string& end) {
    return text.size() >= end.size() &&
           text.compare(text.size() - end.size(), end.size(), end) == 0;
}

bool is_left_behind(const std::string& top) {
    return top == ".git" || top == "out" || top == ".cache" || top == "node_modules" ||
           top.rfind("build", 0) == 0;
}

/// Walks over one C++ text and blanks what is not code.
class Blanker {
  public:
    explicit Blanker(const std::string& text) : text_(text), out_(text) {}

    std::string run() {
        while (at_ < text_.size()) {
            step();
        }
        return out_;
    }

  private:
    char peek(std::size_t offset) const {
        return at_ + offset < text_.size() ? text_[at_ + offset] : '\0';
    }
    void blank_to(std::size_t end) {
        for (end = std::min(end, text_.size()); at_ < end; ++at_) {
            if (text_[at_] != '\n') {
                out_[at_] = ' ';
            }
        }
    }
    std::size_t after(const std::string& what, std::size_t from) const {
        const std::size_t found = text_.find(what, from);
        return found == std::string::npos ? text_.size() : found + what.size();
    }
    /// The end of a logical line: a backslash joins it with the next.
    std::size_t end_of_line() const {
        std::size_t end = text_.find('\n', at_);
        while (end != std::string::npos && end > 0 && text_[end - 1] == '\\') {
            end = text_.find('\n', end + 1);
        }
        return end == std::string::npos ? text_.size() : end;
    }
    std::size_t end_of_literal(char quote) const {
        std::size_t end = at_ + 1;
        while (end < text_.size() && text_[end] != quote && text_[end] != '\n') {
            end += text_[end] == '\\' ? 2 : 1;
        }
        return end + 1;
    }
    bool digit_separator() const {
        const bool joined = at_ > 0 && std::isalnum(static_cast<unsigned char>(text_[at_ - 1])) &&
                            std::isalnum(static_cast<unsigned char>(peek(1)));
        return joined && peek(2) != '\'';
    }
    bool first_on_line() const {
        const std::size_t before =
            at_ == 0 ? std::string::npos : out_.find_last_not_of(" \t", at_ - 1);
        return before == std::string::npos || out_[before] == '\n';
    }

    void step() {
        const char c = text_[at_];
        if (c == '/' && peek(1) == '/') {
            blank_to(end_of_line());
        } else if (c == '/' && peek(1) == '*') {
            blank_to(after("*/", at_ + 2));
        } else if (c == '#' && first_on_line()) {
            blank_to(end_of_line());
        } else if (c == 'R' && peek(1) == '"') {
            const std::size_t open = text_.find('(', at_);
            blank_to(after(")" + text_.substr(at_ + 2, open - at_ - 2) + "\"", open));
        } else if (c == '"') {
            blank_to(end_of_literal('"'));
        } else if (c == '\'' && !digit_separator()) {
            blank_to(end_of_literal('\''));
        } else {
            ++at_;
        }
    }

    const std::string& text_;
    std::string out_;
    std::size_t at_ = 0;
};

}  // namespace

std::vector<Source> repository(const std::string& root) {
    std::vector<Source> sources;
    fs::recursive_directory_iterator entry(root);
    for (; entry != fs::recursive_directory_iterator(); ++entry) {
        const std::string path = fs::relative(entry->path(), root).generic_string();
        if (entry.depth() == 0 && is_left_behind(path)) {
            entry.disable_recursion_pending();
        } else if (entry->is_regular_file()) {
            std::ifstream file(entry->path(), std::ios::binary);
            std::ostringstream bytes;
            bytes << file.rdbuf();
            if (bytes.str().find('\0') == std::string::npos) {
                sources.push_back({path, bytes.str()});
            }
        }
    }
    std::sort(sources.begin(), sources.end(),
              [](const Source& a, const Source& b) { return a.path < b.path; });
    return sources;
}

std::vector<std::string> lines(const std::string& text) {
    std::vector<std::string> result;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) {
        result.push_back(line);
    }
    return result;
}

std::string code_only(const std::string& text) { return Blanker(text).run(); }

bool is_cpp(const std::string& path) { return ends_with(path, ".cpp") || ends_with(path, ".hpp"); }

bool is_table(const std::string& path) { return ends_with(path, ".def"); }

bool is_script(const std::string& path) {
    const bool bare = path.find('.', path.rfind('/') + 1) == std::string::npos;
    return ends_with(path, ".cmake") || ends_with(path, "CMakeLists.txt") ||
           ends_with(path, ".sh") || ends_with(path, ".py") || ends_with(path, ".js") ||
           (bare && path.rfind("tools/", 0) == 0) || path == ".ci/run";
}

bool is_data(const std::string& path) { return path.find("/data/") != std::string::npos; }

}  // namespace lmsim::tidy
