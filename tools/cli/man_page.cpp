#include "tools/cli/man_page.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sim/core/text.hpp"
#include "sim/core/version.hpp"
#include "tools/cli/command_line.hpp"
#include "tools/cli/exit_code.hpp"
#include "tools/cli/option_values.hpp"

namespace lmsim::cli {

namespace {

/// As it stands: roff would make other letters of some.
std::string roff(const std::string& text) {
    std::string out;
    for (const char letter : text) {
        switch (letter) {
            case '\\': out += "\\e"; break;
            case '-': out += "\\-"; break;
            case '\'': out += "\\(aq"; break;
            case '`': out += "\\(ga"; break;
            case '^': out += "\\(ha"; break;
            case '~': out += "\\(ti"; break;
            case '"': out += "\\(dq"; break;
            default: out += letter;
        }
    }
    return out;
}

/// A line of running text: a dot in front would be a command.
std::string roff_line(const std::string& text) {
    return (!text.empty() && text.front() == '.' ? "\\&" : "") + roff(text) + "\n";
}

std::string bold(const std::string& text) { return "\\fB" + roff(text) + "\\fR"; }
std::string italic(const std::string& text) { return "\\fI" + roff(text) + "\\fR"; }

std::string names_of(const CLI::Option& option) {
    std::vector<std::string> names;
    for (const std::string& name : option.get_snames()) {
        names.push_back(bold("-" + name));
    }
    for (const std::string& name : option.get_lnames()) {
        names.push_back(bold("--" + name));
    }
    return fmt::format("{}", fmt::join(names, ", "));
}

/// "--a, --b", in an order that does not depend on addresses.
std::string list_of(const std::set<CLI::Option*>& options) {
    std::vector<std::string> names;
    for (const CLI::Option* option : options) {
        names.push_back(option->get_name());
    }
    std::sort(names.begin(), names.end());
    return fmt::format("{}", fmt::join(names, ", "));
}

std::string remarks_on(CLI::Option& option) {
    std::string text;
    const std::vector<std::string> choices = choices_of(option);
    const std::string range = range_of(option);
    if (!choices.empty()) {
        text += fmt::format(" One of: {}.", fmt::join(choices, ", "));
    }
    if (!range.empty()) {
        text += fmt::format(" {}.", range);
    }
    if (!option.get_default_str().empty()) {
        text += fmt::format(" Default: {}.", option.get_default_str());
    }
    if (option.get_required() && !option.get_positional()) {
        text += " Required.";
    }
    if (!option.get_positional() && option.get_expected_max() > 1 &&
        option.get_items_expected_max() > 100) {
        text += " May be repeated.";
    }
    if (!option.get_needs().empty()) {
        text += fmt::format(" Only with {}.", list_of(option.get_needs()));
    }
    if (!option.get_excludes().empty()) {
        text += fmt::format(" Not together with {}.", list_of(option.get_excludes()));
    }
    return text;
}

std::string described(CLI::Option& option) {
    std::string text = option.get_description();
    if (text.empty() || (text.back() != '.' && text.back() != '?')) {
        text += text.empty() ? "" : ".";
    }
    return roff_line(text + remarks_on(option));
}

std::string option_entry(CLI::Option& option) {
    const std::string value = value_name(option);
    return fmt::format(".TP\n{}{}\n{}", names_of(option), value.empty() ? "" : " " + italic(value),
                       described(option));
}

std::string place_entry(CLI::Option& option) {
    return fmt::format(".TP\n{}\n{}", italic(option.get_name(true)), described(option));
}

/// Options under the titles of their groups.
std::string options_text(CLI::App& app) {
    std::string text;
    std::vector<std::string> groups;
    for (const CLI::Option* option : options_of(app)) {
        if (std::find(groups.begin(), groups.end(), option->get_group()) == groups.end()) {
            groups.push_back(option->get_group());
        }
    }
    for (const std::string& group : groups) {
        if (group != "Options") {
            text += ".PP\n" + roff_line(group + ":");
        }
        for (CLI::Option* option : options_of(app)) {
            if (option->get_group() == group) {
                text += option_entry(*option);
            }
        }
    }
    return text;
}

std::string usage(CLI::App& app) {
    std::string text = bold(path_of(app)) + " [" + italic("OPTION") + "]...";
    for (CLI::Option* place : positionals_of(app)) {
        const bool many = place->get_items_expected_max() > 100;
        const std::string name = italic(place->get_name(true)) + (many ? "..." : "");
        text += place->get_required() ? " " + name : " [" + name + "]";
    }
    const bool needs_verb = app.get_require_subcommand_min() > 0;
    if (!verbs_of(app).empty()) {
        text += needs_verb ? " " + italic("COMMAND") : " [" + italic("COMMAND") + "]";
    }
    return text + "\n";
}

std::string head(const std::string& name, CLI::App& app) {
    std::string what = app.get_description();
    const std::string itself = name + ": ";  // as --help begins
    what.erase(0, what.rfind(itself, 0) == 0 ? itself.size() : 0);
    return fmt::format(
        ".\\\" Printed by lmsim man, out of the command line's own declarations.\n"
        ".TH {} 1 \"\" \"lmsim {}\" \"lmsim\"\n.SH NAME\n{} \\- {}",
        roff(CLI::detail::to_lower(name)), lmsim::version, roff(name), roff_line(what));
}

/// A verb's own arguments and options, then each of those below it.
std::string body(CLI::App& app) {
    std::string text;
    for (CLI::Option* place : positionals_of(app)) {
        text += place_entry(*place);
    }
    text += options_text(app);
    for (CLI::App* verb : verbs_of(app)) {
        text += fmt::format(".SS {}\n.PP\n{}.PP\n{}", roff(path_of(*verb)), usage(*verb),
                            roff_line(verb->get_description() + "."));
        text += body(*verb);
    }
    return text;
}

std::string exit_text() {
    std::string text = ".SH EXIT STATUS\n";
    for (const ExitMeaning& exit : exit_meanings) {
        text += fmt::format(".TP\n{}\n{}", bold(std::to_string(static_cast<int>(exit.code))),
                            roff_line(exit.means));
    }
    return text;
}

std::string page_name(const CLI::App& app) {
    std::string name = path_of(app);
    std::replace(name.begin(), name.end(), ' ', '-');
    return name;
}

}  // namespace

ManPage man_page(CLI::App& app) {
    std::string text = head(app.get_name(), app) + ".SH SYNOPSIS\n" + usage(app);
    text += ".SH DESCRIPTION\n" +
            roff_line(
                "Simulates the live migration of a virtual machine whose disks are NVMe "
                "SR-IOV virtual functions, and says how long the guest stands still, which "
                "part of that is whose, and what the guest's I/O sees.") +
            ".PP\n" +
            roff_line(
                "A run depends on its scenario, the settings and the seed, and on nothing "
                "else. Files that are not there are looked for in the installed data too.");
    text += ".SH OPTIONS\n" + options_text(app) + ".SH COMMANDS\n";
    for (CLI::App* verb : verbs_of(app)) {
        text += fmt::format(".TP\n{}(1)\n{}", bold(page_name(*verb)),
                            roff_line(verb->get_description() + "."));
    }
    text += exit_text();
    text += ".SH EXAMPLES\n.EX\n" + roff_line("lmsim run scenarios/quickstart.toml --out out/q") +
            roff_line("lmsim report out/q") + roff_line("lmsim scenario docs") + ".EE\n";
    return {page_name(app) + ".1", text};
}

ManPage man_page(CLI::App& app, CLI::App& verb) {
    const std::string name = page_name(verb);
    std::string text = head(name, verb) + ".SH SYNOPSIS\n" + usage(verb) + ".SH DESCRIPTION\n" +
                       roff_line(verb.get_description() + ".") + ".SH OPTIONS\n" + body(verb);
    text += ".SH EXIT STATUS\n" +
            roff_line(fmt::format("0 if all is well; else as {}(1) says.", app.get_name()));
    text += ".SH SEE ALSO\n" + bold(app.get_name()) + "(1)\n";
    return {name + ".1", text};
}

std::vector<ManPage> man_pages(CLI::App& app) {
    std::vector<ManPage> pages = {man_page(app)};
    for (CLI::App* verb : verbs_of(app)) {
        pages.push_back(man_page(app, *verb));
    }
    return pages;
}

}  // namespace lmsim::cli
