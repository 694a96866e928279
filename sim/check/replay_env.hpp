#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "model/nvme/env.hpp"
#include "model/nvme/state.hpp"

namespace lmsim::sim {

/// The memory of a device's controllers in a replay: empty at first, as the device's own is.
class ReplayEnv final : public nvme::Env {
  public:
    ReplayEnv(std::size_t functions, std::uint32_t vendor_bytes) : functions_(functions) {
        for (Function& function : functions_) {
            function.vendor.resize(vendor_bytes, 0);
        }
    }
    /// Up to where the function reaches its host's memory, in bytes.
    void reach(std::uint16_t function, std::uint64_t bytes) { functions_[function].reach = bytes; }

    std::uint8_t* data(std::uint16_t function, std::uint32_t ticket, std::uint32_t length) override;
    std::uint8_t* staging(std::uint16_t function, std::uint64_t length) override {
        return room(functions_[function].staging, length);
    }
    std::uint8_t* vendor(std::uint16_t function) override {
        return functions_[function].vendor.data();
    }
    bool reaches(std::uint16_t function, std::uint64_t address, std::uint64_t length) override {
        const std::uint64_t end = functions_[function].reach;
        return address < end && length <= end - address;
    }
    std::uint64_t* cdq_pages(std::uint16_t cdqid, std::uint32_t pages) override {
        return room(cdq_pages_[cdqid], pages);
    }
    nvme::LbaMap& allocated(std::uint32_t nsid) override { return allocated_[nsid]; }
    nvme::TrackedMemory& tracked(std::uint16_t function) override {
        return functions_[function].tracked;
    }

  private:
    struct Function {
        std::uint64_t reach = 0;
        std::vector<std::vector<std::uint8_t>> data;  // by slot
        std::vector<std::uint8_t> staging;
        std::vector<std::uint8_t> vendor;
        nvme::TrackedMemory tracked;
    };

    template <class T>
    static T* room(std::vector<T>& items, std::uint64_t count) {
        if (items.size() < count) {
            items.resize(count, T{});
        }
        return items.data();
    }

    std::vector<Function> functions_;
    std::map<std::uint32_t, nvme::LbaMap> allocated_;
    std::map<std::uint16_t, std::vector<std::uint64_t>> cdq_pages_;
};

inline std::uint8_t* ReplayEnv::data(std::uint16_t function, std::uint32_t ticket,
                                     std::uint32_t length) {
    auto& slots = functions_[function].data;
    const std::uint32_t slot = ticket & 0xffff;
    if (slots.size() <= slot) {
        slots.resize(slot + std::size_t{1});
    }
    return room(slots[slot], length);
}

}  // namespace lmsim::sim
