#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sim/bridge/record/recorded_rig.hpp"

namespace lmsim::sim::record {

/// What is to be replayed, and how.
struct ReplayOptions {
    std::string subject;                // as that of the session
    bool two = false;                   // it has to have a second device
    std::function<bool()> interrupted;  // then this is the trouble
};

/// A recorded session in place of its device: it answers what was answered, at the same places, as
/// long as the host's side does what it did then. If it does anything else, trouble() says what and
/// in which line, and nothing more is answered.
class ReplayedRig : public Rig {
  public:
    /// The whole file is looked at first: one with a byte that was changed, or without its end, is
    /// no session.
    static Result<std::unique_ptr<ReplayedRig>> open(const std::string& path, Complain complain,
                                                     const ReplayOptions& options = {});
    ~ReplayedRig() override;

    const SessionHeader& header() const { return file_.header(); }
    /// The recorded device's.
    std::string name() const override { return file_.header().device; }
    std::uint16_t functions() const override { return static_cast<std::uint16_t>(ports_.size()); }
    DevicePort& port(std::uint16_t function) override;
    std::uint64_t no_memory() const override { return file_.header().no_memory; }
    std::string trouble() const override { return trouble_; }
    Ps now() override;
    bool wait(const std::function<bool()>& done, Ps limit) override;
    bool poll() override;
    void idle(Ps /*limit*/) override {}

  private:
    class Port;

    ReplayedRig(SessionReader file, std::string path, Complain complain);
    std::string make_spaces();
    /// The line that comes next is of this kind, and nothing is to happen before it.
    bool at(Kind kind) const { return trouble_.empty() && polls_ == 0 && next_.kind == kind; }
    void advance();
    void differs(const std::string& got);
    /// The host does this: is it what it did?
    void cross(const SessionLine& line);
    void fetch(std::uint32_t memory, std::uint64_t first, std::uint64_t pages);
    bool group();
    void deliver();

    SessionReader file_;
    std::string path_;
    Complain complain_;
    std::function<bool()> interrupted_;
    std::vector<std::unique_ptr<HostMemory>> memories_;
    std::vector<std::unique_ptr<Port>> ports_;
    SessionLine next_;
    std::uint64_t polls_ = 0;   // that bring nothing yet, before next_
    std::uint64_t idling_ = 0;  // polls since anything happened
    Ps now_ = 0;
    std::string trouble_;
    bool differs_ = false;
};

}  // namespace lmsim::sim::record
