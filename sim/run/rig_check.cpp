#include "sim/run/rig_check.hpp"

#include <fmt/format.h>

#include <memory>
#include <optional>

#include "sim/bridge/ready.hpp"

namespace lmsim::sim {

namespace {

constexpr Ps limit = 5'000'000'000'000;  // 5 s for a register

/// Reads registers one after the other.
class Registers final : PortClient {
  public:
    Registers(Rig& rig, std::uint16_t function) : rig_(rig), port_(rig.port(function)) {
        port_.set_client(this);
    }
    Registers(const Registers&) = delete;
    Registers& operator=(const Registers&) = delete;
    ~Registers() { port_.set_client(nullptr); }

    /// Nothing: there is no answer.
    std::optional<std::uint64_t> read(std::uint64_t offset, unsigned size) {
        value_.reset();
        port_.read(offset, size, 0);
        rig_.wait([this] { return value_.has_value(); }, limit);
        return value_;
    }

  private:
    void interrupt(std::uint32_t) override {}
    void read_done(std::uint64_t, std::uint64_t read) override { value_ = read; }

    Rig& rig_;
    DevicePort& port_;
    std::optional<std::uint64_t> value_;
};

std::string no_answer(Rig& rig, const std::string& what) {
    const std::string why = rig.trouble();
    return why.empty() ? fmt::format("{}: {}: no answer within 5 s", rig.name(), what) : why;
}

// NVMe Base 2.3, 3.1.4.1, figure 36.
constexpr unsigned rig_dstrd(std::uint64_t cap) { return cap >> 32 & 15; }
constexpr unsigned rig_mpsmin(std::uint64_t cap) { return cap >> 48 & 15; }

}  // namespace

std::string check_rig(Rig& rig, std::uint32_t vfs) {
    const unsigned there = rig.functions() - 1U;
    if (there < vfs) {
        return fmt::format(
            "{} has {} VF{}, and hosts.both.device.vfs is {}; expected as many: --sriov {} makes "
            "them, --vf names functions that are its VFs, lmsim serve --functions pf,vf0 serves "
            "one",
            rig.name(), there, there == 1 ? "" : "s", vfs, vfs);
    }
    const std::optional<std::uint64_t> read = Registers(rig, 0).read(reg::CAP, 8);
    if (!read) {
        return no_answer(rig, "CAP");
    }
    const std::uint64_t cap = *read;
    if (cap == ~std::uint64_t{0}) {
        return rig.name() + ": its registers read as all ones: the device is gone, or asleep";
    }
    if (rig_dstrd(cap) != 0 || rig_mpsmin(cap) != 0 || (cap & reg::cap::css_nvm) == 0) {
        return fmt::format(
            "{}: CAP is {:016x}h; expected doorbells 4 bytes apart (DSTRD 0), pages of 4 KiB "
            "(MPSMIN 0) and the NVM command set",
            rig.name(), cap);
    }
    return {};
}

std::string check_rig_memory(Rig& rig, std::uint64_t pf_pages, std::uint64_t vm_pages) {
    const Memory& pf = rig.port(0).memory();
    const Memory& vm = rig.port(1).memory();
    const bool room = pf.allocated_pages() <= 1 && vm.allocated_pages() <= 1;
    if (&pf != &vm && room && pf.pages() >= pf_pages && vm.pages() == vm_pages) {
        return {};
    }
    return fmt::format(
        "{}: its PF reaches {} pages of memory, {} of them in use, and its VFs {}, {} of them in "
        "use; expected two memories of {} and {}, for this scenario alone",
        rig.name(), pf.pages(), pf.allocated_pages(), vm.pages(), vm.allocated_pages(), pf_pages,
        vm_pages);
}

namespace {

std::string disable(Rig& rig) {
    Registers pf(rig, 0);
    const auto cc = pf.read(reg::CC, 4);
    if (!cc) {
        return no_answer(rig, "CC of the PF");
    }
    if ((*cc & reg::cc::en) == 0) {
        return {};
    }
    rig.port(0).write(reg::CC, 0, 4);
    const Looks looks = {
        [&pf](std::uint64_t property, unsigned size) { return pf.read(property, size); },
        [&rig](Ps pause) { rig.wait([] { return false; }, pause); }};
    const std::string error = await_ready(looks, rig.name() + ": the PF, which was in use", false);
    return error.empty() || rig.trouble().empty() ? error : rig.trouble();
}

}  // namespace

std::string switch_off(Rig& rig, std::uint32_t vfs) {
    for (std::uint32_t vf = 0; vf < vfs; ++vf) {
        DevicePort& port = rig.port(static_cast<std::uint16_t>(vf + 1));
        port.set_client(nullptr);
        const auto done = std::make_shared<bool>(false);  // it may come when nobody waits any more
        port.reset([done] { *done = true; });
        if (!rig.wait([&done] { return *done; }, limit)) {
            return no_answer(rig, fmt::format("the reset of VF {}", vf));
        }
    }
    return disable(rig);
}

}  // namespace lmsim::sim
