#include "sim/bridge/pf_driver.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "model/host/bring_online.hpp"
#include "model/spec/codes.hpp"
#include "model/wire/admin.hpp"
#include "model/wire/bits.hpp"
#include "model/wire/controller_state.hpp"
#include "model/wire/migration.hpp"
#include "model/wire/prp.hpp"
#include "model/wire/virtualization.hpp"
#include "sim/bridge/ready.hpp"

namespace lmsim::sim {

using spec::Id;

namespace {

constexpr Ps command_limit = 10'000 * ps_per_ms;
constexpr std::uint64_t most_at_once = 64 * 1024;  // bytes of data of a command
constexpr std::uint16_t first_cid = 0x4000;        // apart from those of whoever was here before

}  // namespace

PfDriver::PfDriver(DevicePort& port, const spec::Rules& rules, Wait wait, Rings rings)
    : port_(port), rules_(rules), wait_(std::move(wait)), rings_(rings), next_cid_(first_cid) {
    port_.set_client(this);
}

std::optional<std::uint64_t> PfDriver::read(std::uint64_t property, unsigned size) {
    answer_.reset();
    port_.read(property, size, 0);
    wait_([&] { return answer_.has_value(); }, command_limit);
    if (answer_ && size == 4) {
        *answer_ &= 0xffff'ffff;
    }
    return answer_;
}

std::string PfDriver::await_ready() {
    const Looks looks = {
        [this](std::uint64_t property, unsigned size) { return read(property, size); },
        [this](Ps pause) { wait_([] { return false; }, pause); }};
    return sim::await_ready(looks, "the PF", true);
}

std::string PfDriver::enable() {
    queue_ = QueuePair(port_, 0, rings_.sq_entries, rings_.cq_entries);
    queue_.clear();
    port_.write(reg::AQA, rings_.aqa(), 4);
    port_.write(reg::ASQ, queue_.sq_base(), 8);
    port_.write(reg::ACQ, queue_.cq_base(), 8);
    port_.write(reg::CC, reg::cc::enabled, 4);
    return await_ready();
}

std::string PfDriver::open() {
    const auto cc = read(reg::CC, 4);
    const auto asq = read(reg::ASQ, 8);
    const auto acq = read(reg::ACQ, 8);
    const auto aqa = read(reg::AQA, 4);
    if (!cc || !asq || !acq || !aqa) {
        return "a read of the PF's properties is not answered";
    }
    port_.enable_interrupts(true);
    std::string error = (*cc & reg::cc::en) == 0
                            ? enable()
                            : take_over(*asq, *acq, static_cast<std::uint32_t>(*aqa));
    if (!error.empty()) {
        return error;
    }
    chunk_ = page_size;
    buffer_ = port_.allocate(most_at_once);
    list_ = port_.allocate(page_size);
    std::uint8_t page[wire::identify_size];
    error = identify(Id::CnsController, page);
    if (!error.empty()) {
        return error;
    }
    const auto id = wire::decode_identify_controller(page, sizeof page, rules_);
    if (!id->hmlms) {
        return "OACS.HMLMS of the PF is 0: it is no Migration Management Controller";
    }
    const bool limited =
        id->mdts != 0 && (page_size << std::min<unsigned>(id->mdts, 16)) < most_at_once;
    error = identify(Id::CnsControllerStateFormats, page);
    if (!error.empty()) {
        return error;
    }
    const auto formats = wire::StateFormatsView::parse(page, sizeof page, rules_);
    version_index_ =
        formats.ok()
            ? formats->find_version(static_cast<std::uint16_t>(rules_.value(Id::NvmeStateVersion)))
            : std::uint8_t{0};
    chunk_ = limited ? page_size << id->mdts : most_at_once;
    return {};
}

std::string PfDriver::identify(Id cns, std::uint8_t* page) {
    wire::Identify command;
    command.cns = static_cast<std::uint8_t>(rules_.value(cns));
    std::string error = send(wire::encode(command, rules_), wire::identify_size,
                             fmt::format("Identify with CNS {:02x}h", command.cns).c_str());
    if (error.empty()) {
        std::memcpy(page, port_.memory().bytes(buffer_, wire::identify_size), wire::identify_size);
    }
    return error;
}

void PfDriver::place(wire::Sqe& sqe, std::uint64_t length) {
    if (length == 0) {
        return;
    }
    const wire::PrpPair prps = wire::make_prps(buffer_, length, page_size, list_);
    if (prps.list_entries != 0) {
        wire::write_prp_list(port_.memory().bytes(list_, 8 * prps.list_entries), list_,
                             buffer_ + page_size, prps.list_entries, page_size);
    }
    sqe.prp1 = prps.prp1;
    sqe.prp2 = prps.prp2;
}

std::string PfDriver::send(wire::Sqe sqe, std::uint64_t length, const char* what) {
    LMSIM_ASSERT(length <= most_at_once);
    if (!queue_.has_room()) {
        return fmt::format("{} is not sent: the PF completes nothing, and its admin queue is full",
                           what);
    }
    place(sqe, length);
    sqe.cid = next_cid_++;
    std::optional<std::uint16_t> status;
    queue_.submit(sqe);
    wait_(
        [&] {
            queue_.reap([&](const wire::Cqe& cqe) {
                if (cqe.cid == sqe.cid) status = wire::status_code(cqe.status);
            });
            return status.has_value();
        },
        command_limit);
    unanswered_ = !status.has_value();
    if (!status) {
        return fmt::format("{} is not completed within 10 s", what);
    }
    return *status == 0 ? std::string()
                        : fmt::format("{} ends with {} ({:03x}h)", what, spec::status_name(*status),
                                      *status);
}

Result<std::vector<wire::SecondaryController>> PfDriver::secondaries() {
    std::uint8_t page[wire::identify_size];
    std::string error = identify(Id::CnsSecondaryControllers, page);
    if (!error.empty()) {
        return Failure{std::move(error)};
    }
    const auto list = wire::SecondaryListView::parse(page, sizeof page, rules_);
    if (!list.ok()) {
        return Failure{"the PF's Secondary Controller list does not decode"};
    }
    std::vector<wire::SecondaryController> all;
    for (std::size_t i = 0; i < list->count(); ++i) {
        all.push_back((*list)[i]);
    }
    return all;
}

std::string PfDriver::bring_online(const wire::SecondaryController& vf, std::uint16_t vfs) {
    host::OnlinePlan plan;
    std::string error;
    if (vf.nvq == 0 || vf.nvi == 0) {
        std::uint8_t page[wire::identify_size];
        error = identify(Id::CnsPrimaryCapabilities, page);
        const auto has = wire::decode_primary_capabilities(page, sizeof page, rules_);
        plan = error.empty() ? host::plan_online(*has, vfs) : plan;
    }
    for (std::uint32_t i = 0; error.empty() && i < host::online_commands(plan); ++i) {
        error =
            send(host::online_command(plan, i, vf.scid, rules_), 0, "Virtualization Management");
    }
    return error;
}

std::string PfDriver::suspend(std::uint16_t cntlid) {
    const auto command = wire::MigrationSend::suspend(cntlid, wire::SuspendType::Suspend);
    return send(wire::encode(command, rules_), 0, "Suspend");
}

std::string PfDriver::resume(std::uint16_t cntlid) {
    return send(wire::encode(wire::MigrationSend::resume(cntlid), rules_), 0, "Resume");
}

std::string PfDriver::fetch_state(std::uint16_t cntlid, std::uint64_t offset, std::uint64_t length,
                                  std::vector<std::uint8_t>& to) {
    for (std::uint64_t at = 0; at < length;) {
        const std::uint64_t piece = std::min(chunk_, length - at);
        wire::MigrationReceive command;
        command.cntlid = cntlid;
        command.csvi = version_index_;
        command.offset = offset + at;
        command.dwords = piece / 4;
        std::string error = send(wire::encode(command, rules_), piece, "Get Controller State");
        if (!error.empty()) {
            return error;
        }
        const std::uint8_t* from = port_.memory().bytes(buffer_, piece);
        to.insert(to.end(), from, from + piece);
        at += piece;
    }
    return {};
}

Result<std::vector<std::uint8_t>> PfDriver::get_state(std::uint16_t cntlid) {
    if (version_index_ == 0) {
        return Failure{
            "the PF knows no version 0 of the NVMe Controller State (Identify, CNS 20h)"};
    }
    std::vector<std::uint8_t> state;
    const std::size_t header_size = wire::state_header_size(rules_);
    std::string error = fetch_state(cntlid, 0, header_size, state);
    if (!error.empty()) {
        return Failure{std::move(error)};
    }
    const auto header = wire::decode_state_header(state.data(), state.size(), rules_);
    constexpr std::uint64_t most = 64U << 20;
    const std::uint64_t size = header.ok() ? wire::state_size(*header, rules_) : 0;
    if (!header.ok() || size > most) {
        return Failure{"the header of the controller's state does not decode"};
    }
    error = fetch_state(cntlid, header_size, size - header_size, state);
    return error.empty() ? Result<std::vector<std::uint8_t>>(std::move(state))
                         : Result<std::vector<std::uint8_t>>(Failure{std::move(error)});
}

std::string PfDriver::set_state(std::uint16_t cntlid, const std::vector<std::uint8_t>& state) {
    if (version_index_ == 0) {
        return "the PF knows no version 0 of the NVMe Controller State (Identify, CNS 20h)";
    }
    if (state.empty() || state.size() % 4 != 0) {
        return fmt::format("a state of {} bytes; expected whole dwords", state.size());
    }
    for (std::uint64_t at = 0; at < state.size();) {
        const std::uint64_t piece = std::min<std::uint64_t>(chunk_, state.size() - at);
        const bool first = at == 0;
        const bool last = at + piece == state.size();
        const auto seqind = first && last ? wire::Seqind::Only
                            : first       ? wire::Seqind::First
                            : last        ? wire::Seqind::Last
                                          : wire::Seqind::Middle;
        std::memcpy(port_.memory().bytes(buffer_, piece), state.data() + at, piece);
        const auto command = wire::MigrationSend::set_controller_state(
            cntlid, seqind, version_index_, 0, at, piece / 4);
        std::string error = send(wire::encode(command, rules_), piece, "Set Controller State");
        if (!error.empty()) {
            return error;
        }
        at += piece;
    }
    return {};
}

}  // namespace lmsim::sim
