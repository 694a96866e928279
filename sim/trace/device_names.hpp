#pragma once

#include <map>
#include <string>
#include <vector>

#include "sim/trace/sink.hpp"

namespace lmsim::sim::trace {

/// What the devices that a VMM migrates are called: NVMe VFs by their number, those of other kinds,
/// whose numbers come after, as the scenario has them ("mlx5 0").
class DeviceNames {
  public:
    void add(Device number, std::string name) { others_[number] = std::move(name); }
    bool is_vf(Device number) const { return others_.count(number) == 0; }
    /// "VF 2", "mlx5 0"
    std::string name(Device number) const {
        return is_vf(number) ? "VF " + std::to_string(number) : others_.at(number);
    }
    /// "VF 0-2, 5, mlx5 0" of numbers in their order.
    std::string names(const std::vector<Device>& numbers) const {
        std::string text;
        const auto run_end = [&](std::size_t i) {
            while (i + 1 < numbers.size() && numbers[i + 1] == numbers[i] + 1 &&
                   is_vf(numbers[i + 1])) {
                ++i;
            }
            return i;
        };
        for (std::size_t i = 0; i < numbers.size(); ++i) {
            const Device first = numbers[i];
            text += text.empty() ? "" : ", ";
            if (!is_vf(first)) {
                text += name(first);
                continue;
            }
            const std::size_t last = run_end(i);
            text += (i == 0 ? "VF " : "") + std::to_string(first);
            if (last > i) {
                text += (last > i + 1 ? "-" : ", ") + std::to_string(numbers[last]);
            }
            i = last;
        }
        return text;
    }

  private:
    std::map<Device, std::string> others_;
};

}  // namespace lmsim::sim::trace
