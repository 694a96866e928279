#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>

#include "model/vfio/reply.hpp"
#include "sim/bridge/vfio/uapi.hpp"
#include "sim/conform/migration/bench.hpp"
#include "sim/conform/migration/guarded.hpp"

namespace lmsim::sim::conform::migration {

namespace {

constexpr spec::Id stream_row = spec::Id::VfioFdStale;

Said counted(const vfio_kernel::Answer<std::size_t>& answer) {
    Said said;
    said.error = answer.error;
    said.words = answer ? fmt::format("{} bytes", answer.value) : "";
    return said;
}

Said counted_model(DeviceState& state, const spec::Rules& rules, const Event& event) {
    Effects effects;
    lmsim::vfio::step(state, event, rules, effects);
    Said said;
    for (const Effect& effect : effects) {
        if (effect.kind == EffectKind::Reply) {
            const bool waits = (effect.flags & lmsim::vfio::reply_waits) != 0;
            said.error = static_cast<Errno>(effect.token);
            said.words = waits                     ? "waits"
                         : said.error == Errno::Ok ? fmt::format("{} bytes", effect.token2)
                                                   : "";
        }
    }
    return said;
}

vfio_kernel::Answer<std::size_t> answer_of(long result) {
    return {result < 0 ? static_cast<Errno>(-result) : Errno::Ok,
            result < 0 ? 0 : static_cast<std::size_t>(result)};
}

}  // namespace

const Bench::Session& Bench::session(std::size_t back) const {
    LMSIM_ASSERT(back < sessions_.size());
    return sessions_[sessions_.size() - 1 - back];
}

std::size_t Bench::read(const std::string& asked, std::size_t size, std::size_t back,
                        bool nonblocking) {
    const Session& of = session(back);
    if (nonblocking) {
        device_.calls().fcntl(of.fd, F_SETFL, O_NONBLOCK);
    }
    std::vector<std::uint8_t> bytes(size + 1);
    const auto got = device_.read(of.fd, bytes.data(), size);
    Event event = lmsim::vfio::read(of.model_fd, size, got.value, got.error == Errno::Again);
    event.nonblocking = nonblocking;
    step(
        asked, counted(got),
        [&](DeviceState& state, const spec::Rules& rules) {
            return counted_model(state, rules, event);
        },
        stream_row);
    return got.value;
}

void Bench::write(const std::string& asked, std::size_t from, std::size_t size, std::size_t back) {
    const Session& of = session(back);
    const std::size_t begin = std::min(from, stream_.size());
    const std::size_t length = std::min(size, stream_.size() - begin);
    const auto taken = device_.write(of.fd, stream_.data() + begin, length);
    step(
        asked, counted(taken),
        [&](DeviceState& state, const spec::Rules& rules) {
            return counted_model(state, rules, lmsim::vfio::write(of.model_fd, length));
        },
        stream_row);
    written_ += back == 0 ? taken.value : 0;
}

void Bench::pread(const std::string& asked) {
    const Session& of = session(0);
    std::uint8_t byte = 0;
    const auto got = answer_of(device_.calls().pread(of.fd, &byte, 1, 0));
    Event event = lmsim::vfio::read(of.model_fd, 1, got.value);
    event.positioned = true;
    step(asked, counted(got), [&](DeviceState& state, const spec::Rules& rules) {
        return counted_model(state, rules, event);
    });
}

void Bench::pwrite(const std::string& asked) {
    const Session& of = session(0);
    const std::uint8_t byte = stream_.empty() ? 0 : stream_.front();
    const auto taken = answer_of(device_.calls().pwrite(of.fd, &byte, 1, 0));
    Event event = lmsim::vfio::write(of.model_fd, 1);
    event.positioned = true;
    step(asked, counted(taken), [&](DeviceState& state, const spec::Rules& rules) {
        return counted_model(state, rules, event);
    });
}

void Bench::poke(const std::string& asked, std::size_t back) {
    if (session(back).resuming) {
        write(asked + ": write() of no bytes", 0, 0, back);
    } else {
        read(asked + ": read() of no bytes", 0, back);
    }
}

void Bench::precopy_info(const std::string& asked, std::uint32_t argsz, std::size_t back,
                         Place place) {
    const Session& of = session(back);
    vfio_kernel::uapi::PrecopyInfo info{};
    info.argsz = argsz;
    const Guarded memory(&info, sizeof(info), place);
    const long result =
        device_.calls().ioctl(of.fd, vfio_kernel::uapi::mig_get_precopy_info, memory.data());
    Said device;
    device.error = result < 0 ? static_cast<Errno>(-result) : Errno::Ok;
    if (device.error == Errno::Ok && place == Place::Here) {
        info = memory.at<vfio_kernel::uapi::PrecopyInfo>(0);
        device.words = fmt::format("{} initial, {} dirty", info.initial_bytes, info.dirty_bytes);
    }
    Event event = lmsim::vfio::precopy_info(of.model_fd, info.initial_bytes, info.dirty_bytes);
    event.argsz = argsz;
    event.fault = place == Place::Unreadable;
    event.reply_fault = place == Place::ReadOnly;
    const std::string words = device.words;
    step(
        asked, device,
        [&](DeviceState& state, const spec::Rules& rules) {
            Said said = counted_model(state, rules, event);
            said.words = said.error == Errno::Ok ? words : "";
            return said;
        },
        spec::Id::VfioPrecopyInfoState);
}

void Bench::other_ioctl(const std::string& asked) {
    const Session& of = session(0);
    Said device;
    const long result = device_.calls().ioctl(of.fd, VFIO_GET_API_VERSION, nullptr);
    device.error = result < 0 ? static_cast<Errno>(-result) : Errno::Ok;
    step(asked, device, [&](DeviceState& state, const spec::Rules& rules) {
        Said said = counted_model(state, rules, lmsim::vfio::other_fd_ioctl(of.model_fd));
        said.words.clear();
        return said;
    });
}

/// The model's is closed too: what a later SET says does not depend on it.
void Bench::close_fd() {
    Session& of = sessions_.back();
    device_.calls().close(of.fd);
    Effects effects;
    lmsim::vfio::step(model_, lmsim::vfio::close_fd(of.model_fd), rules_, effects);
    of.fd = -1;
}

}  // namespace lmsim::sim::conform::migration
