#include "sim/bridge/tlm/controller.hpp"

#include <cstring>
#include <functional>
#include <vector>

#include "model/spec/codes.hpp"
#include "model/wire/bits.hpp"
#include "model/wire/cqe.hpp"
#include "model/wire/sqe.hpp"
#include "tests/catch.hpp"

// A device between modules of SystemC that are not ours.

namespace lmsim::sim {

namespace {

constexpr std::uint64_t page = 4096;

/// A memory that waits for each access, and one that says that it takes so long.
struct SlowMemory : sc_core::sc_module {
    tlm_utils::simple_target_socket<SlowMemory> socket{"socket"};
    std::vector<std::uint8_t> bytes = std::vector<std::uint8_t>(64 * page);
    sc_core::sc_time waits;
    sc_core::sc_time says;
    unsigned accesses = 0;

    explicit SlowMemory(sc_core::sc_module_name name) : sc_module(name) {
        socket.register_b_transport(this, &SlowMemory::access);
    }
    void access(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
        const std::uint64_t at = payload.get_address();
        const unsigned length = payload.get_data_length();
        ++accesses;
        if (at > bytes.size() - length) {
            payload.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
            return;
        }
        if (waits != sc_core::SC_ZERO_TIME) {
            wait(waits);
        }
        delay += says;
        std::uint8_t* const here = &bytes[at];
        std::uint8_t* const there = payload.get_data_ptr();
        payload.is_read() ? std::memcpy(there, here, length) : std::memcpy(here, there, length);
        payload.set_response_status(tlm::TLM_OK_RESPONSE);
    }
};

/// A copy: what sc_time_stamp() refers to goes on.
sc_core::sc_time time_now() { return sc_core::sc_time_stamp(); }

DeviceTiming timing() {
    DeviceTiming device;
    device.vfs = 2;
    device.link_latency = 100 * ps_per_ns;
    device.identify = Distribution(fixed(Time{5 * ps_per_us}));
    return device;
}

/// Does what a test says, in a thread of its own.
struct Driver : sc_core::sc_module {
    tlm_utils::simple_initiator_socket<Driver> socket{"socket"};
    std::function<void()> script;

    SC_HAS_PROCESS(Driver);
    explicit Driver(sc_core::sc_module_name name) : sc_module(name) { SC_THREAD(run); }
    void run() {
        if (script) {
            script();
        }
        sc_core::sc_stop();
    }
    tlm::tlm_response_status access(tlm::tlm_command command, std::uint64_t offset,
                                    std::uint64_t& value, unsigned size,
                                    sc_core::sc_time delay = sc_core::SC_ZERO_TIME) {
        std::uint8_t bytes[16] = {};
        wire::store_le(bytes, value);
        tlm::tlm_generic_payload payload;
        payload.set_command(command);
        payload.set_address(offset);
        payload.set_data_ptr(bytes);
        payload.set_data_length(size);
        payload.set_streaming_width(size);
        socket->b_transport(payload, delay);
        value = wire::load_le<std::uint64_t>(bytes);
        return payload.get_response_status();
    }
    tlm::tlm_response_status write(std::uint64_t offset, std::uint64_t value, unsigned size = 4) {
        return access(tlm::TLM_WRITE_COMMAND, offset, value, size);
    }
    std::uint64_t read(std::uint64_t offset, unsigned size = 4) {
        std::uint64_t value = 0;
        const auto status = access(tlm::TLM_READ_COMMAND, offset, value, size);
        return status == tlm::TLM_OK_RESPONSE ? value : ~std::uint64_t{0};
    }
};

struct Top {
    SlowMemory memory{"memory"};
    Driver driver{"driver"};
    TlmController controller{"controller", timing()};
    unsigned interrupts = 0;
    sc_core::sc_event interrupted;

    Top() {
        driver.socket.bind(controller.bar[1]);
        controller.dma[1].bind(memory.socket);
        controller.enable_interrupts(1, true);
        controller.on_interrupt([this](std::uint16_t function, std::uint32_t) {
            interrupts += function == 1;
            interrupted.notify(sc_core::SC_ZERO_TIME);
        });
    }
    void enable() {
        driver.write(reg::AQA, 15 << 16 | 15);
        driver.write(reg::ASQ, 0, 8);
        driver.write(reg::ACQ, page, 8);
        driver.write(reg::CC, reg::cc::enabled);
        while ((driver.read(reg::CSTS) & reg::csts::rdy) == 0) {
            sc_core::wait(1, sc_core::SC_US);
        }
    }
    /// Its status, and how long it took.
    std::uint16_t identify(std::uint64_t to, sc_core::sc_time& took) {
        const sc_core::sc_time begin = time_now();
        wire::Sqe sqe;
        sqe.opcode = spec::opcode::AdminIdentify;
        sqe.prp1 = to;
        sqe.cdw10 = 1;
        wire::encode(sqe, &memory.bytes[64 * slot_]);
        const std::uint8_t* entry = &memory.bytes[page + 16 * slot_];
        driver.write(reg::sq_doorbell(0), ++slot_);
        while (!wire::phase_of(entry)) {
            sc_core::wait(interrupted);
        }
        took = sc_core::sc_time_stamp() - begin;
        driver.write(reg::cq_doorbell(0), slot_);
        return wire::decode_cqe(entry).status;
    }
    void run(std::function<void()> script) {
        driver.script = std::move(script);
        sc_core::sc_start();
    }

