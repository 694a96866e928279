#include "tools/cli/diagram_downtime.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "sim/core/text.hpp"
#include "sim/metrics/result.hpp"
#include "tools/cli/exit_code.hpp"
#include "viz/diagram/downtime.hpp"

namespace lmsim::cli {

namespace {

using Parsed = nlohmann::json;

template <class Enum, class Names>
Enum named(const Names& names, const Parsed& name) {
    const auto at = std::find(names.begin(), names.end(), name.get<std::string>());
    // A name of a later lmsim: nothing that could be drawn.
    if (at == names.end()) {
        throw Parsed::other_error::create(500, "unknown name", nullptr);
    }
    return static_cast<Enum>(at - names.begin());
}

sim::metrics::PartTime part_of(const Parsed& part) {
    const Parsed& device = part.at("device");
    return {{named<sim::metrics::Part>(sim::metrics::part_names, part.at("name")),
             named<sim::metrics::Side>(sim::metrics::side_names, part.at("side")),
             device.is_null() ? sim::metrics::no_device : device.get<sim::metrics::Device>()},
            part.at("ps").get<sim::Ps>()};
}

viz::DowntimePicture picture_of(const Parsed& result) {
    viz::DowntimePicture picture;
    const std::string scenario = result.at("scenario");
    picture.title =
        fmt::format("{}: where the downtime goes", scenario.empty() ? "A run" : scenario);
    std::vector<sim::metrics::PartTime> parts;
    for (const Parsed& part : result.at("downtime").at("parts")) {
        parts.push_back(part_of(part));
    }
    for (const auto& group : sim::metrics::part_groups(parts)) {
        std::string name(sim::metrics::name(group.part));
        if (group.devices.size() == 1) {
            name += fmt::format(", vf {}", group.devices.front());
        } else if (!group.devices.empty()) {
            name += fmt::format(" ({} VFs)", group.devices.size());
        }
        picture.parts.push_back({name, group.side, group.ps});
    }
    constexpr sim::Ps ps_per_ms = 1'000'000'000;
    const Parsed& vmm = result.at("vmm");
    const std::string prints = vmm.at("name").get<std::string>() + " prints";
    for (const auto& each : {std::make_pair("downtime_ms", prints),
                             std::make_pair("downtime_return_path_ms", prints + ", return path")}) {
        if (!vmm.at(each.first).is_null()) {
            picture.beside.push_back({each.second, vmm.at(each.first).get<sim::Ps>() * ps_per_ms});
        }
    }
    picture.beside.push_back(
        {"longest gap of guest I/O", result.at("guest").at("longest_gap_ps").get<sim::Ps>()});
    return picture;
}

}  // namespace

int draw_downtime(const std::string& run_directory, const PictureOptions& options) {
    constexpr const char* verb = "lmsim diagram downtime";
    const std::string file = run_directory + "/result.json";
    std::ifstream stream(file, std::ios::binary);
    const Parsed result = Parsed::parse(stream, nullptr, false);
    if (result.is_discarded()) {
        fmt::print(stderr, "{}: {}: {}; expected the directory of a run (`lmsim run --out`)\n",
                   verb, sim::printable(file), stream.is_open() ? "is no JSON" : "cannot be read");
        return Usage;
    }
    try {
        return write_picture(verb, options, viz::downtime_svg(picture_of(result)));
    } catch (const Parsed::exception&) {
        fmt::print(stderr, "{}: {}: is no result of this version of lmsim\n", verb,
                   sim::printable(file));
        return Usage;
    }
}

}  // namespace lmsim::cli
