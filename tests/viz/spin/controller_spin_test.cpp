#include <array>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "tests/model/nvme/driver.hpp"
#include "tests/viz/spin/spin.hpp"
#include "viz/spin/promela.hpp"

using namespace lmsim;
using namespace lmsim::nvme;
using namespace lmsim::nvme::bench;
using namespace lmsim::viz::test;

namespace {

using wire::MigrationSend;
using State = std::vector<std::uint8_t>;

constexpr std::uint32_t base_cc = 0x0046'0000;
constexpr std::uint32_t enabled = 1;
constexpr std::uint32_t shut = 0x4000;  // SHN = 01b
constexpr std::uint32_t entries = 32;

enum class Command : std::uint8_t { None, Queued, Fetched };

/// What is counted as one state, see docs/spin.md; and what else differs between states.
using Counted = std::array<std::uint8_t, 7>;
struct Key {
    Counted counted{};
    std::array<std::uint8_t, 4> rest{};
    friend bool operator<(const Key& a, const Key& b) {
        return a.counted != b.counted ? a.counted < b.counted : a.rest < b.rest;
    }
};

/// One thing that the guest, the controller or the PF's driver does.
enum class Move : std::uint8_t {
    WriteCc,  // with this EN and SHN
    Flr,
    Submit,
    WorkDone,
    Complete,
    Suspend,
    Abort,
    Resume,
    Commit,  // of this image
};
struct Step {
    Move move;
    std::uint8_t a = 0;
};

constexpr std::uint32_t written_cc[] = {0, shut, enabled, enabled | shut};

/// A VF of the real controller, and a PF that migrates it.
class Vf {
  public:
    Vf(const spec::Rules& rules, const std::vector<State>* images) : images_(images) {
        bench_.rules = rules;
        pf_.enable();
        hold(all);
        vf_.pairs.assign(1, Pair{});
    }

    Key key() {
        const Controller<ProofBounds>& c = bench_.at(1);
        const auto byte = [](auto value) { return static_cast<std::uint8_t>(value); };
        Key key;
        key.counted = {c.life,
                       c.migration,
                       byte(c.cc & enabled),
                       byte((c.cc & shut) != 0),
                       byte((c.owed & owed::enable) != 0),
                       byte(command()),
                       byte(c.suspender != 0)};
        key.rest = {c.sq[0].life, c.cq[0].life, c.fatal, c.sequence};
        return key;
    }

    std::vector<Step> moves() {
        const Controller<ProofBounds>& c = bench_.at(1);
        std::vector<Step> list;
        for (const std::uint8_t cc : {0, 1, 2, 3}) {
            list.push_back({Move::WriteCc, cc});
        }
        list.push_back({Move::Flr});
        if (is(c.life, Life::Ready) && command() == Command::None) list.push_back({Move::Submit});
        if (works()) list.push_back({Move::WorkDone});
        if (command() == Command::Fetched) list.push_back({Move::Complete});
        if (!is(c.migration, Migration::Suspending)) list.push_back({Move::Suspend});
        if (c.suspender != 0) list.push_back({Move::Abort});
        if (is(c.migration, Migration::Suspended)) {
            list.push_back({Move::Resume});
            for (std::uint8_t i = 0; i < images_->size(); ++i) list.push_back({Move::Commit, i});
        }
        return list;
    }

    void take(Step step) {
        switch (step.move) {
            case Move::WriteCc: write_cc(base_cc | written_cc[step.a]); break;
            case Move::Flr: bench_.reset(1); break;
            case Move::Submit:
                vf_.submit(0, wire::encode(wire::GetFeatures{0x07, 0, 0}, bench_.rules));
                break;
            case Move::WorkDone: answer(work_only); break;
            case Move::Complete: answer(commands_only); break;
            case Move::Suspend:
                cid_ = submit(MigrationSend::suspend(1, wire::SuspendType::Suspend));
                break;
            case Move::Abort:
                pf_.submit(0, wire::encode(wire::Abort{0, cid_}, bench_.rules));
                break;
            case Move::Resume: submit(MigrationSend::resume(1)); break;
            case Move::Commit:
                REQUIRE(pf_.load(1, (*images_)[step.a]) == 0);
                renew_queue();
                break;
        }
        REQUIRE(bench_.run());
        pf_.reap(0);
        if (is(bench_.at(1).life, Life::Ready)) vf_.reap(0);
    }

    State save() { return pf_.save(1); }

  private:
    enum Held { all, work_only, commands_only };

