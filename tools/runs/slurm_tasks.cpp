#include "tools/runs/slurm_tasks.hpp"

#include <fmt/format.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "sim/core/schemas.hpp"
#include "sim/core/text.hpp"
#include "sim/trace/output_file.hpp"

namespace lmsim::runs {

namespace {

namespace fs = std::filesystem;

constexpr const char* record_name = "tasks.json";
/// Names of arrays are seen by all who use a Slurm.
std::string random_key() {
    std::uint32_t number = 0;
    if (getrandom(&number, sizeof number, 0) != sizeof number) {
        number = static_cast<std::uint32_t>(getpid());
    }
    return fmt::format("{:08x}", number);
}

}  // namespace

std::string PointRange::text() const { return fmt::format("{}:{}", first, last); }

SlurmTasks::SlurmTasks(const std::string& folder)
    : folder_(fs::absolute(fs::path(folder) / "tasks").lexically_normal().string()),
      key_(random_key()) {}

bool SlurmTasks::exist() const {
    std::error_code ignored;
    return fs::exists(path(record_name), ignored);
}

std::string SlurmTasks::load() {
    using nlohmann::json;
    std::ifstream file(path(record_name));
    const json record = json::parse(file, nullptr, false);
    const std::string bad = fmt::format(
        "{}: is not what lmsim sweep --executor slurm leaves; expected --anew to drop "
        "what is there, and scancel for jobs that may still run",
        path(record_name));
    const json none;
    const json& schema = record.is_object() && record.contains("schema") ? record["schema"] : none;
    if (schema != sim::schema::SlurmTasks) {
        const auto found = schema.is_string() ? schema.get<std::string>() : std::string();
        return sim::is_version_of(found, sim::schema::SlurmTasks)
                   ? fmt::format("{}: {}", path(record_name),
                                 sim::other_schema(found, sim::schema::SlurmTasks))
                   : bad;
    }
    try {
        fingerprint = record.at("fingerprint").get<std::string>();
        key_ = record.at("key").get<std::string>();
        next_task_ = record.at("next_task").get<std::size_t>();
        next_array_ = record.at("next_array").get<std::size_t>();
        for (const json& one : record.at("open")) {
            SlurmTask task;
            task.number = one.at("task").get<std::size_t>();
            task.points = {one.at("first").get<std::size_t>(), one.at("last").get<std::size_t>()};
            task.tries = one.at("tries").get<unsigned>();
            task.array = one.at("array").get<std::string>();
            task.index = one.at("index").get<std::size_t>();
            task.cancelled = one.at("cancelled").get<bool>();
            open.push_back(std::move(task));
        }
    } catch (const json::exception&) {
        open.clear();
        return bad;
    }
    return {};
}

std::string SlurmTasks::save() const {
    nlohmann::ordered_json record = {{"schema", sim::schema::SlurmTasks},
                                     {"fingerprint", fingerprint},
                                     {"key", key_},
                                     {"next_task", next_task_},
                                     {"next_array", next_array_},
                                     {"open", nlohmann::json::array()}};
    for (const SlurmTask& task : open) {
        record["open"].push_back({{"task", task.number},
                                  {"first", task.points.first},
                                  {"last", task.points.last},
                                  {"tries", task.tries},
                                  {"array", task.array},
                                  {"index", task.index},
                                  {"cancelled", task.cancelled}});
    }
    std::error_code error;
    fs::create_directories(folder_, error);
    if (error) {
        return fmt::format("{}: {}", folder_, error.message());
    }
    const std::string whole = path(record_name);
    const std::string problem = sim::trace::write_file(whole + ".new", record.dump(1) + "\n");
    if (problem.empty()) {
        fs::rename(whole + ".new", whole, error);
    }
    return error ? fmt::format("{}: {}", whole, error.message()) : problem;
}

std::string SlurmTasks::remove() {
    std::error_code error;
    fs::remove_all(folder_, error);
    open.clear();
    return error ? fmt::format("{}: {}", folder_, error.message()) : "";
}

void SlurmTasks::add(const PointRange& points, unsigned tries) {
    SlurmTask task;
    task.number = next_task_++;
    task.points = points;
    task.tries = tries;
    open.push_back(std::move(task));
}

std::vector<std::string> SlurmTasks::arrays() const {
    std::vector<std::string> names;
    for (const SlurmTask& task : open) {
        if (!task.array.empty() &&
            std::find(names.begin(), names.end(), task.array) == names.end()) {
            names.push_back(task.array);
        }
    }
    return names;
}

std::string SlurmTasks::new_array(const std::string& study) {
    std::string name = "lmsim";
    for (const char c : study.empty() ? study : "-" + study) {
        const auto letter = static_cast<unsigned char>(c);
        name += letter < 0x80 && (std::isalnum(letter) != 0 || c == '-' || c == '.') ? c : '_';
    }
    return fmt::format("{:.60}-{}-{}", name, key_, next_array_++);
}

std::string SlurmTasks::path(const std::string& name) const {
    return name.empty() ? folder_ : folder_ + "/" + name;
}

std::string SlurmTasks::results(const SlurmTask& task) const {
    return path(std::to_string(task.number));
}

std::string SlurmTasks::mark(const SlurmTask& task) const {
    return path(fmt::format("{}.done", task.number));
}

std::string SlurmTasks::log(const SlurmTask& task) const {
    return path(fmt::format("{}-{}.log", task.array, task.index));
}

std::vector<PointRange> task_ranges(const std::vector<bool>& missing, std::size_t first,
                                    std::size_t most, std::size_t whole) {
    const auto cut = [whole](std::size_t point) { return point / whole * whole; };
    const std::size_t span = std::max(cut(most), whole);
    std::vector<PointRange> all;
    for (std::size_t i = 0; i < missing.size(); ++i) {
        if (!missing[i]) {
            continue;
        }
        const std::size_t point = first + i;
        if (all.empty() || point >= cut(all.back().first) + span) {
            all.push_back({std::max(cut(point), first), 0});
        }
        all.back().last = std::min(cut(point) + whole, first + missing.size());
    }
    return all;
}

std::size_t points_per_task(std::size_t missing, std::size_t most_tasks, std::size_t whole) {
    constexpr std::size_t least = 1000;
    const std::size_t each = std::max(least, (missing + most_tasks - 1) / most_tasks);
    return (each + whole - 1) / whole * whole;
}

std::string slurm_script(const SlurmScript& what, const SlurmTasks& tasks,
                         const std::vector<SlurmTask>& array) {
    using sim::shell_word;
    std::string ranges;
    for (const SlurmTask& task : array) {
        ranges += " " + task.points.text();
    }
    std::string options;
    for (const std::string& option : what.options) {
        options += " " + shell_word(option);
    }
    const std::string jobs =
        what.jobs != 0 ? std::to_string(what.jobs) : "\"${SLURM_CPUS_ON_NODE:-1}\"";
    const std::string results = shell_word(tasks.path("")) + "/$task";
    return fmt::format(
        R"(#!/bin/sh
# Tasks {first} to {last} of a study: of each the points, by its index in the array.
set --{ranges}
shift "$SLURM_ARRAY_TASK_ID"
points=$1
task=$(({first} + SLURM_ARRAY_TASK_ID))
for path in {program} {study} {folder}; do
    [ -e "$path" ] && continue
    echo "node ${{SLURMD_NODENAME:-$(uname -n)}} does not see $path:" \
        "it has to lie where all nodes see it by the same name" >&2
    exit 4
done
cd {here} 2>/dev/null || cd / || exit 4
{program} sweep {study} --out {results} --points "$points" --jobs {jobs} --resume{options}
code=$?
# 1: some rows say what went wrong, but all are there.
[ $code -le 1 ] || exit $code
: >{results}.done || exit 4
)",
        fmt::arg("first", array.front().number), fmt::arg("last", array.back().number),
        fmt::arg("ranges", ranges), fmt::arg("program", shell_word(what.program)),
        fmt::arg("study", shell_word(what.study)), fmt::arg("folder", shell_word(tasks.path(""))),
        fmt::arg("here", shell_word(what.folder)), fmt::arg("results", results),
        fmt::arg("jobs", jobs), fmt::arg("options", options));
}

}  // namespace lmsim::runs
