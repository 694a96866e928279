#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "model/wire/cdq.hpp"
#include "model/wire/controller_state.hpp"
#include "model/wire/migration.hpp"
#include "model/wire/prp.hpp"
#include "model/wire/track.hpp"
#include "sim/hw/calibrate_measure.hpp"

namespace lmsim::sim::hw {

using spec::Id;

namespace {

constexpr std::uint64_t most_at_once = 65536;  // bytes of a state in one command
constexpr std::uint64_t most_state = 64U << 20;
constexpr std::uint32_t ring_bytes = 2048;  // of a Controller Data Queue
const std::vector<std::string> state_kinds{"suspend", "get state", "set state", "resume"};
const std::vector<std::string> queue_kinds{"cdq create", "cdq delete"};

wire::Sqe receive(std::uint16_t cntlid, std::uint8_t csvi, std::uint64_t offset,
                  std::uint64_t bytes) {
    wire::MigrationReceive command;
    command.cntlid = cntlid;
    command.csvi = csvi;
    command.offset = offset;
    command.dwords = bytes / 4;
    return wire::encode(command, calibration_rules());
}

}  // namespace

std::string Measurement::migration() {
    if (!pf_ || !result_.facts.mmc) {
        const char* why = pf_ ? "OACS.HMLMS of the PF is 0: it does not migrate its VFs"
                              : "it takes a PF and a VF of it";
        for (const auto& kinds : {state_kinds, queue_kinds}) {
            leave_out(kinds, why);
        }
        leave_out({"track send", "track receive"}, why);
        return {};
    }
    buffer_ = target_->port().allocate(most_at_once);
    list_ = target_->port().allocate(page_size);
    std::string error = move_state();
    if (suspended_) {
        if (!error.empty()) pf_->finish();
        Done done;
        std::string again = pf_->must(
            0, wire::encode(wire::MigrationSend::resume(vf_), calibration_rules()), "Resume", done);
        error += again.empty() ? "" : "; the VF stays suspended: " + again;
    }
    if (error.empty()) error = change_logs();
    return error.empty() ? memory_tracking() : error;
}

/// The whole state of the suspended VF; what stands in the way goes into the sample.
bool Measurement::get_whole_state(Sample& sample, std::string& error) {
    const std::uint64_t mdts = result_.facts.mdts;
    const std::uint64_t most = mdts == 0 ? most_at_once : std::min(mdts, most_at_once);
    const std::size_t header_size = wire::state_header_size(calibration_rules());
    std::uint64_t size = state_.size();
    if (size == 0) {  // before the first one
        Done done;
        wire::Sqe sqe = receive(vf_, version_index_, 0, header_size);
        sqe.prp1 = buffer_;
        if (!command(*pf_, 0, sqe, "Get Controller State", sample, done, error)) {
            return false;
        }
        const auto header = wire::decode_state_header(pf_->bytes(buffer_, header_size), header_size,
                                                      calibration_rules());
        size = header.ok() ? wire::state_size(*header, calibration_rules()) : 0;
        if (size == 0 || size > most_state) {
            sample.refused = "the header of the controller's state does not decode";
            return false;
        }
        state_.resize(size);
    }
    for (std::uint64_t at = 0; at < size; at += most) {
        const std::uint64_t piece = std::min(most, size - at);
        Done done;
        if (!command(*pf_, 0, with_data(receive(vf_, version_index_, at, piece), piece),
                     "Get Controller State", sample, done, error)) {
            return false;
        }
        std::memcpy(state_.data() + at, pf_->bytes(buffer_, piece), piece);
        if (at == 0) sample.took.push_back(done.took);
    }
    return true;
}

bool Measurement::set_whole_state(Sample& sample, std::string& error) {
    const std::uint64_t mdts = result_.facts.mdts;
    const std::uint64_t most = mdts == 0 ? most_at_once : std::min(mdts, most_at_once);
    const std::uint64_t size = state_.size();
    for (std::uint64_t at = 0; at < size; at += most) {
        const std::uint64_t piece = std::min(most, size - at);
        const bool last = at + piece == size;
        const auto seqind = at == 0 ? (last ? wire::Seqind::Only : wire::Seqind::First)
                            : last  ? wire::Seqind::Last
                                    : wire::Seqind::Middle;
        std::memcpy(pf_->bytes(buffer_, piece), state_.data() + at, piece);
        const auto send = wire::MigrationSend::set_controller_state(vf_, seqind, version_index_, 0,
                                                                    at, piece / 4);
        Done done;
        if (!command(*pf_, 0, with_data(wire::encode(send, calibration_rules()), piece),
                     "Set Controller State", sample, done, error)) {
            return false;
        }
        if (at == 0) sample.took.push_back(done.took);
    }
    return true;
}

wire::Sqe Measurement::with_data(wire::Sqe sqe, std::uint64_t bytes) {
    const wire::PrpPair prps = wire::make_prps(buffer_, bytes, page_size, list_);
    if (prps.list_entries != 0) {
        wire::write_prp_list(pf_->bytes(list_, 8 * prps.list_entries), list_, buffer_ + page_size,
                             prps.list_entries, page_size);
    }
    sqe.prp1 = prps.prp1;
    sqe.prp2 = prps.prp2;
    return sqe;
}

/// An idle VF is suspended, its state read and written back, and it goes on.
std::string Measurement::move_state() {
    std::string error = identify(*pf_, Id::CnsControllerStateFormats);
    if (!error.empty()) {
        return error;
    }
    const auto formats = wire::StateFormatsView::parse(page(*pf_), page_size, calibration_rules());
    version_index_ = formats.ok() ? formats->find_version(static_cast<std::uint16_t>(
                                        calibration_rules().value(Id::NvmeStateVersion)))
                                  : std::uint8_t{0};
    if (version_index_ == 0) {
        leave_out(state_kinds, "the PF knows no version 0 of the state (Identify, CNS 20h)");
        return {};
    }
    const wire::Sqe suspend = wire::encode(
        wire::MigrationSend::suspend(vf_, wire::SuspendType::Suspend), calibration_rules());
    const wire::Sqe resume = wire::encode(wire::MigrationSend::resume(vf_), calibration_rules());
    return sample(state_kinds, [&](Sample& sample) {
        std::string error;
        suspended_ = true;  // or nobody knows
        const bool sent = timed(*pf_, suspend, "Suspend", sample, error);
        suspended_ = sent || !error.empty();
        if (!sent || !get_whole_state(sample, error) || !set_whole_state(sample, error)) {
            return error;
        }
        if (timed(*pf_, resume, "Resume", sample, error)) {
            suspended_ = false;
        }
        return error;
    });
}

/// A queue for each time: its entries are never taken.
std::string Measurement::change_logs() {
    if (mcudmq_ == 0) {
        leave_out(queue_kinds, "MCUDMQ is 0: no User Data Migration Queue");
        return {};
    }
    const std::uint64_t ring = target_->port().allocate(page_size);
    const wire::Sqe create = wire::encode(
        wire::ControllerDataQueue::create(vf_, ring, ring_bytes / 4), calibration_rules());
    const bool logs = (trattr_ & wire::trattr_tudcs) != 0;
    const auto remove = [](std::uint16_t id) {
        return wire::encode(wire::ControllerDataQueue::remove(id), calibration_rules());
    };
    std::string error = sample(queue_kinds, [&](Sample& sample) {
        Done done;
        std::string error;
        if (command(*pf_, 0, create, "Create CDQ", sample, done, error)) {
            sample.took.push_back(done.took);
            timed(*pf_, remove(wire::decode_created_cdqid(done.cqe, calibration_rules())),
                  "Delete CDQ", sample, error);
        }
        return error;
    });
    if (!error.empty() || !logs) {
        return error;
    }
    // In turns the one that starts and the one that stops: they have one parameter.
    bool started = false;
    std::uint16_t id = 0;
    const auto log = [&](Sample& sample) {
        Done done;
        std::string error;
        if (!started && !command(*pf_, 0, create, "Create CDQ", sample, done, error)) {
            return error;
        }
        id = started ? id : wire::decode_created_cdqid(done.cqe, calibration_rules());
        wire::LogUserData track;
        track.action = started ? wire::LogAction::Stop : wire::LogAction::Start;
        track.cdqid = id;
        if (timed(*pf_, wire::encode(track, calibration_rules()), "Track Send", sample, error) &&
            started) {
            command(*pf_, 0, remove(id), "Delete CDQ", sample, done, error);
        }
        started = !started;
        return error;
    };
    error = sample({"track send"}, log);
    // One that is left over goes with its queue.
    Done done;
    return error.empty() && started ? pf_->must(0, remove(id), "Delete CDQ", done) : error;
}

std::string Measurement::memory_tracking() {
    if ((trattr_ & wire::trattr_thmcs) == 0) {
        leave_out({"track receive"}, "TRATTR.THMCS is 0: writes to memory are not tracked");
        return {};
    }
    const wire::MemoryRange range{
        buffer_ / wire::granule_bytes(minmrtg_) * wire::granule_bytes(minmrtg_), 1};
    const std::uint64_t bytes = wire::track_memory_size(1, calibration_rules());
    wire::encode_track_memory(minmrtg_, &range, 1, pf_->bytes(pf_->page(), bytes),
                              calibration_rules());
    wire::Sqe start = wire::encode(wire::TrackMemory{true, vf_}, calibration_rules());
    start.prp1 = pf_->page();
    Done done;
    std::string error = pf_->run(0, start, done);
    if (!error.empty() || done.status != 0) {
        leave_out({"track receive"}, "Track Memory Changes is refused");
        return error;
    }
    wire::TrackReceive report;
    report.cntlid = vf_;
    report.dwords = page_size / 4;
    wire::Sqe sqe = wire::encode(report, calibration_rules());
    sqe.prp1 = buffer_;
    error = sample({"track receive"}, [&](Sample& sample) {
        std::string error;
        timed(*pf_, sqe, "Track Receive", sample, error);
        return error;
    });
    return error.empty()
               ? pf_->must(0, wire::encode(wire::TrackMemory{false, vf_}, calibration_rules()),
                           "Track Send (stop)", done)
               : error;
}

}  // namespace lmsim::sim::hw
