// Somebody's SystemC design with an NVMe controller of lmsim in it: a VF of the device that a
// scenario describes, between a CPU and a memory.
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <systemc>
#include <tlm>
#include <vector>

#include "model/spec/codes.hpp"
#include "model/wire/bits.hpp"
#include "model/wire/cqe.hpp"
#include "model/wire/sqe.hpp"
#include "sim/bridge/tlm/controller.hpp"
#include "sim/run/convert.hpp"
#include "sim/scenario/load.hpp"

#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

namespace {

/// A memory as TLM-2.0 designs have it. Its time is in what the device's scenario says of DMA, so
/// it takes none of its own.
class Memory : public sc_core::sc_module {
  public:
    tlm_utils::simple_target_socket<Memory> socket;

    Memory(sc_core::sc_module_name name, std::size_t size) : sc_module(name), bytes(size) {
        socket.register_b_transport(this, &Memory::access);
    }

    std::vector<std::uint8_t> bytes;  // the CPU's way to it is not modelled
    unsigned reads = 0;
    unsigned writes = 0;

  private:
    void access(tlm::tlm_generic_payload& payload, sc_core::sc_time& /*delay*/) {
        const std::uint64_t at = payload.get_address();
        const unsigned length = payload.get_data_length();
        if (at > bytes.size() || length > bytes.size() - at) {
            payload.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
            return;
        }
        if (payload.is_read()) {
            std::memcpy(payload.get_data_ptr(), &bytes[at], length);
            ++reads;
        } else {
            std::memcpy(&bytes[at], payload.get_data_ptr(), length);
            ++writes;
        }
        payload.set_response_status(tlm::TLM_OK_RESPONSE);
    }
};

/// A CPU with the smallest NVMe driver there is: one command at a time, each waited for by
/// interrupt.
class Cpu : public sc_core::sc_module {
  public:
    tlm_utils::simple_initiator_socket<Cpu> socket;  // to BAR 0

    SC_HAS_PROCESS(Cpu);
    Cpu(sc_core::sc_module_name name, Memory& memory) : sc_module(name), memory_(memory) {
        SC_THREAD(run);
    }

    void interrupt() { interrupted_.notify(sc_core::SC_ZERO_TIME); }
    bool passed = false;

  private:
    static constexpr std::uint32_t entries = 16;
    static constexpr std::uint64_t page = 4096;
    static constexpr std::uint64_t data = 16 * page;
    static constexpr std::uint64_t csts = 0x1c;
    struct Queue {
        std::uint16_t id;
        std::uint64_t sq;
        std::uint64_t cq;
        std::uint32_t tail = 0;
        std::uint32_t head = 0;
        bool phase = true;
    };

    void run() {
        enable();
        lmsim::wire::Sqe identify;
        identify.opcode = lmsim::spec::opcode::AdminIdentify;
        identify.prp1 = data;
        identify.cdw10 = 1;  // CNS: the controller
        bool ok = submit(admin_, identify, "Identify");
        const auto* model = reinterpret_cast<const char*>(&memory_.bytes[data + 24]);
        fmt::print("model number: {:.40}\n", fmt::string_view(model, 40));
        ok = ok && create_queues();
        ok = ok && write_and_read();
        passed = ok;
        sc_core::sc_stop();
    }

    void enable() {
        write(0x24, (entries - 1) << 16 | (entries - 1), 4);  // AQA
        write(0x28, admin_.sq, 8);
        write(0x30, admin_.cq, 8);
        write(0x14, 6 << 16 | 4 << 20 | 1, 4);  // CC: entries of 64 and 16 bytes; go
        while ((read(csts, 4) & 1) == 0) {
            wait(10, sc_core::SC_US);
        }
        fmt::print("{} VS is {:#x}, and the controller is ready\n", time(), read(0x08, 4));
    }

