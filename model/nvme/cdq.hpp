#pragma once

#include <cstdint>

#include "model/nvme/admin.hpp"
#include "model/nvme/events.hpp"
#include "model/nvme/hooks.hpp"

namespace lmsim::nvme {

template <class Bounds>
std::uint64_t user_data_changed(Context<Bounds>&, std::uint16_t, const Change& change) {
    return change.blocks;
}

template <class Bounds>
void user_data_idle(Context<Bounds>&, std::uint16_t) {}

template <class Bounds>
void user_data_suspended(Context<Bounds>&, std::uint16_t, bool) {}

template <class Bounds>
void user_data_resumed(Context<Bounds>&, std::uint16_t) {}

template <class Bounds>
void delete_cdqs(Context<Bounds>&, std::uint16_t) {}

}  // namespace lmsim::nvme
