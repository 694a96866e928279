#include "sim/conform/cases/cases.hpp"

namespace lmsim::sim::conform::cases {

const std::vector<Stranger>& strangers() {
    static const std::vector<Stranger> list = {
        {"unknown-cntlid", "a CNTLID that nobody has", "unknown.cntlid"},
        {"cntlid-ffff", "CNTLID FFFFh", 0xffff},
        {"own-cntlid", "the MMC itself", "mmc.cntlid"},
    };
    return list;
}

}  // namespace lmsim::sim::conform::cases
