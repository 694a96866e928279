#include "tools/runs/swarm_abort.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <string_view>

#include "sim/core/param.hpp"
#include "sim/core/text.hpp"
#include "sim/scenario/scenario.hpp"
#include "tools/cli/interrupts.hpp"
#include "tools/runs/batches.hpp"
#include "tools/runs/swarm_draw.hpp"

namespace lmsim::runs {

namespace {

constexpr const char* abort_world = R"(name = "abort"
without = [{}]
[run]
warm_up = "1ms"
cool_down = "3ms"
rest = "1s"
time_limit = "20s"
[expect]
outcome = "none"
[vm]
vcpus = 2
ram = "16MiB"
ram_used = "8MiB"
io_timeout = "5ms"
ready_poll = "100us"
[vm.dirty]
rate = "20000/s"
working_set = "1MiB"
hot = "256KiB"
[hosts.both.device]
vfs = {}
queue_pairs = 2
queue_size = 16
capacity = "8MiB"
enable = "200us"
reset = "300us"
[hosts.both.driver]
admin_timeout = "10ms"
[[workload]]
fio = "mixed.fio"
depth = 4
)";

/// In the order in which they happen first, as far as there is one.
std::vector<std::string> abort_steps() {
    std::vector<std::string> all = {"run Begins"};
    const auto calls = [&all](const char* side, std::initializer_list<const char*> names,
                              unsigned most) {
        for (const char* const name : names) {
            for (unsigned n = 1; n <= most; ++n) {
                const char* const count[] = {"", "", "2nd ", "3rd ", "4th "};
                all.push_back(fmt::format("{}{} {}", count[n], side, name));
            }
        }
    };
    const auto commands = [&all](const char* side, std::initializer_list<const char*> names) {
        for (const char* const name : names) {
            for (const char* const what : {"Fetched", "Read", "Executed", "Completed"}) {
                all.push_back(fmt::format("{}.vf0 {} {}", side, name, what));
            }
        }
    };
    calls("source.vmm", {"DirtyLogStart", "SendMessage Header"}, 1);
    calls("destination.vmm", {"Receives Header"}, 1);
    calls("source.vmm", {"SendMessage Begin", "SendMessage Setup", "SendMessage State"}, 1);
    calls("destination.vmm", {"Receives Begin", "Receives Setup", "Receives State"}, 1);
    calls("source.vmm", {"RamSyncBitmap", "RamSendSlice", "SendMessage Ram"}, 2);
    calls("destination.vmm", {"LoadRam", "Receives Ram"}, 2);
    calls("source.vmm", {"QueryStopCopySize vf0", "QueryPrecopyInfo vf0"}, 1);
    calls("source.vmm", {"SendMessage SwitchoverStart"}, 1);
    calls("destination.vmm", {"Receives SwitchoverStart"}, 1);
    calls("source.vmm", {"PauseVcpus", "BlockFlush"}, 1);
    calls("source.vmm", {"SetDeviceState vf0", "SetDeviceState vf1"}, 4);
    commands("source", {"Suspend Notification", "Suspend", "Get Controller State"});
    calls("source.vmm", {"StartThread vf0", "ReadDeviceBlock vf0", "SendDeviceBlock vf0"}, 2);
    calls("source.vmm", {"SaveNonIterable", "SaveNonIterable vf0", "SendState"}, 1);
    calls("source.vmm", {"SendMessage NonIterable", "SendMessage End", "SendMessage Complete"}, 1);
    calls("destination.vmm", {"Receives DeviceData vf0", "WriteDeviceBlock vf0"}, 2);
    calls("destination.vmm", {"SetDeviceState vf0", "SetDeviceState vf1"}, 4);
    commands("destination", {"Suspend", "Set Controller State", "Resume"});
    calls("destination.vmm", {"LoadNonIterable", "LoadNonIterable vf0"}, 1);
    calls("destination.vmm", {"Receives End", "Receives Complete", "ResumeVcpus"}, 1);
    calls("destination.vmm", {"SendMessage Ack", "SendMessage Shut", "SendMessage Ok"}, 1);
    calls("source.vmm", {"Receives Ack", "Receives Shut", "Receives Ok"}, 1);
    calls("source.vmm", {"CloseChannel", "DirtyLogStop", "ReleaseDevice vf0"}, 1);
    calls("destination.vmm", {"FindsClosed"}, 1);
    return all;
}

/// A driver without P2P: VMMs want that of several devices.
int vfs_of(std::string_view architecture) { return architecture == "vendor-2022" ? 1 : 2; }

std::string case_text(const AbortCase& one) {
    const bool cancel = one.what == "cancel";
    std::string text = fmt::format(abort_world, swarm_mended, vfs_of(one.architecture));
    text += fmt::format("[vmm]\nengine = \"{}\"\n[host]\narchitecture = \"{}\"\n", one.engine,
                        one.architecture);
    text += one.architecture == "vfio-nvme" ? "" : "best_effort = true\n";
    text += fmt::format("[[fault]]\nwhat = \"{}\"\nwhen = \"{}\"\n",
                        cancel ? "cancel" : "vmm.crash", one.after);
    return text + (cancel ? "" : fmt::format("where = \"{}\"\n", one.what));
}

/// S: it runs on the source, D: on the destination, -: it ended with its VMM.
const char* end_letter(const AbortCase& one) {
    return !one.row.well()                    ? "**!**"
           : one.row.runs_on == "source"      ? "S"
           : one.row.runs_on == "destination" ? "D"
                                              : "-";
}

constexpr const char* abort_kinds[] = {"cancel", "source", "destination"};

}  // namespace

