#include "sim/bridge/tlm/controller.hpp"

#include <utility>

#include "model/nvme/registers.hpp"
#include "model/wire/bits.hpp"

namespace lmsim::sim {

namespace {

constexpr unsigned dword_bytes = 4;
constexpr std::size_t thread_stack = std::size_t{1} << 20;  // bytes: others' code runs there, too

Ps in_ps(const sc_core::sc_time& time) { return static_cast<Ps>(time.value()); }

/// What is wrong with an access to BAR 0, as TLM-2.0 says it.
tlm::tlm_response_status check(const tlm::tlm_generic_payload& payload) {
    const unsigned length = payload.get_data_length();
    if (payload.get_byte_enable_ptr() != nullptr) {
        return tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE;
    }
    if ((length != dword_bytes && length != 2 * dword_bytes) ||
        payload.get_streaming_width() < length) {
        return tlm::TLM_BURST_ERROR_RESPONSE;
    }
    const std::uint64_t offset = payload.get_address();
    if (offset % dword_bytes != 0 || offset > TlmController::bar_bytes - length) {
        return tlm::TLM_ADDRESS_ERROR_RESPONSE;
    }
    return tlm::TLM_OK_RESPONSE;
}

}  // namespace

/// While somebody else's code may wait: the device's time stands still.
class TlmController::Held {
  public:
    explicit Held(TlmController& owner) : owner_(owner), begin_(sc_core::sc_time_stamp()) {}
    ~Held() { owner_.held_ += in_ps(sc_core::sc_time_stamp() - begin_); }
    Held(const Held&) = delete;
    Held& operator=(const Held&) = delete;

  private:
    TlmController& owner_;
    sc_core::sc_time begin_;
};

/// A function as the device sees its host.
class TlmController::Function : public Dma, public PortClient {
  public:
    Function(TlmController& owner, std::uint16_t number) : owner_(owner), number_(number) {}

    // What is behind the socket says so only when it is asked.
    bool reaches(std::uint64_t /*address*/, std::uint64_t length) const override {
        return length != 0 && owner_.dma[number_].size() != 0;
    }
    bool read(std::uint64_t address, std::uint8_t* to, std::uint64_t length) override {
        return owner_.transfer(number_, tlm::TLM_READ_COMMAND, address, to, length);
    }
    bool write(std::uint64_t address, const std::uint8_t* from, std::uint64_t length) override {
        // A generic payload has one pointer for both ways; nobody writes through this one.
        return owner_.transfer(number_, tlm::TLM_WRITE_COMMAND, address,
                               const_cast<std::uint8_t*>(from), length);
    }
    void interrupt(std::uint32_t vector) override {
        if (owner_.on_interrupt_) {
            const Held held(owner_);
            owner_.on_interrupt_(number_, vector);
        }
    }
    void read_done(std::uint64_t token, std::uint64_t value) override {
        owner_.answered(token, value);
    }

