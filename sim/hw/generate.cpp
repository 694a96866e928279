#include "sim/hw/generate.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sim/conform/cases/cdq_commands.hpp"

namespace lmsim::sim::hw {

using conform::Command;
using conform::dw0;
using conform::field;
using conform::oracle;
using conform::Value;
using spec::Id;

namespace {

constexpr spec::Place prp1 = spec::bytes(24, 31);
constexpr spec::Place slba = spec::bytes(40, 47);
constexpr spec::Place nlb = spec::cdw(12, 15, 0);
constexpr std::uint64_t most_aers = 3;
constexpr std::uint32_t broadcast = 0xffff'ffff;
constexpr std::uint32_t never = 0xffff'fffe;  // an NSID that cannot be
constexpr std::uint64_t slots = 8;            // of a Controller Data Queue

std::uint64_t symbol(const conform::Symbols& symbols, const char* name) {
    const auto found = symbols.find(name);
    return found == symbols.end() ? 0 : found->second;
}

}  // namespace

Offers Offers::of(const conform::Symbols& symbols) {
    Offers offers;
    offers.vf = symbol(symbols, "mc.secondary") != 0;
    offers.migration = offers.vf && symbol(symbols, "mmc.hmlms") != 0;
    offers.cdqs = offers.migration && symbol(symbols, "mmc.mcudmq") != 0;
    offers.tracking = offers.migration && symbol(symbols, "mmc.thmcs") != 0;
    offers.log_offsets = symbol(symbols, "mmc.log.offsets") != 0;
    offers.prp_offsets = symbol(symbols, "mc.prp-offsets") != 0;
    offers.coalescing = symbol(symbols, "mc.feature.08") != 0;
    offers.vectors = symbol(symbols, "mc.feature.09") != 0;
    offers.aborts = symbol(symbols, "mc.aborts") != 0;
    offers.destructive = symbol(symbols, "destructive") != 0;
    offers.pairs = std::min<std::uint64_t>(symbol(symbols, "mc.queues"), 2);
    offers.aers = std::min(symbol(symbols, "mc.aerl") + 1, most_aers);
    return offers;
}

Generator::Generator(std::uint64_t seed, const Offers& offers)
    : offers_(offers), random_(seed, "hw.compare"), seed_(seed) {}

conform::Case Generator::next(std::size_t commands) {
    const std::string id = fmt::format("random.{}.{}", seed_, made_++);
    who_ = offers_.vf && random_.below(4) == 0 ? "mmc" : "mc";
    draft_ = conform::Draft("Random commands", id, "Commands at random");
    draft_.buffer("data", 2 * page_size, who())
        .buffer("block", page_size, "mc")
        .buffer("queue", page_size)
        .buffer("state", page_size)
        .mc_enabled();
    if (offers_.tracking) {
        conform::cases::store_track_range(draft_);
    }
    for (std::size_t i = 0; i < std::size(cq_); ++i) {
        cq_[i] = sq_[i] = false;
    }
    aers_ = sent_ = 0;
    created_ = false;
    std::vector<Make> kinds{&Generator::identify,       &Generator::identify_wrong,
                            &Generator::get_feature,    &Generator::get_feature_wrong,
                            &Generator::set_feature,    &Generator::set_feature_wrong,
                            &Generator::create,         &Generator::create,
                            &Generator::create_wrong,   &Generator::remove,
                            &Generator::remove_wrong,   &Generator::abort_none,
                            &Generator::wait_for_event, &Generator::abort_event,
                            &Generator::no_command,     &Generator::get_log,
                            &Generator::get_log_wrong,  &Generator::input_output,
                            &Generator::input_output,   &Generator::input_output_wrong};
    if (offers_.migration) {
        kinds.insert(kinds.end(), {&Generator::suspend_and_resume, &Generator::get_state,
                                   &Generator::migration_wrong});
    }
    if (offers_.cdqs) {
        kinds.push_back(&Generator::data_queue);
    }
    if (offers_.tracking) {
        kinds.push_back(&Generator::track);
    }
    while (sent_ < commands) {
        (this->*kinds[random_.below(kinds.size())])();
    }
    return draft_.done();
}

void Generator::send(const Command& command) {
    draft_.step(command);
    ++sent_;
}

void Generator::identify() {
    const auto page = [&](Id cns, Value nsid) {
        return conform::identify(cns, "data").to(who()).nsid(std::move(nsid));
    };
    switch (random_.below(4)) {
        case 0: {
            const std::string own = who_ == "mc" && !offers_.vf ? "mmc" : who_;
            send(page(Id::CnsController, 0));
            draft_.step(conform::check(
                "data", 0,
                {field(Id::IdCntlid, own + ".cntlid"),
                 conform::raw("SQES, the least", {oracle().place(Id::IdSqes).bit, 4}, 6),
                 conform::raw("CQES, the least", {oracle().place(Id::IdCqes).bit, 4}, 4)}));
            return;
        }
        case 1: send(page(Id::CnsNamespace, "mc.nsid")); return;
        case 2:
            send(page(Id::CnsActiveNamespaces, 0xffff'fffdU));
            draft_.step(conform::check("data", 0, {conform::raw("the first NSID", {0, 32}, 0)}));
            return;
        default: send(page(Id::CnsNamespaceDescriptors, "mc.nsid")); return;
    }
}

void Generator::identify_wrong() {
    const auto page = [&](Id cns) { return conform::identify(cns, "data").to(who()); };
    switch (random_.below(offers_.prp_offsets ? 5 : 4)) {
        case 0: {
            const std::uint32_t reserved[] = {0x22, 0x7f, 0xbf};
            return send(page(Id::CnsController).set(Id::IdentifyCns, any(reserved)));
        }
        case 1: return send(page(Id::CnsNamespace).nsid(coin() ? 0U : never));
        case 2: return send(page(Id::CnsActiveNamespaces).nsid(coin() ? never : broadcast));
        case 3: return send(page(Id::CnsNamespaceDescriptors).nsid(coin() ? 0U : never));
        default: return send(page(Id::CnsController).set("PRP1", prp1, Value("data", 2)));
    }
}

void Generator::get_feature() {
    const Id fids[] = {Id::FeatureArbitration,          Id::FeaturePowerManagement,
                       Id::FeatureTemperatureThreshold, Id::FeatureNumberOfQueues,
                       Id::FeatureInterruptCoalescing,  Id::FeatureWriteAtomicity,
                       Id::FeatureAsyncEventConfig};
    send(conform::get_features(any(fids)).to(who()));
}

void Generator::get_feature_wrong() {
    Command command = conform::get_features(Id::FeatureNumberOfQueues).to(who());
    if (coin()) {
        const std::uint32_t reserved[] = {0x00, 0x7f, 0xbf};
        return send(command.set(Id::FeatureFid, any(reserved)));
    }
    send(command.set(Id::GetFeaturesSel, 4 + random_.below(4)));
}

/// What is set is read again: that is what the value must be.
void Generator::set_feature() {
    const bool events = !offers_.coalescing || coin();
    const Id fid = events ? Id::FeatureAsyncEventConfig : Id::FeatureInterruptCoalescing;
    const std::uint64_t value = events ? random_.below(4) : random_.below(0x10000);
    send(conform::set_features(fid, value).to(who()));
    send(conform::get_features(fid).to(who()).gives("the value", dw0(15, 0), value));
}

void Generator::set_feature_wrong() {
    const auto queues = [&](std::uint32_t cdw11) {
        return conform::set_features(Id::FeatureNumberOfQueues, cdw11).to(who());
    };
    switch (random_.below(4)) {
        case 0: {
            const std::uint32_t reserved[] = {0x00, 0x7f, 0xbf};
            return send(queues(0).set(Id::FeatureFid, any(reserved)));
        }
        case 1:
            return offers_.vectors
                       ? send(conform::set_features(Id::FeatureInterruptVector, 0x7ff).to(who()))
                       : get_feature();
        case 2:
            if (!created_) {
                return send(queues(coin() ? 0xffffU : 0xffff'0000U));
            }
            // Whether it is too late once all of them are deleted is not stated.
            return cq_[1] || cq_[2] ? send(queues(0x0001'0001)) : get_feature();
        default:
            return send(
                conform::set_features(Id::FeatureInterruptCoalescing, 0).to(who()).nsid("mc.nsid"));
    }
}

void Generator::create() {
    const auto id = static_cast<std::uint16_t>(1 + random_.below(offers_.pairs));
    if (!cq_[id]) {
        cq_[id] = created_ = true;
        return send(conform::create_cq(who(), id));
    }
    if (!sq_[id]) {
        sq_[id] = true;
        return send(conform::create_sq(who(), id));
    }
}

void Generator::create_wrong() {
    const std::uint16_t id = cq_[1] ? 2 : 1;
    if (cq_[id] || id > offers_.pairs) {
        return send(conform::create_cq(who(), 1));  // there is one
    }
    Command cq = conform::create_cq(who(), id);
    switch (random_.below(6)) {
        case 0: return send(cq.set(Id::QueueQid, coin() ? 0U : 0xffffU));
        case 1: return send(cq.set(Id::QueueQsize, 0));
        case 2: return send(cq.set("PRP1", prp1, Value(fmt::format("{}.cq{}", who_, id), 16)));
        case 3: return send(cq.set(Id::CreateCqIen, 1).set(Id::CreateCqIv, 0xffff));
        case 4: return send(conform::create_sq(who(), id));  // its completion queue is missing
        default:
            return send(conform::create_sq(who(), id).set(Id::CreateSqCqid, coin() ? 0U : 0xffffU));
    }
}

void Generator::remove() {
    const auto id = static_cast<std::uint16_t>(1 + random_.below(offers_.pairs));
    if (sq_[id]) {
        sq_[id] = false;
        return send(conform::delete_sq(who(), id));
    }
    if (cq_[id]) {
        cq_[id] = false;
        return send(conform::delete_cq(who(), id));
    }
}

void Generator::remove_wrong() {
    const std::uint16_t ids[] = {0, 0xffff};
    const std::uint16_t id = any(ids);
    if (has_pair() && coin()) {
        return send(conform::delete_cq(who(), 1));  // its submission queue is there
    }
    send(coin() ? conform::delete_sq(who(), id) : conform::delete_cq(who(), id));
}

void Generator::abort_none() {
    send(conform::abort(0, 0x7ffe).to(who()).gives("not aborted", dw0(0, 0), 1));
}

void Generator::wait_for_event() {
    if (aers_ < offers_.aers) {
        ++aers_;
        const std::string tag = fmt::format("aer{}", tags_++);
        draft_.step(conform::aer().to(who()).runs_on(tag.c_str()));
        ++sent_;
    }
}

/// The aborted command completes before its Abort does.
void Generator::abort_event() {
    if (aers_ == 0 || !offers_.aborts) {
        return;
    }
    const std::string tag = fmt::format("aer{}", tags_ - 1);
    const auto& steps = draft_.done().steps;
    const bool taken = std::any_of(steps.begin(), steps.end(), [&](const conform::Step& step) {
        return step.kind == conform::StepKind::Await && step.tag == tag;
    });
    if (taken) {
        return;
    }
    --aers_;
    send(conform::abort(0, tag + ".cid").to(who()).gives("not aborted", dw0(0, 0), 0));
    draft_.step(conform::await(who(), tag.c_str(), oracle().status(Id::AerAborted)));
}

void Generator::no_command() {
    const std::uint8_t admin[] = {0x03, 0x43, 0x44, 0x7b};
    if (has_pair() && coin()) {
        return send(Command(coin() ? std::uint8_t{0x03} : std::uint8_t{0x7f})
                        .to(who())
                        .on_queue(1)
                        .nsid("mc.nsid"));
    }
    send(Command(any(admin)).to(who()));
}

Command Generator::get_log_page(Id lid, std::uint64_t bytes, std::uint64_t offset) {
    Command command(Id::OpcodeAdminGetLogPage);
    return command.to(who())
        .set(Id::LogLid, oracle().value(lid))
        .set(Id::LogNumdl, bytes / 4 - 1)
        .set(Id::LogLpol, offset)
        .with_data("data", bytes);
}

void Generator::get_log() {
    const Id lids[] = {Id::LogErrors, Id::LogHealth, Id::LogFirmware};
    const Id lid = any(lids);
    send(get_log_page(lid, lid == Id::LogErrors ? 64 : 512).nsid(broadcast));
}

void Generator::get_log_wrong() {
    if (offers_.log_offsets && coin()) {
        return send(get_log_page(Id::LogHealth, 4, 516).nsid(broadcast));
    }
    const std::uint32_t reserved[] = {0x24, 0x6f};
    send(get_log_page(Id::LogErrors, 64).set(Id::LogLid, any(reserved)));
}

void Generator::input_output() {
    if (!has_pair()) {
        return;
    }
    if (random_.below(4) == 0) {
        return send(conform::io(Id::OpcodeNvmFlush, "").to(who()));
    }
    const Id opcode = offers_.destructive && coin() ? Id::OpcodeNvmWrite : Id::OpcodeNvmRead;
    send(conform::io(opcode, "block").to(who()).set("SLBA", slba, random_.below(64)));
}

void Generator::input_output_wrong() {
    if (!has_pair()) {
        return;
    }
    const Id opcode = offers_.destructive && coin() ? Id::OpcodeNvmWrite : Id::OpcodeNvmRead;
    Command command = conform::io(opcode, "block").to(who());
    switch (random_.below(offers_.prp_offsets ? 4 : 3)) {
        case 0: {
            const std::uint32_t nsids[] = {0, never, broadcast};
            return send(command.nsid(any(nsids)));
        }
        case 1: return send(command.set("SLBA", slba, 0xffff'ffff'ffff'0000U));
        case 2: return send(command.set("SLBA", slba, ~std::uint64_t{0}).set("NLB", nlb, 1));
        default: return send(command.set("PRP1", prp1, Value("block", 3)));
    }
}

void Generator::suspend_and_resume() {
    send(conform::suspend());
    if (coin()) {
        send(conform::suspend());
    }
    send(conform::expects_suspended(true, "state"));
    send(conform::resume());
    send(conform::expects_suspended(false, "state"));
}

void Generator::get_state() { send(conform::expects_suspended(false, "state")); }

void Generator::migration_wrong() {
    const std::uint32_t sels[] = {3, 0x7f, 0xff};
    switch (random_.below(4)) {
        case 0: return send(conform::suspend().set(Id::SendSel, any(sels)));
        case 1: return send(conform::suspend("mc.cntlid", 2 + random_.below(254)));
        case 2: return send(conform::resume());
        default:
            return send(
                conform::get_state("state", 0, 48).set(Id::ReceiveSel, 1 + any(sels) % 255));
    }
}

void Generator::data_queue() {
    send(conform::cases::cdq_create("queue", slots));
    switch (random_.below(3)) {
        case 0: send(conform::cases::cdq_set("cdqid", 0)); break;
        case 1: send(conform::cases::cdq_delete(0xffff)); break;
        default: send(conform::cases::cdq_create("queue", 0)); break;
    }
    send(conform::cases::cdq_delete());
}

void Generator::track() {
    send(conform::cases::track_start("ranges"));
    send(conform::cases::track_stop());
}

}  // namespace lmsim::sim::hw
