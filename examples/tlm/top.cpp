// Somebody's SystemC design with an NVMe controller of lmsim in it: a VF of the device that a
// scenario describes, between a CPU and a memory.
#include <fmt/format.h>

#include <systemc>

#include "cpu.hpp"
#include "memory.hpp"
#include "sim/bridge/tlm/controller.hpp"
#include "sim/run/convert.hpp"
#include "sim/scenario/load.hpp"

int sc_main(int argc, char** argv) {
    using namespace lmsim;
    if (argc != 2) {
        fmt::print(stderr, "usage: top SCENARIO\n");
        return 2;
    }
    const sim::LoadedScenario loaded = sim::load_scenario(argv[1]);
    if (!loaded.ok()) {
        fmt::print(stderr, "{}", loaded.error_text());
        return 2;
    }
    sim::DeviceTiming timing = sim::device_timing(loaded.scenario, loaded.scenario.hosts.src);
    timing.config.vfs_online = true;  // nobody here drives the PF

    constexpr std::uint16_t vf0 = 1;  // the PF is function 0
    Memory memory("memory", 1 << 20);
    Cpu cpu("cpu", memory);
    sim::TlmController controller("controller", timing, {}, loaded.scenario.seed);
    cpu.socket.bind(controller.bar[vf0]);
    controller.dma[vf0].bind(memory.socket);
    controller.enable_interrupts(vf0, true);
    controller.on_interrupt([&cpu](std::uint16_t, std::uint32_t) { cpu.interrupt(); });

    sc_core::sc_start();
    fmt::print("{} DMA reads, {} DMA writes, trace hash {:#018x}\n", memory.reads, memory.writes,
               controller.trace_hash());
    return cpu.passed ? 0 : 1;
}