  private:
    TlmController& owner_;
    std::uint16_t number_;
};

TlmController::TlmController(sc_core::sc_module_name name, const DeviceTiming& timing,
                             const spec::Rules& rules, std::uint64_t seed)
    : sc_module(name),
      bar("bar"),
      dma("dma"),
      timing_(timing),
      rules_(rules),
      kernel_("kernel", Stride::Horizon, true),
      device_("device", kernel_, timing, rules, seed) {
    device_.use_store(store_);
    const std::size_t functions = timing.vfs + std::size_t{1};
    bar.init(functions);
    dma.init(functions);
    for (std::uint16_t i = 0; i < functions; ++i) {
        functions_.push_back(std::make_unique<Function>(*this, i));
        device_.attach_dma(i, *functions_[i]);
        device_.port(i).set_client(functions_[i].get());
        bar[i].register_b_transport(this, &TlmController::access, i);
        bar[i].register_transport_dbg(this, &TlmController::look, i);
    }
    SC_THREAD(run);
    set_stack_size(thread_stack);
}

TlmController::~TlmController() = default;

void TlmController::end_of_elaboration() {
    if (sc_core::sc_get_time_resolution() != sc_core::sc_time(1, sc_core::SC_PS)) {
        SC_REPORT_FATAL("lmsim", "TlmController needs a time resolution of 1 ps (SystemC's own)");
    }
}

Ps TlmController::time() const { return in_ps(sc_core::sc_time_stamp()) - held_; }

/// The device's thread: all that it does, and so all calls of others' code, happens here.
void TlmController::run() {
    thread_ = sc_core::sc_get_current_process_handle();
    for (;;) {
        settle();
        const Ps next = kernel_.queue().next_time();
        if (next == ps_never) {
            wait(arrived_);
        } else {
            wait(sc_core::sc_time::from_value(static_cast<std::uint64_t>(next - time())), arrived_);
        }
    }
}

/// What is due by now, and what has come in meanwhile.
void TlmController::settle() {
    do {
        kernel_.run_until(time());
        for (const auto& reset : std::exchange(resets_, {})) {
            reset();
        }
        for (const Access& access : std::exchange(accesses_, {})) {
            deliver(access);
        }
    } while (kernel_.queue().next_time() <= time() || !accesses_.empty() || !resets_.empty());
}

void TlmController::deliver(const Access& access) {
    DevicePort& port = device_.port(access.function);
    if (access.answer == nullptr) {
        port.write(access.offset, access.value, dword_bytes);
        return;
    }
    readings_[next_token_] = access;
    port.read(access.offset, dword_bytes, next_token_++);
}

void TlmController::answered(std::uint64_t token, std::uint64_t value) {
    const auto found = readings_.find(token);
    const Access access = found->second;
    readings_.erase(found);
    *access.answer = static_cast<std::uint32_t>(value);
    if (--access.reading->missing == 0) {
        access.reading->done.notify(sc_core::SC_ZERO_TIME);
    }
}

void TlmController::enable_interrupts(std::uint16_t function, bool on) {
    device_.port(function).enable_interrupts(on);
}

void TlmController::reset(std::uint16_t function, std::function<void()> done) {
    resets_.push_back([this, function, done = std::move(done)] {
        device_.port(function).reset([this, done] {
            if (done) {
                const Held held(*this);
                done();
            }
        });
    });
    arrived_.notify(sc_core::SC_ZERO_TIME);
}

/// b_transport() of a BAR.
void TlmController::access(int function, tlm::tlm_generic_payload& payload,
                           sc_core::sc_time& delay) {
    const auto number = static_cast<std::uint16_t>(function);
    const tlm::tlm_response_status status = check(payload);
    payload.set_dmi_allowed(false);
    payload.set_response_status(status);
    if (status != tlm::TLM_OK_RESPONSE || payload.get_command() == tlm::TLM_IGNORE_COMMAND) {
        return;
    }
    if (payload.is_read() && sc_core::sc_get_current_process_handle() == thread_) {
        SC_REPORT_ERROR("lmsim",
                        "a read of BAR 0 from within an interrupt's call or a DMA transfer would "
                        "wait for itself; notify a thread of your own there, and read in it");
        payload.set_response_status(tlm::TLM_GENERIC_ERROR_RESPONSE);
        return;
    }
    if (delay != sc_core::SC_ZERO_TIME) {
        wait(delay);
        delay = sc_core::SC_ZERO_TIME;
    }
    if (payload.is_write()) {
        write(number, payload.get_address(), payload.get_data_ptr(), payload.get_data_length());
    } else {
        read(number, payload.get_address(), payload.get_data_ptr(), payload.get_data_length());
    }
}

void TlmController::write(std::uint16_t function, std::uint64_t offset, const std::uint8_t* from,
                          unsigned length) {
    for (unsigned at = 0; at < length; at += dword_bytes) {
        accesses_.push_back(
            {function, offset + at, wire::load_le<std::uint32_t>(from + at), nullptr, nullptr});
    }
    arrived_.notify(sc_core::SC_ZERO_TIME);
}

void TlmController::read(std::uint16_t function, std::uint64_t offset, std::uint8_t* to,
                         unsigned length) {
    Reading reading;
    for (unsigned at = 0; at < length; at += dword_bytes) {
        accesses_.push_back({function, offset + at, 0, &reading.dwords[reading.missing], &reading});
        ++reading.missing;
    }
    arrived_.notify(sc_core::SC_ZERO_TIME);
    while (reading.missing != 0) {
        wait(reading.done);
    }
    for (unsigned at = 0; at < length; at += dword_bytes) {
        wire::store_le(to + at, reading.dwords[at / dword_bytes]);
    }
}

/// transport_dbg() of a BAR.
unsigned TlmController::look(int function, tlm::tlm_generic_payload& payload) {
    if (!payload.is_read() || check(payload) != tlm::TLM_OK_RESPONSE) {
        return 0;
    }
    for (unsigned at = 0; at < payload.get_data_length(); at += dword_bytes) {
        const std::uint64_t value =
            nvme::read_register(device_.subsystem(), timing_.config, rules_,
                                static_cast<std::uint16_t>(function), payload.get_address() + at);
        wire::store_le(payload.get_data_ptr() + at, static_cast<std::uint32_t>(value));
    }
    return payload.get_data_length();
}

bool TlmController::transfer(std::uint16_t function, tlm::tlm_command command,
                             std::uint64_t address, std::uint8_t* bytes, std::uint64_t length) {
    DmaSocket& socket = dma[function];
    if (socket.size() == 0) {
        return false;
    }
    const auto size = static_cast<unsigned>(length);
    tlm::tlm_generic_payload payload;
    payload.set_command(command);
    payload.set_address(address);
    payload.set_data_ptr(bytes);
    payload.set_data_length(size);
    payload.set_streaming_width(size);
    payload.set_byte_enable_ptr(nullptr);
    payload.set_dmi_allowed(false);
    payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
    const Held held(*this);
    sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
    socket->b_transport(payload, delay);
    if (delay != sc_core::SC_ZERO_TIME) {
        wait(delay);
    }
    return payload.is_response_ok();
}

}  // namespace lmsim::sim
