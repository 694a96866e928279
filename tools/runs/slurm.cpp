#include "tools/runs/slurm.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <wordexp.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "sim/core/text.hpp"
#include "tools/runs/program.hpp"

namespace lmsim::runs {

namespace {

// Slurm's programs try for about 10 s to reach a controller, sbatch on a busy one for longer.
constexpr unsigned slurm_patience_s = 30;
constexpr unsigned sbatch_patience_s = 300;

std::string own_user() { return fmt::format("--user={}", getuid()); }

std::string names_option(const std::vector<std::string>& names) {
    return fmt::format("--name={}", fmt::join(names, ","));
}

std::vector<std::string> fields(const std::string& line) {
    std::vector<std::string> all(1);
    for (const char c : line) {
        if (c == '|') {
            all.emplace_back();
        } else {
            all.back() += c;
        }
    }
    return all;
}

}  // namespace

bool SlurmState::ended() const {
    static constexpr std::array ends{"BOOT_FAIL", "CANCELLED", "COMPLETED",     "DEADLINE",
                                     "FAILED",    "NODE_FAIL", "OUT_OF_MEMORY", "PREEMPTED",
                                     "REVOKED",   "TIMEOUT"};
    return std::find(ends.begin(), ends.end(), state) != ends.end();
}

std::string SlurmState::text() const {
    std::string all = state;
    if (!reason.empty() && reason != "None") {
        all += " (" + reason + ")";
    }
    return sim::printable(nodes.empty() ? all : all + " on node " + nodes);
}

sim::Result<Slurm> Slurm::find() {
    for (const char* program : {"sbatch", "squeue", "scancel"}) {
        const Ran version = run_program({program, "--version"}, slurm_patience_s);
        if (!version.began) {
            return sim::Failure{fmt::format(
                "there is no {} ({}); expected Slurm's programs in PATH (Debian: slurm-client, "
                "with the /etc/slurm/slurm.conf of a cluster), or no --executor slurm",
                program, version.err)};
        }
    }
    const Ran config = run_program({"scontrol", "show", "config"}, slurm_patience_s);
    if (!config.well()) {
        return sim::Failure{
            fmt::format("Slurm does not answer: scontrol says: {}; see that slurmctld and munged "
                        "run, and that /etc/slurm/slurm.conf or SLURM_CONF names them",
                        config.complaint())};
    }
    constexpr std::size_t most = 1000;
    Slurm slurm;
    slurm.most_tasks_ = std::clamp<std::size_t>(read_slurm_array_limit(config.out), 1, most);
    return slurm;
}

sim::Result<std::string> Slurm::submit(const SlurmArray& array) const {
    // Ours come last: the last one counts.
    std::vector<std::string> words{"sbatch"};
    words.insert(words.end(), array.options.begin(), array.options.end());
    for (const std::string& word :
         {std::string("--parsable"), fmt::format("--array=0-{}", array.tasks - 1),
          "--job-name=" + array.name, "--chdir=" + array.folder,
          fmt::format("--output={}-%a.log", array.name), std::string("--open-mode=append")}) {
        words.push_back(word);
    }
    if (array.cpus != 0) {
        words.push_back(fmt::format("--cpus-per-task={}", array.cpus));
    }
    words.push_back(array.script);
    const Ran ran = run_program(words, sbatch_patience_s);
    if (!ran.well()) {
        return sim::Failure{ran.complaint()};
    }
    return ran.out.substr(0, ran.out.find_first_of(";\n"));
}

sim::Result<std::vector<SlurmState>> Slurm::look(const std::vector<std::string>& names) const {
    const Ran ran = run_program({"squeue", own_user(), names_option(names), "--states=all",
                                 "--array", "--noheader", "--format=%j|%F|%K|%T|%r|%N"},
                                slurm_patience_s);
    if (!ran.well()) {
        return sim::Failure{ran.complaint()};
    }
    return read_slurm_states(ran.out);
}

std::string Slurm::cancel(const std::vector<std::string>& names) const {
    if (names.empty()) {
        return {};
    }
    // scancel takes one name only.
    std::string problem;
    for (const std::string& name : names) {
        const Ran ran = run_program({"scancel", own_user(), "--name=" + name}, slurm_patience_s);
        if (!ran.well()) {
            problem = ran.complaint();
        }
    }
    return problem;
}

std::vector<SlurmState> read_slurm_states(const std::string& text) {
    std::vector<SlurmState> all;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        const auto words = fields(text.substr(at, end - at));
        at = end + 1;
        if (words.size() != 6) {
            continue;
        }
        char* rest = nullptr;
        const unsigned long index = std::strtoul(words[2].c_str(), &rest, 10);
        if (!words[2].empty() && *rest == '\0') {
            all.push_back({words[0], words[1], index, words[3], words[4], words[5]});
        }
    }
    return all;
}

std::size_t read_slurm_array_limit(const std::string& text) {
    constexpr std::size_t slurm_default = 1001;
    const std::size_t key = text.find("MaxArraySize");
    const std::size_t value = key == std::string::npos ? key : text.find('=', key);
    return value == std::string::npos ? slurm_default
                                      : std::strtoul(text.c_str() + value + 1, nullptr, 10);
}

sim::Result<std::vector<std::string>> slurm_words(const std::string& options) {
    wordexp_t words{};
    const int code = wordexp(options.c_str(), &words, WRDE_NOCMD);
    std::vector<std::string> all;
    for (std::size_t i = 0; code == 0 && i < words.we_wordc; ++i) {
        all.emplace_back(words.we_wordv[i]);
    }
    // Where it failed for want of memory, there are words all the same.
    if (code == 0 || code == WRDE_NOSPACE) {
        wordfree(&words);
    }
    if (code != 0) {
        return sim::Failure{
            fmt::format("{}: expected options of sbatch as a shell has them: "
                        "quotes closed, no commands, and none of | & ; < > ( ) "
                        "outside quotes",
                        sim::in_quotes(options))};
    }
    return all;
}

}  // namespace lmsim::runs
