#include "sim/hw/vf_user.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "model/spec/codes.hpp"
#include "model/wire/admin.hpp"
#include "model/wire/bits.hpp"
#include "model/wire/identify.hpp"
#include "model/wire/nvm.hpp"
#include "sim/bridge/ready.hpp"

namespace lmsim::sim::hw {

using spec::Id;

namespace {

constexpr Ps command_limit = 10'000 * ps_per_ms;
constexpr std::uint32_t user_admin_entries = 32;
constexpr std::uint16_t io_queue = 1;
constexpr std::uint64_t unit_bytes = page_size;
constexpr std::uint64_t smallest_block = 512;

std::uint64_t digest(const std::uint8_t* bytes) {
    std::uint64_t sum = 0xcbf2'9ce4'8422'2325;
    for (std::uint64_t at = 0; at < unit_bytes; at += 8) {
        sum = (sum ^ wire::load_le<std::uint64_t>(bytes + at)) * 0x9e37'79b9'7f4a'7c15;
        sum ^= sum >> 29;
    }
    return sum;
}

}  // namespace

VfUser::VfUser(Rig& rig, DevicePort& port, const spec::Rules& rules, const Options& options)
    : rig_(rig),
      rules_(rules),
      options_(options),
      commands_(port, user_admin_entries, io_queue, options.depth + options.late + 1),
      buffer_(port.allocate(page_size)),
      slots_(std::size_t{options.depth} + options.late) {
    for (Slot& slot : slots_) {
        slot.buffer = port.allocate(unit_bytes);
    }
    port.set_client(this);
}

void VfUser::note(const std::string& what) {
    if (counts_.first.empty()) {
        counts_.first = what;
    }
}

std::optional<std::uint64_t> VfUser::read(std::uint64_t property, unsigned size) {
    answer_.reset();
    commands_.port().read(property, size, 0);
    rig_.wait([this] { return answer_.has_value(); }, command_limit);
    return answer_;
}

std::string VfUser::await_ready(bool ready) {
    const Looks looks = {
        [this](std::uint64_t property, unsigned size) { return read(property, size); },
        [this](Ps pause) { rig_.wait([] { return false; }, pause); }};
    const std::string error = sim::await_ready(looks, "the VF", ready);
    return error.empty() || rig_.trouble().empty() ? error : rig_.trouble();
}

std::string VfUser::disable() {
    commands_.port().write(reg::CC, 0, 4);
    return await_ready(false);
}

std::string VfUser::enable() {
    std::string error = disable();
    if (!error.empty()) {
        return error;
    }
    commands_.clear();
    commands_.port().enable_interrupts(true);
    commands_.enable();
    error = await_ready(true);
    if (error.empty()) {
        error = identify(static_cast<std::uint8_t>(rules_.value(Id::CnsController)), 0);
    }
    if (!error.empty()) {
        return error;
    }
    const auto id = wire::decode_identify_controller(
        commands_.port().memory().bytes(buffer_, page_size), page_size, rules_);
    cntlid_ = id->cntlid;
    return find_namespace();
}

std::string VfUser::admin(wire::Sqe sqe, const char* what) {
    std::optional<std::uint16_t> status;
    commands_.submit(0, sqe, 0);
    rig_.wait(
        [&] {
            commands_.reap(
                0,
                [&](std::uint64_t, const wire::Cqe& cqe) {
                    status = wire::status_code(cqe.status);
                },
                [](const wire::Cqe&) {});
            return status.has_value();
        },
        command_limit);
    if (!status) {
        return rig_.trouble().empty() ? fmt::format("{} is not completed within 10 s", what)
                                      : rig_.trouble();
    }
    return *status == 0 ? std::string()
                        : fmt::format("{} ends with {} ({:03x}h)", what, spec::status_name(*status),
                                      *status);
}

std::string VfUser::identify(std::uint8_t cns, std::uint32_t nsid) {
    wire::Identify command;
    command.cns = cns;
    wire::Sqe sqe = wire::encode(command, rules_);
    sqe.nsid = nsid;
    sqe.prp1 = buffer_;
    return admin(sqe, fmt::format("Identify with CNS {:02x}h", cns).c_str());
}

std::string VfUser::find_namespace() {
    std::string error =
        identify(static_cast<std::uint8_t>(rules_.value(Id::CnsActiveNamespaces)), 0);
    if (!error.empty()) {
        return error;
    }
    Memory& memory = commands_.port().memory();
    nsid_ = wire::load_le<std::uint32_t>(memory.bytes(buffer_, 4));
    if (nsid_ == 0) {
        return "the VF has no namespace";
    }
    error = identify(static_cast<std::uint8_t>(rules_.value(Id::CnsNamespace)), nsid_);
    if (!error.empty()) {
        return error;
    }
    const auto page =
        wire::decode_identify_namespace(memory.bytes(buffer_, page_size), page_size, rules_);
    namespace_ = *page;
    const wire::LbaFormat format = namespace_.lbaf[namespace_.format()];
    if (format.lbads < 9 || format.lbads > 12 || format.ms != 0) {
        return fmt::format(
            "namespace {} has blocks of 2^{} and {} bytes; expected 512 to 4096, "
            "without metadata",
            nsid_, format.lbads, format.ms);
    }
    blocks_ = static_cast<std::uint32_t>(unit_bytes >> format.lbads);
    units_ = std::min(options_.units, namespace_.nsze / blocks_);
    return units_ > std::uint64_t{options_.depth} + options_.late
               ? std::string()
               : fmt::format(
                     "namespace {} has {} KiB; expected more than the {} commands at a "
                     "time need",
                     nsid_, namespace_.nsze / blocks_ * 4, options_.depth + options_.late);
}

std::string VfUser::ask_for_queues() {
    const std::uint32_t one_pair = 0;  // 0's based, of either
    wire::SetFeatures number;
    number.fid = static_cast<std::uint8_t>(rules_.value(Id::FeatureNumberOfQueues));
    number.cdw11 = one_pair;
    return admin(wire::encode(number, rules_), "Set Features, Number of Queues");
}

std::string VfUser::open() {
    std::string error = ask_for_queues();
    const QueuePair& pair = commands_.queue(io_queue);
    if (error.empty()) {
        wire::CreateCq cq;
        cq.qid = io_queue;
        cq.qsize = static_cast<std::uint16_t>(pair.cq_entries() - 1);
        cq.prp1 = pair.cq_base();
        error = admin(wire::encode(cq, rules_), "Create I/O Completion Queue");
    }
    if (error.empty()) {
        wire::CreateSq sq;
        sq.qid = io_queue;
        sq.cqid = io_queue;
        sq.qsize = static_cast<std::uint16_t>(pair.entries() - 1);
        sq.prp1 = pair.sq_base();
        error = admin(wire::encode(sq, rules_), "Create I/O Submission Queue");
    }
    known_.assign(units_, 0);
    busy_.assign(units_, false);
    return error;
}

void VfUser::submit(std::uint64_t unit, bool write) {
    const auto free =
        std::find_if(slots_.begin(), slots_.end(), [](const Slot& slot) { return !slot.used; });
    LMSIM_ASSERT(free != slots_.end());
    Memory& memory = commands_.port().memory();
    std::uint8_t* const bytes = memory.bytes(free->buffer, unit_bytes);
    if (write) {
        for (std::uint64_t at = 0; at < unit_bytes; at += 8) {
            wire::store_le<std::uint64_t>(bytes + at, random_());
        }
        known_[unit] = digest(bytes);
    } else {
        // What is not transferred is seen.
        for (std::uint64_t at = 0; at < unit_bytes; at += smallest_block) {
            wire::store_le<std::uint64_t>(bytes + at, ~known_[unit]);
        }
    }
    memory.wrote(free->buffer, unit_bytes);
    free->unit = unit;
    free->used = true;
    free->write = write;
    busy_[unit] = true;
    wire::NvmRange range;
    range.slba = lba(unit);
    range.nlb = static_cast<std::uint16_t>(blocks_ - 1);
    wire::Sqe sqe =
        wire::encode_nvm(write ? spec::opcode::NvmWrite : spec::opcode::NvmRead, nsid_, range);
    sqe.prp1 = free->buffer;
    ++outstanding_;
    commands_.submit(io_queue, sqe, static_cast<std::uint64_t>(free - slots_.begin()));
}

void VfUser::take(std::size_t index, std::uint16_t status) {
    Slot& slot = slots_[index];
    slot.used = false;
    busy_[slot.unit] = false;
    --outstanding_;
    ++(slot.write ? counts_.writes : counts_.reads);
    if (status != 0) {
        ++counts_.failed;
        note(fmt::format("a {} at block {} ends with {} ({:03x}h)", slot.write ? "Write" : "Read",
                         lba(slot.unit), spec::status_name(status), status));
        return;
    }
    if (slot.write) {
        return;
    }
    const std::uint64_t got = digest(commands_.port().memory().bytes(slot.buffer, unit_bytes));
    if (learning_) {
        known_[slot.unit] = got;
    } else if (got != known_[slot.unit]) {
        ++counts_.wrong;
        note(fmt::format("a Read at block {} brought other data than were there", lba(slot.unit)));
    }
}

/// All completions that have come.
bool VfUser::reap() {
    const std::uint32_t taken = commands_.reap(
        io_queue,
        [&](std::uint64_t slot, const wire::Cqe& cqe) {
            take(slot, wire::status_code(cqe.status));
        },
        [&](const wire::Cqe& cqe) {
            ++counts_.twice;
            note(fmt::format("a completion of command {}, which is not under way", cqe.cid));
        });
    if (taken == 0) {
        return false;
    }
    const Ps now = rig_.now();
    longest_gap_ = std::max(longest_gap_, now - last_completion_);
    last_completion_ = now;
    return true;
}

/// At a place where nothing is under way.
void VfUser::submit_one() {
    std::uint64_t unit = random_() % units_;
    while (busy_[unit]) {
        unit = (unit + 1) % units_;
    }
    submit(unit, options_.write && random_() % 2 == 0);
}

void VfUser::submit_random() {
    while (left_ > 0 && commands_.has_room(io_queue) && outstanding_ < options_.depth) {
        --left_;
        submit_one();
    }
}

void VfUser::submit_late(std::uint64_t count) {
    LMSIM_ASSERT(count <= options_.late);
    for (; count > 0 && commands_.has_room(io_queue); --count) {
        submit_one();
    }
}

/// As long as something comes within 10 s.
std::string VfUser::await(const std::function<bool()>& done) {
    while (!done()) {
        const std::uint64_t before = counts_.completed();
        const auto more = [&] { return reap() || done(); };
        if (!rig_.wait(more, command_limit) && counts_.completed() == before) {
            counts_.lost += outstanding_;
            const std::string what =
                rig_.trouble().empty()
                    ? fmt::format("{} commands are not completed within 10 s", outstanding_)
                    : rig_.trouble();
            note(what);
            return what;
        }
    }
    return {};
}

std::string VfUser::transfer_all(bool write) {
    std::uint64_t next = 0;
    return await([&] {
        while (next < units_ && commands_.has_room(io_queue) && outstanding_ < options_.depth) {
            submit(next++, write);
        }
        return next == units_ && outstanding_ == 0;
    });
}

std::string VfUser::learn() {
    learning_ = true;
    const std::string error = transfer_all(options_.write);
    learning_ = false;
    last_completion_ = rig_.now();
    longest_gap_ = 0;
    counts_.reads = counts_.writes = 0;
    return error;
}

std::string VfUser::run(std::uint64_t count) {
    left_ += count;
    return await([&] {
        submit_random();
        return left_ == 0;
    });
}

std::string VfUser::await_completion() {
    const std::uint64_t before = counts_.completed();
    return await([&] { return outstanding_ == 0 || counts_.completed() > before; });
}

std::string VfUser::drain() {
    return await([&] { return outstanding_ == 0; });
}

std::string VfUser::read_back() {
    const IoCounts before = counts_;
    const std::string error = transfer_all(false);
    counts_.reads = before.reads;
    return error;
}

std::uint32_t VfUser::waiting_completions() const {
    std::uint32_t count = 0;
    commands_.queue(io_queue).peek([&](const wire::Cqe&) { ++count; });
    return count;
}

void VfUser::move(DevicePort& port) {
    commands_.port().set_client(nullptr);
    commands_.move(port);
    port.set_client(this);
    port.enable_interrupts(true);
}

}  // namespace lmsim::sim::hw
