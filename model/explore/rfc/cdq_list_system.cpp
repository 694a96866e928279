#include "model/explore/rfc/cdq_list_system.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "model/explore/rfc/bytes.hpp"
#include "model/explore/rfc/queue_driver.hpp"
#include "model/host/cdq_list.hpp"
#include "model/host/lifetimes.hpp"
#include "model/host/rfc/driver_rules.hpp"
#include "model/wire/cdq.hpp"

namespace lmsim::explore {
namespace {

using host::controller_page;
using host::DmaSegment;

constexpr std::uint64_t ring_at = std::uint64_t{1} << 42;
constexpr std::uint64_t list_at = std::uint64_t{1} << 43;

enum class Layout : std::uint8_t { Merged, Large, Scattered, Count };

const char* const names[] = {"4 pages, of which the IOMMU merged 3",
                             "8 pages of a kernel with pages of 16 KiB", "513 single pages"};

/// The memory of a ring, as the device sees it.
std::vector<DmaSegment> segments_of(Layout layout) {
    switch (layout) {
        case Layout::Merged:
            return {{ring_at, 3 * controller_page}, {ring_at + (1U << 20), controller_page}};
        case Layout::Large:
            return {{ring_at, 4 * controller_page}, {ring_at + (1U << 20), 4 * controller_page}};
        default: break;
    }
    std::vector<DmaSegment> pages;
    for (std::uint64_t i = 0; i < 513; ++i) {
        pages.push_back({ring_at + 2 * controller_page * i, controller_page});
    }
    return pages;
}

/// What a controller takes a ring's pages to be; empty if it refuses the queue.
std::vector<std::uint64_t> pages_of_device(const std::vector<DmaSegment>& segments,
                                           const spec::Rules& rules) {
    nvme::Config config;
    config.queue_pairs = 1;
    config.mcmr = 0xffff;
    nvme::bench::Bench<nvme::WorldBounds<1, 3>> bench(1, config);
    bench.rules = rules;
    QueueDriver pf(bench, 0);
    pf.enable();
    const spec::Rules taken = host::driver_rules(rules);
    const host::CdqListShape shape(taken);
    host::write_cdq_list(
        segments.data(), segments.size(), taken,
        [&](std::uint64_t page) { return list_at + page * shape.page(); },
        [&](std::uint64_t at, std::uint64_t value) { pf.memory().write(at, &value, 8); });
    std::uint64_t bytes = 0;
    for (const DmaSegment& segment : segments) {
        bytes += segment.bytes;
    }
    const auto create =
        wire::ControllerDataQueue::create(1, list_at, static_cast<std::uint32_t>(bytes / 4), false);
    if (pf.admin(wire::encode(create, taken)).status != 0) {
        return {};
    }
    const auto pages = static_cast<std::uint32_t>(bytes / controller_page);
    const std::uint64_t* const found = bench.env().cdq_pages(0, pages);
    return {found, found + pages};
}

enum class Kind : std::uint8_t { Create, Fill };

struct ListState {
    Layout layout = Layout::Count;
    std::uint8_t filled[2] = {};  // pages, low byte first
};

class ListSystem : public ByteSystem<ListState> {
  public:
    explicit ListSystem(const spec::Rules& rules) {
        for (std::size_t i = 0; i < static_cast<std::size_t>(Layout::Count); ++i) {
            const auto segments = segments_of(static_cast<Layout>(i));
            device_pages_[i] = pages_of_device(segments, rules);
        }
    }

    bool at_rest(const std::uint8_t* state) override {
        const ListState at = load(state);
        return at.layout != Layout::Count && filled(at) == pages(at).size();
    }
    std::string describe(const std::uint8_t* state, Action action) override {
        const ListState at = load(state);
        if (static_cast<Kind>(action.kind) == Kind::Create) {
            return fmt::format("a program asks for a queue: {}", names[action.a]);
        }
        return fmt::format("the device posts to page {}, at {:x}h", filled(at),
                           pages(at)[filled(at)]);
    }

  protected:
    void list(const ListState& state, Actions& out) override {
        if (state.layout == Layout::Count) {
            for (std::uint8_t i = 0; i < static_cast<std::uint8_t>(Layout::Count); ++i) {
                out.add(Kind::Create, i);
            }
        } else if (filled(state) < pages(state).size()) {
            out.add(Kind::Fill);
        }
    }
    const check::Invariant* perform(ListState& state, Action action) override {
        if (static_cast<Kind>(action.kind) == Kind::Create) {
            state.layout = static_cast<Layout>(action.a);
            return nullptr;
        }
        const std::uint64_t page = pages(state)[filled(state)];
        const std::size_t next = filled(state) + 1;
        state.filled[0] = static_cast<std::uint8_t>(next);
        state.filled[1] = static_cast<std::uint8_t>(next >> 8);
        const auto segments = segments_of(state.layout);
        const bool inside =
            std::any_of(segments.begin(), segments.end(), [&](const DmaSegment& segment) {
                return page >= segment.address && page < segment.address + segment.bytes;
            });
        return inside ? nullptr : broken_by(host::Misuse::ForeignWritten);
    }

  private:
    static std::size_t filled(const ListState& state) {
        return state.filled[0] + (std::size_t{state.filled[1]} << 8);
    }
    const std::vector<std::uint64_t>& pages(const ListState& state) const {
        return device_pages_[static_cast<std::size_t>(state.layout)];
    }

    std::vector<std::uint64_t> device_pages_[static_cast<std::size_t>(Layout::Count)];
};

}  // namespace

std::unique_ptr<System> make_cdq_list_system(const spec::Rules& rules) {
    return std::make_unique<ListSystem>(rules);
}

}  // namespace lmsim::explore
