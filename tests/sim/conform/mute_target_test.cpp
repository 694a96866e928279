#include "sim/conform/suite.hpp"
#include "tests/catch.hpp"

using namespace lmsim;
using namespace lmsim::sim;
using namespace lmsim::sim::conform;

namespace {

/// A function that may answer reads of its registers, and nothing else.
class MutePort : public DevicePort {
  public:
    MutePort(Memory& memory, bool reads) : memory_(memory), reads_(reads) {}

    void write(std::uint64_t offset, std::uint64_t value, unsigned /*size*/) override {
        enabled_ = offset == reg::CC ? (value & 1) != 0 : enabled_;
    }
    void read(std::uint64_t offset, unsigned /*size*/, std::uint64_t token) override {
        if (reads_) {
            client_->read_done(token, offset == reg::CSTS && enabled_ ? 1 : 0);
        }
    }
    void reset(std::function<void()> /*done*/) override {}
    void enable_interrupts(bool /*on*/) override {}
    void set_client(PortClient* client) override { client_ = client; }
    Memory& memory() override { return memory_; }

  private:
    Memory& memory_;
    PortClient* client_ = nullptr;
    bool reads_;
    bool enabled_ = false;
};

class MuteTarget : public Target {
  public:
    explicit MuteTarget(bool reads) : memory_(4096), port_(memory_, reads) {}

    std::string name() const override { return "mute"; }
    std::uint16_t functions() const override { return 1; }
    DevicePort& port(std::uint16_t /*function*/) override { return port_; }
    bool wait(const std::function<bool()>& done, Ps /*limit*/) override { return done(); }

  private:
    Memory memory_;
    MutePort port_;
};

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a device that answers nothing is told in a sentence", "[conform]") {
    MuteTarget target(false);
    const Report report = run_suite(target, all_cases());
    CHECK_FALSE(report.passed());
    CHECK(has(report_text(report), "mmc: a read of CSTS was not answered within 10 s"));
    CHECK(has(report_json(report), "\"error\""));
}

TEST_CASE("a device that completes no command is told in a sentence", "[conform]") {
    MuteTarget target(true);
    const Report report = run_suite(target, all_cases());
    CHECK_FALSE(report.passed());
    CHECK(has(report_text(report), "Identify with CNS 01h was not completed within 10 s"));
}
