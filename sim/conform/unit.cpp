#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "sim/bridge/ready.hpp"
#include "sim/conform/session.hpp"

namespace lmsim::sim::conform {

namespace {

constexpr std::uint32_t admin_entries = 32;
constexpr std::uint16_t pairs = 2;
constexpr std::uint32_t entries = 16;
constexpr std::uint64_t pool_bytes = 12U << 20;

}  // namespace

Unit::Unit(Target& target, std::string name, std::uint16_t function)
    : target_(target),
      name_(std::move(name)),
      commands_(target.port(function), admin_entries, pairs, entries),
      pool_(target.port(function).allocate(pool_bytes)) {
    commands_.port().set_client(this);
}

std::optional<std::uint64_t> Unit::read(std::uint64_t property, unsigned size) {
    answer_.reset();
    commands_.port().read(property, size, 0);
    target_.wait([&] { return answer_.has_value(); }, command_limit);
    if (answer_ && size == 4) {
        *answer_ &= 0xffff'ffff;
    }
    return answer_;
}

void Unit::write(std::uint64_t property, std::uint64_t value, unsigned size) {
    touched_ = true;
    enabled_ = property == reg::CC ? (value & reg::cc::en) != 0 : enabled_;
    commands_.port().write(property, value, size);
}

std::string Unit::await_ready(bool ready) {
    const Looks looks = {
        [this](std::uint64_t property, unsigned size) { return read(property, size); },
        [this](Ps pause) { target_.wait([] { return false; }, pause); }};
    return sim::await_ready(looks, name_, ready);
}

std::string Unit::enable() {
    touched_ = true;
    commands_.clear();
    commands_.port().enable_interrupts(true);
    commands_.enable();
    enabled_ = true;
    return await_ready(true);
}

std::string Unit::disable() {
    touched_ = true;
    enabled_ = false;
    commands_.port().write(reg::CC, 0, 4);
    return await_ready(false);
}

std::string Unit::reset() {
    touched_ = true;
    enabled_ = false;
    bool done = false;
    commands_.port().reset([&] { done = true; });
    if (!target_.wait([&] { return done; }, command_limit)) {
        return name_ + ": a function level reset was not over within 10 s";
    }
    const std::string error = await_ready(false);
    return error.empty() ? error : error + ", after a function level reset";
}

std::string Unit::restore() {
    if (!touched_) {
        return {};
    }
    std::string error = disable();
    commands_.clear();
    pending_.clear();
    completed_.clear();
    std::memset(bytes(pool_, used_), 0, used_);
    used_ = 0;
    touched_ = false;
    return error;
}

std::optional<std::uint64_t> Unit::allocate(std::uint64_t length) {
    const std::uint64_t whole = (length + page_size - 1) / page_size * page_size;
    if (whole > pool_bytes - used_) {
        return std::nullopt;
    }
    const std::uint64_t address = pool_ + used_;
    used_ += whole;
    touched_ = true;
    return address;
}

Pending* Unit::submit(std::uint16_t queue, const std::uint8_t* sqe, const std::string& tag,
                      bool has_cid) {
    wire::Sqe entry = wire::decode_sqe(sqe);
    if (queue > commands_.pairs() || !commands_.has_room(queue) ||
        (has_cid && entry.cid >= commands_.queue(queue).entries() - 1)) {
        return nullptr;
    }
    touched_ = true;
    pending_.push_back(std::make_unique<Pending>());
    Pending& pending = *pending_.back();
    pending.tag = tag;
    pending.queue = queue;
    if (has_cid) {
        commands_.submit_as(queue, entry, pending_.size() - 1);
    } else {
        commands_.submit(queue, entry, pending_.size() - 1);
    }
    wire::encode(entry, pending.sqe.data());
    return &pending;
}

Pending* Unit::find(const std::string& tag) {
    for (auto at = pending_.rbegin(); at != pending_.rend(); ++at) {
        if ((*at)->tag == tag) {
            return at->get();
        }
    }
    return nullptr;
}

bool Unit::poll(const Pending* pending) {
    for (std::uint16_t queue = 0; queue <= commands_.pairs(); ++queue) {
        commands_.reap(
            queue,
            [&](std::uint64_t owner, const wire::Cqe& cqe) {
                wire::encode(cqe, pending_[owner]->cqe.data());
                pending_[owner]->done = true;
                completed_.push_back(pending_[owner]->tag);
            },
            [](const wire::Cqe&) {});
    }
    return pending != nullptr && pending->done;
}

}  // namespace lmsim::sim::conform
