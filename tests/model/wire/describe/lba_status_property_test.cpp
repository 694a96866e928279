#include "model/wire/lba_status.hpp"

#include "tests/model/wire/describe/collect.hpp"
#include "tests/property.hpp"

using namespace lmsim;
using namespace lmsim::wire;

TEST_CASE("Get LBA Status survives encode and decode") {
    CHECK(tests::failure_of([](std::uint32_t nsid, std::uint64_t slba, std::uint32_t mndw,
                               std::uint16_t rl, bool allocated) {
              const spec::Rules rules;
              GetLbaStatus command;
              command.nsid = nsid;
              command.slba = slba;
              command.dwords = std::uint64_t{mndw} + 1;
              command.rl = rl;
              command.allocated = allocated;
              const GetLbaStatus again = decode_get_lba_status(encode(command, rules), rules);
              RC_ASSERT(again.nsid == nsid && again.slba == slba && again.rl == rl);
              RC_ASSERT(again.dwords == command.dwords && again.allocated == allocated);
          }) == "");
}

TEST_CASE("an LBA Status Descriptor List survives encode and decode, and is described") {
    CHECK(tests::failure_of([](std::vector<std::pair<std::uint64_t, std::uint32_t>> ranges,
                               bool whole, std::uint8_t spare) {
              const spec::Rules rules;
              std::vector<std::uint8_t> bytes(8 + 16 * ranges.size() + spare % 16, 0xEE);
              LbaStatusWriter writer(bytes.data(), bytes.size(), rules);
              for (const auto& range : ranges) {
                  RC_ASSERT(writer.add({range.first, range.second}));
              }
              RC_ASSERT(!writer.add({1, 1}));
              writer.end(whole);
              const auto view = LbaStatusView::parse(bytes.data(), bytes.size(), rules);
              RC_ASSERT(view.ok());
              RC_ASSERT(view->count() == ranges.size() && view->whole() == whole);
              for (std::size_t i = 0; i < ranges.size(); ++i) {
                  RC_ASSERT((*view)[i].slba == ranges[i].first);
                  RC_ASSERT((*view)[i].blocks == ranges[i].second);
              }
              const auto found = tests::described("lba-status", bytes);
              RC_ASSERT(found.outcome.ok() && found.rules.empty());
              RC_ASSERT(found.outcome.end == 8 + 16 * ranges.size());
          }) == "");
}