    void hold(Held held) {
        bench_.held = [held](const Effect& effect) {
            const bool work =
                effect.kind == EffectKind::Execute && Ticket::slot(effect.ticket) == no_slot;
            return effect.function == 1 && (held == all || work != (held == work_only));
        };
    }
    void answer(Held but) {
        hold(but);
        REQUIRE(bench_.run());
        hold(all);
    }
    bool works() {
        for (const Effect& effect : bench_.waiting()) {
            if (effect.function == 1 && effect.kind == EffectKind::Execute &&
                Ticket::slot(effect.ticket) == no_slot &&
                Ticket::generation(effect.ticket) == bench_.at(1).generation) {
                return true;
            }
        }
        return false;
    }
    Command command() {
        const Controller<ProofBounds>& c = bench_.at(1);
        if (c.busy != 0) {
            return Command::Fetched;
        }
        return c.sq[0].head != c.sq[0].tail ? Command::Queued : Command::None;
    }
    void write_cc(std::uint32_t value) {
        if ((bench_.at(1).cc & enabled) == 0 && (value & enabled) != 0) {
            bench_.write(1, property::AQA, (entries - 1) | (entries - 1) << 16);
            bench_.write(1, property::ASQ, Driver::sq_base(0));
            bench_.write(1, property::ACQ, Driver::cq_base(0));
            renew_queue();
        }
        bench_.write(1, property::CC, value);
    }
    void renew_queue() {
        vf_.pairs.assign(1, Pair{});
        vf_.pairs[0].size = entries;
        const std::vector<std::uint8_t> zeros(16 * entries);
        vf_.memory().write(Driver::cq_base(0), zeros.data(), zeros.size());
    }
    std::uint16_t submit(const MigrationSend& send) {
        return pf_.submit(0, wire::encode(send, bench_.rules));
    }

    static Config small() {
        Config config;
        config.queue_pairs = 1;
        return config;
    }

    const std::vector<State>* images_;
    Bench<ProofBounds> bench_{1, small()};
    Driver pf_{bench_, 0};
    Driver vf_{bench_, 1, entries};
    std::uint16_t cid_ = 0;  // of the latest Suspend
};

/// The states of a disabled controller, of one that is ready, and of one that was shut down then.
std::vector<State> make_images() {
    const std::vector<State> none;
    std::vector<State> images;
    Vf vf(spec::Rules::ratified(), &none);
    images.push_back(vf.save());
    vf.take({Move::WriteCc, 2});
    vf.take({Move::WorkDone});
    images.push_back(vf.save());
    vf.take({Move::WriteCc, 3});
    vf.take({Move::WorkDone});
    images.push_back(vf.save());
    return images;
}

/// Reachability by the controller's step function: each state is reached again from the start.
struct Reach {
    std::size_t states = 0;
    std::size_t moves = 0;

    explicit Reach(const spec::Rules& rules) {
        const std::vector<State> images = make_images();
        std::set<Key> seen;
        std::map<Counted, std::vector<Counted>> next_of;
        std::deque<std::vector<Step>> open{{}};
        seen.insert(at({}, rules, images)->key());
        for (; !open.empty(); open.pop_front()) {
            const std::vector<Step> path = open.front();
            const auto here = at(path, rules, images);
            std::vector<Counted> next;
            for (const Step step : here->moves()) {
                std::vector<Step> longer = path;
                longer.push_back(step);
                const Key key = at(longer, rules, images)->key();
                next.push_back(key.counted);
                if (seen.insert(key).second) {
                    open.push_back(longer);
                }
            }
            // What is not counted does not matter: it leads to the same states.
            const auto entry = next_of.emplace(here->key().counted, next);
            CHECK(entry.first->second == next);
            moves += entry.second ? next.size() : 0;
        }
        states = next_of.size();
    }

    static std::unique_ptr<Vf> at(const std::vector<Step>& path, const spec::Rules& rules,
                                  const std::vector<State>& images) {
        auto vf = std::make_unique<Vf>(rules, &images);
        for (const Step step : path) {
            vf->take(step);
        }
        return vf;
    }
};

std::string model_of(const viz::Dialect& dialect) {
    return viz::promela(*viz::find_machine("controller"), dialect);
}

}  // namespace

TEST_CASE("Spin and the controller itself count the same states", "[spin]") {
    if (!has_spin()) {
        return;
    }
    const Reach reach({});
    const Verified spin = verify(model_of({}));
    INFO(spin.output);
    CHECK(spin.errors == 0);
    CHECK(spin.states == reach.states);
    CHECK(spin.transitions == reach.moves + 1);
    CHECK(reach.states == 62);
    CHECK(verify(model_of({}), "suspend_ends").errors == 0);
}

TEST_CASE("under other rules they count the same too: the controller", "[spin]") {
    if (!has_spin()) {
        return;
    }
    using spec::Id;
    for (const Id id :
         {Id::SuspendedEnableGetsReady, Id::LifeDisableShutDown, Id::LifeDisableShuttingDown,
          Id::LifeShutdownDisabled, Id::SuspendPropertiesNormal}) {
        viz::Dialect dialect;
        dialect.rules.set_on(id, !dialect.rules.on(id));
        const Reach reach(dialect.rules);
        const Verified spin = verify(model_of(dialect));
        INFO(spec::index(id) << "\n" << spin.output);
        CHECK(spin.states == reach.states);
        CHECK(spin.transitions == reach.moves + 1);
    }
}
