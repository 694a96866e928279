#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>

#include "sim/bridge/pf_driver.hpp"
#include "sim/bridge/vfio_user/user_rig.hpp"
#include "sim/core/schemas.hpp"
#include "sim/core/text.hpp"
#include "sim/core/units.hpp"
#include "sim/trace/output_file.hpp"
#include "tools/cli/complain.hpp"
#include "tools/cli/interrupts.hpp"
#include "tools/cli/verbs.hpp"

namespace lmsim::cli {

namespace {

using Json = nlohmann::ordered_json;
using sim::vfio_user::UserRig;
using Clock = std::chrono::steady_clock;

constexpr const char* served = "vfio-user:";
constexpr std::uint64_t memory_pages = 256;  // 1 MiB: an admin queue and a command's data
constexpr std::size_t longest_state = 64U << 20;
constexpr double us_per_s = 1e6;

struct DriveArguments {
    std::string target;
    std::uint16_t vf = 0;
    std::uint32_t times = 1;
    std::string pause = "0ms";
    std::string file;
    bool json = false;
};

/// A PF at the other end of a socket, and its driver.
struct Pf {
    std::unique_ptr<UserRig> rig;
    spec::Rules rules = spec::Rules::ratified();
    std::unique_ptr<sim::PfDriver> driver;

    bool wait(const std::function<bool()>& done, sim::Ps limit) { return rig->wait(done, limit); }
    /// What is wrong, and of what it comes if the connection broke.
    std::string because(const std::string& error) const {
        return rig->trouble().empty() ? error : rig->trouble();
    }
};

/// What has been done, for people a line each, for programs at the end.
class Log {
  public:
    Log(std::string target, bool json) : json_(json) {
        all_ = {
            {"schema", sim::schema::Drive}, {"target", std::move(target)}, {"time_base", "wall"}};
        steps_ = Json::array();
    }
    void step(const char* what, std::uint16_t vf, std::uint16_t cntlid, double took_us,
              const std::string& error, const std::string& more = "") {
        Json entry = {{"do", what}, {"vf", vf}, {"cntlid", cntlid}, {"ok", error.empty()}};
        entry["us"] = took_us;
        if (!error.empty()) entry["error"] = error;
        steps_.push_back(std::move(entry));
        if (!json_) {
            fmt::print("{} vf{} (CNTLID {}): {}, {:.0f} us{}\n", what, vf, cntlid,
                       error.empty() ? "done" : error, took_us, more);
            std::fflush(stdout);
        }
    }
    void say(const std::string& line) const {
        if (!json_) fmt::print("{}\n", line);
    }
    Json& result() { return all_; }
    void end() {
        all_["steps"] = std::move(steps_);
        if (json_) {
            fmt::print("{}\n", all_.dump(2, ' ', false, Json::error_handler_t::replace));
        }
    }

