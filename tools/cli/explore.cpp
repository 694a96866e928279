#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <thread>

#include "sim/core/text.hpp"
#include "sim/core/units.hpp"
#include "tools/cli/explore_files.hpp"
#include "tools/cli/explore_necessity.hpp"
#include "tools/cli/explore_planted.hpp"
#include "tools/cli/explore_print.hpp"
#include "tools/cli/explore_run.hpp"
#include "tools/cli/verbs.hpp"
#include "tools/cli/watch.hpp"

namespace lmsim::cli {

namespace {

struct ExploreArguments {
    std::vector<std::string> models;
    sim::RuleOptions rules;
    ExploreEffort effort;
    std::string memory = "4GiB";
    std::string out;
    std::string replay;
    bool nightly = false;
    bool necessity = false;
    bool planted = false;
    bool list = false;
    bool json = false;
    bool csv = false;
    bool markdown = false;
    bool schema = false;
    bool docs = false;
    bool watch = false;
};

/// Why this is no amount of memory; empty if it is one.
std::string check_memory(const std::string& text) {
    sim::Value value;
    value.text = text;
    const auto bytes = sim::ParamType<sim::Bytes>::read(value);
    return bytes ? "" : bytes.error();
}

/// The models that are asked for, or all committed ones as large as is wanted. Complains and is
/// empty if one cannot be used.
std::vector<sim::ExploreModel> load_models(const ExploreArguments& arguments) {
    const auto largest = arguments.nightly     ? sim::Effort::Nightly
                         : arguments.necessity ? sim::Effort::Small
                                               : sim::Effort::Tests;
    const bool named = !arguments.models.empty();
    std::vector<sim::ExploreModel> models;
    bool ok = true;
    for (const std::string& name : named ? arguments.models : sim::model_names()) {
        sim::ExploreModel model = sim::load_model(name, arguments.rules);
        if (!model.ok()) {
            fmt::print(stderr, "{}", model.error_text());
            ok = false;
            if (!named) break;  // an option is wrong: every model would say so
            continue;
        }
        if (named || model.params.effort <= largest) {
            models.push_back(std::move(model));
        }
    }
    return ok ? models : std::vector<sim::ExploreModel>{};
}

int list_models(const ExploreArguments& arguments, const std::vector<sim::ExploreModel>& models) {
    nlohmann::ordered_json rows = nlohmann::ordered_json::array();
    SpecTable table{"", {"model", "effort", "states", "verdict", "title"}, {}};
    for (const sim::ExploreModel& model : models) {
        const char* effort =
            sim::EnumNames<sim::Effort>::names[static_cast<std::size_t>(model.params.effort)];
        const auto recorded = sim::recorded_counts(model.name);
        const std::string states = recorded ? std::to_string(recorded->states) : "";
        const std::string verdict = recorded ? recorded->verdict : "";
        table.rows.push_back({model.name, effort, states, verdict, model.params.title});
        rows.push_back({{"name", model.name},
                        {"effort", effort},
                        {"title", model.params.title},
                        {"verdict", verdict}});
    }
    fmt::print("{}",
               arguments.json ? json_text({{"models", rows}}) : printed(table, SpecFormat::Text));
    return Ok;
}

int necessity(const ExploreArguments& arguments, const std::vector<sim::ExploreModel>& models) {
    const std::vector<Necessity> rows = explore_necessity(models, arguments.effort);
    const auto format = arguments.markdown ? SpecFormat::Markdown : SpecFormat::Text;
    fmt::print("{}",
               arguments.json ? json_text(necessity_json(rows)) : necessity_table(rows, format));
    if (was_interrupted()) return Interrupted;
    const std::vector<std::string> wrong =
        arguments.models.empty() ? contradictions(rows) : std::vector<std::string>{};
    for (const std::string& line : wrong) {
        fmt::print(stderr, "lmsim explore: --necessity: {}\n", line);
    }
    const bool partial = std::any_of(rows.begin(), rows.end(), [](const Necessity& row) {
        return row.effect == Necessity::Effect::Partial;
    });
    return partial || !wrong.empty() ? Failed : Ok;
}

bool satisfied(const Explored& explored) {
    if (explored.drifted()) return false;
    return explored.verdict() == "holds" || (as_expected(explored) && !explored.found.empty());
}

int explore_models(const ExploreArguments& arguments,
                   const std::vector<sim::ExploreModel>& models) {
    std::vector<Explored> all;
    ExploreWatch watch(*arguments.effort.line, models.size(), "model");
    for (const sim::ExploreModel& model : models) {
        if (was_interrupted()) break;
        all.push_back(explore_model(model, arguments.rules, arguments.effort, watch));
    }
    watch.end();
    if (arguments.csv) {
        std::vector<sim::RecordedCounts> counts;
        for (const Explored& explored : all) counts.push_back(explored.counts());
        fmt::print("{}", sim::counts_csv(counts));
    } else {
        fmt::print("{}", arguments.json ? json_text(explore_json(all)) : explore_table(all));
    }
    if (!arguments.out.empty()) {
        std::vector<std::string> notes;
        const std::string wrong = write_counterexamples(arguments.out, all, arguments.rules, notes);
        for (const std::string& note : notes) {
            fmt::print(stderr, "{}\n", note);
        }
        if (!wrong.empty()) {
            fmt::print(stderr, "lmsim explore: --out: {}\n", wrong);
            return Environment;
        }
    }
    if (was_interrupted()) return Interrupted;
    return std::all_of(all.begin(), all.end(), satisfied) ? Ok : Failed;
}

int explore(ExploreArguments& arguments) {
    if (arguments.schema || arguments.docs) {
        fmt::print("{}", arguments.schema ? sim::model_schema() : sim::model_docs());
        return Ok;
    }
    sim::Value memory;
    memory.text = arguments.memory;
    arguments.effort.memory_bytes = sim::ParamType<sim::Bytes>::read(memory).value().count;
    sim::metrics::LiveLine line(arguments.watch);
    arguments.effort.line = &line;
    catch_interrupts();
    if (!arguments.replay.empty()) {
        return replay_step_file(arguments.replay, arguments.rules, arguments.json);
    }
    if (arguments.planted) {
        return explore_planted(arguments.effort,
                               arguments.json ? SpecFormat::Json : SpecFormat::Text);
    }
    if (arguments.list) arguments.nightly = true;
    const std::vector<sim::ExploreModel> models = load_models(arguments);
    if (models.empty()) return Usage;
    if (arguments.list) return list_models(arguments, models);
    return arguments.necessity ? necessity(arguments, models) : explore_models(arguments, models);
}

void add_rule_options(CLI::App& verb, sim::RuleOptions& rules) {
    verb.add_option("--profile", rules.profile,
                    "devices speak this dialect: a name (`lmsim spec profiles`) or a file")
        ->type_name("P");
    const auto row_option = [&](const char* name, std::vector<std::string>& rows,
                                const char* help) {
        verb.add_option(name, rows, help)
            ->expected(1)
            ->take_all()
            ->allow_extra_args(false)
            ->type_name("RULE-ID");
    };
    row_option("--without", rules.without, "switch this rule off; may be given again");
    row_option("--with", rules.with,
               "switch this rule on: the defect of a posted driver, an option; may be given again");
}

void add_effort_options(CLI::App& verb, const std::shared_ptr<ExploreArguments>& arguments) {
    const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
    arguments->effort.jobs = cores;
    verb.add_option("--jobs", arguments->effort.jobs, "threads; no result depends on them")
        ->check(CLI::Range(1U, 256U))
        ->type_name("N")
        ->capture_default_str();
    verb.add_option("--memory", arguments->memory, "stop here and say how far it came: \"4GiB\"")
        ->check(CLI::Validator(check_memory, "", "memory"))
        ->type_name("SIZE")
        ->capture_default_str();
    verb.add_flag("--exact", arguments->effort.exact,
                  "compare whole states, not fingerprints: nothing is left out, at more memory");
    verb.add_flag("--all-violations", arguments->effort.all_violations,
                  "go on after a violation; without it the first one ends the search");
    verb.add_flag("--nightly", arguments->nightly, "also the large models");
    add_watch_option(verb, arguments->watch);
}

}  // namespace

void add_explore(CLI::App& app, int& exit_code) {
    const auto arguments = std::make_shared<ExploreArguments>();
    CLI::App* verb = app.add_subcommand(
        "explore", "Search all interleavings of a model for what must not happen");
    verb->add_option("MODEL", arguments->models,
                     "a name of `lmsim explore --list` or a file; without it, all of the tests");
    add_rule_options(*verb, arguments->rules);
    add_effort_options(*verb, arguments);
    CLI::Option* out = verb->add_option("--out", arguments->out,
                                        "write counterexamples into this directory: steps as JSON "
                                        "lines, a sequence chart in Mermaid, a scenario "
                                        "for lmsim run")
                           ->type_name("DIR");
    CLI::Option* replay =
        verb->add_option("--replay", arguments->replay,
                         "do the steps of such a file again, perhaps under other rules")
            ->type_name("FILE")
            ->excludes(out);
    CLI::Option* necessity =
        verb->add_flag("--necessity", arguments->necessity,
                       "switch one behaviour rule after the other off, and say what falls")
            ->excludes(out)
            ->excludes(replay);
    verb->add_flag("--planted", arguments->planted,
                   "search for each of the planted defects: one that is not found is an error")
        ->excludes(out)
        ->excludes(replay)
        ->excludes(necessity);
    verb->add_flag("--list", arguments->list, "print which models there are");
    CLI::Option* docs = verb->add_flag("--docs", arguments->docs,
                                       "explain what stands in a model file, in Markdown");
    verb->add_flag("--schema", arguments->schema, "print the JSON Schema of model files")
        ->excludes(docs);
    CLI::Option* json = verb->add_flag("--json", arguments->json, "as JSON");
    verb->add_flag("--markdown", arguments->markdown, "the tables of --necessity as Markdown")
        ->needs(necessity)
        ->excludes(json);
    verb->add_flag("--csv", arguments->csv, "the counts as scenarios/explore/counts.csv has them")
        ->excludes(json)
        ->excludes(necessity);
    verb->callback([arguments, &exit_code] { exit_code = explore(*arguments); });
}

}  // namespace lmsim::cli
