#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "model/host/rfc/driver_rules.hpp"
#include "model/host/vfio_nvme.hpp"
#include "model/vfio/uapi.hpp"
#include "tests/model/nvme/driver.hpp"

namespace lmsim::tests {

using namespace host;
using nvme::Config;
using nvme::SimBounds;
using nvme::bench::Bench;
using nvme::bench::Driver;
using vfio::Errno;
using vfio::MigState;

/// A host of the ratified device with a VF, and the driver that goes by `taken` of the rules.
class Host {
  public:
    Bench<SimBounds> bench;
    Driver pf{bench, 0, 32};
    VfioNvme flow;
    spec::Rules taken;

    Host(const spec::Rules& rules, const Config& config)
        : bench(2, config), taken(driver_rules(rules)) {
        pf.enable();
        flow.piece = 4096U << config.mdts;
        flow.limit = std::uint64_t{1} << 20;
        const auto list = identify(spec::Id::CnsSecondaryControllers);
        const auto secondaries = wire::SecondaryListView::parse(list.data(), list.size(), taken);
        REQUIRE(secondaries.ok());
        flow.cntlid = cntlid_of((*secondaries)[0], taken);
        const auto page = identify(spec::Id::CnsControllerStateFormats);
        const auto formats = wire::StateFormatsView::parse(page.data(), page.size(), taken);
        REQUIRE(formats.ok());
        choose_formats(flow, *formats, taken);
    }

    std::vector<std::uint8_t> identify(spec::Id cns) {
        wire::Identify identify;
        identify.cns = static_cast<std::uint8_t>(bench.rules.value(cns));
        REQUIRE(pf.admin(pf.with_data(wire::encode(identify, bench.rules), 4096)).status == 0);
        return pf.memory().bytes(Driver::data_address, 4096);
    }

    /// One arc to its end.
    Errno arc(MigState from, MigState to) {
        FlowEvent event;
        event.kind = FlowEvent::Kind::Arc;
        event.from = from;
        event.to = to;
        event.ticket = 1;
        give(event);
        for (int left = 1000; !reply_ && left != 0; --left) {
            REQUIRE(submitted_);
            answer();
        }
        REQUIRE(reply_);
        return *std::exchange(reply_, std::nullopt);
    }

    /// What the user reads of the session, or writes to it.
    std::vector<std::uint8_t> saved() { return buffer(flow.size); }
    void write(const std::vector<std::uint8_t>& state) {
        pf.memory().write(Driver::data_address, state.data(), state.size());
        FlowEvent written;
        written.kind = FlowEvent::Kind::Written;
        written.value = state.size();
        give(written);
    }

  private:
    std::vector<std::uint8_t> buffer(std::uint64_t length) {
        return pf.memory().bytes(Driver::data_address, length);
    }
    void give(FlowEvent event) {
        const std::vector<std::uint8_t> bytes = buffer(flow.limit);
        event.bytes = bytes.data();
        Effects effects;
        step(flow, event, taken, effects);
        for (const Effect& effect : effects) {
            if (effect.kind == EffectKind::Reply) {
                reply_ = static_cast<Errno>(effect.token);
            } else {
                submitted_ = effect;
            }
        }
    }
    void answer() {
        const Effect effect = *std::exchange(submitted_, std::nullopt);
        wire::Sqe sqe = command(flow, effect, taken);
        if (effect.length != 0) {
            sqe = pf.with_data(sqe, effect.length, effect.address);
        }
        const wire::Cqe cqe = pf.admin(sqe);
        FlowEvent event;
        event.ticket = effect.ticket;
        event.status = cqe.status;
        event.dw0 = cqe.dw0;
        give(event);
    }

    std::optional<Effect> submitted_;
    std::optional<Errno> reply_;
};

/// A VM with one VF and two pairs of queues, which a VMM moves as simply as can be; on whichever
/// side an arc fails, it goes back to the source.
class Move {
  public:
    Host source;
    Host destination;
    Driver vm;
    std::string failed;  // the arc that did, as "STOP to STOP_COPY"
    Errno error = Errno::Ok;

    explicit Move(const spec::Rules& rules, const Config& config = {})
        : source(rules, config), destination(rules, config), vm(source.bench, 1, 32) {
        vm.enable();
        vm.create(2, 16);
    }

    /// True: the VM's vCPUs run on the destination; false: on the source again.
    bool run() {
        if (!go(source, MigState::RUNNING, MigState::STOP)) {
            return false;  // it never stopped
        }
        return over() || back();
    }
    /// Does the VM's VF do its work? It has a command in the queue since before it moved.
    bool works() {
        vm.submit(1, vm.read_one());
        REQUIRE(vm.device().run());
        return !vm.reap(1).empty();
    }

  private:
    bool go(Host& host, MigState from, MigState to) {
        const Errno answer = host.arc(from, to);
        if (answer != Errno::Ok && failed.empty()) {
            failed = std::string(vfio::to_string(from)) + " to " + std::string(vfio::to_string(to));
            error = answer;
        }
        return answer == Errno::Ok;
    }
    bool over() {
        vm.submit(1, vm.read_one());  // into a queue that nobody fetches from
        if (!go(source, MigState::STOP, MigState::STOP_COPY) ||
            !go(destination, MigState::RUNNING, MigState::STOP) ||
            !go(destination, MigState::STOP, MigState::RESUMING)) {
            return false;
        }
        destination.write(source.saved());
        if (!go(destination, MigState::RESUMING, MigState::STOP)) {
            return false;
        }
        vm.move_to(destination.bench, 1);
        if (!go(destination, MigState::STOP, MigState::RUNNING)) {
            vm.move_to(source.bench, 1);
            return false;
        }
        return true;
    }
    bool back() {
        go(source, MigState::STOP, MigState::RUNNING);
        return false;
    }
};

inline spec::Rules with(std::initializer_list<spec::Id> defects) {
    spec::Rules rules;
    for (const spec::Id defect : defects) {
        rules.set_on(defect, true);
    }
    return rules;
}

}  // namespace lmsim::tests
