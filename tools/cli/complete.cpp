#include "tools/cli/complete.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "tools/cli/command_line.hpp"

namespace lmsim::cli {

namespace {

bool begins(const std::string& word, const std::string& start) {
    return word.compare(0, start.size(), start) == 0;
}

/// Where on the command line we are: what was said so far.
struct Walk {
    CLI::App* verb;
    int places = 0;                 // positionals of this verb that were given
    CLI::Option* option = nullptr;  // it may take the next word,
    int left = 0;                   // so many of them,
    bool needs = false;             // and needs one
    bool places_alone = false;      // after "--"
    std::vector<CLI::Option*> given = {};
};

/// The option that a word names: of the verb, or of those above it that share theirs.
CLI::Option* find_option(CLI::App* verb, const std::string& word) {
    for (; verb != nullptr; verb = verb->get_fallthrough() ? verb->get_parent() : nullptr) {
        CLI::Option* option = verb->get_option_no_throw(word);
        if (option != nullptr && !option->get_positional()) {
            return option;
        }
    }
    return nullptr;
}

CLI::App* find_verb(CLI::App& above, const std::string& word) {
    for (CLI::App* verb : verbs_of(above)) {
        if (verb->get_name() == word) {
            return verb;
        }
    }
    return nullptr;
}

void step_option(Walk& walk, const std::string& word) {
    const std::size_t equals = word.find('=');
    CLI::Option* option = find_option(walk.verb, word.substr(0, equals));
    if (option == nullptr) {
        return;
    }
    walk.given.push_back(option);
    const int most = option->get_items_expected_max();
    const int taken = equals == std::string::npos ? 0 : 1;
    if (most > taken) {
        // Options that take any number of values begin with one; --set takes one each time.
        walk.left = option->get_allow_extra_args() || most < 10 ? most - taken : 1 - taken;
        walk.option = walk.left > 0 ? option : nullptr;
        walk.needs = option->get_items_expected_min() > taken;
    }
}

void step(Walk& walk, const std::string& word) {
    const bool dash = !walk.places_alone && word.size() > 1 && word.front() == '-';
    if (walk.option != nullptr && (walk.needs || !dash)) {
        walk.needs = false;
        walk.option = --walk.left > 0 ? walk.option : nullptr;
        return;
    }
    walk.option = nullptr;
    if (dash && word == "--") {
        walk.places_alone = true;
        return;
    }
    if (dash) {
        step_option(walk, word);
        return;
    }
    CLI::App* verb = walk.places_alone ? nullptr : find_verb(*walk.verb, word);
    if (verb != nullptr) {
        walk.verb = verb;
        walk.places = 0;
    } else {
        ++walk.places;
    }
}

/// The positional that the next word is; nullptr if none is wanted.
CLI::Option* next_place(Walk& walk) {
    int before = 0;
    for (CLI::Option* place : positionals_of(*walk.verb)) {
        before += std::min(place->get_items_expected_max(), 1'000'000);
        if (walk.places < before) {
            return place;
        }
    }
    return nullptr;
}

/// The values that begin so. Of a list only its last part is looked at.
void add_values(CLI::Option& option, std::string word, Completion& to) {
    const std::size_t comma =
        option.get_delimiter() == '\0' ? std::string::npos : word.rfind(option.get_delimiter());
    if (comma != std::string::npos) {
        to.before += word.substr(0, comma + 1);
        word.erase(0, comma + 1);
    }
    OptionValues values = values_of(option);
    to.values.files = to.values.files || values.files;
    to.values.folders = to.values.folders || values.folders;
    // Settings have values of their own; they are too many as long as it is the name that is typed.
    const bool short_list = word.find('=') == std::string::npos;
    for (Candidate& candidate : values.words) {
        const std::size_t equals = candidate.word.find('=');
        const bool setting = equals != std::string::npos && equals + 1 < candidate.word.size();
        const bool name = equals != std::string::npos && !setting;
        if (begins(candidate.word, word) && !(short_list ? setting : name)) {
            to.values.words.push_back({to.before + candidate.word, std::move(candidate.note)});
        }
    }
}

/// Those that were not given yet, or may be given again.
void add_options(const Walk& walk, const std::string& word, Completion& to) {
    for (CLI::App* verb = walk.verb; verb != nullptr;
         verb = verb->get_fallthrough() ? verb->get_parent() : nullptr) {
        for (CLI::Option* option : options_of(*verb)) {
            const bool given =
                std::find(walk.given.begin(), walk.given.end(), option) != walk.given.end();
            if (given && option->get_expected_max() <= 1) {
                continue;
            }
            for (const std::string& name : option->get_lnames()) {
                if (begins("--" + name, word)) {
                    to.values.words.push_back({"--" + name, option->get_description()});
                }
            }
        }
    }
}

void add_verbs(CLI::App& above, const std::string& word, Completion& to) {
    for (CLI::App* verb : verbs_of(above)) {
        if (begins(verb->get_name(), word)) {
            to.values.words.push_back({verb->get_name(), verb->get_description()});
        }
    }
}

}  // namespace

Completion complete(CLI::App& app, const std::vector<std::string>& words) {
    Walk walk{&app};
    for (std::size_t i = 0; i + 1 < words.size(); ++i) {
        step(walk, words[i]);
    }
    const std::string word = words.empty() ? std::string() : words.back();
    Completion found;
    const bool dash = !walk.places_alone && begins(word, "-");
    if (walk.option != nullptr && (walk.needs || !dash)) {
        add_values(*walk.option, word, found);
        return found;
    }
    const std::size_t equals = word.find('=');
    if (dash && equals != std::string::npos) {
        CLI::Option* option = find_option(walk.verb, word.substr(0, equals));
        if (option != nullptr && option->get_items_expected_max() > 0) {
            found.before = word.substr(0, equals + 1);
            add_values(*option, word.substr(equals + 1), found);
        }
        return found;
    }
    if (dash) {
        add_options(walk, word, found);
        return found;
    }
    if (walk.places == 0 && !walk.places_alone) {
        add_verbs(*walk.verb, word, found);
    }
    if (CLI::Option* place = next_place(walk)) {
        add_values(*place, word, found);
    }
    const bool nothing = found.values.words.empty() && !found.values.files && !found.values.folders;
    if (nothing && word.empty() && !walk.places_alone) {
        add_options(walk, word, found);
    }
    return found;
}

std::string completion_text(const Completion& completion) {
    std::string text;
    for (const Candidate& candidate : completion.values.words) {
        // A list in a terminal has a line for each.
        std::string note = candidate.note.substr(0, candidate.note.find('\n'));
        std::replace(note.begin(), note.end(), '\t', ' ');
        text += fmt::format("{}\t{}\n", candidate.word, note);
    }
    if (completion.values.files) {
        text += "\tfiles\n";
    } else if (completion.values.folders) {
        text += "\tfolders\n";
    }
    return text;
}

}  // namespace lmsim::cli
