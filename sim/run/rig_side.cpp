#include "sim/run/rig_side.hpp"

#include "model/wire/migration.hpp"

namespace lmsim::sim {

RigSide::RigSide(Rig& rig, const Kernel& kernel, metrics::Side side, std::uint16_t vfs,
                 std::uint64_t block, const spec::Rules& rules)
    : rig_(rig), rules_(rules), pf_(rig.port(0), [this] {
          for (const auto& vf : vfs_) {
              vf->was_reset();
          }
      }) {
    for (std::uint16_t vf = 0; vf < vfs; ++vf) {
        DevicePort& port = rig.port(static_cast<std::uint16_t>(vf + 1));
        vfs_.push_back(std::make_unique<VfWatch>(port, kernel, vf, side, block));
    }
}

void RigSide::connect(DeviceObserver& device, DriverObserver& driver, RunMonitor* monitor) {
    driver_ = &driver;
    for (const auto& vf : vfs_) {
        vf->connect(&device, monitor);
    }
}

bool RigSide::poll() {
    const bool any = rig_.poll();
    for (const auto& vf : vfs_) {
        vf->look();
    }
    return any;
}

std::string RigSide::trouble() const {
    std::string text = rig_.trouble();
    text = text.empty() ? pf_.trouble() : text;
    for (const auto& vf : vfs_) {
        text = text.empty() ? vf->trouble() : text;
    }
    return text;
}

void RigSide::flow_step(Ps at, std::uint16_t vf, host::FlowStep step, bool well) {
    if (step == host::FlowStep::Suspend) {
        vfs_[vf]->suspending();
    } else if (step == host::FlowStep::Resume && source_ != nullptr) {
        // Once it runs it goes on where the source's queues are.
        vfs_[vf]->take_over(*source_->vfs_[vf]);
    }
    driver_->flow_step(at, vf, step, well);
}

void RigSide::admin_command(Ps submitted, Ps completed, const wire::Sqe& sqe, std::int32_t vf,
                            std::uint16_t status) {
    if (vf >= 0 && wire::is_migration_send(sqe, rules_)) {
        VfWatch& watch = *vfs_[static_cast<std::size_t>(vf)];
        const wire::MigrationSend send = wire::decode_migration_send(sqe, rules_);
        if (send.operation == wire::SendOperation::Suspend &&
            send.type == wire::SuspendType::Suspend) {
            if (status == 0) {
                watch.suspended();
            } else {
                watch.resumed();  // it has never stopped
            }
        } else if (send.operation == wire::SendOperation::Resume && status == 0) {
            watch.resumed();
        }
    }
    driver_->admin_command(submitted, completed, sqe, vf, status);
}

}  // namespace lmsim::sim
