#include "model/explore/rfc/outstanding_system.hpp"

#include <algorithm>

#include "model/explore/rfc/bytes.hpp"
#include "model/host/rfc/driver_rules.hpp"
#include "model/spec/documents.hpp"
#include "model/wire/identify.hpp"

namespace lmsim::explore {
namespace {

constexpr std::uint16_t taken_at_once = 2;  // MAXCMD of the controller
constexpr std::uint16_t queue_holds = 4;

enum class Kind : std::uint8_t { Identify, Submit, Complete };

struct HostState {
    bool identified = false;
    std::uint8_t outstanding = 0;
};

class OutstandingSystem : public ByteSystem<HostState> {
  public:
    explicit OutstandingSystem(const spec::Rules& rules) {
        wire::IdentifyController id;
        id.maxcmd = taken_at_once;
        std::uint8_t page[wire::identify_size] = {};
        wire::encode(id, page, rules);
        const auto read =
            wire::decode_identify_controller(page, sizeof page, host::driver_rules(rules));
        LMSIM_ASSERT(read.ok());
        most_ = read->maxcmd == 0 ? queue_holds : std::min(queue_holds, read->maxcmd);
    }

    bool at_rest(const std::uint8_t*) override { return true; }
    std::string describe(const std::uint8_t*, Action action) override {
        switch (static_cast<Kind>(action.kind)) {
            case Kind::Identify: return "the host reads Identify Controller";
            case Kind::Submit: return "the host submits a command";
            case Kind::Complete: break;
        }
        return "the controller completes a command";
    }

  protected:
    void list(const HostState& state, Actions& out) override {
        if (!state.identified) {
            return out.add(Kind::Identify);
        }
        if (state.outstanding < most_) {
            out.add(Kind::Submit);
        }
        if (state.outstanding != 0) {
            out.add(Kind::Complete);
        }
    }
    const check::Invariant* perform(HostState& state, Action action) override {
        switch (static_cast<Kind>(action.kind)) {
            case Kind::Identify: state.identified = true; break;
            case Kind::Submit: ++state.outstanding; break;
            case Kind::Complete: --state.outstanding; break;
        }
        return state.outstanding > taken_at_once ? &most_commands_kept : nullptr;
    }

  private:
    std::uint16_t most_ = 0;
};

}  // namespace

const check::Invariant most_commands_kept = {
    "INV-CMD-MAX",
    "no more commands than the controller takes",
    "A host has at most MAXCMD commands outstanding in a queue.",
    "Over fabrics the controller has nowhere to keep one more, and ends the connection.",
    spec::document::Base23,
    "5.2.13.2.1"};

std::unique_ptr<System> make_outstanding_system(const spec::Rules& rules) {
    return std::make_unique<OutstandingSystem>(rules);
}

}  // namespace lmsim::explore
