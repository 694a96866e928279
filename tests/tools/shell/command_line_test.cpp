#include <set>

#include "tests/catch.hpp"
#include "tests/tools/cli/process.hpp"
#include "tools/cli/command_line.hpp"
#include "tools/cli/complete.hpp"
#include "tools/cli/exit_code.hpp"
#include "tools/cli/man_page.hpp"

namespace cli = lmsim::cli;
using lmsim::tests::Folder;
using lmsim::tests::read_file;
using lmsim::tests::run_lmsim;

namespace {

/// The command line as main() has it.
struct Declared {
    int exit_code = 0;
    CLI::App app{"lmsim: simulates NVMe SR-IOV live migration", "lmsim"};

    Declared() { cli::declare_command_line(app, exit_code); }
};

/// The verb and all below it, with the words that lead to each.
void collect(CLI::App& app, const std::vector<std::string>& words,
             std::vector<std::pair<CLI::App*, std::vector<std::string>>>& all) {
    all.emplace_back(&app, words);
    for (CLI::App* verb : cli::verbs_of(app)) {
        std::vector<std::string> deeper = words;
        deeper.push_back(verb->get_name());
        collect(*verb, deeper, all);
    }
}

std::set<std::string> offered(CLI::App& app, std::vector<std::string> words) {
    std::set<std::string> all;
    for (const cli::Candidate& candidate : cli::complete(app, words).values.words) {
        all.insert(candidate.word);
    }
    return all;
}

using Words = std::set<std::string>;

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

/// A shell here reads the script and says what it would offer.
std::string ask_shell(const Folder& folder, const std::string& shell, const std::string& program) {
    const std::string script = folder.write("ask", program);
    const std::string command = shell + " " + script + " > " + folder.file("told") + " 2>&1";
    return std::system(command.c_str()) == 0 ? read_file(folder.file("told")) : "it failed";
}

bool is_here(const std::string& program) {
    return std::system(("command -v " + program + " > /dev/null").c_str()) == 0;
}

}  // namespace

TEST_CASE("every verb and every option is completed, and has its place in a man page", "[cli]") {
    Declared declared;
    std::vector<std::pair<CLI::App*, std::vector<std::string>>> all;
    collect(declared.app, {}, all);
    CHECK(all.size() > 40);
    for (auto& [verb, words] : all) {
        INFO(cli::path_of(*verb));
        std::vector<std::string> here = words;
        here.emplace_back();
        const Words verbs = offered(declared.app, here);
        for (const CLI::App* below : cli::verbs_of(*verb)) {
            CHECK(verbs.count(below->get_name()) == 1);
        }
        here.back() = "--";
        const Words options = offered(declared.app, here);
        CLI::App* top = words.empty() ? nullptr : declared.app.get_subcommand(words.front());
        const std::string page = top == nullptr ? cli::man_page(declared.app).text
                                                : cli::man_page(declared.app, *top).text;
        for (const CLI::Option* option : cli::options_of(*verb)) {
            for (std::string name : option->get_lnames()) {
                INFO(name);
                CHECK(options.count("--" + name) == 1);
                for (std::size_t at = 0; (at = name.find('-', at)) != std::string::npos; at += 2) {
                    name.insert(at, "\\");
                }
                CHECK(has(page, "\\fB\\-\\-" + name + "\\fR"));
            }
        }
    }
}

TEST_CASE("what each value of the command line is was thought about", "[cli]") {
    Declared declared;
    std::vector<std::pair<CLI::App*, std::vector<std::string>>> all;
    collect(declared.app, {}, all);
    for (auto& [verb, words] : all) {
        std::vector<CLI::Option*> takers = cli::options_of(*verb);
        const std::vector<CLI::Option*> places = cli::positionals_of(*verb);
        takers.insert(takers.end(), places.begin(), places.end());
        for (CLI::Option* option : takers) {
            const std::string name = cli::value_name(*option);
            INFO(cli::path_of(*verb) << " " << option->get_name() << " " << name
                                     << ": expected a row in known_values, "
                                        "tools/cli/option_values.cpp");
            CHECK((name.empty() || !cli::choices_of(*option).empty() || cli::is_known_value(name)));
        }
    }
}