  private:
    std::uint32_t slot_ = 0;
};

}  // namespace

TEST_CASE("tlm: a memory's waits and delays come on top of the device's own time") {
    Top top;
    sc_core::sc_time plain;
    sc_core::sc_time waited;
    sc_core::sc_time delayed;
    top.run([&] {
        top.enable();
        CHECK(top.identify(2 * page, plain) == 0);
        const unsigned before = top.memory.accesses;
        top.memory.waits = sc_core::sc_time(3, sc_core::SC_US);
        CHECK(top.identify(2 * page, waited) == 0);
        const unsigned each = top.memory.accesses - before;
        CHECK(each == 3);  // the entry, the data, the completion
        CHECK(waited == plain + each * top.memory.waits);
        top.memory.waits = sc_core::SC_ZERO_TIME;
        top.memory.says = sc_core::sc_time(2, sc_core::SC_US);
        CHECK(top.identify(2 * page, delayed) == 0);
        CHECK(delayed == plain + each * top.memory.says);
    });
    CHECK(plain > sc_core::sc_time(5, sc_core::SC_US));
    CHECK(top.interrupts == 3);
}

TEST_CASE("tlm: registers are dwords, at the time that a read's answer is back") {
    Top top;
    top.run([&] {
        const sc_core::sc_time begin = time_now();
        const std::uint64_t cap = top.driver.read(reg::CAP, 8);
        CHECK(sc_core::sc_time_stamp() - begin >= sc_core::sc_time(200, sc_core::SC_NS));
        CHECK(cap == (top.driver.read(reg::CAP + 4) << 32 | top.driver.read(reg::CAP)));
        top.driver.write(reg::ASQ, 0x1'2345'6000, 8);
        CHECK(top.driver.read(reg::ASQ, 8) == 0x1'2345'6000);

        std::uint64_t value = 0;
        auto& driver = top.driver;
        CHECK(driver.access(tlm::TLM_READ_COMMAND, 2, value, 4) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
        CHECK(driver.access(tlm::TLM_READ_COMMAND, TlmController::bar_bytes - 4, value, 8) ==
              tlm::TLM_ADDRESS_ERROR_RESPONSE);
        CHECK(driver.access(tlm::TLM_WRITE_COMMAND, reg::CC, value, 2) ==
              tlm::TLM_BURST_ERROR_RESPONSE);
        CHECK(driver.access(tlm::TLM_IGNORE_COMMAND, reg::CC, value, 4) == tlm::TLM_OK_RESPONSE);
        // An access that lies ahead is waited for.
        const sc_core::sc_time now = time_now();
        driver.access(tlm::TLM_WRITE_COMMAND, reg::AQA, value, 4,
                      sc_core::sc_time(7, sc_core::SC_NS));
        CHECK(sc_core::sc_time_stamp() - now == sc_core::sc_time(7, sc_core::SC_NS));
    });
}

TEST_CASE("tlm: transport_dbg reads without time and writes nothing") {
    Top top;
    top.run([&] {
        top.enable();
        std::uint8_t bytes[4] = {};
        tlm::tlm_generic_payload payload;
        payload.set_command(tlm::TLM_READ_COMMAND);
        payload.set_address(reg::CSTS);
        payload.set_data_ptr(bytes);
        payload.set_data_length(4);
        payload.set_streaming_width(4);
        CHECK(top.driver.socket->transport_dbg(payload) == 4);
        CHECK(wire::load_le<std::uint32_t>(bytes) == top.driver.read(reg::CSTS));
        payload.set_command(tlm::TLM_WRITE_COMMAND);
        payload.set_address(reg::CC);
        CHECK(top.driver.socket->transport_dbg(payload) == 0);
        CHECK((top.driver.read(reg::CSTS) & reg::csts::rdy) != 0);
    });
}

TEST_CASE("tlm: what is written where no memory is is lost, and a reset ends all") {
    Top top;
    top.run([&] {
        top.enable();
        sc_core::sc_time took;
        CHECK(top.identify(std::uint64_t{1} << 40, took) == 0);
        sc_core::sc_event is_reset;
        top.controller.reset(1, [&] { is_reset.notify(sc_core::SC_ZERO_TIME); });
        sc_core::wait(is_reset);
        CHECK((top.driver.read(reg::CSTS) & reg::csts::rdy) == 0);
        CHECK(top.driver.read(reg::CC) == 0);
    });
}

TEST_CASE("tlm: a read of BAR 0 in an interrupt's call is refused in words") {
    Top top;
    std::string said;
    top.controller.on_interrupt([&](std::uint16_t, std::uint32_t) {
        try {
            top.driver.read(reg::CSTS);
        } catch (const sc_core::sc_report& report) {
            said = report.get_msg();
        }
        top.interrupted.notify(sc_core::SC_ZERO_TIME);
    });
    top.run([&] {
        top.enable();
        sc_core::sc_time took;
        CHECK(top.identify(2 * page, took) == 0);
    });
    CHECK(said.find("would wait for itself") != std::string::npos);
}

}  // namespace lmsim::sim
