#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <memory>
#include <optional>

#include "model/spec/table.hpp"
#include "sim/core/schemas.hpp"
#include "sim/core/text.hpp"
#include "tools/cli/complain.hpp"
#include "tools/cli/decode_input.hpp"
#include "tools/cli/decode_print.hpp"
#include "tools/cli/spec_profile.hpp"
#include "tools/cli/verbs.hpp"

namespace lmsim::cli {

using namespace wire::describe;

namespace {

constexpr std::size_t largest_file = std::size_t{64} << 20;
constexpr const char* standard = "ratified";

struct DecodeArguments {
    std::string file;
    std::string as;
    std::string input = "auto";
    std::string groups = "auto";
    std::string profile;
    std::uint64_t offset = 0;
    std::uint64_t length = ~std::uint64_t{0};
    bool json = false;
    bool brief = false;
    bool list = false;
};

std::string dumped(const nlohmann::ordered_json& json) {
    return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::string families() {
    std::vector<std::string> names;
    for (const Structure& structure : structures()) {
        const std::string name(structure.family);
        if (!name.empty() && std::find(names.begin(), names.end(), name) == names.end()) {
            names.push_back(name);
        }
    }
    return sim::joined(names);
}

int print_list(bool json) {
    nlohmann::ordered_json all = nlohmann::ordered_json::array();
    for (const Structure& structure : structures()) {
        if (json) {
            all.push_back({{"name", structure.name},
                           {"family", structure.family},
                           {"title", structure.title},
                           {"guessed", structure.evidence != nullptr},
                           {"source", source_of(structure.about)}});
        } else {
            fmt::print("{:<20} {}{} ({})\n", structure.name, structure.title,
                       structure.evidence != nullptr ? "" : ", only by --as",
                       source_of(structure.about));
        }
    }
    if (json) {
        fmt::print("{}\n", dumped({{"structures", all}}));
    } else {
        fmt::print("--as also takes a family, of which the likeliest is taken: {}\n", families());
    }
    return Ok;
}

/// After a call that failed.
std::string unreadable(const std::string& name) {
    const std::string why = errno != 0 ? std::string(": ") + std::strerror(errno) : "";
    return fmt::format("{}: cannot be read{}", sim::printable(name), why);
}

/// The content of a file; "-" is standard input. Without it, says why.
std::optional<std::string> read_all(const std::string& name, std::string& error) {
    std::ifstream file;
    errno = 0;
    if (name != "-") {
        file.open(name, std::ios::binary);
        if (!file) {
            error = unreadable(name);
            return std::nullopt;
        }
    }
    std::istream& stream = name == "-" ? std::cin : file;
    std::string content;
    char chunk[65536];
    do {
        stream.read(chunk, sizeof(chunk));
        content.append(chunk, static_cast<std::size_t>(stream.gcount()));
        if (content.size() > largest_file) {
            error = fmt::format("{}: larger than {} bytes", sim::printable(name), largest_file);
            return std::nullopt;
        }
    } while (stream.gcount() != 0);
    if (stream.bad()) {
        error = unreadable(name);
        return std::nullopt;
    }
    return content;
}

Dump binary(const std::string& content) {
    Dump dump;
    dump.bytes.assign(content.begin(), content.end());
    dump.format = "binary";
    return dump;
}

/// Content that is sure to be nothing that can be decoded, in words.
std::string hopeless(const std::string& content) {
    const std::string_view mark = std::string_view(content).substr(0, 2);
    return content.empty() ? "there is nothing in it"
           : mark == "\xFF\xFE" || mark == "\xFE\xFF"
               ? "byte 0: UTF-16 text; save it as UTF-8 (--input binary takes it as it is)"
               : "";
}

Dump bytes_of(const DecodeArguments& arguments, std::string content) {
    constexpr std::string_view utf8_mark = "\xEF\xBB\xBF";
    if (content.compare(0, utf8_mark.size(), utf8_mark) == 0 && arguments.input != "binary" &&
        is_text(std::string_view(content).substr(utf8_mark.size()))) {
        content.erase(0, utf8_mark.size());
    }
    const bool ascii = std::all_of(content.begin(), content.end(),
                                   [](char c) { return static_cast<unsigned char>(c) < 0x80; });
    if (arguments.input == "binary" || (arguments.input == "auto" && !is_text(content))) {
        return binary(content);
    }
    DumpOptions options;
    options.groups = arguments.groups == "bytes"   ? Groups::Bytes
                     : arguments.groups == "words" ? Groups::Words
                                                   : Groups::Auto;
    Dump dump = parse_dump(content, options);
    if (!dump.ok() && arguments.input == "auto" && !ascii) {
        return binary(content);
    }
    return dump;
}

/// What the input was taken for, and why.
struct Choice {
    const Structure* structure = nullptr;
    bool guessed = false;
    std::string because;
    std::vector<const Candidate*> others;
    std::unique_ptr<Guess> guess;
    std::string error;
};

std::string unknown_name(const std::string& name) {
    std::vector<std::string> names;
    for (const Structure& structure : structures()) {
        names.emplace_back(structure.name);
        if (!structure.family.empty()) names.emplace_back(structure.family);
    }
    const std::string near = sim::nearest(name, names);
    return fmt::format("--as {}: no such structure{}; --list prints them all", sim::in_quotes(name),
                       near.empty() ? "" : fmt::format(" (did you mean {}?)", near));
}

/// How far the nearest structure goes, where none makes sense.
std::string nothing_fits(const Guess& guess, const Input& input) {
    if (guess.count == 0) {
        return "byte 0: it makes no sense";
    }
    const Candidate& nearest = guess.candidates[0];
    Sink nobody;
    const Outcome outcome = describe(*nearest.structure, input, nobody);
    return fmt::format(
        "byte {}: it makes no sense as any structure; nearest is {} ({}), which stops there; "
        "--as NAME says which it is",
        outcome.ok() ? outcome.end : outcome.at, nearest.structure->name, nearest.because.view());
}

Choice choose(const std::string& as, const Input& input) {
    Choice choice;
    choice.structure = find_structure(as);
    if (choice.structure != nullptr) {
        return choice;
    }
    const auto all = structures();
    if (!as.empty() && std::none_of(all.begin(), all.end(), [&](const Structure& structure) {
            return structure.family == as;
        })) {
        choice.error = unknown_name(as);
        return choice;
    }
    choice.guess = std::make_unique<Guess>();
    guess(input, as, *choice.guess);
    const Guess& guess = *choice.guess;
    choice.guessed = true;
    const int threshold = as.empty() ? guess_threshold : -1000;
    if (guess.count == 0 || guess.candidates[0].points < threshold) {
        choice.error = nothing_fits(guess, input);
        return choice;
    }
    choice.structure = guess.candidates[0].structure;
    choice.because = guess.candidates[0].because.view();
    for (std::size_t i = 1; i < guess.count && guess.candidates[i].points >= guess_threshold; ++i) {
        choice.others.push_back(&guess.candidates[i]);
    }
    return choice;
}

std::string stopped_text(const Outcome& outcome) {
    return fmt::format("byte {} ({:#x}): {}: {}", outcome.at, outcome.at,
                       wire::to_string(outcome.error), outcome.why.view());
}

int verdict(const Outcome& outcome, std::size_t broken) {
    return !outcome.ok() ? Usage : broken != 0 ? Failed : Ok;
}

int print_as_text(const DecodeArguments& arguments, const Dump& dump, const Choice& choice,
                  const Input& input, const std::string& profile) {
    const Structure& structure = *choice.structure;
    fmt::print("{}: {}, {} bytes\n", sim::printable(arguments.file), dump.format, input.size);
    fmt::print("{}: {} ({})\n", structure.name, structure.title, source_of(structure.about));
    if (profile != standard) {
        fmt::print("in the dialect {}\n", sim::printable(profile));
    }
    if (choice.guessed) {
        fmt::print("taken for it because {}\n", choice.because);
        for (const Candidate* other : choice.others) {
            fmt::print("also possible: {} ({})\n", other->structure->name, other->because.view());
        }
    }
    TextSink sink(stdout, arguments.brief);
    const Outcome outcome = describe(structure, input, sink);
    sink.finish();
    fmt::print("\n");
    if (outcome.ok() && outcome.end < input.size) {
        fmt::print("{} bytes from {:#x} on are beyond the structure\n", input.size - outcome.end,
                   outcome.end);
    }
    if (sink.broken_count() == 0) {
        fmt::print("no rule is broken\n");
    } else {
        fmt::print("rules are broken in {} places, marked with !\n", sink.broken_count());
    }
    if (!outcome.ok()) {
        return complain(fmt::format("{}: it stops making sense at {}",
                                    sim::printable(arguments.file), stopped_text(outcome)));
    }
    return verdict(outcome, sink.broken_count());
}

int print_as_json(const DecodeArguments& arguments, const Dump& dump, const Choice& choice,
                  const Input& input, const std::string& profile) {
    JsonSink sink;
    const Outcome outcome = describe(*choice.structure, input, sink);
    nlohmann::ordered_json others = nlohmann::ordered_json::array();
    for (const Candidate* other : choice.others) {
        others.push_back({{"structure", other->structure->name},
                          {"points", other->points},
                          {"because", other->because.view()}});
    }
    nlohmann::ordered_json all = {{"schema", sim::schema::Decode},
                                  {"file", arguments.file},
                                  {"format", dump.format},
                                  {"size", input.size},
                                  {"profile", profile},
                                  {"structure", choice.structure->name},
                                  {"title", choice.structure->title},
                                  {"source", source_of(choice.structure->about)},
                                  {"guessed", choice.guessed}};
    if (choice.guessed) {
        all["because"] = choice.because;
        all["also_possible"] = others;
    }
    all["decoded"] = outcome.end;
    all["complete"] = outcome.ok();
    if (!outcome.ok()) {
        all["stopped"] = {{"at", outcome.at},
                          {"error", wire::to_string(outcome.error)},
                          {"why", outcome.why.view()}};
    }
    all["groups"] = std::move(sink.groups);
    all["broken"] = std::move(sink.rules_broken);
    all["notes"] = std::move(sink.notes);
    fmt::print("{}\n", dumped(all));
    if (!outcome.ok()) {
        return complain(fmt::format("{}: it stops making sense at {}",
                                    sim::printable(arguments.file), stopped_text(outcome)));
    }
    return verdict(outcome, all["broken"].size());
}

int decode(const DecodeArguments& arguments) {
    if (arguments.list || arguments.as == "list") {
        return print_list(arguments.json);
    }
    if (arguments.file.empty()) {
        return complain("decode: FILE is missing (- reads standard input)");
    }
    std::string error;
    const auto content = read_all(arguments.file, error);
    if (!content) {
        return complain(error);
    }
    const std::string name = sim::printable(arguments.file);
    error = hopeless(*content);
    if (!error.empty() && (content->empty() || arguments.input != "binary")) {
        return complain(fmt::format("{}: {}", name, error));
    }
    const Dump dump = bytes_of(arguments, *content);
    if (!dump.ok()) {
        return complain(fmt::format("{}: {} (--input binary takes it as it is)", name, dump.error));
    }
    if (arguments.offset >= dump.bytes.size()) {
        return complain(
            fmt::format("--offset {}: {} has {} bytes", arguments.offset, name, dump.bytes.size()));
    }
    if (arguments.length == 0) {
        return complain("--length 0: expected 1 or more");
    }
    const auto begin = static_cast<std::size_t>(arguments.offset);
    const auto profile = profile_or_complain(arguments.profile);
    if (!profile) {
        return Usage;
    }
    Input input;
    input.data = dump.bytes.data() + begin;
    input.size = static_cast<std::size_t>(
        std::min<std::uint64_t>(dump.bytes.size() - begin, arguments.length));
    input.rules = &profile->rules;
    const Choice choice = choose(arguments.as, input);
    if (choice.structure == nullptr) {
        return complain(fmt::format("{}: {}", name, choice.error));
    }
    return (arguments.json ? print_as_json : print_as_text)(arguments, dump, choice, input,
                                                            profile->name);
}

}  // namespace

void add_decode(CLI::App& app, int& exit_code) {
    const auto not_negative = [](const std::string& text) {
        return std::string(text.rfind('-', 0) == 0 ? "expected 0 or more" : "");
    };
    const auto arguments = std::make_shared<DecodeArguments>();
    CLI::App* verb = app.add_subcommand(
        "decode", "Print any command or structure field by field, and the rules that it breaks");
    verb->add_option("file", arguments->file,
                     "binary, or a dump of xxd, hexdump, od, nvme-cli, or hex digits; - is stdin");
    verb->add_option("--as", arguments->as, "which structure it is; else it is guessed");
    verb->add_flag("--list", arguments->list, "print the names that --as takes");
    verb->add_option("--input", arguments->input, "binary or text; else it is detected")
        ->check(CLI::IsMember({"auto", "binary", "text"}));
    verb->add_option("--groups", arguments->groups,
                     "what groups of digits are: bytes in order, or little-endian words")
        ->check(CLI::IsMember({"auto", "bytes", "words"}));
    verb->add_option("--offset", arguments->offset, "first byte to decode")->check(not_negative);
    verb->add_option("--length", arguments->length, "bytes to decode")->check(not_negative);
    verb->add_option("--profile", arguments->profile,
                     "in which dialect it is: a name (`lmsim spec profiles`) or a file")
        ->type_name("NAME|FILE");
    verb->add_flag("--brief", arguments->brief, "one line for each entry or block");
    verb->add_flag("--json", arguments->json, "print JSON");
    verb->callback([arguments, &exit_code] { exit_code = decode(*arguments); });
}

}  // namespace lmsim::cli
