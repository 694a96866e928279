#include "sim/bridge/vfio_user/migration_service.hpp"

#include <algorithm>

#include "model/host/rfc/driver_rules.hpp"
#include "model/vfio/feature.hpp"
#include "model/wire/bits.hpp"
#include "model/wire/controller_state.hpp"
#include "model/wire/vendor_area.hpp"
#include "sim/bridge/vfio_user/protocol.hpp"

namespace lmsim::sim::vfio_user {

using vfio::Errno;
using vfio::Feature;
using wire::load_le;
using wire::store_le;

namespace {

constexpr Ps ready_poll = 1'000'000'000;             // 1 ms
constexpr std::uint64_t one_list = 512 * page_size;  // what a page of PRPs names
constexpr std::uint32_t no_data_fd = 0xffffffff;     // -1: the stream has messages of its own

// Of what vfio-user has in the place of VFIO's structures for DMA logging.
constexpr std::size_t log_start_size = 16;  // bytes before the ranges
constexpr std::size_t log_range_size = 16;
constexpr std::size_t log_report_size = 24;  // bytes before the bitmap

std::uint64_t largest_state(const nvme::Config& config, const spec::Rules& rules) {
    wire::StateShape shape;
    shape.sqs = static_cast<std::uint16_t>(config.queue_pairs);
    shape.cqs = shape.sqs;
    shape.vendor_bytes = wire::vendor_area_max + config.vendor_bytes;
    shape.aers = wire::VendorArea::max_aers;
    return wire::state_size(shape, rules);
}

/// What the driver does takes no time of its own: what its caller waits for is the device.
HostTiming driver_timing(const nvme::Config& config, const spec::Rules& rules) {
    HostTiming timing;
    timing.admin_timeout = 0;  // which would reset the PF, and with it the VFs of others
    timing.ready_poll = ready_poll;
    timing.copy_rate = Bandwidth::max();
    timing.features = vfio::STOP_COPY_FLAG;
    timing.log_ops = config.track_memory;
    timing.mdts = std::min<std::uint64_t>(page_size << config.mdts, one_list);
    timing.state_limit = largest_state(config, rules);
    return timing;
}

std::uint64_t driver_pages(const HostTiming& timing, const DeviceTiming& device) {
    constexpr std::uint64_t entry_bytes = 64 + 16;
    const std::uint64_t rings = entry_bytes * timing.admin_depth / page_size + 2;
    const std::uint64_t log = MigrationLog::memory_bytes(device.config) / page_size;
    const std::uint64_t each = timing.state_limit / page_size + 2 + log;
    return rings + 2 + device.vfs * each;
}

DevicePort& attach_pf(NvmeDevice& device, Memory& memory) {
    device.attach(0, memory);
    return device.port(0);
}

std::vector<DevicePort*> vf_ports(NvmeDevice& device, std::uint16_t vfs) {
    std::vector<DevicePort*> ports;
    for (std::uint16_t function = 1; function <= vfs; ++function) {
        ports.push_back(&device.port(function));
    }
    return ports;
}

}  // namespace

/// The calls of one VF's client, each until it returns.
class MigrationService::OfVf : public Migration {
  public:
    OfVf(MigrationService& service, std::uint16_t vf, const nvme::Config& config)
        : service_(service),
          vf_(vf),
          log_(service.driver_.admin(), service.memory_, config, service.rules_, service.pace_) {}

    int feature(const std::vector<std::uint8_t>& request,
                std::vector<std::uint8_t>& reply) override;
    int read(std::uint32_t most, std::vector<std::uint8_t>& to) override;
    int write(const std::uint8_t* from, std::size_t size) override;
    void was_reset() override;

  private:
    using Start = std::function<void(VfioDone)>;

    HostDriver& driver() { return service_.driver_; }
    /// What the driver answers to the call that `start` makes.
    VfioAnswer ask(const Start& start);
    VfioAnswer ask(const vfio::Event& event) {
        return ask([&](VfioDone done) { driver().call(vf_, event, std::move(done)); });
    }
    /// Performs what has been checked. `data`: of the request and, at first zero, of the reply.
    Errno perform(const vfio::FeatureAnswer& what, const std::vector<std::uint8_t>& request,
                  std::vector<std::uint8_t>& data);
    Errno device_state(bool set, const std::vector<std::uint8_t>& request,
                       std::vector<std::uint8_t>& data);

    Errno start_log(const std::vector<std::uint8_t>& request, std::vector<std::uint8_t>& data);
    Errno stop_log();
    Errno report_log(const std::vector<std::uint8_t>& request, std::vector<std::uint8_t>& data);

