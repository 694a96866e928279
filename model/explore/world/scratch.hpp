#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "model/explore/world/contents.hpp"
#include "model/nvme/env.hpp"
#include "model/step.hpp"

namespace lmsim::explore::world {

/// Memory that lasts for one action, of one thread: what the controllers call bulk, and the lists
/// of effects of the steps that are under way inside each other.
class Scratch final : public nvme::Env {
  public:
    static constexpr std::size_t functions = 3;
    static constexpr std::size_t slots = 3;
    static constexpr std::size_t room = 4096;  // of a state, its header included

    Contents contents;

    std::uint8_t* data(std::uint16_t function, std::uint32_t ticket, std::uint32_t) override {
        return data_[function][(ticket & 0xffff) % slots];
    }
    std::uint8_t* staging(std::uint16_t function, std::uint64_t) override {
        return staging_[function];
    }
    std::uint8_t* vendor(std::uint16_t) override { return vendor_; }
    bool reaches(std::uint16_t, std::uint64_t, std::uint64_t) override { return true; }
    std::uint64_t* cdq_pages(std::uint16_t, std::uint32_t) override { return &cdq_page_; }
    nvme::LbaMap& allocated(std::uint32_t) override { return allocated_; }
    nvme::TrackedMemory& tracked(std::uint16_t) override { return tracked_; }

    /// The bytes of a token with zeros behind them: `room` bytes, until the next call.
    const std::uint8_t* padded(Token token);

    /// An empty list of effects for as long as the object lives.
    class Lease {
      public:
        explicit Lease(Scratch& scratch) : scratch_(scratch), effects_(scratch.lend()) {}
        ~Lease() { --scratch_.lent_; }
        Lease(const Lease&) = delete;
        Lease& operator=(const Lease&) = delete;
        Effects& operator*() { return effects_; }

      private:
        Scratch& scratch_;
        Effects& effects_;
    };

  private:
    Effects& lend();

    std::uint8_t data_[functions][slots][room] = {};
    std::uint8_t staging_[functions][2 * room] = {};
    std::uint8_t padded_[room] = {};
    std::uint8_t vendor_[64] = {};
    std::uint64_t cdq_page_ = 0;
    nvme::LbaMap allocated_;
    nvme::TrackedMemory tracked_;
    std::vector<std::unique_ptr<Effects>> lists_;
    std::size_t lent_ = 0;
};

inline Effects& Scratch::lend() {
    if (lent_ == lists_.size()) {
        lists_.push_back(std::make_unique<Effects>());
    }
    Effects& effects = *lists_[lent_++];
    effects.clear();
    return effects;
}

inline const std::uint8_t* Scratch::padded(Token token) {
    const Bytes& bytes = contents.bytes(token);
    LMSIM_ASSERT(bytes.size() <= room);
    std::uint8_t* const end = std::copy(bytes.begin(), bytes.end(), padded_);
    std::fill(end, padded_ + room, std::uint8_t{0});
    return padded_;
}

}  // namespace lmsim::explore::world
