#include "sim/conform/migration/bench.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>

#include "model/spec/table.hpp"
#include "model/vfio/feature.hpp"
#include "sim/bridge/vfio/uapi.hpp"
#include "sim/conform/migration/guarded.hpp"

namespace lmsim::sim::conform::migration {

namespace {

using lmsim::vfio::Feature;
using lmsim::vfio::feature_get;
using lmsim::vfio::feature_header_size;
using lmsim::vfio::feature_set;

constexpr int most_arcs = 16;  // of one SET; the longest way of VFIO has 4

Errno to_errno(long result) { return result < 0 ? static_cast<Errno>(-result) : Errno::Ok; }

/// The Reply among the effects of a step.
Said reply_of(const Effects& effects) {
    Said said;
    for (const Effect& effect : effects) {
        if (effect.kind == EffectKind::Reply) {
            said.error = static_cast<Errno>(effect.token);
            said.value = effect.token2;
            if ((effect.flags & lmsim::vfio::reply_waits) != 0) {
                said.words = "waits";
            }
        }
    }
    return said;
}

/// One call of which nothing counts but the error.
Said ask_model(DeviceState& device, const spec::Rules& rules, const Event& event) {
    Effects effects;
    lmsim::vfio::step(device, event, rules, effects);
    return reply_of(effects);
}

std::string bytes_words(std::uint64_t bytes) { return fmt::format("{} bytes", bytes); }

std::string fd_words(bool any, bool writing) {
    return !any ? std::string() : writing ? ", a data_fd to write" : ", a data_fd to read";
}

struct FeatureHeader {
    std::uint32_t argsz;
    std::uint32_t flags;
};
struct StateCall {
    FeatureHeader header;
    std::uint32_t state;
    std::int32_t data_fd;
};

StateCall state_call(std::uint32_t operation, std::uint32_t state) {
    const std::uint32_t index = static_cast<std::uint32_t>(Feature::MIG_DEVICE_STATE);
    return {{sizeof(StateCall), operation | index}, state, -1};
}

/// The rows that the machine is made of.
std::vector<spec::Id> vfio_rows() {
    std::vector<spec::Id> ids;
    for (const spec::Row& row : spec::table) {
        const bool rule = row.kind == spec::Kind::Condition || row.kind == spec::Kind::Behaviour ||
                          row.kind == spec::Kind::Arc;
        if (rule && row.name.rfind("VFIO-", 0) == 0) {
            ids.push_back(row.id);
        }
    }
    return ids;
}

/// What the driver says to the end of a resuming session whose stream is not whole: it must refuse
/// (include/uapi/linux/vfio.h, RESUMING -> STOP), and says itself how.
struct Incomplete {
    bool is = false;
    Errno error = Errno::Ok;
    bool fatal = false;
};

Said set_model(DeviceState& device, const spec::Rules& rules, const Event& event,
               const Incomplete& incomplete) {
    Effects effects;
    lmsim::vfio::step(device, event, rules, effects);
    for (int arcs = 0; arcs < most_arcs && lmsim::vfio::walking(device); ++arcs) {
        const bool resumed = device.state == MigState::RESUMING && device.next == MigState::STOP;
        const bool refused = incomplete.is && resumed;
        const Event done = lmsim::vfio::arc_done(device.hop, refused ? incomplete.error : Errno::Ok,
                                                 refused && incomplete.fatal);
        effects.clear();
        lmsim::vfio::step(device, done, rules, effects);
    }
    Said said = reply_of(effects);
    said.fd = said.value == ~std::uint64_t{0} ? -1 : static_cast<std::int64_t>(said.value);
    if (said.error != Errno::Ok) {
        said.fd = -1;
    }
    const bool writing =
        said.fd >= 0 && lmsim::vfio::is_resuming_fd(static_cast<std::uint32_t>(said.fd));
    said.words = std::string(to_string(device.state)) + fd_words(said.fd >= 0, writing);
    return said;
}

}  // namespace

std::string state_words(std::uint32_t state) {
    return state < lmsim::vfio::state_count ? std::string(to_string(static_cast<MigState>(state)))
                                            : fmt::format("state {}", state);
}

std::string Said::text() const {
    const std::string name = vfio_kernel::errno_name(error);
    return words.empty() ? name : name + ": " + words;
}

Bench::Bench(const vfio_kernel::Migration& device, std::string driver, const spec::Rules& rules,
             Comparison& into, std::function<bool()> interrupted)
    : device_(device),
      driver_(std::move(driver)),
      rules_(rules),
      into_(into),
      interrupted_(std::move(interrupted)) {
    model_ = lmsim::vfio::make_device(into.flags, into.log_ops);
}

Bench::~Bench() {
    forget_sessions();
    device_.reset();
}

void Bench::forget_sessions() {
    for (const Session& session : sessions_) {
        if (session.fd >= 0) {
            device_.calls().close(session.fd);
        }
    }
    sessions_.clear();
    written_ = 0;
}

bool Bench::start() {
    if (interrupted_ && interrupted_()) {
        into_.error = "interrupted";
        return false;
    }
    forget_sessions();
    Effects effects;
    lmsim::vfio::step(model_, lmsim::vfio::close_device(), rules_, effects);
    if (log_ops()) {
        device_.log_stop();
    }
    const Errno error = device_.reset();
    const auto state = device_.state();
    if (error == Errno::Ok && state && state.value == MigState::RUNNING) {
        return true;
    }
    into_.error =
        fmt::format("a reset does not lead to RUNNING: {}, then {}", vfio_kernel::errno_name(error),
                    state ? state_words(static_cast<std::uint32_t>(state.value))
                          : vfio_kernel::errno_name(state.error));
    return false;
}

bool Bench::start_in(MigState state) {
    if (!start()) {
        return false;
    }
    if (state == MigState::RUNNING) {
        return true;
    }
    const std::size_t before = into_.steps.size();
    const Said said = set(state, "after a reset");
    const bool same = into_.steps.back().same;
    if (same && said.error == Errno::Ok) {
        // It is compared where its turn comes.
        into_.steps.resize(before);
    }
    return same && said.error == Errno::Ok;
}

std::vector<std::string> Bench::deciding(const Ask& ask) const {
    static const std::vector<spec::Id> rows = vfio_rows();
    DeviceState state = model_;
    const std::string with_all = ask(state, rules_).text();
    std::vector<std::string> names;
    spec::Rules without = rules_;
    for (const spec::Id id : rows) {
        if (!rules_.on(id)) {
            continue;
        }
        without.set_on(id, false);
        state = model_;
        if (ask(state, without).text() != with_all) {
            names.emplace_back(spec::row(id).name);
        }
        without.take(id, rules_);
    }
    return names;
}

Said Bench::step(const std::string& asked, const Said& device, const Ask& ask, spec::Id fallback) {
    Step step;
    step.group = group_;
    step.asked = asked;
    step.rows = deciding(ask);
    if (step.rows.empty() && fallback != spec::Id::Count) {
        step.rows.emplace_back(spec::row(fallback).name);
    }
    const Said model = ask(model_, rules_);
    step.device = device.text();
    step.model = model.text();
    step.same = step.device == step.model;
    if (!step.same) {
        if (const KnownDifference* known = find_known(driver_, step)) {
            step.cause = known->cause;
            step.source = known->source;
        }
    }
    into_.steps.push_back(std::move(step));
    return model;
}

Said Bench::after_set(Errno error, int fd) const {
    Said said;
    said.error = error;
    said.fd = fd;
    const auto state = device_.state();
    said.words = state ? state_words(static_cast<std::uint32_t>(state.value))
                       : "its state is not told: " + vfio_kernel::errno_name(state.error);
    if (fd >= 0) {
        const long mode = device_.calls().fcntl(fd, F_GETFL, 0);
        said.words += fd_words(true, mode >= 0 && (mode & O_ACCMODE) == O_WRONLY);
        if ((device_.calls().fcntl(fd, F_GETFD, 0) & FD_CLOEXEC) == 0) {
            said.words += " without O_CLOEXEC";
        }
    }
    return said;
}

Said Bench::set_device(std::uint32_t target, Place place) {
    const StateCall call = state_call(feature_set, target);
    const Guarded memory(&call, sizeof(call), place, feature_header_size);
    const Errno error =
        to_errno(device_.calls().ioctl(device_.fd(), VFIO_DEVICE_FEATURE, memory.data()));
    const bool there = error == Errno::Ok && place == Place::Here;
    return after_set(error, there ? memory.at<std::int32_t>(offsetof(StateCall, data_fd)) : -1);
}

Said Bench::set(std::uint32_t target, const std::string& before, Place place) {
    const std::string from = state_words(static_cast<std::uint32_t>(model_.state));
    const Said device = set_device(target, place);
    Incomplete incomplete;
    incomplete.is = model_.session == lmsim::vfio::Session::Resuming && written_ < stream_.size();
    incomplete.error = device.error == Errno::Ok ? Errno::Invalid : device.error;
    incomplete.fatal = device.words == "ERROR";
    Event event = lmsim::vfio::set_state(target);
    event.fault = place == Place::HalfThere;
    event.reply_fault = place == Place::ReadOnly;
    const std::string asked =
        fmt::format("{} -> {}{}", from, state_words(target), before.empty() ? "" : ", " + before);
    Said model = step(
        asked, device,
        [&](DeviceState& state, const spec::Rules& rules) {
            return set_model(state, rules, event, incomplete);
        },
        incomplete.is ? spec::Id::VfioArcResumingStop : spec::Id::Count);
    if (model.fd >= 0) {
        const auto token = static_cast<std::uint32_t>(model.fd);
        sessions_.push_back(
            {token, static_cast<int>(device.fd), lmsim::vfio::is_resuming_fd(token)});
        written_ = 0;
    } else if (device.fd >= 0) {
        device_.calls().close(static_cast<int>(device.fd));
    }
    return model;
}

void Bench::get(const std::string& before, Place place) {
    const StateCall call = state_call(feature_get, 0);
    const Guarded memory(&call, sizeof(call), place, feature_header_size);
    Said device;
    device.error =
        to_errno(device_.calls().ioctl(device_.fd(), VFIO_DEVICE_FEATURE, memory.data()));
    if (device.error == Errno::Ok && place == Place::Here) {
        const auto fd = memory.at<std::int32_t>(offsetof(StateCall, data_fd));
        device.words = state_words(memory.at<std::uint32_t>(offsetof(StateCall, state))) +
                       (fd == -1 ? "" : fmt::format(", data_fd {}", fd));
    }
    Event event = lmsim::vfio::get_state();
    event.reply_fault = place == Place::HalfThere || place == Place::ReadOnly;
    const std::string in = state_words(static_cast<std::uint32_t>(model_.state));
    step(
        fmt::format("GET in {}{}", in, before.empty() ? "" : ", " + before), device,
        [&](DeviceState& state, const spec::Rules& rules) {
            Said said = ask_model(state, rules, event);
            said.words = said.error == Errno::Ok ? std::string(to_string(state.state)) : "";
            return said;
        },
        spec::Id::VfioOneAtATime);
}

void Bench::reset(const std::string& before) {
    const std::string from = state_words(static_cast<std::uint32_t>(model_.state));
    const Said device = after_set(device_.reset(), -1);
    step(
        fmt::format("VFIO_DEVICE_RESET in {}{}", from, before.empty() ? "" : ", " + before), device,
        [](DeviceState& state, const spec::Rules& rules) {
            Said said = ask_model(state, rules, lmsim::vfio::reset());
            said.words = std::string(to_string(state.state));
            return said;
        },
        spec::Id::VfioArcReset);
}

void Bench::data_size(const std::string& before) {
    const auto got = device_.data_size();
    Said device;
    device.error = got.error;
    device.words = got ? bytes_words(got.value) : "";
    const std::string in = state_words(static_cast<std::uint32_t>(model_.state));
    step(
        fmt::format("MIG_DATA_SIZE in {}{}", in, before.empty() ? "" : ", " + before), device,
        [&](DeviceState& state, const spec::Rules& rules) {
            Said said = ask_model(state, rules, lmsim::vfio::data_size(got.value));
            said.words = said.error == Errno::Ok ? bytes_words(said.value) : "";
            return said;
        },
        spec::Id::VfioFeatureNoSupport);
}

bool Bench::learn_stream() {
    stream_.clear();
    if (!start_in(MigState::STOP_COPY) || sessions_.empty()) {
        return false;
    }
    const Errno error = device_.read_all(sessions_.back().fd, stream_);
    if (error != Errno::Ok || stream_.empty()) {
        into_.error =
            fmt::format("no stream comes out of STOP_COPY: {}", vfio_kernel::errno_name(error));
        return false;
    }
    into_.stream_bytes = stream_.size();
    return true;
}

}  // namespace lmsim::sim::conform::migration
