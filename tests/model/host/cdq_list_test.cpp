#include "model/host/cdq_list.hpp"

#include <vector>

#include "tests/catch.hpp"
#include "tests/model/nvme/udmq.hpp"

using namespace lmsim;
using namespace lmsim::host;
using namespace lmsim::nvme::bench;
using spec::Id;

namespace {

constexpr std::uint64_t list_at = LogRig::list_base;
constexpr std::uint64_t pages_at = LogRig::ring_base + (std::uint64_t{1} << 32);

/// Where the device will write: creates a queue in `segments` with the list that a driver by
/// `rules` writes; the pages that the device has of it.
std::vector<std::uint64_t> pages_of_device(const spec::Rules& rules,
                                           const std::vector<DmaSegment>& segments) {
    nvme::Config config;
    config.mcmr = 0xffff;
    LogRig rig(0, config);
    std::uint64_t bytes = 0;
    for (const DmaSegment& segment : segments) {
        bytes += segment.bytes;
    }
    const CdqListShape shape(rules);
    write_cdq_list(
        segments.data(), segments.size(), rules,
        [&](std::uint64_t page) { return list_at + page * shape.page(); },
        [&](std::uint64_t at, std::uint64_t value) { rig.pf.memory().write(at, &value, 8); });
    const auto entries = static_cast<std::uint32_t>(bytes / 32);
    REQUIRE(rig.create(1, list_at, entries, false) == 0);
    const auto pages = static_cast<std::uint32_t>(bytes / controller_page);
    const std::uint64_t* found = rig.bench.env().cdq_pages(0, pages);
    return {found, found + pages};
}

spec::Rules with(Id defect) {
    spec::Rules rules;
    rules.set_on(defect, true);
    return rules;
}

std::vector<DmaSegment> scattered(std::uint64_t pages) {
    std::vector<DmaSegment> segments;
    for (std::uint64_t i = 0; i < pages; ++i) {
        segments.push_back({pages_at + 8192 * i, controller_page});
    }
    return segments;
}

}  // namespace

TEST_CASE("a list of more than a page names the next one, or the ring's bytes are taken (R004-02)",
          "[host][rfc]") {
    const auto segments = scattered(513);
    const auto right = pages_of_device(spec::Rules{}, segments);
    for (std::size_t i = 0; i < right.size(); ++i) {
        CHECK(right[i] == segments[i].address);
    }
    // The 512th entry, a page of the ring, is taken for a page of the list: zeros are addresses.
    const auto posted = pages_of_device(with(Id::RfcListUnchained), segments);
    CHECK(posted[510] == segments[510].address);
    CHECK(posted[511] == 0);
    CHECK(posted[512] == 0);
    // Up to 512 pages it makes no difference.
    CHECK(pages_of_device(with(Id::RfcListUnchained), scattered(512)) ==
          pages_of_device(spec::Rules{}, scattered(512)));
}

TEST_CASE("pages that the IOMMU merged are in the list each, or the device has others (R004-04)",
          "[host][rfc]") {
    const std::vector<DmaSegment> segments = {{pages_at, 3 * controller_page},
                                              {pages_at + (1U << 20), controller_page}};
    const std::vector<std::uint64_t> right = {pages_at, pages_at + 4096, pages_at + 8192,
                                              pages_at + (1U << 20)};
    CHECK(pages_of_device(spec::Rules{}, segments) == right);
    const std::vector<std::uint64_t> posted = {pages_at, pages_at + (1U << 20), 0, 0};
    CHECK(pages_of_device(with(Id::RfcPrpPerSegment), segments) == posted);
}

TEST_CASE("lists in pages of a kernel with larger ones (R004-05)", "[host][rfc]") {
    const std::vector<DmaSegment> segments = {{pages_at, 4 * controller_page},
                                              {pages_at + (1U << 20), 4 * controller_page}};
    const auto right = pages_of_device(spec::Rules{}, segments);
    CHECK(right[1] == pages_at + 4096);
    CHECK(right[7] == pages_at + (1U << 20) + 3 * 4096);
    const auto posted = pages_of_device(with(Id::RfcKernelPages), segments);
    CHECK(posted[0] == pages_at);
    CHECK(posted[1] == pages_at + (1U << 20));
    CHECK(posted[2] == 0);
}
