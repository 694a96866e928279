#pragma once

#include <cstdint>

#include "model/spec/rules.hpp"
#include "model/step.hpp"
#include "model/vfio/device.hpp"

// Shared by the handlers of step(); nobody else includes it.
namespace lmsim::vfio {

inline constexpr std::uint64_t no_fd = ~std::uint64_t{0};  // -1

/// Does the condition hold, and is it tested?
inline bool refused(const spec::Rules& rules, spec::Id condition, bool holds) {
    return holds && rules.on(condition);
}

/// The error number of a condition.
inline Errno error_of(const spec::Rules& rules, spec::Id condition) {
    return static_cast<Errno>(rules.status(condition));
}

inline Effect& reply(Effects& effects, std::uint32_t ticket, Errno error,
                     std::uint64_t result = 0) {
    Effect& effect = effects.push(EffectKind::Reply);
    effect.ticket = ticket;
    effect.token = static_cast<std::uint64_t>(error);
    effect.token2 = result;
    return effect;
}

/// The answer that a condition gives.
inline void refuse(Effects& effects, const Event& event, const spec::Rules& rules,
                   spec::Id condition, std::uint64_t result = 0) {
    reply(effects, event.ticket, error_of(rules, condition), result);
}

// session.cpp
void on_read(DeviceState& device, const Event& event, const spec::Rules& rules, Effects& effects);
void on_write(DeviceState& device, const Event& event, const spec::Rules& rules, Effects& effects);
void on_close_fd(DeviceState& device, const Event& event, const spec::Rules& rules,
                 Effects& effects);
void on_precopy_info(DeviceState& device, const Event& event, const spec::Rules& rules,
                     Effects& effects);
void on_other_ioctl(DeviceState& device, const Event& event, const spec::Rules& rules,
                    Effects& effects);
/// The user's data_fd is gone while its session lasts.
void drop_fd(DeviceState& device, Effects& effects);

// feature.cpp
void on_data_size(DeviceState& device, const Event& event, const spec::Rules& rules,
                  Effects& effects);
void on_enable_precopy_v2(DeviceState& device, const Event& event, const spec::Rules& rules,
                          Effects& effects);
void on_log_start(DeviceState& device, const Event& event, const spec::Rules& rules,
                  Effects& effects);
void on_log_stop(DeviceState& device, const Event& event, const spec::Rules& rules,
                 Effects& effects);
void on_log_report(DeviceState& device, const Event& event, const spec::Rules& rules,
                   Effects& effects);

}  // namespace lmsim::vfio