TEST_CASE("words are completed by what stands before them", "[cli]") {
    Declared declared;
    CLI::App& app = declared.app;
    CHECK(offered(app, {"ru"}) == Words{"run"});
    CHECK(offered(app, {"run", "--fid"}) == Words{"--fidelity"});
    CHECK(offered(app, {"run", "--fidelity", ""}) == Words{"exact", "fluid", "hybrid"});
    CHECK(offered(app, {"run", "--fidelity=h"}) == Words{"--fidelity=hybrid"});
    CHECK(offered(app, {"run", "x.toml", "--trace", "pftrace,v"}) == Words{"pftrace,vcd"});
    CHECK(offered(app, {"compare", "--format", ""}) == Words{"md", "text"});
    CHECK(offered(app, {"hw", "probe", "--access", ""}) == Words{"auto", "cdev", "group"});
    CHECK(offered(app, {"spec", "diff", "rfc-2"}) == Words{"rfc-2025"});
    CHECK(offered(app, {"diagram", "--diff", "ratified", "rati"}) == Words{"ratified"});
    CHECK(offered(app, {"man", "swa"}) == Words{"swarm"});
    // Values of settings only when the name is there.
    CHECK(offered(app, {"run", "--set", "run.fid"}) == Words{"run.fidelity="});
    CHECK(offered(app, {"run", "--set", "run.fidelity=e"}) == Words{"run.fidelity=exact"});
    // Options that were given are not offered again, unless they may be repeated.
    CHECK(offered(app, {"run", "--seed", "1", "--se"}) == Words{"--set"});
    CHECK(offered(app, {"run", "--set", "a=b", "--set"}) == Words{"--set"});
    // The options of a verb whose own are shared with those below it.
    CHECK(offered(app, {"drive", "suspend", "--targ"}) == Words{"--target"});
    // A value that is called as a verb is no verb; behind -- there is none either.
    CHECK(offered(app, {"diagram", "--profile", "list", "--ove"}) == Words{"--overlay"});
    CHECK(offered(app, {"diagram", "--", "li"}).count("list") == 0);
    CHECK(offered(app, {"nonsense", "--wat"}).empty());
    CHECK(offered(app, {}).count("run") == 1);
}

TEST_CASE("paths are asked for where there is a file or a folder", "[cli]") {
    Declared declared;
    CLI::App& app = declared.app;
    CHECK(cli::complete(app, {"run", ""}).values.files);
    CHECK(cli::complete(app, {"report", ""}).values.folders);
    CHECK(cli::complete(app, {"run", "x", "--out", ""}).values.folders);
    CHECK(cli::complete(app, {"run", "x", "--out=o"}).values.folders);
    CHECK(cli::complete(app, {"run", "x", "--out=o"}).before == "--out=");
    CHECK(cli::complete(app, {"run", "--profile", ""}).values.files);
    CHECK_FALSE(cli::complete(app, {"run", "--seed", ""}).values.files);
    CHECK_FALSE(cli::complete(app, {"run", "x", "y"}).values.files);
    CHECK(cli::complete(app, {"compare", "x", "y"}).values.files);
    CHECK(cli::completion_text({{true, false, {{"a", "is\tb\nand c"}}}, ""}) ==
          "a\tis b\n\tfiles\n");
}

TEST_CASE("bash completes verbs, options, choices and files", "[cli]") {
    if (!is_here("bash")) {
        WARN("skipped: there is no bash here");
        return;
    }
    const Folder folder;
    folder.write("scen ario.toml", "");
    const std::string start = "cd " + folder.file("") +
                              "\nsource <(" LMSIM_BINARY_DIR
                              "/lmsim completion bash)\n"
                              "ask() { COMP_WORDS=(" LMSIM_BINARY_DIR
                              "/lmsim \"$@\"); COMP_CWORD=$#; COMPREPLY=(); _lmsim;\n"
                              "    printf '%s|' \"${COMPREPLY[@]}\"; echo; }\n";
    const std::string told =
        ask_shell(folder, "bash --norc",
                  start +
                      "complete -p lmsim\nask ru\nask run --fid\nask compare --format t\n"
                      "ask compare --format = t\nask run scen\nask run --out = ./\n"
                      "ask run --set run.fidelity = ex\nask spec show LM-SUSP-0\n");
    CHECK(has(told,
              "complete -F _lmsim lmsim\nrun|\n--fidelity|\ntext|\ntext|\n"
              "scen ario.toml|\n|\nexact|\nLM-SUSP-01|"));
}