std::vector<const AbortCase*> AbortMatrix::failures() const {
    std::vector<const AbortCase*> list;
    for (const AbortCase& one : all) {
        if (one.reached && !one.row.well()) {
            list.push_back(&one);
        }
    }
    return list;
}

std::string AbortMatrix::markdown() const {
    std::string out =
        "# What becomes of the VM when a migration is aborted\n\n"
        "`lmsim swarm --abort` has made this page: for each engine and architecture it cancels the "
        "migration,\nor kills one of the two VMMs, right after each step, and runs on until all is "
        "at rest. S: the VM runs on the\nsource, D: on the destination, -: it ended with its VMM. "
        "In each of these runs all invariants held\n(`lmsim check --list`): no VM ran twice, no "
        "command was lost or done twice, and the memory was what the\nguest had left.\n\n"
        "| engine | architecture | cancel | source killed | destination killed |\n"
        "|---|---|---|---|---|\n";
    std::vector<std::pair<std::string, std::string>> pairs;
    for (const AbortCase& one : all) {
        const auto pair = std::pair(one.engine, one.architecture);
        if (pairs.empty() || pairs.back() != pair) {
            pairs.push_back(pair);
        }
    }
    for (const auto& [engine, architecture] : pairs) {
        out += fmt::format("| {} | {}", engine, architecture);
        for (const char* const what : abort_kinds) {
            std::map<std::string, unsigned> count;
            for (const AbortCase& one : all) {
                if (one.reached && one.engine == engine && one.architecture == architecture &&
                    one.what == what) {
                    ++count[end_letter(one)];
                }
            }
            std::string cell;
            for (const auto& [end, times] : count) {
                cell += fmt::format("{}{} {}", cell.empty() ? "" : ", ", end, times);
            }
            out += " | " + cell;
        }
        out += " |\n";
    }
    out +=
        "\nStep by step, with the architecture vfio-nvme: cancel, source killed, destination "
        "killed.\n\n| after |";
    std::vector<std::string> engines;
    for (const auto& [engine, architecture] : pairs) {
        if (architecture == "vfio-nvme") {
            engines.push_back(engine);
            out += " " + engine + " |";
        }
    }
    out += "\n|---|";
    for (std::size_t i = 0; i < engines.size(); ++i) {
        out += "---|";
    }
    out += "\n";
    for (const std::string& step : abort_steps()) {
        std::string line;
        bool any = false;
        for (const std::string& engine : engines) {
            std::string cell;
            for (const AbortCase& one : all) {
                if (one.engine == engine && one.architecture == "vfio-nvme" && one.after == step &&
                    one.reached) {
                    cell += (cell.empty() ? "" : " ") + std::string(end_letter(one));
                    any = true;
                }
            }
            line += " " + cell + " |";
        }
        out += any ? "| `" + step + "` |" + line + "\n" : "";
    }
    return out;
}

std::string AbortMatrix::json() const {
    nlohmann::ordered_json rows = nlohmann::ordered_json::array();
    for (const AbortCase& one : all) {
        if (one.reached) {
            rows.push_back({{"engine", one.engine},
                            {"architecture", one.architecture},
                            {"what", one.what},
                            {"after", one.after},
                            {"outcome", one.row.outcome},
                            {"runs_on", one.row.runs_on},
                            {"broken", one.row.kind}});
        }
    }
    return nlohmann::ordered_json{{"cases", rows}}.dump(2) + "\n";
}

AbortMatrix run_abort_matrix(unsigned jobs, const SwarmWish& wish, std::size_t most) {
    cli::catch_interrupts();
    AbortMatrix matrix;
    const std::vector<std::string> after = abort_steps();
    for (const auto& engine : sim::EnumNames<sim::Engine>::names) {
        for (const std::string_view architecture : host::architecture_names) {
            for (const std::string& step : after) {
                if (step.find("vf1") != std::string::npos && vfs_of(architecture) == 1) {
                    continue;
                }
                for (const char* const what : abort_kinds) {
                    matrix.all.push_back(
                        {engine, std::string(architecture), what, step, false, {}});
                }
            }
        }
    }
    Batches batches;
    const std::size_t every = matrix.all.size() / std::max<std::size_t>(most, 1) + 1;
    batches.wanted.assign(matrix.all.size(), most == 0);
    for (std::size_t i = 0; i < matrix.all.size(); i += every) {
        batches.wanted[i] = true;
    }
    batches.jobs = jobs;
    batches.most = 64;
    batches.run = batches.run_alone = [&](std::size_t i, std::string& out) {
        cli::PreparedRun prepared = prepare_swarm(case_text(matrix.all[i]), wish);
        append_row({i, cli::Ok, row_text(run_alone(prepared)), {}}, out);
    };
    batches.broken = [](std::size_t i, const std::string& how, const std::string&) {
        SwarmRow row;
        row.kind = "broken";
        row.text = how;
        std::string out;
        append_row({i, cli::Ok, row_text(row), {}}, out);
        return out;
    };
    batches.ended = [&matrix](const PointRow& row) {
        AbortCase& one = matrix.all[row.point];
        one.row = read_row(row.cells);
        const bool broken = one.row.kind == "broken" || one.row.kind == "refused";
        const auto found = one.row.faults.find(one.what == "cancel" ? "cancel" : "vmm.crash");
        one.reached = broken || (found != one.row.faults.end() && found->second.injected != 0);
    };
    batches.stop = [] { return cli::was_interrupted(); };
    matrix.interrupted = !run_batches(batches);
    return matrix;
}

}  // namespace lmsim::runs
