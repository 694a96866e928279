#include "tools/runs/study_size.hpp"

#include <fmt/format.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "sim/core/text.hpp"
#include "sim/fluid/estimate.hpp"
#include "sim/metrics/display.hpp"
#include "tools/runs/figure_row.hpp"
#include "tools/runs/result_table.hpp"
#include "tools/runs/sql_statement.hpp"

namespace lmsim::runs {

namespace {

constexpr std::size_t sample_rows = 400;
constexpr std::uint64_t page = 4096;
constexpr std::uint64_t process_bytes = 16U << 20U;  // the program, its libraries, SystemC

/// A row as long as one of its kind is: closed forms leave most columns empty, a simulation none.
std::string typical_cells(bool fluid) {
    sim::metrics::Result result =
        sim::fluid_result(sim::Scenario{}, sim::Workload{}, sim::Dialects{});
    if (!fluid) {
        constexpr sim::Ps some = 1'234'567'890'123;
        result.fidelity = sim::Fidelity::Exact;
        result.trace_hash = UINT64_MAX;
        for (sim::metrics::GuestWindow* window :
             {&result.guest.before, &result.guest.during, &result.guest.after}) {
            *window = {some, 100'000, 1U << 30U, some, some, some, some, some, some};
        }
        result.guest.longest_gap = some;
        result.vfs.push_back({0, some, some, some});
        result.vmm.downtime_ms = result.vmm.downtime_return_path_ms = 1000;
    }
    std::string cells;
    append_figures(result, cells);
    return cells;
}

/// The values of a key in a study, as numbers of the unit; the scenario's own one if it is larger.
template <class U>
std::uint64_t most_of(const Study& study, const char* key, U own) {
    auto most = static_cast<std::uint64_t>(own.raw());
    for (const Dimension& dimension : study.dimensions) {
        for (std::size_t k = 0; k < dimension.keys.size(); ++k) {
            if (dimension.keys[k] != key) continue;
            for (std::size_t step = 0; step < dimension.size; ++step) {
                const std::string text = plain_value(dimension.value(step, k));
                const auto value = sim::parse<U>(text);
                if (value) most = std::max(most, static_cast<std::uint64_t>(value.value().raw()));
            }
        }
    }
    return most;
}

/// The same of a count; 0 if it does not vary.
std::uint64_t most_number(const Study& study, const char* key) {
    std::uint64_t most = 0;
    for (const Dimension& dimension : study.dimensions) {
        for (std::size_t k = 0; k < dimension.keys.size(); ++k) {
            for (std::size_t step = 0; dimension.keys[k] == key && step < dimension.size; ++step) {
                const std::string text = dimension.value(step, k);
                most = std::max<std::uint64_t>(most, std::strtoull(text.c_str(), nullptr, 10));
            }
        }
    }
    return most;
}

/// What both hosts keep of the guest's pages, and its queues.
std::uint64_t memory_of_run(const Study& study) {
    const auto options = study.point(0).options;
    const sim::Scenario scenario = sim::load_scenario(options.file, options.set).scenario;
    if (scenario.run.fidelity == sim::Fidelity::Fluid) {
        return 0;
    }
    const std::uint64_t pages = most_of(study, "vm.ram", scenario.vm.ram) / page;
    const std::uint64_t used =
        std::min(pages, most_of(study, "vm.ram_used", scenario.vm.ram_used) / page);
    const sim::DeviceParams& device = scenario.hosts.src.device;
    const std::uint64_t queues =
        std::uint64_t{80} * device.vfs * device.queue_pairs * device.queue_size;
    // Each VF's vendor state lies on both devices, with the drivers and in the stream.
    constexpr std::uint64_t copies = 4;
    const std::uint64_t vfs =
        std::max<std::uint64_t>(device.vfs, most_number(study, "hosts.both.device.vfs"));
    const std::uint64_t states =
        copies * vfs * most_of(study, "hosts.both.device.vendor_bytes", device.vendor_bytes);
    // A version of 4 bytes for each page with content; a bit for each page in the log and in the
    // VMM's copies of it.
    return process_bytes + scenario.vms.count * 2 * (4 * used + 3 * pages / 8 + queues) +
           scenario.vms.count * states;
}

std::string bytes_text(std::uint64_t bytes) {
    const double mib = static_cast<double>(bytes) / 1048576;
    return mib < 1024 ? fmt::format("{:.1f} MiB", mib) : fmt::format("{:.1f} GiB", mib / 1024);
}

}  // namespace

Room room_for(const std::string& folder) {
    Room room{UINT64_MAX, UINT64_MAX};
    std::filesystem::path path = std::filesystem::absolute(folder);
    std::error_code error;
    while (!std::filesystem::exists(path, error) && path.has_parent_path() &&
           path != path.parent_path()) {
        path = path.parent_path();
    }
    struct statvfs disk;
    if (statvfs(path.c_str(), &disk) == 0) {
        room.disk = static_cast<std::uint64_t>(disk.f_bavail) * disk.f_frsize;
    }
    // What a resumed sweep has there already is counted too.
    for (const char* name : {"results.sqlite", "results.csv"}) {
        const auto bytes = std::filesystem::file_size(path / name, error);
        room.disk += error || room.disk == UINT64_MAX ? 0 : bytes;
    }
    std::ifstream file("/proc/meminfo");
    std::uint64_t kib = 0;
    for (std::string word; file >> word;) {
        if (word == "MemAvailable:" && file >> kib) room.memory = kib * 1024;
    }
    return room;
}

StudySize size_of(const Study& study, std::size_t runs, unsigned jobs) {
    StudySize size;
    auto opened = ResultTable::open(":memory:");
    if (!opened) {
        return size;
    }
    ResultTable& table = opened.value();
    const std::uint64_t memory = memory_of_run(study);
    const std::string cells = typical_cells(memory == 0);
    table.begin(study);
    const std::uint64_t empty = table.bytes();
    const std::size_t rows = std::min(study.size(), sample_rows);
    for (std::size_t i = 0; i < rows; ++i) {
        table.add(study, {i * (study.size() / rows), cli::Ok, cells, {}});
    }
    table.settle();
    size.table = empty + (table.bytes() - empty) * runs / rows;
    size.csv = table.csv().size() * runs / rows;
    size.memory = memory * std::min<std::uint64_t>(jobs, runs);
    return size;
}

std::string no_room(const StudySize& size, const Room& room, unsigned jobs) {
    const std::uint64_t disk = size.table + size.csv;
    if (disk > room.disk) {
        return fmt::format(
            "the results take about {} ({} in results.sqlite, {} in results.csv), and {} are free "
            "there; expected another --out, fewer values in the study, or a part of it (--points "
            "FIRST:END)",
            bytes_text(disk), bytes_text(size.table), bytes_text(size.csv), bytes_text(room.disk));
    }
    if (size.memory > room.memory) {
        return fmt::format(
            "{} at once take about {} of memory, and {} are available; expected a smaller --jobs, "
            "less vm.ram_used, or run.fidelity = \"fluid\"",
            sim::metrics::plural(jobs, "run"), bytes_text(size.memory), bytes_text(room.memory));
    }
    return {};
}

}  // namespace lmsim::runs
