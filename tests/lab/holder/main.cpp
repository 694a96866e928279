#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "sim/bridge/pf_driver.hpp"
#include "sim/bridge/vfio/vfio_rig.hpp"

/// What the suite `closed-loop` runs in the guest beside lmsim: holds a PF and its VFs through VFIO
/// and does to the IOMMU what it must bear. Twice, as a function can be opened again. Lines of its
/// output are those of tests/lab/guest/checks.sh.
namespace {

using namespace lmsim;
using sim::vfio_kernel::VfioRig;

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

/// Through pages of 4 KiB: queues, and data of 4 KiB.
void use_memory(VfioRig& rig, const std::string& round) {
    const spec::Rules rules = spec::Rules::ratified();
    sim::PfDriver driver(rig.port(0), rules, [&](const std::function<bool()>& done, sim::Ps limit) {
        return rig.wait(done, limit);
    });
    const std::string error = driver.open();
    const auto vfs =
        error.empty() ? driver.secondaries() : decltype(driver.secondaries())(sim::Failure{error});
    check(vfs.ok(), round + ": the PF answers through them", vfs ? "" : vfs.error());
}

bool hold(const std::vector<std::string>& bdfs, const std::string& round) {
    const auto start = std::chrono::steady_clock::now();
    VfioRig::Options options;
    options.memory_pages = 10240;
    options.map_piece = sim::page_size;
    auto rig = VfioRig::open(bdfs, options);
    check(rig.ok(), round + ": VFIO opens the functions and maps memory by pages of 4 KiB",
          rig ? "" : rig.error());
    if (!rig) {
        return false;
    }
    const std::uint64_t bytes = rig.value()->memory_bytes();
    const std::chrono::duration<double> mapped = std::chrono::steady_clock::now() - start;
    fmt::print("note {}: {} pages mapped after {:.1f} s\n", round, bytes / sim::page_size,
               mapped.count());
    unmap_what_is_not_there(*rig.value(), round);
    use_memory(*rig.value(), round);
    check(rig.value()->trouble().empty(), round + ": VFIO did all that was asked",
          rig.value()->trouble());
    const auto gone = rig.value()->container().unmap(0, bytes);
    check(gone && gone.value() == bytes, round + ": all pages unmapped",
          gone ? fmt::format("{} bytes", gone.value()) : gone.error());
    return true;
}

}  // namespace

// libsystemc, which other parts of the library need, asks for this.
extern "C" int sc_main(int, char**) { return 0; }

int main(int argc, char** argv) {
    if (argc < 3) {
        fmt::print(stderr, "usage: lmsim_lab_holder PF VF...   (addresses like 0000:01:00.0)\n");
        return 2;
    }
    const std::vector<std::string> bdfs(argv + 1, argv + argc);
    hold(bdfs, "first") && hold(bdfs, "second");
    return failures == 0 ? 0 : 1;
}
