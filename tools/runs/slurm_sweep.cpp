#include "tools/runs/slurm_sweep.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "sim/core/text.hpp"
#include "sim/metrics/display.hpp"
#include "sim/trace/output_file.hpp"
#include "tools/cli/interrupts.hpp"
#include "tools/runs/slurm.hpp"
#include "tools/runs/slurm_watch.hpp"

namespace lmsim::runs {

namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

// A controller is asked more and more rarely, as long as nothing happens.
constexpr milliseconds soonest_look{250};
constexpr milliseconds rarest_look{10'000};
constexpr seconds controller_patience{300};
constexpr seconds refusal_patience{30};
// What a node has written to a shared folder may be seen here a little later than its end.
constexpr seconds shared_folder_patience{10};

std::vector<std::string> last_lines(const std::string& path, std::size_t count) {
    std::ifstream file(path);
    std::deque<std::string> lines;
    for (std::string line; std::getline(file, line);) {
        lines.push_back(sim::printable(line));
        if (lines.size() > count) {
            lines.pop_front();
        }
    }
    return {lines.begin(), lines.end()};
}

void say(SlurmWatch& watch, const std::string& text) {
    watch.clear();
    fmt::print(stderr, "{}\n", text);
}

/// Whoever waits for the tasks.
class SlurmFront {
  public:
    SlurmFront(const SlurmWork& work, const Slurm& slurm, std::vector<std::string> options,
               SlurmTasks& tasks, ResultTable& table)
        : work_(work),
          slurm_(slurm),
          options_(std::move(options)),
          tasks_(tasks),
          table_(table),
          watch_(work.watch, work.points.size()) {}

    SlurmEnd run() {
        plan();
        while (go_on()) {
            pause();
        }
        watch_.end(table_.tally(work_.points.first, work_.points.last),
                   end_.code == cli::Interrupted);
        return std::move(end_);
    }

  private:
    using Key = std::pair<std::string, std::size_t>;

    void fail(cli::ExitCode code, const std::string& problem) {
        if (end_.code == cli::Ok) {
            end_.code = code;
            end_.problem = problem;
        }
    }
    void save() {
        const std::string problem = tasks_.save();
        if (!problem.empty()) {
            fail(cli::Environment, problem);
        }
    }

    void plan();
    bool go_on();
    void hand_in();
    void hand_in(std::vector<SlurmTask*> array);
    void look();
    void judge(SlurmTask& task, const std::map<Key, SlurmState>& states);
    void take(SlurmTask& task);
    void lost(SlurmTask& task, const SlurmState* state, std::string why);
    void forget_closed();
    void interrupt();
    void pause();
    void show();

    const SlurmWork& work_;
    const Slurm& slurm_;
    std::vector<std::string> options_;
    SlurmTasks& tasks_;
    ResultTable& table_;
    SlurmWatch watch_;
    SlurmEnd end_;
    std::vector<SlurmTask> again_;                   // tries that come after lost ones
    std::set<std::size_t> closed_;                   // tasks that have ended, one way or the other
    std::map<std::size_t, Clock::time_point> gone_;  // not in the queue, and not done
    std::map<std::size_t, SlurmState> known_;        // as last heard
    Clock::time_point heard_ = Clock::now();         // when Slurm has answered last
    bool silent_ = false;
    std::string refused_;  // why no more could be handed in
    Clock::time_point next_hand_in_;
    milliseconds rest_ = soonest_look;
};

/// Makes tasks of what is missing and not on its way.
void SlurmFront::plan() {
    const std::size_t first = work_.points.first;
    std::vector<bool> left = work_.missing(work_.points);
    for (const SlurmTask& task : tasks_.open) {
        const std::size_t end = std::min(task.points.last, work_.points.last);
        for (std::size_t i = std::max(task.points.first, first); i < end; ++i) {
            left[i - first] = false;
        }
    }
    const auto count = static_cast<std::size_t>(std::count(left.begin(), left.end(), true));
    const std::size_t each = work_.points_per_task != 0
                                 ? work_.points_per_task
                                 : points_per_task(count, slurm_.most_tasks(), work_.whole);
    for (const PointRange& range : task_ranges(left, first, each, work_.whole)) {
        tasks_.add(range, 1);
    }
}

/// One round; false if there is nothing more to wait for.
bool SlurmFront::go_on() {
    hand_in();
    if (end_.code == cli::Ok && !tasks_.arrays().empty()) {
        look();
    }
    if (cli::was_interrupted()) {
        interrupt();
    }
    show();
    return end_.code == cli::Ok && !tasks_.open.empty();
}

/// Gives to Slurm what it does not have yet.
void SlurmFront::hand_in() {
    if (!refused_.empty() && Clock::now() < next_hand_in_) {
        return;
    }
    refused_.clear();
    std::vector<SlurmTask*> waiting;
    for (SlurmTask& task : tasks_.open) {
        if (task.array.empty()) {
            waiting.push_back(&task);
        }
    }
    const auto most = static_cast<std::ptrdiff_t>(slurm_.most_tasks());
    for (auto at = waiting.begin(); at != waiting.end() && refused_.empty();) {
        const auto end = waiting.end() - at > most ? at + most : waiting.end();
        hand_in({at, end});
        at = end;
    }
    if (refused_.empty()) {
        return;
    }
    next_hand_in_ = Clock::now() + refusal_patience;
    if (!tasks_.arrays().empty()) {
        return say(watch_, fmt::format("sbatch: {}; trying again as long as others are with Slurm",
                                       refused_));
    }
    const auto answers = Slurm::find();
    answers ? fail(cli::Usage, "sbatch: " + refused_) : fail(cli::Environment, answers.error());
}

void SlurmFront::hand_in(std::vector<SlurmTask*> array) {
    SlurmArray wanted;
    wanted.name = tasks_.new_array(work_.name);
    wanted.folder = tasks_.path("");
    wanted.script = tasks_.path(wanted.name + ".sh");
    wanted.tasks = array.size();
    wanted.cpus = work_.jobs;
    wanted.options = options_;
    std::vector<SlurmTask> copies;
    for (std::size_t i = 0; i < array.size(); ++i) {
        array[i]->array = wanted.name;
        array[i]->index = i;
        copies.push_back(*array[i]);
    }
    // Known before it begins: who is killed now finds it again by its name.
    save();
    std::error_code error;
    SlurmScript script;
    script.program = fs::read_symlink("/proc/self/exe", error).string();
    script.study = fs::absolute(work_.study).string();
    script.folder = fs::current_path(error).string();
    script.jobs = work_.jobs;
    script.options = work_.sweep_options;
    const std::string problem =
        sim::trace::write_file(wanted.script, slurm_script(script, tasks_, copies));
    if (!problem.empty()) {
        return fail(cli::Environment, problem);
    }
    const auto job = slurm_.submit(wanted);
    // It may have been taken although sbatch has not heard so.
    const auto there = job ? std::vector<SlurmState>() : [&] {
        const auto states = slurm_.look({wanted.name});
        return states ? states.value() : std::vector<SlurmState>();
    }();
    if (job || !there.empty()) {
        return say(watch_, fmt::format("job {} of Slurm: {}, points {} to {}",
                                       job ? job.value() : there.front().job,
                                       sim::metrics::plural(array.size(), "task"),
                                       copies.front().points.first, copies.back().points.last - 1));
    }
    refused_ = job.error();
    for (SlurmTask* task : array) {
        task->array.clear();
    }
    save();
}

/// What has become of the tasks?
void SlurmFront::look() {
    const auto states = slurm_.look(tasks_.arrays());
    if (states) {
        heard_ = Clock::now();
        silent_ = false;
    } else if (!silent_) {
        silent_ = true;
        say(watch_, fmt::format("squeue: {}; trying again for {} s, the tasks go on",
                                states.error(), controller_patience.count()));
    } else if (Clock::now() - heard_ > controller_patience) {
        fail(cli::Environment, fmt::format("Slurm has not answered for {} s: squeue: {}; --resume "
                                           "waits for the tasks that it has",
                                           controller_patience.count(), states.error()));
    }
    std::map<Key, SlurmState> known;
    if (states) {
        for (const SlurmState& state : states.value()) {
            known[{state.name, state.index}] = state;
        }
    }
    for (std::size_t i = 0; i < tasks_.open.size(); ++i) {
        if (!tasks_.open[i].array.empty()) {
            judge(tasks_.open[i], known);
        }
    }
    forget_closed();
}

/// In this order: a task says that it is done before Slurm can know that it has ended.
void SlurmFront::judge(SlurmTask& task, const std::map<Key, SlurmState>& states) {
    if (std::error_code ignored; fs::exists(tasks_.mark(task), ignored)) {
        return take(task);
    }
    if (silent_) {
        return;
    }
    const auto found = states.find({task.array, task.index});
    if (found != states.end() && !found->second.ended()) {
        gone_.erase(task.number);
        known_[task.number] = found->second;
        return;
    }
    const bool known = found != states.end();
    const auto since = gone_.emplace(task.number, Clock::now()).first->second;
    const bool sure = task.cancelled || (known && found->second.state != "COMPLETED");
    if (sure || Clock::now() - since >= shared_folder_patience) {
        lost(task, known ? &found->second : nullptr, "");
    }
}

/// Its rows go into the table, and its folder away.
void SlurmFront::take(SlurmTask& task) {
    const std::string results = tasks_.results(task);
    const std::string problem = table_.take(results + "/results.sqlite", true);
    if (!problem.empty()) {
        return lost(task, nullptr, problem);
    }
    closed_.insert(task.number);
    std::error_code ignored;
    fs::remove_all(results, ignored);
    fs::remove(tasks_.mark(task), ignored);
    fs::remove(tasks_.log(task), ignored);
}

/// Keeps the rows that it has, and tries the others again, or not.
void SlurmFront::lost(SlurmTask& task, const SlurmState* state, std::string why) {
    closed_.insert(task.number);
    std::error_code ignored;
    const std::string log = tasks_.log(task);
    const std::string results = tasks_.results(task);
    if (why.empty()) {
        why = state != nullptr ? state->text() : "no longer in Slurm's queue";
        if (const std::string table = results + "/results.sqlite"; fs::exists(table, ignored)) {
            table_.take(table, false);
        } else if (!fs::exists(log, ignored)) {
            why += fmt::format("; it left no log, so see that its node sees {} by the same name",
                               tasks_.path(""));
        }
    }
    fs::remove_all(results, ignored);
    const bool again = task.cancelled || task.tries <= work_.retries;
    for (const PointRange& points : task_ranges(work_.missing(task.points), task.points.first,
                                                task.points.size(), work_.whole)) {
        if (again) {
            SlurmTask next;
            next.points = points;
            next.tries = task.cancelled ? 1 : task.tries + 1;
            again_.push_back(next);
        } else {
            end_.losses.push_back({points, why, log, last_lines(log, 5)});
        }
        if (!task.cancelled) {
            say(watch_, fmt::format("points {} to {}, try {} of {}: {}", task.points.first,
                                    task.points.last - 1, task.tries, work_.retries + 1, why));
        }
    }
}

void SlurmFront::forget_closed() {
    if (closed_.empty()) {
        return;
    }
    auto& open = tasks_.open;
    open.erase(
        std::remove_if(open.begin(), open.end(),
                       [&](const SlurmTask& task) { return closed_.count(task.number) != 0; }),
        open.end());
    for (const std::size_t number : closed_) {
        gone_.erase(number);
        known_.erase(number);
    }
    closed_.clear();
    for (const SlurmTask& task : again_) {
        tasks_.add(task.points, task.tries);
    }
    again_.clear();
    rest_ = soonest_look;
    save();
}

/// Nothing goes on for somebody who has gone away; what is done by now is kept.
void SlurmFront::interrupt() {
    const std::string problem = slurm_.cancel(tasks_.arrays());
    for (SlurmTask& task : tasks_.open) {
        task.cancelled = problem.empty();
    }
    save();
    if (!problem.empty()) {
        say(watch_, fmt::format("scancel: {}; the tasks go on: --resume waits for them", problem));
    }
    fail(cli::Interrupted, "");
}

void SlurmFront::pause() {
    const auto end = Clock::now() + rest_;
    while (Clock::now() < end && !cli::was_interrupted()) {
        constexpr int wait_ms = 50;
        poll(nullptr, 0, wait_ms);
    }
    rest_ = std::min(rest_ * 3 / 2, rarest_look);
}

void SlurmFront::show() {
    if (!watch_.due()) {
        return;
    }
    SlurmWatch::Queue queue;
    for (const SlurmTask& task : tasks_.open) {
        const auto known = known_.find(task.number);
        const bool waits = known == known_.end() || known->second.state == "PENDING";
        ++(waits ? queue.waiting : queue.running);
        if (waits && known != known_.end()) {
            queue.reason = known->second.reason;
        }
    }
    watch_.show(table_.tally(work_.points.first, work_.points.last), queue);
}

}  // namespace

SlurmEnd sweep_by_slurm(const SlurmWork& work, ResultTable& table) {
    const auto options = slurm_words(work.sbatch_options);
    if (!options) {
        return {cli::Usage, "--slurm-options " + options.error(), {}};
    }
    SlurmTasks tasks(work.folder);
    if (tasks.exist()) {
        const std::string problem = tasks.load();
        if (!problem.empty()) {
            return {cli::Usage, problem, {}};
        }
    }
    if (!tasks.fingerprint.empty() && tasks.fingerprint != work.fingerprint) {
        return {cli::Usage,
                tasks.path("") + " has tasks of another study; expected --anew to drop them",
                {}};
    }
    tasks.fingerprint = work.fingerprint;
    const auto slurm = Slurm::find();
    if (!slurm) {
        return {cli::Environment, slurm.error(), {}};
    }
    cli::catch_interrupts();
    SlurmEnd end = SlurmFront(work, slurm.value(), options.value(), tasks, table).run();
    if (tasks.open.empty() && end.losses.empty() && end.code == cli::Ok) {
        end.problem = tasks.remove();
        end.code = end.problem.empty() ? cli::Ok : cli::Environment;
    }
    return end;
}

std::size_t open_slurm_tasks(const std::string& folder) {
    SlurmTasks tasks(folder);
    return tasks.exist() && tasks.load().empty() ? tasks.open.size() : 0;
}

std::string drop_slurm_tasks(const std::string& folder) {
    SlurmTasks tasks(folder);
    if (!tasks.exist()) {
        return {};
    }
    std::string problem = tasks.load();
    if (problem.empty() && !tasks.arrays().empty()) {
        const auto slurm = Slurm::find();
        problem = slurm ? slurm.value().cancel(tasks.arrays()) : slurm.error();
    }
    return problem.empty() ? tasks.remove() : problem;
}

}  // namespace lmsim::runs