    bool create_queues() {
        lmsim::wire::Sqe create;
        create.opcode = lmsim::spec::opcode::AdminCreateCq;
        create.prp1 = io_.cq;
        create.cdw10 = (entries - 1) << 16 | io_.id;
        create.cdw11 = 1 << 16 | 2 | 1;  // vector 1, interrupts, contiguous
        if (!submit(admin_, create, "Create I/O Completion Queue")) {
            return false;
        }
        create.opcode = lmsim::spec::opcode::AdminCreateSq;
        create.prp1 = io_.sq;
        create.cdw11 = std::uint32_t{io_.id} << 16 | 1;
        return submit(admin_, create, "Create I/O Submission Queue");
    }

    bool write_and_read() {
        const auto begin = memory_.bytes.begin() + data;
        for (std::uint64_t i = 0; i < page; ++i) {
            memory_.bytes[data + i] = static_cast<std::uint8_t>(i * 7);
        }
        lmsim::wire::Sqe io;
        io.opcode = lmsim::spec::opcode::NvmWrite;
        io.nsid = 1;
        io.prp1 = data;
        io.cdw10 = 80;  // the LBA
        io.cdw12 = page / 512 - 1;
        if (!submit(io_, io, "Write")) {
            return false;
        }
        io.opcode = lmsim::spec::opcode::NvmRead;
        io.prp1 = data + page;
        const bool ok = submit(io_, io, "Read") && std::equal(begin, begin + page, begin + page);
        fmt::print("what was read {} what was written\n", ok ? "is" : "is not");
        return ok;
    }

    /// One command, to its completion.
    bool submit(Queue& queue, const lmsim::wire::Sqe& sqe, const char* name) {
        const sc_core::sc_time begin = sc_core::sc_time_stamp();
        lmsim::wire::encode(sqe, &memory_.bytes[queue.sq + 64 * queue.tail]);
        queue.tail = (queue.tail + 1) % entries;
        write(0x1000 + 8 * queue.id, queue.tail, 4);
        const std::uint8_t* entry = &memory_.bytes[queue.cq + 16 * queue.head];
        while (lmsim::wire::phase_of(entry) != queue.phase) {
            wait(interrupted_);
        }
        const lmsim::wire::Cqe cqe = lmsim::wire::decode_cqe(entry);
        queue.head = (queue.head + 1) % entries;
        queue.phase = queue.phase != (queue.head == 0);
        write(0x1000 + 8 * queue.id + 4, queue.head, 4);
        fmt::print("{} {}: {}, after {:.2f} us\n", time(), name,
                   lmsim::spec::status_name(cqe.status),
                   (sc_core::sc_time_stamp() - begin).to_seconds() * 1e6);
        return cqe.status == 0;
    }

    void write(std::uint64_t offset, std::uint64_t value, unsigned size) {
        std::uint8_t bytes[8];
        lmsim::wire::store_le(bytes, value);
        transport(tlm::TLM_WRITE_COMMAND, offset, bytes, size);
    }
    std::uint64_t read(std::uint64_t offset, unsigned size) {
        std::uint8_t bytes[8] = {};
        transport(tlm::TLM_READ_COMMAND, offset, bytes, size);
        return lmsim::wire::load_le<std::uint64_t>(bytes);
    }
    void transport(tlm::tlm_command command, std::uint64_t offset, std::uint8_t* bytes,
                   unsigned size) {
        tlm::tlm_generic_payload payload;
        payload.set_command(command);
        payload.set_address(offset);
        payload.set_data_ptr(bytes);
        payload.set_data_length(size);
        payload.set_streaming_width(size);
        sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
        socket->b_transport(payload, delay);
        if (!payload.is_response_ok()) {
            SC_REPORT_ERROR("cpu", payload.get_response_string().c_str());
        }
    }
    static std::string time() {
        return fmt::format("[{:9.2f} us]", sc_core::sc_time_stamp().to_seconds() * 1e6);
    }

    Memory& memory_;
    sc_core::sc_event interrupted_;
    Queue admin_{0, 0, page};
    Queue io_{1, 2 * page, 3 * page};
};

}  // namespace

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
