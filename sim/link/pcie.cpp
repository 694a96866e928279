#include "sim/link/pcie.hpp"

#include <numeric>

#include "model/assert.hpp"

namespace lmsim::sim {

void PcieCost::set_rate(std::uint64_t gigatransfers, std::uint64_t lanes,
                        std::uint64_t overhead_ppm) {
    LMSIM_ASSERT(gigatransfers > 0 && lanes > 0 && overhead_ppm < 1'000'000);
    // 8 bits a byte, 130 on the wire for 128, 1000 ps for one transfer at 1 GT/s; of the raw rate
    // only what DLLPs leave carries TLPs.
    ps_numerator = 8 * 130 * 1000 * std::uint64_t{1'000'000};
    ps_denominator = 128 * gigatransfers * lanes * (1'000'000 - overhead_ppm);
    const std::uint64_t common = std::gcd(ps_numerator, ps_denominator);
    ps_numerator /= common;
    ps_denominator /= common;
}

}  // namespace lmsim::sim
