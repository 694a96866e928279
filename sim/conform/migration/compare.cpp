#include "sim/conform/migration/compare.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sim/conform/migration/bench.hpp"

namespace lmsim::sim::conform::migration {

namespace {

template <class Test>
std::size_t count_of(const std::vector<Step>& steps, Test test) {
    return static_cast<std::size_t>(std::count_if(steps.begin(), steps.end(), test));
}

}  // namespace

std::size_t Comparison::same() const {
    return count_of(steps, [](const Step& step) { return step.same; });
}
std::size_t Comparison::own() const {
    return count_of(steps, [](const Step& step) { return step.own(); });
}
std::size_t Comparison::different() const {
    return count_of(steps, [](const Step& step) { return step.different(); });
}

Comparison compare(const vfio_kernel::Migration& device, const std::string& name,
                   const std::string& driver, const spec::Rules& rules,
                   const std::function<bool()>& interrupted) {
    Comparison result;
    result.device = name;
    result.driver = driver;
    const auto flags = device.flags();
    if (!flags) {
        result.error = fmt::format("{}: its driver does not implement VFIO migration ({})", name,
                                   vfio_kernel::errno_name(flags.error));
        return result;
    }
    result.flags = flags.value;
    result.log_ops = device.has(vfio::Feature::DMA_LOGGING_START);
    if (lmsim::vfio::check_registration(result.flags, rules) != Errno::Ok) {
        result.error = fmt::format("{}: its driver announces flags {:#x}, without STOP_COPY", name,
                                   result.flags);
        return result;
    }
    Bench bench(device, driver, rules, result, interrupted);
    bench.group("states");
    if (bench.learn_stream()) {
        compare_states(bench);
        compare_streams(bench);
        compare_features(bench);
        compare_logging(bench);
    } else if (result.error.empty()) {
        result.error = fmt::format("{}: STOP_COPY is not reached from RUNNING", name);
    }
    return result;
}

}  // namespace lmsim::sim::conform::migration
