#include "sim/host/dirty_tracking.hpp"

#include <utility>

namespace lmsim::sim {

DirtyTracking::DirtyTracking(sc_core::sc_module_name name, Kernel& kernel,
                             const DirtyTrackingTiming& timing, HostDriver& driver,
                             std::uint16_t vm, std::vector<OpaqueDevice*> others, Memory& memory)
    : Component(name, kernel),
      timing_(timing),
      driver_(driver),
      vm_(vm),
      others_(std::move(others)),
      memory_(memory) {
    if (timing_.by == Tracker::Iommu) {
        iommu_ = DmaLog(memory.pages(), timing.granule / page_size);
    }
}

void DirtyTracking::after(Ps time, Done done) {
    after_ = std::move(done);
    post_once(now() + time, 0);
}

void DirtyTracking::handle(const Event& /*event*/) { std::exchange(after_, nullptr)(); }

void DirtyTracking::finish() {
    use_.time += now() - began_;
    std::exchange(done_, nullptr)();
}

void DirtyTracking::start(Done done) {
    done_ = std::move(done);
    began_ = now();
    driver_.start_logs(vm_, [this] {
        on_ = true;
        memory_.log_dma(timing_.by == Tracker::Vmm && !driver_.tracks_memory(vm_));
        if (timing_.by == Tracker::Device) {
            start_next(0);
        } else if (timing_.by == Tracker::Iommu) {
            iommu_.clear();
            memory_.set_dma_log(&iommu_);
            after(timing_.turn, [this] { finish(); });
        } else {
            finish();
        }
    });
}

void DirtyTracking::start_next(std::size_t device) {
    if (device == others_.size()) {
        return finish();
    }
    others_[device]->start_log([this, device] { start_next(device + 1); });
}

void DirtyTracking::report(Done done) {
    done_ = std::move(done);
    began_ = now();
    for (OpaqueDevice* other : others_) {
        other->write_memory();
    }
    const auto mark = [this](std::uint64_t address, std::uint64_t length) {
        memory_.mark_dirty(address, length);
    };
    driver_.report_memory(vm_, mark, [this] {
        if (!on_) {
            return finish();
        }
        switch (timing_.by) {
            case Tracker::Vmm: finish(); break;
            case Tracker::Device: report_next(0); break;
            case Tracker::Iommu: report_iommu(); break;
            case Tracker::Nobody:
                memory_.mark_dirty(0, timing_.memory);
                finish();
                break;
        }
    });
}

void DirtyTracking::report_next(std::size_t device) {
    if (device == others_.size()) {
        return finish();
    }
    ++use_.reports;
    others_[device]->report_log([this, device](std::uint64_t granules, std::uint64_t pages) {
        use_.granules += granules;
        use_.pages += pages;
        report_next(device + 1);
    });
}

/// iommufd: IOMMU_HWPT_GET_DIRTY_BITMAP walks the page tables; a huge page has one dirty bit.
void DirtyTracking::report_iommu() {
    ++use_.reports;
    const auto granules = static_cast<Ps>(iommu_.count());
    after(timing_.report + timing_.report_granule * granules, [this] {
        for (OpaqueDevice* other : others_) {
            other->write_memory();
        }
        use_.granules += iommu_.count();
        use_.pages += iommu_.take([this](std::uint64_t first, std::uint64_t pages) {
            memory_.mark_dirty(first * page_size, pages * page_size);
        });
        finish();
    });
}

void DirtyTracking::stop() {
    driver_.stop_logs(vm_);
    memory_.log_dma(true);
    memory_.set_dma_log(nullptr);
    if (on_ && timing_.by == Tracker::Device) {
        for (OpaqueDevice* other : others_) {
            other->stop_log();
        }
    }
    on_ = false;
}

}  // namespace lmsim::sim
