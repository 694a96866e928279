#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "model/nvme/env.hpp"
#include "model/nvme/step.hpp"

namespace lmsim::sim {

/// What the controllers of a device keep beside their state: data of commands under way, vendor
/// state, pages of queues, what is allocated and written. Empty at first. Who derives from it knows
/// the memory of the hosts.
class ControllerMemory : public nvme::Env {
  public:
    using CdqPages = std::map<std::uint16_t, std::vector<std::uint64_t>>;  // by CDQID

    ControllerMemory(std::size_t functions, std::uint32_t vendor_bytes) : memory_(functions) {
        for (OfFunction& function : memory_) {
            function.vendor.resize(vendor_bytes, 0);
        }
    }

    std::uint8_t* data(std::uint16_t function, std::uint32_t ticket,
                       std::uint32_t length) override {
        auto& slots = memory_[function].data;
        const std::uint32_t slot = nvme::Ticket::slot(ticket);
        if (slots.size() <= slot) {
            slots.resize(slot + std::size_t{1});
        }
        return room(slots[slot], length);
    }
    std::uint8_t* staging(std::uint16_t function, std::uint64_t length) override {
        return room(memory_[function].staging, length);
    }
    std::uint8_t* vendor(std::uint16_t function) override {
        return memory_[function].vendor.data();
    }
    std::uint64_t* cdq_pages(std::uint16_t cdqid, std::uint32_t pages) override {
        return room(cdq_pages_[cdqid], pages);
    }
    nvme::LbaMap& allocated(std::uint32_t nsid) override { return allocated_[nsid]; }
    nvme::TrackedMemory& tracked(std::uint16_t function) override {
        return memory_[function].tracked;
    }
    nvme::Usage* usage(std::uint16_t function) override { return &memory_[function].usage; }

  protected:
    /// What data() of this command holds.
    const std::vector<std::uint8_t>& command_data(std::uint16_t function, std::uint32_t ticket) {
        return memory_[function].data[nvme::Ticket::slot(ticket)];
    }
    std::vector<std::uint8_t>& vendor_bytes(std::uint16_t function) {
        return memory_[function].vendor;
    }
    const CdqPages& pages_of_cdqs() const { return cdq_pages_; }

  private:
    struct OfFunction {
        std::vector<std::vector<std::uint8_t>> data;  // by slot, admin commands only
        std::vector<std::uint8_t> staging;
        std::vector<std::uint8_t> vendor;
        nvme::TrackedMemory tracked;
        nvme::Usage usage;
    };

    /// At least so many items; what is new is 0.
    template <class T>
    static T* room(std::vector<T>& items, std::uint64_t count) {
        if (items.size() < count) {
            items.resize(count, T{});
        }
        return items.data();
    }

    std::vector<OfFunction> memory_;
    std::map<std::uint32_t, nvme::LbaMap> allocated_;  // by NSID
    CdqPages cdq_pages_;
};

}  // namespace lmsim::sim
