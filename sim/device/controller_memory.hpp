#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "model/nvme/env.hpp"
#include "model/nvme/step.hpp"
#include "sim/core/zeroed.hpp"

namespace lmsim::sim {

/// What the controllers of a device keep beside their state: data of commands under way, vendor
/// state, pages of queues, what is allocated and written. Empty at first. Who derives from it knows
/// the memory of the hosts.
class ControllerMemory : public nvme::Env {
  public:
    using CdqPages = std::map<std::uint16_t, std::vector<std::uint64_t>>;  // by CDQID

    ControllerMemory(std::size_t functions, std::uint32_t vendor_bytes)
        : memory_(functions), vendor_bytes_(vendor_bytes) {}

    std::uint8_t* data(std::uint16_t function, std::uint32_t ticket,
                       std::uint32_t length) override {
        return data_of(function, ticket).room(length);
    }
    std::uint8_t* staging(std::uint16_t function, std::uint64_t length) override {
        return memory_[function].staging.room(length);
    }
    std::uint8_t* vendor(std::uint16_t function) override {
        return memory_[function].vendor.look(vendor_bytes_);
    }
    std::size_t vendor_stored(std::uint16_t function, std::size_t length) override {
        return memory_[function].vendor.used_of(0, length);
    }
    void load_vendor(std::uint16_t function, const std::uint8_t* from, std::size_t some,
                     std::size_t length) override {
        memory_[function].vendor.put(0, from, some, length);
    }
    std::uint8_t* piece_out(std::uint16_t function, std::uint32_t ticket, std::uint32_t length,
                            std::size_t some) override {
        ZeroedBytes& bytes = data_of(function, ticket);
        bytes.clear_from(some);
        bytes.look(length);
        return bytes.room(some);
    }
    const std::uint8_t* piece_in(std::uint16_t function, std::uint64_t offset, std::uint32_t ticket,
                                 std::uint32_t length) override {
        ZeroedBytes& from = data_of(0, ticket);
        ZeroedBytes& staged = memory_[function].staging;
        if (length != 0) {
            staged.put(offset, from.look(length), from.used_of(0, length), length);
        }
        return staged.look(offset + length);
    }
    std::size_t staged(std::uint16_t function, std::size_t length) override {
        return memory_[function].staging.used_of(0, length);
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
    ZeroedBytes& data_of(std::uint16_t function, std::uint32_t ticket) {
        auto& slots = memory_[function].data;
        const std::uint32_t slot = nvme::Ticket::slot(ticket);
        if (slots.size() <= slot) {
            slots.resize(slot + std::size_t{1});
        }
        return slots[slot];
    }
    const CdqPages& pages_of_cdqs() const { return cdq_pages_; }

  private:
    struct OfFunction {
        std::vector<ZeroedBytes> data;  // by slot, admin commands only
        ZeroedBytes staging;
        ZeroedBytes vendor;
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
    std::uint32_t vendor_bytes_;
    std::map<std::uint32_t, nvme::LbaMap> allocated_;  // by NSID
    CdqPages cdq_pages_;
};

}  // namespace lmsim::sim
