#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/conform/rig_target.hpp"
#include "sim/conform/session.hpp"
#include "sim/core/result.hpp"

namespace lmsim::sim::hw {

/// A command's completion, and what it brought.
struct Answered {
    wire::Cqe cqe;
    std::vector<std::uint8_t> data;

    std::uint16_t status() const { return wire::status_code(cqe.status); }
    bool succeeded() const { return status() == 0; }
};

/// One controller of a rig that is asked one admin command after the other, with queues of its own.
class Asker {
  public:
    /// The rig outlives it.
    Asker(Rig& rig, std::uint16_t function)
        : target_(rig), unit_(target_, function == 0 ? "the PF" : "the VF", function) {}
    /// Disabled, as VFIO hands it over.
    ~Asker() { unit_.restore(); }

    conform::Unit& unit() { return unit_; }
    /// Resets it with CC.EN and enables it. In words what is wrong; likewise below.
    std::string enable();
    std::optional<std::uint64_t> read(std::uint64_t property, unsigned size) {
        return unit_.read(property, size);
    }
    /// With room for `bytes` of data from the controller, at most two pages.
    Result<Answered> ask(wire::Sqe sqe, std::uint64_t bytes = 0);
    /// An Identify, which succeeds.
    Result<std::vector<std::uint8_t>> identify(spec::Id cns, std::uint32_t nsid = 0);
    /// DW0 of a Get Features without data that succeeds.
    std::optional<std::uint32_t> feature(spec::Id fid);

  private:
    conform::RigTarget target_;
    conform::Unit unit_;
    std::uint64_t buffer_ = 0;
};

}  // namespace lmsim::sim::hw
