#include "sim/host/vf_probe.hpp"

#include <utility>

namespace lmsim::sim {

namespace {

constexpr Ps timeout_unit = 500'000'000'000;

}  // namespace

VfProbe::VfProbe(sc_core::sc_module_name name, Kernel& kernel, Ps poll)
    : Component(name, kernel), poll_(poll) {}

void VfProbe::run(const std::vector<DevicePort*>& vfs, std::function<void()> done) {
    vfs_ = vfs;
    done_ = std::move(done);
    open_ = vfs.size();
    deadlines_.assign(vfs.size(), 0);
    for (std::uint32_t vf = 0; vf < vfs.size(); ++vf) {
        vfs_[vf]->set_client(this);
        ask(vf, Read::Capabilities);
    }
    if (vfs.empty()) {
        done_();
    }
}

void VfProbe::ask(std::uint32_t vf, Read what) {
    const bool status = what == Read::Status;
    vfs_[vf]->read(status ? reg::CSTS : reg::CAP, status ? 4 : 8,
                   std::uint64_t{vf} << 1U | static_cast<std::uint64_t>(what));
}

/// As Linux does: nvme_enable_ctrl() and nvme_wait_ready() wait for half a second more than CAP.TO
/// and look for RDY alone, so a controller that shows CFS is waited for, too.
void VfProbe::read_done(std::uint64_t token, std::uint64_t value) {
    const auto vf = static_cast<std::uint32_t>(token >> 1U);
    if (static_cast<Read>(token & 1U) == Read::Capabilities) {
        const auto units = static_cast<Ps>(value >> reg::cap::to_shift & 0xff);
        deadlines_[vf] = now() + (units + 1) * timeout_unit;
        vfs_[vf]->write(reg::CC, reg::cc::enabled, 4);
        return ask(vf, Read::Status);
    }
    if ((value & reg::csts::rdy) != 0 || now() >= deadlines_[vf]) {
        return over(vf);
    }
    post_once(now() + poll_, 0, vf);
}

void VfProbe::over(std::uint32_t vf) {
    vfs_[vf]->write(reg::CC, 0, 4);
    if (--open_ == 0) {
        done_();
    }
}

void VfProbe::handle(const Event& event) { ask(event.a, Read::Status); }

}  // namespace lmsim::sim
