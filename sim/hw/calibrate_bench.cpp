#include "sim/hw/calibrate_bench.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>

#include "model/spec/codes.hpp"
#include "model/wire/admin.hpp"
#include "sim/bridge/drivable.hpp"
#include "sim/bridge/ready.hpp"
#include "sim/core/units.hpp"

namespace lmsim::sim::hw {

namespace {

constexpr std::uint32_t admin_entries = 32;
constexpr std::uint16_t io_vector = 1;
constexpr Ps patience = 1000 * ps_per_us;  // from then on it sleeps between looks
constexpr int fineness = 200;              // looks are never further apart than 0.5 % of the time

const spec::Rules& rules() {
    static const spec::Rules ratified = spec::Rules::ratified();
    return ratified;
}

}  // namespace

void StampedPort::write(std::uint64_t offset, std::uint64_t value, unsigned size) {
    const bool head = offset >= reg::doorbells && (offset - reg::doorbells) / 4 % 2 != 0;
    const Ps began = rig_.now();
    port_.write(offset, value, size);
    if (!head) {
        began_ = began;
        ended_ = rig_.now();
    }
}

Bench::Bench(Rig& rig, std::uint16_t function, const CalibrateOptions& options)
    : rig_(rig),
      options_(options),
      name_(rig.functions() == 1 ? rig.name()
                                 : fmt::format("{}, function {}", rig.name(), function)),
      port_(rig, function) {
    port_.set_client(this);
}

Bench::~Bench() {
    Ps took = 0;
    finish();
    if (enabled_ && rig_.trouble().empty()) {
        disable(took);
    }
    port_.enable_interrupts(false);
    port_.set_client(nullptr);
}

void Bench::interrupt(std::uint32_t vector) { interrupts_ += vector == io_vector ? 1 : 0; }
void Bench::read_done(std::uint64_t /*token*/, std::uint64_t value) { answer_ = value; }

/// Looks as often as it can, without sleeping, until it has lasted; `at`: when it was seen.
bool Bench::wait(const std::function<bool()>& seen, std::uint32_t looks, Ps& at) {
    const auto look = [&] {
        for (std::uint32_t i = 0; i < looks; ++i) {
            std::atomic_thread_fence(std::memory_order_acquire);
            if (seen()) {
                at = rig_.now();
                return true;
            }
        }
        return false;
    };
    const Ps begin = rig_.now();
    Ps pause = 0;
    // Simulated time passes from event to event: nothing is late by sleeping.
    const bool simulated = options_.looks == 1;
    while (!rig_.wait(look, simulated ? options_.answer_limit : std::max(pause, ps_per_us))) {
        const Ps elapsed = rig_.now() - begin;
        if (!rig_.trouble().empty() || elapsed >= options_.answer_limit || stopped()) {
            return false;
        }
        pause = elapsed > patience ? elapsed / fineness : 0;
    }
    return true;
}

std::string Bench::no_answer(const std::string& what, Ps limit) const {
    if (stopped()) {
        return was_stopped;
    }
    const std::string trouble = rig_.trouble();
    if (!trouble.empty()) {
        return trouble;
    }
    return fmt::format("{}: {} within {}", name_, what, format(Time{limit}));
}

std::string Bench::read(std::uint64_t property, unsigned size, std::uint64_t& value, Ps& took) {
    answer_.reset();
    const Ps began = rig_.now();
    Ps at = 0;
    port_.read(property, size, 0);
    if (!wait([this] { return answer_.has_value(); }, 1, at)) {
        return no_answer(fmt::format("a read of the property at {:x}h is not answered", property));
    }
    value = size == 4 ? *answer_ & 0xffff'ffff : *answer_;
    took = at - began;
    return {};
}

/// Reads CSTS again and again: without a pause at first.
std::string Bench::await_ready(bool ready, Ps began, Ps& took) {
    for (;;) {
        std::uint64_t csts = 0;
        Ps each = 0;
        std::string error = read(reg::CSTS, 4, csts, each);
        took = rig_.now() - began;
        if (!error.empty()) {
            return error;
        }
        if ((csts & reg::csts::cfs) != 0) {
            return fmt::format("{}: it reports a fatal status (CSTS.CFS = 1)", name_);
        }
        if (((csts & reg::csts::rdy) != 0) == ready) {
            return {};
        }
        const Ps limit = std::max(options_.answer_limit, ready_timeout(cap_));
        if (took > limit || stopped()) {
            return no_answer(fmt::format("CSTS.RDY does not become {}", ready ? 1 : 0), limit);
        }
        if (took > patience) {
            rig_.wait([] { return false; }, took / fineness);
        }
    }
}

std::string Bench::enable(Ps& took) {
    commands_->clear();
    commands_->enable();
    enabled_ = true;
    return await_ready(true, port_.began(), took);
}

std::string Bench::disable(Ps& took) {
    port_.write(reg::CC, 0, 4);
    enabled_ = false;
    return await_ready(false, port_.began(), took);
}

std::string Bench::reset(Ps& took) {
    bool over = false;
    const Ps began = rig_.now();
    Ps at = 0;
    port_.reset([&over] { over = true; });
    if (!wait([&over] { return over; }, 1, at)) {
        return no_answer("a function level reset is not over");
    }
    took = at - began;
    enabled_ = false;
    // What became of interrupts differs: off they are in any case.
    port_.enable_interrupts(false);
    Ps ready = 0;
    return await_ready(false, at, ready);
}

std::string Bench::open() {
    Ps took = 0;
    std::string error = read(reg::CAP, 8, cap_, took);
    if (!error.empty()) {
        return error;
    }
    error = cannot_drive(cap_);
    if (!error.empty()) {
        return fmt::format("{}: {}", name_, error);
    }
    const auto most = static_cast<std::uint32_t>(cap_ & 0xffff) + 1;
    commands_ = std::make_unique<CommandPort>(port_, admin_entries, std::uint16_t{1},
                                              std::min(entries, most));
    page_ = port_.allocate(page_size);
    port_.enable_interrupts(false);
    error = disable(took);
    return error.empty() ? enable(took) : error;
}

std::string Bench::next(std::uint16_t queue, std::vector<std::uint64_t>& owners, Done& done) {
    if (!wait([&] { return commands_->has_completion(queue); }, options_.looks, done.seen)) {
        return no_answer("a command is not completed");
    }
    const auto take = [&](std::uint64_t owner, const wire::Cqe& cqe) {
        owners.push_back(owner);
        if (done.status == 0) {
            done.cqe = cqe;
            done.status = wire::status_code(cqe.status);
        }
    };
    bool stray = false;
    commands_->reap(queue, take, [&stray](const wire::Cqe&) { stray = true; });
    return stray ? fmt::format("{}: a completion names a CID that no command has", name_)
                 : std::string();
}

std::string Bench::run(std::uint16_t queue, wire::Sqe sqe, Done& done) {
    commands_->submit(queue, sqe, 0);
    const Ps began = port_.began();
    done.write = port_.ended() - began;
    done.status = 0;
    std::vector<std::uint64_t> owners;
    std::string error = next(queue, owners, done);
    done.took = done.seen - began;
    return error;
}

std::string Bench::must(std::uint16_t queue, const wire::Sqe& sqe, const char* what, Done& done) {
    std::string error = run(queue, sqe, done);
    if (error.empty() && done.status != 0) {
        error = fmt::format("{}: {} ends with {} ({:03x}h)", name_, what,
                            spec::status_name(done.status), done.status);
    }
    return error;
}

std::string Bench::interrupted(std::uint16_t queue, wire::Sqe sqe, Ps& took, Ps& after,
                               bool& came) {
    const std::uint64_t before = interrupts_;
    Ps seen = 0;
    Ps at = 0;
    commands_->submit(queue, sqe, 0);
    const Ps began = port_.began();
    const auto look = [&] {
        if (seen == 0 && commands_->has_completion(queue)) {
            seen = rig_.now();
        }
        const bool late = seen != 0 && rig_.now() - seen > 100 * patience;
        return interrupts_ != before || late;
    };
    if (!wait(look, 1, at)) {
        return no_answer("a command is not completed");
    }
    came = interrupts_ != before;
    // The interrupt may be noticed first: it was sent behind the completion.
    after = seen == 0 ? 0 : at - seen;
    took = at - began;
    std::vector<std::uint64_t> owners;
    Done done;
    return next(queue, owners, done);
}

wire::Sqe Bench::create_cq(bool interrupts) const {
    const QueuePair& pair = commands_->queue(1);
    const auto qsize = static_cast<std::uint16_t>(pair.cq_entries() - 1);
    return wire::encode(wire::CreateCq{1, qsize, true, interrupts,
                                       interrupts ? io_vector : std::uint16_t{0}, pair.cq_base()},
                        rules());
}

wire::Sqe Bench::create_sq() const {
    const QueuePair& pair = commands_->queue(1);
    const auto qsize = static_cast<std::uint16_t>(pair.entries() - 1);
    return wire::encode(wire::CreateSq{1, qsize, true, 0, 1, pair.sq_base()}, rules());
}

std::string Bench::create_pair(bool interrupts) {
    std::string error = must(create_cq(interrupts), "Create I/O Completion Queue");
    return error.empty() ? must(create_sq(), "Create I/O Submission Queue") : error;
}

std::string Bench::delete_pair() {
    std::string error =
        must(wire::encode(wire::DeleteSq{1}, rules()), "Delete I/O Submission Queue");
    return error.empty()
               ? must(wire::encode(wire::DeleteCq{1}, rules()), "Delete I/O Completion Queue")
               : error;
}

}  // namespace lmsim::sim::hw
