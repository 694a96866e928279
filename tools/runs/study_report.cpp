#include "tools/runs/study_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>

#include "sim/core/schemas.hpp"
#include "sim/core/text.hpp"
#include "sim/core/version.hpp"
#include "sim/metrics/display.hpp"
#include "tools/runs/figures.hpp"
#include "tools/runs/result_table.hpp"
#include "tools/runs/sweep_table.hpp"

namespace lmsim::runs {

namespace {

using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

std::string path_in(const std::string& folder, const char* name) {
    return (fs::path(folder) / name).string();
}

std::optional<std::string> file_text(const std::string& path) {
    std::ifstream stream(path, std::ios::binary);
    if (!stream) return std::nullopt;
    return std::string(std::istreambuf_iterator<char>(stream), {});
}

const char* report_unit(Unit unit) {
    switch (unit) {
        case Unit::Text: return "text";
        case Unit::Note: return "note";
        case Unit::Count: return "count";
        case Unit::Bytes: return "B";
        case Unit::Picoseconds: return "ps";
        case Unit::Nanoseconds: return "ns";
        case Unit::Milliseconds: return "ms";
    }
    return "count";
}

/// The figures as the page calls them: what is indented in a table is a part of the one above.
Json report_figures() {
    Json all = Json::array();
    std::string whole;
    for (const Figure& figure : figures()) {
        const std::size_t from = figure.title.find_first_not_of(' ');
        std::string title = figure.title.substr(from);
        if (from == 0) {
            whole = title;
        } else {
            title = whole + ": " + title;
        }
        all.push_back(
            {{"name", figure.name}, {"title", title}, {"unit", report_unit(figure.unit)}});
    }
    return all;
}

Json report_data(const char* kind) {
    return {{"schema", sim::schema::Report},
            {"kind", kind},
            {"version", version},
            {"title", ""},
            {"notes", Json::array()}};
}

Json report_file(const std::string& directory, const char* name, const char* what) {
    std::error_code error;
    const auto bytes = fs::file_size(path_in(directory, name), error);
    return error ? Json() : Json{{"name", name}, {"bytes", bytes}, {"what", what}};
}

viz::ReportPage study_page(const Json& data) {
    viz::ReportPage page;
    page.title = data.at("title");
    page.data = data.dump(-1, ' ', false, Json::error_handler_t::replace);
    return page;
}

/// Of more runs a page takes a browser's memory, and nobody looks at each.
constexpr std::size_t most_rows_shown = 20'000;

/// A sweep's directory as it was read.
struct SweepFolder {
    std::string name;
    std::string description;
    std::string study;
    std::string fingerprint;
    std::string set;           // options of its command
    std::size_t expected = 0;  // runs of the whole study; 0: not known
    std::size_t ended = 0;
    Tally tally;
    SweepTable table;  // of all runs, or of some of very many

