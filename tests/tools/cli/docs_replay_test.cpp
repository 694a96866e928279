#include <filesystem>
#include <sstream>
#include <vector>

#include "tests/catch.hpp"
#include "tests/tools/cli/process.hpp"

using lmsim::tests::Ended;
using lmsim::tests::Folder;
using lmsim::tests::read_file;
using lmsim::tests::run_lmsim;

// A document of commands is replayed. Indented by four spaces stand
//     # NAME.toml        a file, up to the next line that is not indented
//     $ lmsim ...        a command; `# exit N` behind it, if it ends otherwise than with 0
// and below a command lines of what it prints, in this order; "..." stands for any text, and by
// itself for any lines. Lines of the output that the document leaves out do not matter.

namespace {

using Lines = std::vector<std::string>;

constexpr std::string_view indent = "    ";
constexpr std::string_view prompt = "$ lmsim ";
constexpr std::string_view anything = "...";

Lines lines_of(const std::string& text) {
    Lines lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) {
        lines.push_back(line);
    }
    return lines;
}

bool begins(const std::string& line, std::string_view with) {
    return line.compare(0, with.size(), with) == 0;
}

/// Does the line look as the document has it?
bool alike(const std::string& line, const std::string& wanted) {
    std::size_t at = 0;
    std::size_t from = 0;
    for (bool fixed = true;; fixed = false) {
        const std::size_t dots = wanted.find(anything, from);
        const std::string part = wanted.substr(from, dots - from);
        if (dots == std::string::npos) {
            const std::size_t room = line.size() - at;
            return fixed ? line == part
                         : part.size() <= room &&
                               line.compare(line.size() - part.size(), part.size(), part) == 0;
        }
        const std::size_t found = line.find(part, at);
        if (found == std::string::npos || (fixed && found != 0)) {
            return false;
        }
        at = found + part.size();
        from = dots + anything.size();
    }
}

struct Command {
    std::string arguments;
    int exit_code = 0;
    Lines wanted;
};

class Document {
  public:
    explicit Document(const std::string& text) {
        bool block = false;
        for (const std::string& line : lines_of(text)) {
            if (!begins(line, indent)) {
                block = line.empty() && block && !file_.empty();
                file_ = block ? file_ : "";
                continue;
            }
            take(line.substr(indent.size()), !block);
            block = true;
        }
    }
    std::vector<Command> commands;
    std::vector<std::pair<std::string, std::string>> files;

  private:
    void take(const std::string& line, bool first) {
        if (first) {
            file_ =
                begins(line, "# ") && line.find(".toml") != std::string::npos ? line.substr(2) : "";
            shown_ = false;
            if (!file_.empty()) {
                files.emplace_back(file_, "");
                return;
            }
        }
        if (!file_.empty()) {
            files.back().second += line + "\n";
        } else if (begins(line, prompt)) {
            const std::size_t exit = line.find("  # exit ");
            commands.push_back(
                {line.substr(prompt.size(),
                             exit == std::string::npos ? exit : exit - prompt.size()),
                 exit == std::string::npos ? 0 : std::stoi(line.substr(exit + 9)),
                 {}});
            shown_ = true;
        } else if (shown_ && line != anything) {
            commands.back().wanted.push_back(line);
        }
    }
    std::string file_;
    bool shown_ = false;
};

}  // namespace

TEST_CASE("documents of commands are what happens", "[cli]") {
    const std::string path =
        GENERATE(as<std::string>{}, "docs/try-a-spec-change.md",
                 "docs/questions/how-is-my-downtime-computed.md",
                 "docs/questions/what-dominates.md", "docs/questions/which-vmm.md");
    const Document document(read_file(LMSIM_SOURCE_DIR "/" + path));
    REQUIRE(document.commands.size() >= 1);
    const Folder folder;
    for (const auto& [name, text] : document.files) {
        folder.write(name, text);
    }
    std::filesystem::create_directory_symlink(LMSIM_SOURCE_DIR "/scenarios",
                                              folder.file("scenarios"));
    for (const Command& command : document.commands) {
        const Ended ended = run_lmsim(folder, command.arguments, "cd " + folder.file("") + " &&");
        INFO(path << ": lmsim " << command.arguments << "\n" << ended.out << ended.err);
        CHECK(ended.exit_code == command.exit_code);
        const Lines lines = lines_of(ended.out);
        std::size_t at = 0;
        for (const std::string& wanted : command.wanted) {
            while (at < lines.size() && !alike(lines[at], wanted)) {
                ++at;
            }
            INFO("wanted: " << wanted);
            CHECK(at < lines.size());
        }
    }
}