    MigrationService& service_;
    std::uint16_t vf_;
    MigrationLog log_;
    std::optional<VfioAnswer> answer_;
};

/// A call that cannot end before the client does something, as a Suspend while a full completion
/// queue holds a command up, has timed out at once: others are served here, too. It goes on, and
/// until it is done, or the VF reset, the driver is busy.
VfioAnswer MigrationService::OfVf::ask(const Start& start) {
    if (driver().is_busy(vf_)) {
        return {Errno::Busy, 0, 0};
    }
    answer_.reset();
    start([this](const VfioAnswer& answer) { answer_ = answer; });
    const bool done = service_.pace_.wait([this] { return answer_.has_value(); });
    return done ? *answer_ : VfioAnswer{Errno::TimedOut, 0, 0};
}

int MigrationService::OfVf::feature(const std::vector<std::uint8_t>& request,
                                    std::vector<std::uint8_t>& reply) {
    vfio::FeatureCall call;
    call.header_fault = request.size() < vfio::feature_header_size;
    if (!call.header_fault) {
        call.argsz = load_le<std::uint32_t>(request.data());
        call.flags = load_le<std::uint32_t>(request.data() + 4);
    }
    const vfio::FeatureAnswer checked =
        vfio::check_feature(driver().device(vf_), call, service_.rules_);
    if (checked.error != Errno::Ok) {
        return static_cast<int>(checked.error);
    }
    std::vector<std::uint8_t> data;
    if (checked.execute) {
        const bool busy = driver().is_busy(vf_);
        const Errno error = busy ? Errno::Busy : perform(checked, request, data);
        if (error != Errno::Ok) {
            return static_cast<int>(error);
        }
    }
    std::uint8_t header[vfio::feature_header_size];
    store_le(header, static_cast<std::uint32_t>(sizeof header + data.size()));
    store_le(header + 4, call.flags);
    reply.insert(reply.end(), header, header + sizeof header);
    reply.insert(reply.end(), data.begin(), data.end());
    return 0;
}

Errno MigrationService::OfVf::perform(const vfio::FeatureAnswer& what,
                                      const std::vector<std::uint8_t>& request,
                                      std::vector<std::uint8_t>& data) {
    data.resize(vfio::payload_size(what.feature));
    switch (what.feature) {
        case Feature::MIGRATION:
            store_le<std::uint64_t>(data.data(), driver().device(vf_).flags);
            return Errno::Ok;
        case Feature::MIG_DEVICE_STATE: return device_state(what.set, request, data);
        case Feature::MIG_DATA_SIZE: {
            const VfioAnswer answer =
                ask([this](VfioDone done) { driver().data_size(vf_, std::move(done)); });
            store_le(data.data(), answer.value);
            return answer.error;
        }
        case Feature::MIG_PRECOPY_INFOv2: return ask(vfio::enable_precopy_info_v2()).error;
        case Feature::DMA_LOGGING_START: return start_log(request, data);
        case Feature::DMA_LOGGING_STOP: return stop_log();
        case Feature::DMA_LOGGING_REPORT: return report_log(request, data);
    }
    return Errno::NotTty;
}

/// The whole way to another state lies within the call, as vfio-user wants it.
Errno MigrationService::OfVf::device_state(bool set, const std::vector<std::uint8_t>& request,
                                           std::vector<std::uint8_t>& data) {
    vfio::Event event = vfio::get_state();
    if (set) {
        // A message may be shorter than it says: a structure that cannot be read.
        const bool whole = request.size() >= vfio::feature_header_size + data.size();
        const std::uint8_t* from = request.data() + vfio::feature_header_size;
        event = vfio::set_state(whole ? load_le<std::uint32_t>(from) : 0);
        event.fault = !whole;
    }
    const VfioAnswer answer = ask(event);
    store_le(data.data(), static_cast<std::uint32_t>(answer.value2));
    store_le(data.data() + 4, no_data_fd);
    return answer.error;
}

/// vfio-user has the ranges themselves where VFIO has a pointer to them.
Errno MigrationService::OfVf::start_log(const std::vector<std::uint8_t>& request,
                                        std::vector<std::uint8_t>& data) {
    const std::size_t held = request.size() - vfio::feature_header_size;
    const std::uint8_t* from = request.data() + vfio::feature_header_size;
    std::uint64_t page = 0;
    std::uint32_t count = 0;
    if (held >= log_start_size) {
        page = load_le<std::uint64_t>(from);
        count = load_le<std::uint32_t>(from + 8);
    }
    std::vector<vfio::LogRange> ranges((held - std::min(held, log_start_size)) / log_range_size);
    vfio::Event event = vfio::log_start();
    const bool too_many = count > service_.rules_.value(spec::Id::VfioLogMaxRanges) &&
                          service_.rules_.on(spec::Id::VfioLogTooManyRanges);
    event.fault = held < log_start_size || (count > ranges.size() && !too_many);
    ranges.resize(std::min<std::size_t>(ranges.size(), count));
    for (std::size_t i = 0; i < ranges.size(); ++i) {
        const std::uint8_t* range = from + log_start_size + i * log_range_size;
        ranges[i] = {load_le<std::uint64_t>(range), load_le<std::uint64_t>(range + 8)};
    }
    if (!event.fault) {
        event.error = vfio::check_log_start(page, ranges.data(), count, service_.rules_);
        if (event.error == Errno::Ok && !driver().device(vf_).logging) {
            event.error = log_.start(driver().cntlid(vf_), page, ranges);
        }
    }
    const VfioAnswer answer = ask(event);
    data.assign(from, from + held);
    if (answer.error == Errno::Ok) {
        store_le(data.data(), log_.page_size());
    }
    return answer.error;
}

Errno MigrationService::OfVf::stop_log() {
    if (driver().device(vf_).logging) {
        log_.stop(driver().state(vf_) != vfio::MigState::RUNNING);
    }
    return ask(vfio::log_stop()).error;
}

Errno MigrationService::OfVf::report_log(const std::vector<std::uint8_t>& request,
                                         std::vector<std::uint8_t>& data) {
    const std::size_t held = request.size() - vfio::feature_header_size;
    const std::uint8_t* from = request.data() + vfio::feature_header_size;
    vfio::Event event = vfio::log_report();
    event.fault = held < log_report_size;
    if (event.fault) {
        return ask(event).error;
    }
    const auto iova = load_le<std::uint64_t>(from);
    const auto length = load_le<std::uint64_t>(from + 8);
    const auto page = load_le<std::uint64_t>(from + 16);
    event.error = vfio::check_log_report(iova, length, page, service_.rules_);
    const Errno error = ask(event).error;
    if (error != Errno::Ok) {
        return error;
    }
    // Limits of the message: what the client has room for, and what one may hold.
    const std::uint64_t words = length == 0 ? 0 : (length - 1) / page / 64 + 1;
    const auto room = load_le<std::uint32_t>(request.data());
    const std::uint64_t most = std::min(room, max_data_transfer);
    if (words > most / 8 || vfio::feature_header_size + log_report_size + 8 * words > most) {
        return Errno::TooBig;
    }
    data.assign(from, from + log_report_size);
    data.resize(log_report_size + 8 * words);
    return log_.report(iova, length, page, data.data() + log_report_size);
}

int MigrationService::OfVf::read(std::uint32_t most, std::vector<std::uint8_t>& to) {
    const VfioAnswer answer =
        ask([&](VfioDone done) { driver().read(vf_, most, std::move(done)); });
    if (answer.error == Errno::Ok) {
        const std::vector<std::uint8_t> bytes = driver().bytes_read(vf_).all();
        to.insert(to.end(), bytes.begin(), bytes.end());
    }
    return static_cast<int>(answer.error);
}

int MigrationService::OfVf::write(const std::uint8_t* from, std::size_t size) {
    const SparseBytes bytes(from, size, size);
    const VfioAnswer answer =
        ask([&](VfioDone done) { driver().write(vf_, bytes, std::move(done)); });
    return static_cast<int>(answer.error);
}

void MigrationService::OfVf::was_reset() {
    driver().was_reset(vf_);
    service_.pace_.go_on();
}

MigrationService::MigrationService(sc_core::sc_module_name name, Kernel& kernel, NvmeDevice& device,
                                   const DeviceTiming& timing, const spec::Rules& rules, Pace& pace)
    : rules_(host::driver_rules(rules)),
      pace_(pace),
      memory_(driver_pages(driver_timing(timing.config, rules_), timing)),
      driver_(name, kernel, driver_timing(timing.config, rules_), attach_pf(device, memory_),
              vf_ports(device, timing.vfs), rules) {
    for (std::uint16_t vf = 0; vf < timing.vfs; ++vf) {
        vfs_.push_back(std::make_unique<OfVf>(*this, vf, timing.config));
    }
}

MigrationService::~MigrationService() = default;

std::string MigrationService::open() {
    driver_.boot([this](bool well) { ready_ = well; });
    if (!pace_.wait([this] { return ready_.has_value(); })) {
        return "the PF does not answer its driver";
    }
    return *ready_ ? std::string()
                   : "the PF cannot manage migrations, or its controller state has no format that "
                     "is known";
}

Migration& MigrationService::vf(std::uint16_t vf) { return *vfs_[vf]; }

}  // namespace lmsim::sim::vfio_user