    bool partial() const { return ended < expected; }
    bool thinned() const { return table.rows().size() < ended; }
    std::string note() const {
        return fmt::format(
            "{} of {} runs are shown, evenly taken from all combinations; best and "
            "worst are those of them. {} and {} have all.",
            table.rows().size(), ended, sweep_csv, sweep_table);
    }
};

sim::Result<SweepFolder> open_sweep(const std::string& directory) {
    const std::string database = path_in(directory, sweep_table);
    SweepFolder folder;
    std::string csv;
    std::error_code ignored;
    if (fs::exists(database, ignored)) {
        const auto table = ResultTable::open(database);
        if (!table || table.value().fingerprint().empty()) {
            return sim::Failure{fmt::format(
                "{}; expected the results that lmsim sweep --out leaves",
                table ? sim::printable(database) + ": it is no table of results" : table.error())};
        }
        csv = table.value().csv(most_rows_shown);
        folder.tally = table.value().tally();
        folder.ended = folder.tally.all();
        folder.set = table.value().about("set");
        folder.name = table.value().about("name");
        folder.description = table.value().about("description");
        folder.study = table.value().about("file");
        folder.fingerprint = table.value().fingerprint();
        folder.expected = std::strtoull(table.value().about("points").c_str(), nullptr, 10);
    } else {
        csv = file_text(path_in(directory, sweep_csv)).value_or("");
    }
    folder.table = SweepTable(csv);
    folder.ended = std::max(folder.ended, folder.table.rows().size());
    if (!folder.table.whole()) {
        return sim::Failure{
            fmt::format("{}: its table is none of a sweep; expected what lmsim "
                        "sweep --out leaves",
                        sim::printable(directory))};
    }
    return folder;
}

}  // namespace

sim::Result<viz::ReportPage> sweep_report(const std::string& directory) {
    const auto opened = open_sweep(directory);
    if (!opened) return sim::Failure{opened.error()};
    const SweepFolder& folder = opened.value();
    const SweepTable& sweep = folder.table;
    Json data = report_data("sweep");
    data["title"] = folder.name;
    data["description"] = folder.description;
    data["summary"] = sweep.summary();
    if (folder.thinned()) {
        data["summary"]["runs"] = folder.ended;
        data["summary"]["ok"] = folder.tally.well;
        data["summary"]["unexpected"] = folder.tally.unexpected;
        data["summary"]["errors"] = folder.tally.errors;
        data["notes"].push_back(folder.note());
    }
    if (folder.expected != 0) {
        data["summary"]["expected"] = folder.expected;
        data["summary"]["partial"] = folder.partial();
    }
    const std::string command =
        "lmsim sweep " + sim::shell_word(folder.study) + folder.set + " --out ";
    if (folder.partial()) {
        data["summary"]["resume"] = command + sim::shell_word(directory) + " --resume";
    }
    data["axes"] = sweep.axes();
    data["figures"] = report_figures();
    data["columns"] = sweep.titles();
    data["rows"] = sweep.rows();
    data["points"] = sweep.points();
    data["headline"] = sweep.headline();
    if (!folder.study.empty()) {
        data["reproduce"] = {
            {"command", command + "DIR"},
            {"text", fmt::format("gives the same rows again, if the study is still that of the "
                                 "fingerprint {}.",
                                 folder.fingerprint)}};
    }
    data["files"] = Json::array();
    for (const Json& file :
         {report_file(directory, sweep_csv, "a row for each run"),
          report_file(directory, sweep_table, "the same, to ask questions of")}) {
        if (!file.is_null()) data["files"].push_back(file);
    }
    return study_page(data);
}

sim::Result<std::string> sweep_markdown(const std::string& directory) {
    const auto opened = open_sweep(directory);
    if (!opened) return sim::Failure{opened.error()};
    const SweepFolder& folder = opened.value();
    const auto plain = sim::metrics::markdown_text;
    std::string text = "# " + plain(folder.name.empty() ? "Sweep" : folder.name) + "\n\n";
    if (!folder.description.empty()) text += plain(folder.description) + "\n\n";
    if (folder.partial()) {
        text += fmt::format("PARTIAL: {} of {} runs.\n\n", folder.ended, folder.expected);
    }
    if (folder.thinned()) text += folder.note() + "\n\n";
    const std::string headline = folder.table.headline();
    return text + (headline.empty() ? "" : plain(headline) + "\n\n") + folder.table.markdown();
}

namespace {

/// "channel.bandwidth, vmm.engine", or the scenarios if nothing else is varied.
std::string what_varies(const Json& columns) {
    std::vector<std::string> names;
    for (const Json& column : columns) {
        const Json set = column.value("set", Json::object());
        for (const auto& [key, value] : set.items()) {
            names.push_back(key);
        }
        const std::string scenario = column.value("scenario", "");
        if (!scenario.empty()) names.push_back(scenario);
    }
    std::string out;
    for (auto name = names.begin(); name != names.end(); ++name) {
        if (std::find(names.begin(), name, *name) == name) out += (out.empty() ? "" : ", ") + *name;
    }
    return out.empty() ? "Comparison" : out;
}

std::string column_name(const Json& column) {
    std::string name = column.value("scenario", "");
    const Json set = column.value("set", Json::object());
    std::vector<std::string> keys;
    for (const auto& [key, value] : set.items()) keys.push_back(key);
    for (const auto& [key, value] : set.items()) {
        name += (name.empty() ? "" : ", ") + short_key(key, keys) + " " +
                (value.is_string() ? value.get<std::string>() : value.dump());
    }
    return name;
}

/// The best and the worst of the columns of which a migration completed.
std::string compare_headline(const Json& columns) {
    std::vector<NamedTime> known;
    bool several_seeds = false;
    for (const Json& column : columns) {
        const Json figures = column.value("figures", Json::object());
        const Json downtime = figures.value("downtime_ps", Json());
        const Json outcome = figures.value("outcome", Json(""));
        // Of several seeds: "completed (2), failed (1)".
        const bool completed =
            outcome.is_string() && outcome.get<std::string>().find("completed") == 0;
        if (completed && downtime.is_number()) {
            known.push_back({column_name(column), downtime.get<sim::Ps>()});
        }
        several_seeds = several_seeds || column.value("runs", 1) > 1;
    }
    return span_text(known, columns.size() - known.size(), several_seeds);
}

Json compare_data(const std::string& directory, Json compare) {
    Json data = report_data("compare");
    const std::string name = compare.value("name", "");
    data["title"] = name.empty() ? what_varies(compare["columns"]) : name;
    data["description"] = compare.value("description", "");
    data["headline"] = compare_headline(compare["columns"]);
    const std::string command = compare.value("command", "");
    if (!command.empty()) {
        data["reproduce"] = {{"command", command + " --out DIR"},
                             {"text", "gives the same figures again."}};
    }
    data["compare"] = std::move(compare);
    data["figures"] = report_figures();
    data["files"] = Json::array({report_file(directory, compare_file, "all figures, exactly")});
    const Json text = report_file(directory, report_text, "the table as text");
    if (!text.is_null()) data["files"].push_back(text);
    return data;
}

}  // namespace

sim::Result<viz::ReportPage> compare_report(const std::string& directory) {
    const std::string file = path_in(directory, compare_file);
    try {
        Json compare = Json::parse(file_text(file).value_or(""));
        const auto found = compare.at("schema").get<std::string>();
        if (found != sim::schema::Compare && sim::is_version_of(found, sim::schema::Compare)) {
            return sim::Failure{fmt::format("{}: {}", sim::printable(file),
                                            sim::other_schema(found, sim::schema::Compare))};
        }
        if (found == sim::schema::Compare && !compare.at("columns").empty()) {
            return study_page(compare_data(directory, std::move(compare)));
        }
    } catch (const Json::exception&) {
        // What is wrong with it in detail helps nobody: a program wrote it.
    }
    return sim::Failure{
        fmt::format("{}: expected what lmsim compare --out leaves, whole and of schema "
                    "\"{}\"",
                    sim::printable(file), sim::schema::Compare)};
}

}  // namespace lmsim::runs
