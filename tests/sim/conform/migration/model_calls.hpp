#pragma once

#include <fcntl.h>
#include <linux/vfio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <vector>

#include "model/vfio/event.hpp"
#include "model/vfio/feature.hpp"
#include "sim/bridge/vfio/migration.hpp"
#include "sim/bridge/vfio/uapi.hpp"

namespace lmsim::sim::vfio_kernel {

namespace machine = lmsim::vfio;

/// A device of VFIO that is the model's own machine: what a kernel and a driver would answer to
/// system calls. Its stream is like that of the kernel's mtty: a header, which PRE_COPY brings, and
/// a body.
class ModelCalls : public Calls {
  public:
    explicit ModelCalls(std::uint8_t flags = machine::all_mig_flags, bool log_ops = true)
        : device(machine::make_device(flags, log_ops)) {
        LMSIM_ASSERT(::pipe(pipe_) == 0);
    }
    ~ModelCalls() override {
        ::close(pipe_[0]);
        ::close(pipe_[1]);
    }

    static constexpr int device_fd = 900;
    static constexpr std::size_t header_bytes = 24;
    static constexpr std::size_t body_bytes = 36;

    long ioctl(int fd, unsigned long request, void* argument) const override {
        auto* self = const_cast<ModelCalls*>(this);
        if (fd != device_fd) return self->stream_ioctl(fd, request, argument);
        if (request == VFIO_DEVICE_RESET) return self->reset();
        return request == VFIO_DEVICE_FEATURE ? self->feature(argument) : -ENOTTY;
    }
    long read(int fd, void* to, std::size_t size) const override {
        return const_cast<ModelCalls*>(this)->transfer_out(fd, to, size, false);
    }
    long write(int fd, const void* from, std::size_t size) const override {
        return const_cast<ModelCalls*>(this)->transfer_in(fd, from, size, false);
    }
    long pread(int fd, void* to, std::size_t size, std::uint64_t) const override {
        return const_cast<ModelCalls*>(this)->transfer_out(fd, to, size, true);
    }
    long pwrite(int fd, const void* from, std::size_t size, std::uint64_t) const override {
        return const_cast<ModelCalls*>(this)->transfer_in(fd, from, size, true);
    }
    long fcntl(int fd, int command, long) const override {
        if (files_.count(fd) == 0) return -EBADF;
        if (command == F_GETFD) return close_on_exec ? FD_CLOEXEC : 0;
        const bool writes = machine::is_resuming_fd(files_.at(fd).model_fd);
        return command == F_GETFL ? (writes ? O_WRONLY : O_RDONLY) : 0;
    }
    long close(int fd) const override {
        auto* self = const_cast<ModelCalls*>(this);
        if (files_.count(fd) == 0) return -EBADF;
        self->ask(machine::close_fd(files_.at(fd).model_fd));
        self->files_.erase(fd);
        return 0;
    }

    machine::DeviceState device;
    spec::Rules rules;
    // What a driver may do otherwise than the model.
    bool close_on_exec = true;
    bool takes_half_a_stream = false;
    bool resets = true;
    bool drained_is_end = false;  // as mtty
    int open_files() const { return static_cast<int>(files_.size()); }

  private:
    struct File {
        std::uint32_t model_fd = 0;
        std::size_t at = 0;  // bytes read or written
    };
    struct Told {
        long error = 0;
        std::uint64_t value = 0;
        std::uint64_t third = 0;
    };

    Told ask(const machine::Event& event) {
        Effects effects;
        machine::step(device, event, rules, effects);
        while (machine::walking(device)) {
            const bool ends = device.state == MigState::RESUMING && device.next == MigState::STOP;
            const bool incomplete = ends && written_ < header_bytes + body_bytes;
            effects.clear();
            machine::step(
                device,
                machine::arc_done(device.hop,
                                  incomplete && !takes_half_a_stream ? Errno::Invalid : Errno::Ok),
                rules, effects);
        }
        Told told;
        for (const Effect& effect : effects) {
            if (effect.kind == EffectKind::Reply) {
                told = {-static_cast<long>(effect.token), effect.token2, effect.token3};
            }
        }
        return told;
    }