  private:
    Json all_;
    Json steps_;
    bool json_;
};

std::string connect(const std::string& target, Pf& pf) {
    UserRig::Options options;
    options.memory_pages = memory_pages;
    options.vfs = false;
    auto rig = UserRig::open(target.substr(std::string(served).size()), options);
    if (!rig) {
        return rig.error();
    }
    pf.rig = std::move(rig.value());
    pf.driver = std::make_unique<sim::PfDriver>(
        pf.rig->port(0), pf.rules,
        [&pf](const std::function<bool()>& done, sim::Ps limit) { return pf.wait(done, limit); });
    const std::string error = pf.driver->open();
    return error.empty() ? error : fmt::format("{}: {}", pf.rig->name(), pf.because(error));
}

/// The CNTLID of a VF, by the Secondary Controller list.
std::string find_vf(Pf& pf, std::uint16_t vf, std::uint16_t& cntlid) {
    const auto list = pf.driver->secondaries();
    if (!list) {
        return pf.because(list.error());
    }
    std::uint16_t count = 0;
    for (const wire::SecondaryController& entry : list.value()) {
        count = std::max(count, entry.vfn);
        if (entry.vfn == vf + 1) {
            cntlid = entry.scid;
            return {};
        }
    }
    return fmt::format("--vf {}: the PF has no such VF; it has {} of them, from 0 on", vf, count);
}

double since(Clock::time_point begin) {
    return std::chrono::duration<double>(Clock::now() - begin).count() * us_per_s;
}

int list(Pf& pf, Log& log) {
    const auto all = pf.driver->secondaries();
    if (!all) {
        return complain("drive", pf.because(all.error()), Failed);
    }
    Json list = Json::array();
    for (const wire::SecondaryController& entry : all.value()) {
        log.say(fmt::format("vf{}: CNTLID {}, {}, {} VQ and {} VI resources", entry.vfn - 1,
                            entry.scid, entry.online ? "online" : "offline", entry.nvq, entry.nvi));
        list.push_back({{"vf", entry.vfn - 1},
                        {"cntlid", entry.scid},
                        {"online", entry.online},
                        {"vq", entry.nvq},
                        {"vi", entry.nvi}});
    }
    log.result()["vfs"] = std::move(list);
    return Ok;
}

/// One step with a controller; what went wrong stands in the log.
template <class Do>
bool step(Pf& pf, Log& log, const DriveArguments& arguments, std::uint16_t cntlid, const char* what,
          double& took_us, Do&& action) {
    const auto begin = Clock::now();
    std::string error = action();
    took_us = since(begin);
    if (!error.empty()) error = pf.because(error);
    log.step(what, arguments.vf, cntlid, took_us, error);
    return error.empty();
}

double median(std::vector<double> values) {
    if (values.empty()) return 0;
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

/// After a Suspend of which nobody knows what became: it may come to its end later.
void run_again(Pf& pf, Log& log, const DriveArguments& arguments, std::uint16_t cntlid) {
    const std::string error = pf.driver->resume(cntlid);
    log.say(error.empty()
                ? fmt::format("vf{} was resumed: it runs", arguments.vf)
                : fmt::format("vf{} may be suspended still: {}", arguments.vf, pf.because(error)));
}

int suspend_resume(Pf& pf, Log& log, const DriveArguments& arguments, std::uint16_t cntlid) {
    const auto pause = sim::parse<sim::Time>(arguments.pause);
    std::vector<double> suspends;
    std::vector<double> resumes;
    bool ok = true;
    for (std::uint32_t i = 0; i < arguments.times && ok && !was_interrupted(); ++i) {
        double took = 0;
        ok = step(pf, log, arguments, cntlid, "suspend", took,
                  [&] { return pf.driver->suspend(cntlid); });
        if (!ok) {
            if (pf.driver->unanswered()) run_again(pf, log, arguments, cntlid);
            break;
        }
        suspends.push_back(took);
        pf.wait([] { return was_interrupted(); }, pause.value().ps);
        // Whoever interrupts does not want a VF that stands still.
        ok = step(pf, log, arguments, cntlid, "resume", took,
                  [&] { return pf.driver->resume(cntlid); });
        if (!ok) {
            log.say(
                fmt::format("vf{} may be suspended still: nothing has resumed it", arguments.vf));
            break;
        }
        resumes.push_back(took);
        pf.wait([] { return was_interrupted(); }, pause.value().ps);
    }
    const auto longest = [](const std::vector<double>& values) {
        return values.empty() ? 0 : *std::max_element(values.begin(), values.end());
    };
    log.say(
        fmt::format("{} of {} times suspended and resumed; suspend {:.0f} us (longest {:.0f}), "
                    "resume {:.0f} us (longest {:.0f}), medians",
                    resumes.size(), arguments.times, median(suspends), longest(suspends),
                    median(resumes), longest(resumes)));
    log.result()["times"] = resumes.size();
    log.result()["suspend"] = {{"median_us", median(suspends)}, {"max_us", longest(suspends)}};
    log.result()["resume"] = {{"median_us", median(resumes)}, {"max_us", longest(resumes)}};
    if (was_interrupted()) {
        return Interrupted;
    }
    return ok && resumes.size() == arguments.times ? Ok : Failed;
}

int get_state(Pf& pf, Log& log, const DriveArguments& arguments, std::uint16_t cntlid) {
    double took = 0;
    std::vector<std::uint8_t> state;
    const bool ok = step(pf, log, arguments, cntlid, "get-state", took, [&]() -> std::string {
        auto got = pf.driver->get_state(cntlid);
        if (!got) return got.error();
        state = std::move(got.value());
        return {};
    });
    if (!ok) {
        return Failed;
    }
    auto file = sim::trace::OutputFile::create(arguments.file);
    if (!file) {
        return complain("drive", "--file: " + file.error());
    }
    file.value().write({reinterpret_cast<const char*>(state.data()), state.size()});
    file.value().close();
    if (!file.value().error().empty()) {
        return complain("drive", "--file: " + file.value().error());
    }
    log.say(fmt::format("{} bytes in {}", state.size(), arguments.file));
    log.result()["bytes"] = state.size();
    return Ok;
}

int set_state(Pf& pf, Log& log, const DriveArguments& arguments, std::uint16_t cntlid,
              const std::vector<std::uint8_t>& state) {
    double took = 0;
    const bool ok = step(pf, log, arguments, cntlid, "set-state", took,
                         [&] { return pf.driver->set_state(cntlid, state); });
    log.result()["bytes"] = state.size();
    return ok ? Ok : Failed;
}

/// The file that set-state needs, before anything is touched.
std::string read_state(const std::string& path, std::vector<std::uint8_t>& state) {
    std::ifstream file(path, std::ios::binary | std::ios::ate);
    if (!file) {
        return fmt::format("--file {}: it cannot be read", sim::in_quotes(path));
    }
    const auto size = static_cast<std::size_t>(std::max<std::streamoff>(file.tellg(), 0));
    if (size == 0 || size % 4 != 0 || size > longest_state) {
        return fmt::format("--file {}: {} bytes; expected a controller's state, in whole dwords",
                           sim::in_quotes(path), size);
    }
    state.resize(size);
    file.seekg(0);
    file.read(reinterpret_cast<char*>(state.data()), static_cast<std::streamsize>(size));
    return file ? std::string() : fmt::format("--file {}: it cannot be read", path);
}

int perform(Pf& pf, Log& log, const DriveArguments& arguments, const std::string& what,
            const std::vector<std::uint8_t>& state) {
    if (what == "list") {
        return list(pf, log);
    }
    std::uint16_t cntlid = 0;
    const std::string error = find_vf(pf, arguments.vf, cntlid);
    if (!error.empty()) {
        return complain("drive", error);
    }
    double took = 0;
    if (what == "suspend") {
        return step(pf, log, arguments, cntlid, "suspend", took,
                    [&] { return pf.driver->suspend(cntlid); })
                   ? Ok
                   : Failed;
    }
    if (what == "resume") {
        return step(pf, log, arguments, cntlid, "resume", took,
                    [&] { return pf.driver->resume(cntlid); })
                   ? Ok
                   : Failed;
    }
    if (what == "get-state") {
        return get_state(pf, log, arguments, cntlid);
    }
    return what == "set-state" ? set_state(pf, log, arguments, cntlid, state)
                               : suspend_resume(pf, log, arguments, cntlid);
}

int drive(const DriveArguments& arguments, const std::string& what) {
    if (arguments.target.rfind(served, 0) != 0) {
        return complain("drive", fmt::format("--target {}: expected vfio-user:PATH",
                                             sim::in_quotes(arguments.target)));
    }
    const auto pause = sim::parse<sim::Time>(arguments.pause);
    if (!pause || pause.value().ps < 0) {
        return complain("drive", "--pause: " + (pause ? "expected no less than 0" : pause.error()));
    }
    std::vector<std::uint8_t> state;
    if (what == "set-state") {
        const std::string error = read_state(arguments.file, state);
        if (!error.empty()) return complain("drive", error);
    }
    Pf pf;
    const std::string error = connect(arguments.target, pf);
    if (!error.empty()) {
        return complain("drive", error, Environment);
    }
    catch_interrupts();
    Log log(arguments.target, arguments.json);
    const int exit_code = perform(pf, log, arguments, what, state);
    log.end();
    return exit_code;
}

}  // namespace

void add_drive(CLI::App& app, int& exit_code) {
    const auto arguments = std::make_shared<DriveArguments>();
    CLI::App* verb = app.add_subcommand(
        "drive", "Suspend, resume and move VFs of a served device through its PF (docs/bridge.md)");
    verb->add_option("--target", arguments->target,
                     "vfio-user:PATH: the PF's socket is PATH.pf, or PATH")
        ->type_name("TARGET")
        ->required();
    verb->add_flag("--json", arguments->json, "print what was done as JSON");
    verb->require_subcommand(1);
    verb->fallthrough();
    const auto add = [&](const char* name, const char* help, bool vf, bool file) {
        CLI::App* action = verb->add_subcommand(name, help);
        if (vf) {
            action->add_option("--vf", arguments->vf, "which VF, from 0 on")
                ->type_name("N")
                ->required();
        }
        if (file) {
            action->add_option("--file", arguments->file, "the state, as lmsim decode reads it")
                ->type_name("FILE")
                ->required();
        }
        action->fallthrough();
        const std::string what = name;
        action->callback([arguments, what, &exit_code] { exit_code = drive(*arguments, what); });
        return action;
    };
    add("list", "the PF's VFs", false, false);
    add("suspend", "suspend a VF", true, false);
    add("resume", "resume a VF", true, false);
    CLI::App* both = add("suspend-resume", "suspend and resume a VF, again and again", true, false);
    both->add_option("--times", arguments->times, "how often")->type_name("N");
    both->add_option("--pause", arguments->pause, "after each suspend and after each resume")
        ->type_name("TIME")
        ->capture_default_str();
    add("get-state", "write the state of a suspended VF to a file", true, true);
    add("set-state", "give a suspended VF the state in a file", true, true);
}

}  // namespace lmsim::cli
