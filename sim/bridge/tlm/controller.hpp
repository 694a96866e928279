#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <systemc>
#include <tlm>
#include <vector>

#include "sim/bridge/block_store.hpp"
#include "sim/device/nvme_device.hpp"

// Behind <systemc>, which is to know that there are dynamic processes.
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

namespace lmsim::sim {

/// An NVMe device as a TLM-2.0 module in somebody else's SystemC design (examples/tlm). Each of its
/// functions has a socket for BAR 0, a socket for its DMA, and interrupts as calls; the media hold
/// bytes. Sockets of functions that nobody uses may stay unbound.
///
/// Time: what the device, its link and its media take is DeviceTiming's to say. A memory that waits
/// in b_transport(), or returns a delay, holds up the whole device for so long, and that comes on
/// top; so such a memory takes no time at best. SystemC's time has to be in picoseconds.
class TlmController : public sc_core::sc_module {
  public:
    using Bar = tlm_utils::simple_target_socket_tagged_optional<TlmController>;
    using DmaSocket = tlm_utils::simple_initiator_socket_tagged_optional<TlmController>;
    using OnInterrupt = std::function<void(std::uint16_t function, std::uint32_t vector)>;

    /// Bytes of each BAR 0.
    static constexpr std::uint64_t bar_bytes = 8192;

    SC_HAS_PROCESS(TlmController);
    /// device_timing() makes `timing` out of a scenario. The PF and timing.vfs VFs; draws of the
    /// device are those of `seed`.
    TlmController(sc_core::sc_module_name name, const DeviceTiming& timing,
                  const spec::Rules& rules = {}, std::uint64_t seed = 1);
    ~TlmController() override;

    /// BAR 0 of each function; 0 is the PF. Whole dwords, 4 or 8 bytes of them. Writes are posted:
    /// b_transport() returns at once, unless it has a delay to wait for. Reads wait for the answer.
    /// transport_dbg() reads the registers as they are, and writes nothing.
    sc_core::sc_vector<Bar> bar;
    /// DMA of each function, by b_transport(), in pieces of at most a page. A response that is not
    /// OK is what an access to missing memory is for the controller.
    sc_core::sc_vector<DmaSocket> dma;

    /// MSI-X, of a function as a whole; off at first, and after a reset. What comes with it off is
    /// lost.
    void enable_interrupts(std::uint16_t function, bool on);
    /// Told of each interrupt, when it has crossed the link, in the device's own thread: a write to
    /// BAR 0 from there is fine, a read is not.
    void on_interrupt(OnInterrupt call) { on_interrupt_ = std::move(call); }
    /// Function level reset; `done` when the registers have their reset values.
    void reset(std::uint16_t function, std::function<void()> done = {});

    /// What the namespaces hold.
    BlockStore& store() { return store_; }
    NvmeDevice& device() { return device_; }
    /// Two runs of the device are equal if this is.
    std::uint64_t trace_hash() const { return kernel_.trace_hash(); }

  private:
    class Function;
    /// A read of BAR 0 that somebody waits for.
    struct Reading {
        std::uint32_t dwords[2] = {};
        unsigned missing = 0;
        sc_core::sc_event done;
    };
    /// What has come in, for the device's thread.
    struct Access {
        std::uint16_t function = 0;
        std::uint64_t offset = 0;
        std::uint32_t value = 0;
        std::uint32_t* answer = nullptr;  // of a read
        Reading* reading = nullptr;
    };
    class Held;

    void end_of_elaboration() override;
    void run();
    void settle();
    void deliver(const Access& access);
    Ps time() const;

    void access(int function, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
    unsigned look(int function, tlm::tlm_generic_payload& payload);
    void read(std::uint16_t function, std::uint64_t offset, std::uint8_t* to, unsigned length);
    void write(std::uint16_t function, std::uint64_t offset, const std::uint8_t* from,
               unsigned length);
    void answered(std::uint64_t token, std::uint64_t value);
    bool transfer(std::uint16_t function, tlm::tlm_command command, std::uint64_t address,
                  std::uint8_t* bytes, std::uint64_t length);

    DeviceTiming timing_;
    spec::Rules rules_;
    BlockStore store_;
    Kernel kernel_;
    NvmeDevice device_;
    std::vector<std::unique_ptr<Function>> functions_;
    OnInterrupt on_interrupt_;
    std::vector<Access> accesses_;
    std::vector<std::function<void()>> resets_;
    std::map<std::uint64_t, Access> readings_;  // under way, by token
    std::uint64_t next_token_ = 0;
    sc_core::sc_event arrived_;
    sc_core::sc_process_handle thread_;
    Ps held_ = 0;  // for which others held the device up: its time is so much behind SystemC's
};

}  // namespace lmsim::sim
