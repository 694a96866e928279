#include "sim/hw/migrate_vfio.hpp"

#include <fmt/format.h>

#include <functional>
#include <utility>

namespace lmsim::sim::hw {

namespace {

using vfio::Errno;
using vfio::MigState;
using vfio_kernel::Migration;
using Clock = std::chrono::steady_clock;

Ps since(Clock::time_point begin) {
    const std::chrono::nanoseconds passed = Clock::now() - begin;
    return passed.count() * ps_per_ns;
}

/// One end of the stream.
class Session {
  public:
    explicit Session(const Migration& device) : device_(device) {}
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;
    ~Session() {
        if (fd_ >= 0) device_.calls().close(fd_);
    }
    /// Keeps the data_fd, if the state has a new one.
    Errno enter(MigState state) {
        const auto answer = device_.set_state(state);
        if (answer && answer.value >= 0) {
            if (fd_ >= 0) device_.calls().close(fd_);
            fd_ = answer.value;
        }
        return answer.error;
    }
    int fd() const { return fd_; }

  private:
    const Migration& device_;
    int fd_ = -1;
};

class Move {
  public:
    Move(const Migration& source, const Migration& destination,
         const std::function<bool()>& interrupted)
        : source_(source),
          destination_(destination),
          interrupted_(interrupted),
          saving_(source),
          loading_(destination) {}

    VfioMigrationReport run() {
        if (!can_move()) {
            return std::move(report_);
        }
        report_.moved = all_steps();
        going_back_ = true;
        if (report_.moved) {
            if (!step("source: reset", [&] { return source_.reset(); })) {
                report_.error = last_error() + "; the source stays in STOP";
            }
            return std::move(report_);
        }
        report_.error = last_error();
        step("destination: reset", [&] { return destination_.reset(); });
        report_.source_goes_on =
            step("source: RUNNING", [&] { return saving_.enter(MigState::RUNNING); });
        return std::move(report_);
    }

  private:
    std::string last_error() const {
        const MigrationStep& last = report_.steps.back();
        return fmt::format("{}: {}", last.name, last.error);
    }

    bool step(const char* name, const std::function<Errno()>& what) {
        if (!going_back_ && interrupted_ && interrupted_()) {
            report_.steps.push_back({name, 0, "interrupted"});
            return false;
        }
        const Clock::time_point begin = Clock::now();
        const Errno error = what();
        report_.steps.push_back(
            {name, since(begin),
             error == Errno::Ok ? std::string() : vfio_kernel::errno_name(error)});
        return error == Errno::Ok;
    }

    bool can_move() {
        for (const auto& [device, side] :
             {std::pair{&source_, "source"}, std::pair{&destination_, "destination"}}) {
            const auto flags = device->flags();
            if (!flags) {
                report_.error = fmt::format("the {}'s driver has no VFIO migration ({})", side,
                                            vfio_kernel::errno_name(flags.error));
                return false;
            }
            flags_ = device == &source_ ? flags.value : flags_;
            const auto state = device->state();
            if (state.value != MigState::RUNNING) {
                report_.error = fmt::format("the {} is in the state {}; expected RUNNING", side,
                                            lmsim::vfio::to_string(state.value));
                return false;
            }
        }
        return true;
    }

    /// What there is by now, from the source to the destination.
    Errno carry(std::uint64_t& bytes) {
        std::vector<std::uint8_t> data;
        const Errno error = source_.read_all(saving_.fd(), data);
        bytes += data.size();
        return error == Errno::Ok ? destination_.write_all(loading_.fd(), data.data(), data.size())
                                  : error;
    }

    bool all_steps() {
        if (!step("destination: RESUMING", [&] { return loading_.enter(MigState::RESUMING); })) {
            return false;
        }
        if ((flags_ & lmsim::vfio::PRE_COPY_FLAG) != 0 && (!step("source: PRE_COPY", [&] {
                return saving_.enter(MigState::PRE_COPY);
            }) || !step("data in PRE_COPY", [&] { return carry(report_.precopy_bytes); }))) {
            return false;
        }
        const Clock::time_point stop = Clock::now();
        const bool moved =
            step("source: STOP_COPY", [&] { return saving_.enter(MigState::STOP_COPY); }) &&
            step("data in STOP_COPY", [&] { return carry(report_.stopcopy_bytes); }) &&
            step("source: STOP", [&] { return saving_.enter(MigState::STOP); }) &&
            step("destination: RUNNING", [&] { return loading_.enter(MigState::RUNNING); });
        report_.downtime = since(stop);
        return moved;
    }

    const Migration& source_;
    const Migration& destination_;
    const std::function<bool()>& interrupted_;
    bool going_back_ = false;  // or tidying up: nobody stops that
    Session saving_;
    Session loading_;
    std::uint8_t flags_ = 0;
    VfioMigrationReport report_;
};

}  // namespace

VfioMigrationReport migrate_vfio(const Migration& source, const Migration& destination,
                                 const std::function<bool()>& interrupted) {
    return Move(source, destination, interrupted).run();
}

}  // namespace lmsim::sim::hw