    /// As the kernel copies: false where nothing is, or nothing can be written.
    bool copy_in(void* to, const void* from, std::size_t size) {
        const ssize_t taken = size == 0 ? 0 : ::write(pipe_[1], from, size);
        if (taken > 0 && ::read(pipe_[0], to, static_cast<std::size_t>(taken)) != taken) {
            return false;
        }
        return taken == static_cast<ssize_t>(size);
    }
    bool copy_out(void* to, const void* from, std::size_t size) {
        if (size == 0) return true;
        LMSIM_ASSERT(::write(pipe_[1], from, size) == static_cast<ssize_t>(size));
        const ssize_t given = ::read(pipe_[0], to, size);
        std::vector<std::uint8_t> rest(size);
        const std::size_t left = size - static_cast<std::size_t>(std::max<ssize_t>(given, 0));
        return left == 0 || (::read(pipe_[0], rest.data(), left) < 0);
    }
    /// Whether it could be written, without doing so.
    bool can_write(void* to, std::size_t size) {
        std::vector<std::uint8_t> bytes(size);
        return copy_in(bytes.data(), to, size) && copy_out(to, bytes.data(), size);
    }

    long reset() {
        if (!resets) return -EINVAL;
        return ask(machine::reset()).error;
    }

    long feature(void* argument) {
        machine::FeatureCall call;
        std::uint32_t header[2] = {};
        call.header_fault = !copy_in(header, argument, sizeof(header));
        call.argsz = header[0];
        call.flags = header[1];
        const auto checked = machine::check_feature(device, call, rules);
        if (checked.error != Errno::Ok || !checked.execute) {
            return -static_cast<long>(checked.error);
        }
        auto* const payload = static_cast<std::uint8_t*>(argument) + sizeof(header);
        return perform(checked, payload);
    }

    long perform(const machine::FeatureAnswer& what, std::uint8_t* payload) {
        switch (what.feature) {
            case Feature::MIGRATION: {
                const std::uint64_t flags = device.flags;
                const bool well = copy_out(payload, &flags, sizeof(flags));
                return well || !rules.on(spec::Id::VfioFeatureFault) ? 0 : -EFAULT;
            }
            case Feature::MIG_DEVICE_STATE: return device_state(what.set, payload);
            case Feature::MIG_DATA_SIZE: {
                machine::Event event = machine::data_size(header_bytes + body_bytes);
                event.reply_fault = !can_write(payload, sizeof(std::uint64_t));
                const Told told = ask(event);
                if (told.error == 0 && !event.reply_fault) {
                    copy_out(payload, &told.value, sizeof(told.value));
                }
                return told.error;
            }
            case Feature::DMA_LOGGING_START: return log_start(payload);
            case Feature::DMA_LOGGING_STOP: return ask(machine::log_stop()).error;
            case Feature::DMA_LOGGING_REPORT: return log_report(payload);
            case Feature::MIG_PRECOPY_INFOv2: return ask(machine::enable_precopy_info_v2()).error;
        }
        return -ENOTTY;
    }

    long device_state(bool set, std::uint8_t* payload) {
        std::uint32_t data[2] = {};
        machine::Event event = machine::get_state();
        if (set) {
            const bool whole = copy_in(data, payload, sizeof(data));
            event = machine::set_state(data[0]);
            event.fault = !whole;
        }
        event.reply_fault = !event.fault && !can_write(payload, sizeof(data));
        const std::uint16_t sessions = device.sessions;
        const Told told = ask(event);
        if (told.error != 0) return told.error;
        std::int32_t fd = -1;
        if (set && device.sessions != sessions && told.value != ~std::uint64_t{0}) {
            fd = next_fd_++;
            files_[fd] = {static_cast<std::uint32_t>(told.value), 0};
            written_ = 0;
        }
        data[0] = static_cast<std::uint32_t>(device.state);
        std::memcpy(&data[1], &fd, sizeof(fd));
        copy_out(payload, data, sizeof(data));
        return 0;
    }

