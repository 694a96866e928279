#pragma once

#include <functional>
#include <optional>

#include "model/vfio/event.hpp"
#include "sim/conform/migration/compare.hpp"

namespace lmsim::sim::conform::migration {

using lmsim::vfio::DeviceState;
using lmsim::vfio::Event;
using lmsim::vfio::MigState;
using vfio::Errno;

constexpr std::size_t enough = 1 << 20;  // bytes of one read()

/// What one side said to a call.
struct Said {
    Errno error = Errno::Ok;
    std::string words;     // beside the error: a state, a data_fd, bytes
    std::int64_t fd = -1;  // of a session that began
    std::uint64_t value = 0;

    std::string text() const;
};

/// The model's answer to a call, on whatever state and under whatever rules.
using Ask = std::function<Said(DeviceState&, const spec::Rules&)>;

/// Where the structure of a call is.
enum class Place : std::uint8_t {
    Here,
    Unreadable,  // at an address where nothing is
    HalfThere,   // its header can be read, its payload cannot
    ReadOnly,    // nothing can be written into it
};

/// A device and the model, side by side: each call goes to both, and what they say is a step.
class Bench {
  public:
    Bench(const vfio_kernel::Migration& device, std::string driver, const spec::Rules& rules,
          Comparison& into, std::function<bool()> interrupted = {});
    ~Bench();
    Bench(const Bench&) = delete;
    Bench& operator=(const Bench&) = delete;

    /// Every step from now on belongs there.
    void group(const std::string& name) { group_ = name; }
    /// Both are RUNNING without any session; false if the device is not to be had so, or somebody
    /// interrupts.
    bool start();
    /// Both in this state, by one SET; the stream that leads out of RESUMING is not written yet.
    bool start_in(MigState state);

    // One call each. `before` says what was done before it.
    Said set(std::uint32_t target, const std::string& before = {}, Place place = Place::Here);
    Said set(MigState target, const std::string& before = {}) {
        return set(static_cast<std::uint32_t>(target), before);
    }
    void get(const std::string& before = {}, Place place = Place::Here);
    void reset(const std::string& before = {});
    void data_size(const std::string& before);
    void feature(const std::string& asked, std::uint32_t argsz, std::uint32_t flags, Place place);
    void precopy_v2();
    void log_start(const std::string& asked, std::uint64_t page_size,
                   const std::vector<vfio::LogRange>& ranges, Place place = Place::Here,
                   std::uint32_t count = no_count);
    void log_stop(const std::string& asked);
    void log_report(const std::string& asked, std::uint64_t iova, std::uint64_t length,
                    std::uint64_t page_size, Place place = Place::Here);
    static constexpr std::uint32_t no_count = 0xffffffff;

    /// Of the latest session, or an earlier one: 1 is that before the latest.
    std::size_t read(const std::string& asked, std::size_t size, std::size_t back = 0,
                     bool nonblocking = false);
    void write(const std::string& asked, std::size_t from, std::size_t size, std::size_t back = 0);
    void pread(const std::string& asked);
    void pwrite(const std::string& asked);
    void precopy_info(const std::string& asked, std::uint32_t argsz, std::size_t back = 0,
                      Place place = Place::Here);
    void other_ioctl(const std::string& asked);
    void close_fd();
    /// A call of no bytes: whether the session still lasts.
    void poke(const std::string& asked, std::size_t back = 0);
    std::size_t sessions() const { return sessions_.size(); }

    /// Reads a whole stream from STOP_COPY, which later sessions write. False: that failed.
    bool learn_stream();
    const std::vector<std::uint8_t>& stream() const { return stream_; }

    std::uint8_t flags() const { return model_.flags; }
    bool log_ops() const { return model_.log_ops; }
    MigState state() const { return model_.state; }
    const spec::Rules& rules() const { return rules_; }

  private:
    struct Session {
        std::uint32_t model_fd = 0;
        int fd = -1;  // -1: closed
        bool resuming = false;
    };

    /// The rows without which the model would say something else.
    std::vector<std::string> deciding(const Ask& ask) const;
    /// Asks the model, and adds the step. `fallback`: the row where none decides.
    Said step(const std::string& asked, const Said& device, const Ask& ask,
              spec::Id fallback = spec::Id::Count);
    Said set_device(std::uint32_t target, Place place);
    Said after_set(Errno error, int fd) const;
    const Session& session(std::size_t back) const;
    void forget_sessions();

    vfio_kernel::Migration device_;
    std::string driver_;
    spec::Rules rules_;
    DeviceState model_;
    Comparison& into_;
    std::function<bool()> interrupted_;
    std::string group_;
    std::vector<Session> sessions_;
    std::vector<std::uint8_t> stream_;
    std::size_t written_ = 0;  // of it, in this resuming session
};

/// "STOP_COPY", also of numbers that are no state.
std::string state_words(std::uint32_t state);

// The parts of a comparison.
void compare_states(Bench& bench);
void compare_streams(Bench& bench);
void compare_features(Bench& bench);
void compare_logging(Bench& bench);

}  // namespace lmsim::sim::conform::migration
