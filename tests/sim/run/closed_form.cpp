#include "tests/sim/run/closed_form.hpp"

#include <algorithm>

namespace lmsim::tests {

using sim::HostParams;
using Ps = ClosedForm::Ps;

namespace {

constexpr std::uint64_t page = 4096;
constexpr std::uint64_t mebibyte = 1 << 20;

// NVMe Base 2.3, figures 374 to 377; docs/vendor-area.md with the one AER of the guest's driver.
constexpr std::uint64_t header_bytes = 48;
constexpr std::uint64_t v0_bytes = 8;
constexpr std::uint64_t queue_bytes = 24;
constexpr std::uint64_t vendor_area_bytes = 76 + 2 + 2;

std::uint64_t divide_up(sim::Uint128 a, sim::Uint128 b) {
    return static_cast<std::uint64_t>((a + b - 1) / b);
}

Ps at_rate(std::uint64_t bytes, sim::Bandwidth rate) {
    const auto bits = static_cast<sim::Uint128>(bytes) * 8;
    return static_cast<Ps>(divide_up(bits * 1'000'000'000'000U, rate.bits_per_s));
}

Ps fixed(const sim::Quantiles& latency) { return latency.lowest().ps; }

}  // namespace

ClosedForm::ClosedForm(const sim::Scenario& scenario, const Guest& guest)
    : scenario_(scenario),
      src_(scenario.hosts.src),
      dst_(scenario.hosts.dst),
      guest_(guest),
      state_(header_bytes + v0_bytes + 2 * queue_bytes * src_.device.queue_pairs +
             vendor_area_bytes + src_.device.vendor_bytes.count),
      one_way_(scenario.channel.rtt.ps / 2) {
    spend("vmm", "source", -1, scenario.vm.pause.ps);
    const bool early = src_.driver.pre_copy;
    suspend();
    if (early) {
        read_state();  // STOP_COPY in one call, as it was in pre-copy
    } else if (src_.driver.p2p) {
        spend("quiesce", "source", 0, src_.driver.ioctl.ps);  // RUNNING_P2P -> STOP
    }
    spend("vmm", "source", -1, scenario.vmm.block_flush.ps);
    switch_over();
    last_pages();
    if (!early) {
        read_state();
    }
    send_state();
    load();
}

/// All that one direction carries, data-link overhead taken from the rate.
Ps ClosedForm::on_link(const HostParams& host, std::uint64_t wire_bytes) const {
    const auto& link = host.link;
    const std::uint64_t transfers_per_us = 1000ULL << link.generation;  // 8 GT/s is generation 3
    const std::uint64_t left = 1'000'000 - link.dllp_share.ppm;
    const auto bits = static_cast<sim::Uint128>(wire_bytes) * 8 * 130;
    const auto above = bits * 1'000'000U * 1'000'000U;
    const auto below = static_cast<sim::Uint128>(128) * transfers_per_us * link.lanes * left;
    return static_cast<Ps>(divide_up(above, below));
}

/// A posted write leaves: one header for each MPS of data.
Ps ClosedForm::write(const HostParams& host, std::uint64_t bytes) const {
    const auto& link = host.link;
    const std::uint64_t tlps = divide_up(bytes, link.mps.count);
    return on_link(host, bytes + tlps * link.tlp_write.count);
}

/// Requests up, the memory's answer, completions down.
Ps ClosedForm::read(const HostParams& host, std::uint64_t bytes) const {
    const auto& link = host.link;
    const std::uint64_t requests = divide_up(bytes, link.mrrs.count);
    const std::uint64_t tlps = divide_up(bytes, link.mps.count);
    return on_link(host, requests * link.tlp_read.count) + link.latency.ps + link.memory.ps +
           on_link(host, bytes + tlps * link.tlp_completion.count) + link.latency.ps;
}

/// From the doorbell to the entry in the controller.
Ps ClosedForm::fetched(const HostParams& host) const {
    return write(host, 4) + host.link.latency.ps + read(host, 64);
}

/// CQE and MSI-X, the one behind the other, and the way to the thread that waits.
Ps ClosedForm::completed(const HostParams& host) const {
    return write(host, 16) + write(host, 4) + host.link.latency.ps + host.driver.irq.ps;
}

/// The PRP list of data on more than two pages.
Ps ClosedForm::list(const HostParams& host, std::uint64_t bytes) const {
    const std::uint64_t pages = divide_up(bytes, page);
    return pages > 2 ? read(host, 8 * (pages - 1)) : 0;
}

Ps ClosedForm::on_channel(std::uint64_t bytes) const {
    const auto& channel = scenario_.channel;
    return at_rate(bytes, std::min(channel.bandwidth, channel.stream_limit));
}

void ClosedForm::spend(const char* part, const char* side, int device, Ps time) {
    now_ += time;
    if (time != 0) {
        parts_[{part, side, device}] += time;
    }
}

/// RUNNING (or PRE_COPY) to its P2P state, or to STOP where there is none: Suspend.
void ClosedForm::suspend() {
    spend("quiesce", "source", 0, src_.driver.ioctl.ps);
    spend("suspend", "source", 0,
          src_.driver.submit.ps + fetched(src_) + fixed(src_.device.admin.suspend));
    if (!guest_.reading) {
        spend("suspend", "source", 0, completed(src_));
        return;
    }
    // The read of one page ends, and its own data and completion leave before the suspend's.
    const Ps ends = guest_.read_submitted + fetched(src_) + fixed(src_.device.media.read);
    spend("drain", "source", 0, ends - now_);
    spend("suspend", "source", 0,
          write(src_, page) + write(src_, 16) + write(src_, 4) + completed(src_));
}

/// The commands that move the state, MDTS at a time.
Ps ClosedForm::pieces(const HostParams& host, Ps latency, bool from_host) const {
    Ps time = 0;
    for (std::uint64_t done = 0; done < state_;) {
        const std::uint64_t bytes = std::min(state_ - done, host.device.mdts.count);
        const Ps data = from_host ? read(host, bytes) : write(host, bytes);
        time += host.driver.submit.ps + fetched(host) + list(host, bytes) + latency + data +
                at_rate(bytes, host.device.state_rate) + completed(host);
        done += bytes;
    }
    return time;
}

/// To STOP_COPY: the header, which says how much there is, then all of it.
void ClosedForm::read_state() {
    const Ps latency = fixed(src_.device.admin.get_state);
    const Ps header = src_.driver.submit.ps + fetched(src_) + latency +
                      at_rate(header_bytes, src_.device.state_rate) + write(src_, header_bytes) +
                      completed(src_);
    spend("state-read", "source", 0, src_.driver.ioctl.ps + header + pieces(src_, latency, false));
}

void ClosedForm::switch_over() {
    spend("transfer", "source", -1, on_channel(16));  // QEMU_VM_COMMAND: switchover start
    const auto ram = static_cast<sim::Uint128>(scenario_.vm.ram.count);
    spend("tracking-tail", "source", -1,
          static_cast<Ps>(ram * static_cast<std::uint64_t>(scenario_.vmm.bitmap_sync.ps) /
                          (std::uint64_t{1} << 30)));
}

void ClosedForm::last_pages() {
    const auto& channel = scenario_.channel;
    const std::uint64_t bytes = guest_.dirty_pages * (page + 8);
    const Ps found = static_cast<Ps>(guest_.dirty_pages) * scenario_.vmm.page_cost.ps;
    const auto all = sim::Bandwidth{channel.stream_limit.bits_per_s * channel.streams};
    spend("tracking-tail", "source", -1,
          std::max(found, at_rate(bytes, std::min(channel.bandwidth, all))));
    stream_.push_back({now_ + one_way_, found, "tracking-tail", -1});
}

/// Blocks of 1 MiB, each read and then sent; a read of nothing ends them. Then what pre-copy cannot
/// carry: the config space of the device, CPUs and emulated devices, the end.
void ClosedForm::send_state() {
    for (std::uint64_t done = 0; done < state_;) {
        const std::uint64_t bytes = std::min(state_ - done, mebibyte);
        spend("state-read", "source", 0,
              src_.driver.ioctl.ps + at_rate(bytes, src_.driver.copy_rate));
        spend("transfer", "source", 0, on_channel(bytes + 16));
        stream_.push_back({now_ + one_way_,
                           dst_.driver.ioctl.ps + at_rate(bytes, dst_.driver.copy_rate),
                           "state-load", 0});
        done += bytes;
    }
    spend("state-read", "source", 0, src_.driver.ioctl.ps);
    spend("transfer", "source", 0, on_channel(18));
    spend("interrupts", "source", 0, on_channel(4096));
    const auto vectors = static_cast<Ps>(dst_.device.queue_pairs) + 1;
    stream_.push_back({now_ + one_way_, vectors * dst_.driver.msix.ps, "interrupts", 0});
    const auto& devices = scenario_.vm.devices;
    spend("vmm", "source", -1, devices.save.ps);
    spend("transfer", "source", -1, on_channel(devices.bytes.count));
    stream_.push_back({now_ + one_way_, devices.load.ps, "vmm", -1});
    spend("transfer", "source", -1, on_channel(16));
    stream_.push_back({now_ + one_way_, 0, "transfer", -1});
    sent_ = now_;
}

/// Up to `at`, as far as that is after the last byte was sent.
void ClosedForm::wait_until(Ps at, const char* part, const char* side, int device) {
    spend(part, side, device, std::max(at - now_, Ps{0}));
}

/// The destination takes what arrives in order; then the device, then the vCPUs run.
void ClosedForm::load() {
    Ps ready = 0;
    for (const Work& work : stream_) {
        wait_until(work.arrival, "transfer", "network", -1);
        ready = std::max(ready, work.arrival) + work.time;
        wait_until(ready, work.part, "destination", work.device);
    }
    const bool p2p = dst_.driver.p2p;
    spend(p2p ? "state-load" : "resume", "destination", 0, dst_.driver.ioctl.ps);
    spend("state-load", "destination", 0, pieces(dst_, fixed(dst_.device.admin.set_state), true));
    spend("resume", "destination", 0, p2p ? dst_.driver.ioctl.ps : 0);
    spend(
        "resume", "destination", 0,
        dst_.driver.submit.ps + fetched(dst_) + fixed(dst_.device.admin.resume) + completed(dst_));
    spend("vmm", "destination", -1, scenario_.vm.resume.ps);
}

}  // namespace lmsim::tests
