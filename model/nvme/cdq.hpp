#pragma once

#include <cstdint>

#include "model/nvme/cdq_commands.hpp"
#include "model/nvme/user_data_log.hpp"

namespace lmsim::nvme {

template <class Bounds>
void delete_cdqs(Context<Bounds>& ctx, std::uint16_t creator) {
    for (std::uint16_t i = 0; i < Bounds::cdqs; ++i) {
        if (find_cdq(ctx, creator, i) != nullptr) {
            delete_cdq(ctx, i, CdqMove::CreatorReset);
        }
    }
}

}  // namespace lmsim::nvme
