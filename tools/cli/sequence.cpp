#include <fmt/format.h>

#include <memory>

#include "model/host/rfc/driver_rules.hpp"
#include "tools/cli/diagram_output.hpp"
#include "tools/cli/run_dialects.hpp"
#include "tools/cli/spec_profile.hpp"
#include "tools/cli/verbs.hpp"
#include "viz/sequence/chart.hpp"
#include "viz/sequence/words.hpp"

namespace lmsim::cli {

namespace {

constexpr const char* sequence_verb = "lmsim sequence";

struct SequenceArguments {
    std::string directory;
    viz::SequenceRequest request;
    PictureOptions picture{"svg", ""};
    std::string profile;
};

int refuse_to_tell(const std::string& why) {
    fmt::print(stderr, "{}: {}\n", sequence_verb, why);
    return Usage;
}

int sequence(SequenceArguments arguments) {
    if (!arguments.profile.empty()) {
        const auto profile = profile_or_complain(arguments.profile);
        if (!profile) {
            return Usage;
        }
        arguments.request.dialect.fill(host::driver_rules(profile->rules));
    }
    const auto run = sim::trace::open_run(arguments.directory);
    if (!run) {
        return refuse_to_tell(run.error());
    }
    if (arguments.profile.empty() &&
        !find_dialects(arguments.directory, arguments.request.dialect)) {
        return refuse_to_tell("the run's profile cannot be used; name another with --profile");
    }
    const auto drawn = viz::sequence_chart(run.value(), arguments.request);
    if (!drawn) {
        return refuse_to_tell(drawn.error());
    }
    const viz::Chart& chart = drawn.value();
    const std::string& format = arguments.picture.format;
    const std::string text = format == "mermaid"    ? viz::sequence_mermaid(chart)
                             : format == "plantuml" ? viz::sequence_plantuml(chart)
                                                    : viz::sequence_svg(chart);
    const int exit_code = write_picture(sequence_verb, arguments.picture, text);
    if (exit_code == Ok && chart.left_out > 0) {
        fmt::print(stderr,
                   "{}: {} lines are left out behind {}; narrow it with {}--from, --to, --vf, or "
                   "raise --rows\n",
                   sequence_verb, viz::grouped(chart.left_out),
                   viz::chart_time(chart, chart.rows.back().at),
                   arguments.request.fold ? "" : "--fold, ");
    }
    return exit_code;
}

}  // namespace

void add_sequence(CLI::App& app, int& exit_code) {
    const auto arguments = std::make_shared<SequenceArguments>();
    CLI::App* verb =
        app.add_subcommand("sequence", "Draw who told whom what in a run, as a sequence chart");
    verb->add_option("RUN_DIR", arguments->directory, "what `lmsim run --out` has left")
        ->required();
    viz::SequenceRequest& request = arguments->request;
    verb->add_option("--from", request.from,
                     "begin here: a time (\"1.2s\", \"350ms\") or a part of the run: boot, setup, "
                     "pre-copy, switchover, downtime, handover, migration, run; without it, the "
                     "migration")
        ->type_name("T");
    verb->add_option("--to", request.to, "end here: a time, or the end of a part")->type_name("T");
    verb->add_option("--vf", request.vf, "only this VF, and what belongs to none")->type_name("N");
    verb->add_flag("--fold", request.fold,
                   "draw what repeats once: xN, the shortest, the median and the longest time");
    verb->add_option("--rows", request.most_rows, "leave out what comes behind so many rows")
        ->check(CLI::Range(std::size_t{1}, std::size_t{100'000}))
        ->type_name("N")
        ->capture_default_str();
    verb->add_option(
            "--profile", arguments->profile,
            "the dialect of the drivers: a name (`lmsim spec profiles`) or a file; without "
            "it, what the run's config.toml says")
        ->type_name("NAME|FILE");
    verb->add_option("--format", arguments->picture.format, "svg, mermaid or plantuml")
        ->check(CLI::IsMember({"svg", "mermaid", "plantuml"}))
        ->capture_default_str();
    verb->add_option("--out", arguments->picture.out, "write into this file")->type_name("FILE");
    verb->callback([arguments, &exit_code] { exit_code = sequence(*arguments); });
}

}  // namespace lmsim::cli
