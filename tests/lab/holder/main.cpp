#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "sim/bridge/vfio/vfio_rig.hpp"
#include "sim/conform/rig_target.hpp"
#include "sim/conform/suite.hpp"

/// What the suite `closed-loop` runs in the guest: holds a PF and its VFs through VFIO, runs all
/// conformance cases against them, and does to the IOMMU what it must bear. Twice, as a function
/// can be opened again; memory is mapped by pages of 4 KiB the first time. Lines of its output are
/// those of tests/lab/guest/checks.sh.
namespace {

using namespace lmsim;
using sim::conform::Verdict;
using sim::vfio::VfioRig;

int failures = 0;

void check(bool ok, const std::string& words, const std::string& otherwise = {}) {
    fmt::print("{} {}{}\n", ok ? "pass" : "fail", words, ok ? "" : ": " + otherwise);
    std::fflush(stdout);
    failures += ok ? 0 : 1;
}

/// Ranges that nobody has mapped, up to nearly all there is.
void unmap_what_is_not_there(VfioRig& rig, const std::string& round) {
    for (const unsigned bits : {21U, 32U, 38U}) {
        const std::uint64_t from = std::uint64_t{1} << bits;
        const auto gone = rig.container().unmap(std::max(from, rig.memory_bytes()), from);
        check(gone && gone.value() == 0, fmt::format("{}: an unmap of 2^{} bytes", round, bits),
              gone ? fmt::format("{} bytes were mapped there", gone.value()) : gone.error());
    }
}

void run_cases(VfioRig& rig, const std::string& round) {
    sim::conform::RigTarget target(rig);
    const sim::conform::Report report = sim::conform::run_suite(target, sim::conform::all_cases());
    check(report.error.empty(), round + ": the controllers are what cases need", report.error);
    for (std::size_t i = 0; i < report.outcomes.size(); ++i) {
        const auto& outcome = report.outcomes[i];
        if (outcome.verdict == Verdict::Failed) {
            check(false, fmt::format("{}: case {}", round, report.cases[i].id),
                  fmt::format("step {}: sent {}, got {}, expected {}", outcome.step, outcome.sent,
                              outcome.got, outcome.expected));
        } else if (outcome.verdict == Verdict::Skipped) {
            fmt::print("skipped {}: {}\n", report.cases[i].id, outcome.reason);
        }
    }
    check(report.passed(), fmt::format("{}: conformance cases through VFIO", round),
          fmt::format("{} failed", report.count(Verdict::Failed)));
    fmt::print("count {}.cases-passed {}\ncount {}.cases-skipped {}\n", round,
               report.count(Verdict::Passed), round, report.count(Verdict::Skipped));
}

bool hold(const std::vector<std::string>& bdfs, std::uint64_t map_piece, const std::string& round) {
    const auto start = std::chrono::steady_clock::now();
    VfioRig::Options options;
    options.memory_pages = 10240;
    options.map_piece = map_piece;
    auto rig = VfioRig::open(bdfs, options);
    check(rig.ok(), round + ": VFIO opens the functions and maps memory", rig ? "" : rig.error());
    if (!rig) {
        return false;
    }
    const std::uint64_t bytes = rig.value()->memory_bytes();
    const std::chrono::duration<double> mapped = std::chrono::steady_clock::now() - start;
    fmt::print("note {}: {} pages mapped after {:.1f} s\n", round, bytes / sim::page_size,
               mapped.count());
    unmap_what_is_not_there(*rig.value(), round);
    run_cases(*rig.value(), round);
    check(rig.value()->trouble().empty(), round + ": VFIO did all that was asked",
          rig.value()->trouble());
    const auto gone = rig.value()->container().unmap(0, bytes);
    check(gone && gone.value() == bytes, round + ": all pages unmapped",
          gone ? fmt::format("{} bytes", gone.value()) : gone.error());
    return true;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 3) {
        fmt::print(stderr, "usage: lmsim_lab_holder PF VF...   (addresses like 0000:01:00.0)\n");
        return 2;
    }
    const std::vector<std::string> bdfs(argv + 1, argv + argc);
    hold(bdfs, sim::page_size, "first") && hold(bdfs, 0, "second");
    return failures == 0 ? 0 : 1;
}