TEST_CASE("zsh and fish read their completions, where they are", "[cli]") {
    const Folder folder;
    if (is_here("fish")) {
        const std::string told = ask_shell(
            folder, "fish --no-config",
            LMSIM_BINARY_DIR "/lmsim completion fish | source\nset -x PATH " LMSIM_BINARY_DIR
                             " $PATH\ncd " LMSIM_SOURCE_DIR
                             "\ncomplete -C 'lmsim ru'\ncomplete -C 'lmsim compare --format m'\n"
                             "complete -C 'lmsim run scenarios/quicks'\n");
        CHECK(has(told, "run\tSimulate one migration and say where time goes\nmd\n"));
        CHECK(has(told, "scenarios/quickstart.toml"));
    } else {
        WARN("fish: skipped, it is not here");
    }
    if (is_here("zsh")) {
        const std::string script = folder.file("_lmsim");
        REQUIRE(run_lmsim(folder, "completion zsh").exit_code == 0);
        folder.write("_lmsim", run_lmsim(folder, "completion zsh").out);
        const std::string told =
            ask_shell(folder, "zsh -f",
                      "zsh -n " + script +
                          "\ncompdef() { echo declared $*; }\n_describe() { print -l $told; }\n"
                          "_files() { echo files $*; }\nsource " +
                          script +
                          "\nask() { words=(" LMSIM_BINARY_DIR
                          "/lmsim \"$@\"); CURRENT=${#words}; PREFIX=${words[-1]}; _lmsim; }\n"
                          "ask ru\nask compare --format m\nask run ''\nask run x --out ''\n");
        CHECK(told ==
              "declared _lmsim lmsim\nrun:Simulate one migration and say where time goes\n"
              "md\nfiles\nfiles -/\n");
    } else {
        WARN("zsh: skipped, it is not here");
    }
}

TEST_CASE("groff finds nothing to say about any man page", "[cli]") {
    if (!is_here("groff")) {
        WARN("skipped: there is no groff here");
        return;
    }
    const Folder folder;
    REQUIRE(run_lmsim(folder, "man --out " + folder.file("man")).exit_code == 0);
    std::size_t pages = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder.file("man"))) {
        const std::string command = "groff -man -ww -Tutf8 -z " + entry.path().string() + " > " +
                                    folder.file("said") + " 2>&1";
        CHECK(std::system(command.c_str()) == 0);
        CHECK(read_file(folder.file("said")).empty());
        ++pages;
    }
    Declared declared;
    CHECK(pages == cli::verbs_of(declared.app).size() + 1);
}

TEST_CASE("lmsim.1 and README.md say the same of exit codes", "[cli]") {
    const Folder folder;
    const std::string page = run_lmsim(folder, "man").out;
    const std::string readme = read_file(LMSIM_SOURCE_DIR "/README.md");
    for (const cli::ExitMeaning& exit : cli::exit_meanings) {
        const std::string code = std::to_string(static_cast<int>(exit.code));
        CHECK(has(readme, "| " + code + " | " + exit.means + " |\n"));
        CHECK(has(page, ".TP\n\\fB" + code + "\\fR\n"));
    }
}

TEST_CASE("a wrong page, shell or folder is refused", "[cli]") {
    const Folder folder;
    CHECK(run_lmsim(folder, "man rum").exit_code == 2);
    CHECK(run_lmsim(folder, "man --out /dev/null/x").exit_code == 2);
    CHECK(run_lmsim(folder, "completion").exit_code == 2);
    CHECK(run_lmsim(folder, "completion csh").exit_code == 2);
    CHECK(run_lmsim(folder, "completion next -- run --help").out ==
          "--help\tPrint this help "
          "message and exit\n");
}
