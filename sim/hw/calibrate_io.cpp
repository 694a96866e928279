#include <fmt/format.h>

#include <algorithm>

#include "model/spec/codes.hpp"
#include "model/wire/nvm.hpp"
#include "model/wire/prp.hpp"
#include "sim/core/random.hpp"
#include "sim/core/units.hpp"
#include "sim/hw/calibrate_measure.hpp"

namespace lmsim::sim::hw {

namespace {

constexpr std::uint64_t seed = 1;  // where the blocks are: the same ones each time

std::string name_of(bool write, std::uint64_t bytes) {
    return fmt::format("{} {}", write ? "write" : "read", format(Bytes{bytes}));
}

}  // namespace

/// Why there are no transfers of this size; empty if there are.
std::string Measurement::why_not(std::uint64_t bytes) const {
    const DeviceFacts& facts = result_.facts;
    if (facts.block == 0) {
        return no_blocks_;
    }
    if (bytes % facts.block != 0) {
        return fmt::format("not a whole number of blocks of {}", format(Bytes{facts.block}));
    }
    if (facts.mdts != 0 && bytes > facts.mdts) {
        return fmt::format("more than MDTS, {}", format(Bytes{facts.mdts}));
    }
    if (bytes / facts.block > facts.blocks) {
        return fmt::format("more than the whole namespace of {}",
                           format(Bytes{facts.block * facts.blocks}));
    }
    return {};
}

/// At a place of its own: each begins at a multiple of its size, anywhere in the namespace.
wire::Sqe Measurement::transfer(bool write, std::uint64_t bytes, std::uint32_t slot) {
    const DeviceFacts& facts = result_.facts;
    const std::uint64_t each = bytes / facts.block;
    Random random(seed + next_block_++);
    const std::uint64_t place = random.below(facts.blocks / each) * each;
    const std::uint64_t address = buffer_ + slot * bytes;
    wire::Sqe sqe = wire::encode_nvm(write ? spec::opcode::NvmWrite : spec::opcode::NvmRead,
                                     facts.nsid, {place, static_cast<std::uint16_t>(each - 1)});
    const wire::PrpPair prps = wire::make_prps(address, bytes, page_size, list_);
    if (prps.list_entries != 0) {
        wire::write_prp_list(target_->bytes(list_, 8 * prps.list_entries), list_,
                             address + page_size, prps.list_entries, page_size);
    }
    sqe.prp1 = prps.prp1;
    sqe.prp2 = prps.prp2;
    return sqe;
}

std::string Measurement::transfers(bool write, std::uint64_t bytes) {
    const std::string kind = name_of(write, bytes);
    const std::string reason = why_not(bytes);
    if (!reason.empty()) {
        leave_out({kind}, reason, bytes);
        return {};
    }
    const auto each = [&](Sample& sample) {
        Done done;
        std::string error;
        if (command(*target_, 1, transfer(write, bytes, 0), kind.c_str(), sample, done, error)) {
            sample.took = {done.took};
        }
        return error;
    };
    return sample({kind}, each, bytes);
}

std::string Measurement::flushes() {
    return sample({"flush"}, [this](Sample& sample) {
        Done done;
        std::string error;
        // After a write there is something to do.
        const std::uint64_t block = result_.facts.block;
        if (options_.write &&
            !command(*target_, 1, transfer(true, block, 0), "write", sample, done, error)) {
            return error;
        }
        if (command(*target_, 1, wire::encode_flush(result_.facts.nsid), "Flush", sample, done,
                    error)) {
            sample.took = {done.took};
        }
        return error;
    });
}

std::string Measurement::fill(Throughput& result, bool write) {
    const std::uint64_t wanted = std::uint64_t{options_.samples} + result.depth;
    std::uint64_t sent = 0;
    Ps first = 0;
    const auto send = [&](std::uint32_t slot) {
        wire::Sqe sqe = transfer(write, result.bytes, slot);
        target_->commands().submit(1, sqe, slot);
        first = sent++ == 0 ? target_->port().began() : first;
    };
    while (sent < result.depth) {
        send(static_cast<std::uint32_t>(sent));
    }
    while (result.completed < sent) {
        std::vector<std::uint64_t> slots;
        Done done;
        std::string error = target_->next(1, slots, done);
        if (error.empty() && done.status != 0) {
            error =
                fmt::format("ends with {} ({:03x}h)", spec::status_name(done.status), done.status);
        }
        if (!error.empty()) {
            return error;
        }
        result.completed += slots.size();
        result.lasted = done.seen - first;
        for (const std::uint64_t slot : slots) {
            if (sent < wanted && result.lasted < options_.kind_limit && !target_->stopped()) {
                send(static_cast<std::uint32_t>(slot));
            }
        }
    }
    return target_->stopped() ? was_stopped : "";
}

/// As many outstanding as there is room for, always.
std::string Measurement::depth(bool write, std::uint64_t bytes) {
    if (!why_not(bytes).empty()) {
        return {};
    }
    Throughput result;
    result.kind = name_of(write, bytes);
    result.bytes = bytes;
    result.depth = std::min(options_.depth, target_->commands().queue(1).entries() - 1);
    if (options_.progress) {
        options_.progress(fmt::format("{}, {} at once", result.kind, result.depth));
    }
    std::string error = fill(result, write);
    if (!error.empty()) {
        return fmt::format("{}, {} at once: {}", result.kind, result.depth, error);
    }
    result_.throughput.push_back(std::move(result));
    return {};
}

/// The rings begin anew with the controller: only then may the queues be others.
std::string Measurement::interrupts(std::uint64_t bytes) {
    const std::string kind = name_of(false, bytes);
    const std::vector<std::string> kinds{kind + " to interrupt", "interrupt"};
    Ps took = 0;
    std::string error = target_->disable(took);
    if (error.empty()) error = target_->enable(took);
    target_->port().enable_interrupts(true);
    Sample queue;
    Done done;
    if (!error.empty() || !command(*target_, 0, target_->create_cq(true),
                                   "Create I/O Completion Queue", queue, done, error)) {
        // One vector alone is not enough.
        leave_out(kinds, queue.refused);
        target_->port().enable_interrupts(false);
        return error;
    }
    error = target_->must(target_->create_sq(), "Create I/O Submission Queue");
    if (!error.empty()) {
        return "interrupt: " + error;
    }
    const auto each = [&](Sample& sample) {
        sample.took.resize(2);
        bool came = false;
        std::string error = target_->interrupted(1, transfer(false, bytes, 0), sample.took[0],
                                                 sample.took[1], came);
        if (error.empty() && !came) {
            sample.refused = "no interrupt came within 100ms of the completion";
        }
        return error;
    };
    error = sample(kinds, each, bytes);
    if (error.empty()) error = target_->delete_pair();
    target_->port().enable_interrupts(false);
    if (error.empty()) error = target_->disable(took);
    return error.empty() ? target_->enable(took) : error;
}

std::string Measurement::io() {
    std::uint64_t most = 0;
    std::uint64_t least = 0;
    for (const std::uint64_t bytes : options_.sizes) {
        const bool can = why_not(bytes).empty();
        most = can ? std::max(most, bytes) : most;
        least = can && least == 0 ? bytes : least;
    }
    std::string error;
    if (least != 0) {
        buffer_ = target_->port().allocate(std::max(most, least * options_.depth));
        list_ = target_->port().allocate(page_size);
        error = target_->create_pair(false);
    }
    for (const bool write : {false, true}) {
        for (const std::uint64_t bytes : options_.sizes) {
            if (error.empty() && (!write || options_.write)) {
                error = transfers(write, bytes);
            }
        }
        if (error.empty() && least != 0 && (!write || options_.write)) {
            error = depth(write, least);
        }
    }
    if (!options_.write) {
        leave_out({"write"}, "writes destroy data: only with --write");
    }
    if (least == 0) {
        return error;
    }
    if (error.empty()) error = flushes();
    if (error.empty()) error = target_->delete_pair();
    return error.empty() ? interrupts(least) : error;
}

}  // namespace lmsim::sim::hw
