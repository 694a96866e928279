#include "sim/hw/calibrate_profile.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sim/core/distribution.hpp"
#include "sim/core/param_type.hpp"
#include "sim/core/text.hpp"
#include "sim/hw/calibrate_text.hpp"
#include "sim/scenario/load.hpp"

namespace lmsim::sim::hw {

namespace {

constexpr Ps longest_latency = 1000 * ps_per_us;  // that link.latency may be
constexpr std::uint32_t samples_of_way = 3;       // the first one follows something else
constexpr const char* read_back = "register read";

/// Kinds and the parameters that say what they take; the first of several for one parameter.
struct Place {
    const char* kind;
    const char* table;
    const char* key;
};
constexpr Place distributions[] = {
    {"identify", "device.admin", "identify"},
    {"get features", "device.admin", "features"},
    {"set features", "device.admin", "set_features"},
    {"create cq", "device.admin", "create_queue"},
    {"create sq", "device.admin", "create_sq"},
    {"delete sq", "device.admin", "delete_sq"},
    {"delete cq", "device.admin", "delete_cq"},
    {"suspend", "device.admin", "suspend"},
    {"resume", "device.admin", "resume"},
    {"get state", "device.admin", "get_state"},
    {"set state", "device.admin", "set_state"},
    {"cdq create", "device.admin", "cdq"},
    {"cdq delete", "device.admin", "delete_cdq"},
    {"track send", "device.admin", "track_send"},
    {"track receive", "device.admin", "track_receive"},
    {"flush", "device.media", "flush"},
};
constexpr Place times[] = {
    {"enable", "device", "enable"},
    {"disable", "device", "disable"},
    {"reset", "device", "reset"},
};

/// A device that takes no time: what is left is what the simulator charges for the way.
Scenario without_times(Scenario scenario) {
    DeviceParams& device = scenario.hosts.src.device;
    AdminParams& admin = device.admin;
    MediaParams& media = device.media;
    for (Quantiles* const each :
         {&admin.identify, &admin.features, &admin.create_queue, &admin.suspend, &admin.resume,
          &admin.get_state, &admin.set_state, &admin.cdq, &admin.track_send, &admin.track_receive,
          &admin.namespaces, &admin.format, &admin.virtualization, &admin.lba_status, &media.read,
          &media.write, &media.flush}) {
        *each = fixed(0_s);
    }
    for (std::optional<Quantiles>* const each :
         {&admin.set_features, &admin.create_sq, &admin.delete_sq, &admin.delete_cq,
          &admin.delete_cdq}) {
        each->reset();
    }
    media.sizes.clear();
    device.enable = 0_s;
    device.disable.reset();
    device.reset = 0_s;
    return scenario;
}

Time nanoseconds(Ps ps) {
    return Time{std::max<Ps>(0, (ps + ps_per_ns / 2) / ps_per_ns * ps_per_ns)};
}

/// The series less the way, as far as there are samples enough to say it.
Quantiles less(const Series& series, Ps path) {
    const struct {
        const char* name;
        std::uint32_t ppm;
        std::size_t samples;  // that it takes
    } points[] = {{"min", 0, 1},     {"p10", 100'000, 10}, {"p25", 250'000, 4},
                  {"p50", p50, 1},   {"p75", 750'000, 4},  {"p90", 900'000, 10},
                  {"p99", p99, 100}, {"p999", p999, 1000}, {"max", 1'000'000, 1}};
    Quantiles quantiles;
    for (const auto& point : points) {
        if (series.taken.size() >= point.samples) {
            quantiles.set(point.name, nanoseconds(quantile(series, point.ppm) - path));
        }
    }
    return quantiles;
}

/// The deriving of one profile.
class Deriving {
  public:
    Deriving(const Calibration& measured, const LinkFacts& link, const Provenance& from)
        : measured_(measured), link_(link), from_(from) {}

    std::string run();
    DeviceProfile take() { return std::move(profile_); }

  private:
    std::string facts() const;
    std::string link() const;
    std::string find_path();
    Result<Times> paths(Ps latency);
    Ps path(const std::string& kind) const {
        const auto found = profile_.path.find(kind);
        return found == profile_.path.end() ? 0 : found->second;
    }
    std::string distribution(const char* key, const Series& series) const;
    std::string why(const Series& series) const;
    std::string moment(const char* key, const Series& series) const;
    std::string table(const char* name) const;
    std::string media() const;
    std::string channels() const;
    std::string sizes() const;