    long log_start(std::uint8_t* payload) {
        vfio_device_feature_dma_logging_control control{};
        machine::Event event = machine::log_start();
        event.fault = !copy_in(&control, payload, sizeof(control));
        const auto most = rules.value(spec::Id::VfioLogMaxRanges);
        const bool too_many = control.num_ranges > most && rules.on(spec::Id::VfioLogTooManyRanges);
        std::vector<LogRange> ranges(too_many ? 0 : control.num_ranges);
        if (!event.fault && !ranges.empty()) {
            event.fault = !copy_in(ranges.data(), reinterpret_cast<const void*>(control.ranges),
                                   ranges.size() * sizeof(LogRange));
        }
        if (!event.fault) {
            event.error = machine::check_log_start(control.page_size, ranges.data(),
                                                   control.num_ranges, rules);
            event.reply_fault = !can_write(payload, sizeof(control));
        }
        return ask(event).error;
    }

    long log_report(std::uint8_t* payload) {
        vfio_device_feature_dma_logging_report report{};
        machine::Event event = machine::log_report();
        event.fault = !copy_in(&report, payload, sizeof(report));
        event.error =
            machine::check_log_report(report.iova, report.length, report.page_size, rules);
        return ask(event).error;
    }

    std::size_t filled() const {
        return device.state == MigState::STOP_COPY ? header_bytes + body_bytes : header_bytes;
    }

    long transfer_out(int fd, void* to, std::size_t size, bool positioned) {
        const auto found = files_.find(fd);
        if (found == files_.end()) return -EBADF;
        File& file = found->second;
        const std::size_t left = filled() - std::min(filled(), file.at);
        machine::Event event = machine::read(file.model_fd, size, left);
        event.positioned = positioned;
        const Told told = ask(event);
        if (told.error != 0) return drained_is_end && told.error == -ENOMSG ? 0 : told.error;
        std::vector<std::uint8_t> bytes(told.value);
        for (std::size_t i = 0; i < bytes.size(); ++i) {
            bytes[i] = static_cast<std::uint8_t>(file.at + i);
        }
        file.at += bytes.size();
        return copy_out(to, bytes.data(), bytes.size()) ? static_cast<long>(bytes.size()) : -EFAULT;
    }

    long transfer_in(int fd, const void* from, std::size_t size, bool positioned) {
        const auto found = files_.find(fd);
        if (found == files_.end()) return -EBADF;
        std::vector<std::uint8_t> bytes(size);
        machine::Event event = machine::write(found->second.model_fd, size);
        event.positioned = positioned;
        if (!copy_in(bytes.data(), from, size)) event.error = Errno::Fault;
        const Told told = ask(event);
        if (told.error != 0) return told.error;
        written_ += size;
        return static_cast<long>(told.value);
    }

    long stream_ioctl(int fd, unsigned long request, void* argument) {
        const auto found = files_.find(fd);
        if (found == files_.end()) return -EBADF;
        const File& file = found->second;
        if (request != uapi::mig_get_precopy_info) {
            return ask(machine::other_fd_ioctl(file.model_fd)).error;
        }
        uapi::PrecopyInfo info{};
        const std::size_t left = filled() - std::min(filled(), file.at);
        machine::Event event = machine::precopy_info(file.model_fd, left, 0);
        event.fault = !copy_in(&info, argument, sizeof(info));
        event.argsz = info.argsz;
        event.reply_fault = !event.fault && !can_write(argument, sizeof(info));
        const Told told = ask(event);
        if (told.error != 0 || event.fault || event.reply_fault) return told.error;
        info.initial_bytes = told.value;
        info.dirty_bytes = told.third;
        copy_out(argument, &info, sizeof(info));
        return 0;
    }

    int pipe_[2] = {-1, -1};
    std::map<int, File> files_;
    int next_fd_ = 1000;
    std::size_t written_ = 0;  // of the resuming session
};

}  // namespace lmsim::sim::vfio_kernel
