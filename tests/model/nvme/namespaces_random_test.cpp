#include <map>
#include <set>

#include "tests/model/nvme/namespaces.hpp"
#include "tests/property.hpp"

using namespace lmsim;
using namespace lmsim::nvme;
using namespace lmsim::nvme::bench;

namespace {

/// Namespaces as a table of the standard would have them.
struct Naive {
    struct Ns {
        std::uint64_t blocks;
        bool shared;
        std::set<std::uint16_t> attached;
    };
    std::map<std::uint32_t, Ns> ns{{1, {100'000, true, {0, 1, 2}}}};

    std::uint16_t create(std::uint64_t blocks, bool shared) {
        std::uint64_t used = 0;
        std::uint32_t nsid = 1;
        for (const auto& [id, one] : ns) {
            used += one.blocks;
            nsid += id == nsid ? 1 : 0;
        }
        if (blocks == 0) {
            return 0x002;
        }
        if (used + blocks > 400'000) {
            return 0x115;
        }
        ns[nsid] = {blocks, shared, {}};
        return 0;
    }
    std::uint16_t missing(std::uint32_t nsid) const {
        return nsid == 0 || nsid > 256 ? 0x00B : ns.count(nsid) == 0 ? 0x002 : 0;
    }
    std::uint16_t remove(std::uint32_t nsid) {
        const std::uint16_t bad = missing(nsid);
        if (bad == 0) {
            ns.erase(nsid);
        }
        return bad;
    }
    std::uint16_t attach(std::uint32_t nsid, const std::vector<std::uint16_t>& list, bool to) {
        const std::uint16_t bad = missing(nsid);
        if (bad != 0) {
            return bad;
        }
        Ns& one = ns.at(nsid);
        for (const std::uint16_t cntlid : list) {
            const bool there = one.attached.count(cntlid) != 0;
            if (to && there) {
                return 0x118;
            }
            if (to && !one.shared && !one.attached.empty()) {
                return 0x119;
            }
            if (!to && !there) {
                return 0x11A;
            }
            if (to) {
                one.attached.insert(cntlid);
            } else {
                one.attached.erase(cntlid);
            }
        }
        return list.empty() ? 0x11C : 0;
    }
};

/// One random command to both; what they answer.
std::pair<std::uint16_t, std::uint16_t> one_command(Rig& rig, Naive& naive, std::uint64_t word) {
    const auto nsid = static_cast<std::uint32_t>(word >> 4 & 7);
    const auto kind = word & 15;
    if (kind < 5) {
        const std::uint64_t blocks = (word >> 8 & 3) * 60'000;
        const bool shared = (word >> 10 & 1) != 0;
        return {rig.create(blocks, shared).status, naive.create(blocks, shared)};
    }
    if (kind < 7) {
        return {rig.remove(nsid), naive.remove(nsid)};
    }
    std::vector<std::uint16_t> list;
    for (std::uint16_t i = 0; i < 3; ++i) {
        if ((word >> (8 + i) & 1) != 0) {
            list.push_back(i);
        }
    }
    const bool to = kind < 12;
    return {to ? rig.attach(nsid, list) : rig.detach(nsid, list), naive.attach(nsid, list, to)};
}

}  // namespace

TEST_CASE("any commands on namespaces leave what a table of them would") {
    CHECK(tests::failure_of(
              [](const std::vector<std::uint64_t>& words) {
                  Rig rig;
                  Naive naive;
                  for (const std::uint64_t word : words) {
                      const auto answers = one_command(rig, naive, word);
                      RC_ASSERT(answers.first == answers.second);
                  }
                  Driver* const drivers[] = {&rig.pf, &rig.vf1, &rig.vf2};
                  std::vector<std::uint32_t> all;
                  std::vector<std::uint32_t> active[3];
                  for (const auto& entry : naive.ns) {
                      all.push_back(entry.first);
                      for (const std::uint16_t cntlid : entry.second.attached) {
                          active[cntlid].push_back(entry.first);
                      }
                      RC_ASSERT(rig.page(rig.pf, entry.first, 0x11).nsze == entry.second.blocks);
                  }
                  RC_ASSERT(rig.list(rig.pf, 0x10) == all);
                  for (std::size_t i = 0; i < 3; ++i) {
                      RC_ASSERT(rig.list(*drivers[i], 0x02) == active[i]);
                  }
              },
              200) == "");
}