    const Calibration& measured_;
    const LinkFacts& link_;
    const Provenance& from_;
    DeviceProfile profile_;
};

/// What the simulator needs to know of the device to charge the same.
std::string Deriving::facts() const {
    const DeviceFacts& facts = measured_.facts;
    std::string text = "[hosts.both.device]\n";
    const auto add = [&](const char* key, const std::string& value, const char* comment) {
        text += line(fmt::format("{} = {}", key, value), comment);
    };
    if (facts.block == 512 || facts.block == 4096) {
        add("block", quoted(Bytes{facts.block}), "read: Identify Namespace");
        const std::uint64_t size = facts.block * facts.blocks;
        if (size >= (1_MiB).count && size <= (4096_TiB).count) {
            add("capacity", quoted(Bytes{size}), "read: Identify Namespace");
        }
    }
    if (facts.mdts >= (8_KiB).count && facts.mdts <= (2_MiB).count) {
        add("mdts", quoted(Bytes{facts.mdts}), "read: Identify Controller");
    }
    add("queue_size", std::to_string(std::min<std::uint32_t>(facts.queue_size, 65536)),
        "read: CAP.MQES");
    if (facts.ready_timeout >= (500_ms).ps) {
        add("ready_timeout", quoted(Time{facts.ready_timeout}), "read: CAP.TO");
    }
    const Scenario defaults;
    add("state_rate", quoted(defaults.hosts.src.device.state_rate),
        "not measured; get_state and set_state are less this");
    return text;
}

std::string Deriving::link() const {
    const LinkParams defaults;
    std::string text = "[hosts.both.link]\n";
    const auto add = [&](const char* key, const std::string& value, const std::string& comment) {
        text += line(fmt::format("{} = {}", key, value), comment);
    };
    const std::string unknown = "not measured: the simulator's default";
    const auto generation = link_.generation();
    const bool known = generation && *generation >= 3 && *generation <= 5;
    add("generation", std::to_string(known ? *generation : defaults.generation),
        known || link_.speed.empty()
            ? (known ? "read: " + printable(link_.speed) : unknown)
            : printable(link_.speed) + ", which the simulator does not know: its default");
    const auto lanes = link_.lanes;
    const bool usual = lanes && *lanes <= 16 && (*lanes & (*lanes - 1)) == 0;
    add("lanes", std::to_string(usual ? *lanes : defaults.lanes),
        usual ? "read: current_link_width" : unknown);
    const auto size = [&](const char* key, std::optional<std::uint32_t> bytes, Bytes otherwise) {
        const bool told = bytes && *bytes <= 4096;
        add(key, quoted(told ? Bytes{*bytes} : otherwise),
            told ? "read: PCI Express Device Control" : unknown);
    };
    size("mps", link_.mps, defaults.mps);
    size("mrrs", link_.mrrs, defaults.mrrs);
    add("memory", quoted(defaults.memory), unknown);
    add("latency", quoted(Time{profile_.link_latency}),
        latency_comment(measured_, path(read_back)));
    return text;
}

Result<Times> Deriving::paths(Ps latency) {
    const Ps before = std::exchange(profile_.link_latency, latency);
    const LoadedScenario loaded = load_scenario_text(link() + facts(), "the profile");
    profile_.link_latency = before;
    if (!loaded.ok()) {
        return Failure{loaded.error_text()};
    }
    return simulated(without_times(loaded.scenario), measured_, samples_of_way);
}

/// link.latency is half of a register read, less its bytes on the link. A command crosses the link
/// several times: no more than lets the shortest one be as short as it was.
std::string Deriving::find_path() {
    const auto none = paths(0);
    const auto one = paths(ps_per_us);
    if (!none || !one) {
        return none ? one.error() : none.error();
    }
    Ps latency = longest_latency;
    for (const Series& series : measured_.series) {
        const auto at = none.value().find(series.kind);
        if (series.taken.empty() || at == none.value().end()) {
            continue;
        }
        const Ps crossings = (one.value().at(series.kind) - at->second + ps_per_us / 2) / ps_per_us;
        // Half of the register reads are longer; of the commands, none may be shorter.
        const bool half = series.kind == read_back;
        const Ps taken = half ? quantile(series, p50) : series.taken.front();
        if (crossings > 0 && (half || crossings > 2)) {
            latency = std::min(latency, (taken - at->second) / crossings);
        }
    }
    profile_.link_latency = nanoseconds(latency - latency % ps_per_ns).ps;
    auto path = paths(profile_.link_latency);
    if (!path) {
        return path.error();
    }
    profile_.path = std::move(path.value());
    return {};
}

std::string Deriving::why(const Series& series) const {
    return provenance_of(series, path(series.kind));
}

std::string Deriving::distribution(const char* key, const Series& series) const {
    return line(
        fmt::format("{} = {}", key, ParamType<Quantiles>::print(less(series, path(series.kind)))),
        why(series));
}

/// CSTS is read again and again: when the read that sees the change began is known to a read, so
/// the change was half of one before in the mean.
std::string Deriving::moment(const char* key, const Series& series) const {
    const Ps half = std::string(key) == "reset" ? 0 : path(read_back) / 2;
    const Time own = nanoseconds(quantile(series, p50) - path(series.kind) - half);
    return line(fmt::format("{} = {}", key, quoted(own)),
                why(series) + (half == 0 ? "" : ", and half a look at CSTS"));
}

std::string Deriving::table(const char* name) const {
    std::string text;
    for (const Place& place : distributions) {
        const Series* const series = measured_.find(place.kind);
        if (std::string(place.table) == name && series != nullptr && !series->taken.empty()) {
            text += distribution(place.key, *series);
        }
    }
    return text;
}

/// By Little's law: what is under way is the rate times the time that one takes.
std::string Deriving::channels() const {
    if (measured_.throughput.empty()) {
        return {};
    }
    const Throughput& full = measured_.throughput.front();
    const Series* const alone = measured_.find(full.kind);
    if (alone == nullptr || alone->taken.empty() || full.lasted <= 0) {
        return {};
    }
    double sum = 0;
    for (const Ps taken : alone->taken) {
        sum += static_cast<double>(std::max<Ps>(0, taken - path(full.kind)));
    }
    const double mean = sum / static_cast<double>(alone->taken.size());
    const double per_ps = static_cast<double>(full.completed) / static_cast<double>(full.lasted);
    const double wanted = std::min<double>(per_ps * mean, full.depth);
    const auto channels = std::max<std::uint32_t>(1, static_cast<std::uint32_t>(wanted + 0.5));
    return line(
        fmt::format("channels = {}", channels),
        fmt::format("{:.0f} a second with {} at once, times {} that one takes in the mean: "
                    "{:.2f}",
                    per_ps * 1e12, full.depth, format(nanoseconds(static_cast<Ps>(mean))), wanted));
}

std::string Deriving::sizes() const {
    std::string text;
    for (const Series& series : measured_.series) {
        const bool read = series.kind.rfind("read ", 0) == 0;
        if (series.bytes == 0 || !read || series.taken.empty() ||
            series.kind.find("interrupt") != std::string::npos) {
            continue;
        }
        text += "\n[[hosts.both.device.media.size]]\n";
        text += line(fmt::format("bytes = {}", quoted(Bytes{series.bytes})), "");
        text += distribution("read", series);
        const Series* const write = measured_.find("write " + format(Bytes{series.bytes}));
        if (write != nullptr && !write->taken.empty()) {
            text += distribution("write", *write);
        }
    }
    return text;
}

std::string Deriving::media() const {
    std::string text = channels();
    for (const char* const op : {"read", "write"}) {
        const auto first = std::find_if(measured_.series.begin(), measured_.series.end(),
                                        [&](const Series& series) {
                                            return series.bytes != 0 && !series.taken.empty() &&
                                                   series.kind.rfind(std::string(op) + " ", 0) == 0;
                                        });
        if (first != measured_.series.end()) {
            text += distribution(op, *first);
        }
    }
    text += table("device.media");
    return text.empty() ? text : "\n[hosts.both.device.media]\n" + text + sizes();
}

std::string Deriving::run() {
    std::string error = find_path();
    if (!error.empty()) {
        return error;
    }
    std::string text = heading(measured_, from_) + link() + "\n" + facts();
    for (const Place& place : times) {
        const Series* const series = measured_.find(place.kind);
        if (series != nullptr && !series->taken.empty()) {
            text += moment(place.key, *series);
        }
    }
    const std::string admin = table("device.admin");
    text += admin.empty() ? "" : "\n[hosts.both.device.admin]\n" + admin;
    profile_.toml = text + media();
    return {};
}

}  // namespace

Result<DeviceProfile> derive_profile(const Calibration& measured, const LinkFacts& link,
                                     const Provenance& from) {
    Deriving deriving(measured, link, from);
    std::string error = deriving.run();
    if (!error.empty()) {
        return Failure{std::move(error)};
    }
    return deriving.take();
}

}  // namespace lmsim::sim::hw
