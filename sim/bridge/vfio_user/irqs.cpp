#include "sim/bridge/vfio_user/irqs.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <utility>

#include "model/wire/bits.hpp"
#include "sim/bridge/vfio_user/protocol.hpp"

namespace lmsim::sim::vfio_user {

namespace {

/// Anything else might block the server, or be written to where nobody expects it.
bool is_eventfd(const Fd& fd) {
    char target[64];
    const std::string link = fmt::format("/proc/self/fd/{}", fd.get());
    const ssize_t size = ::readlink(link.c_str(), target, sizeof target);
    return size > 0 &&
           std::string_view(target, static_cast<std::size_t>(size)) == "anon_inode:[eventfd]";
}

struct IrqSet {
    std::uint32_t flags = 0;
    std::uint32_t index = 0;
    std::uint32_t start = 0;
    std::uint32_t count = 0;
};

/// Exactly one of these bits?
bool one_of(std::uint32_t value, std::uint32_t bits) {
    const std::uint32_t set = value & bits;
    return set != 0 && (set & (set - 1)) == 0;
}

}  // namespace

Irqs::Irqs(std::uint16_t vectors) : msix_(vectors) {}

std::vector<Irqs::Line>* Irqs::lines(std::uint32_t index) {
    switch (index) {
        case msix_irq: return &msix_;
        case error_irq: return &error_;
        case request_irq: return &request_;
        default: return nullptr;
    }
}

std::uint32_t Irqs::count(std::uint32_t index) const {
    const std::vector<Line>* all = lines(index);
    return all == nullptr ? 0 : static_cast<std::uint32_t>(all->size());
}

std::uint32_t Irqs::flags(std::uint32_t index) {
    switch (index) {
        case msix_irq:
        case error_irq:
        case request_irq: return irq_eventfd | irq_noresize;
        default: return 0;
    }
}

int Irqs::set(const std::vector<std::uint8_t>& payload, std::vector<Fd>& fds) {
    if (payload.size() < irq_set_size) {
        return EINVAL;
    }
    IrqSet set;
    set.flags = wire::load_le<std::uint32_t>(payload.data() + 4);
    set.index = wire::load_le<std::uint32_t>(payload.data() + 8);
    set.start = wire::load_le<std::uint32_t>(payload.data() + 12);
    set.count = wire::load_le<std::uint32_t>(payload.data() + 16);
    constexpr std::uint32_t actions = irq_action_mask | irq_action_unmask | irq_action_trigger;
    const std::uint32_t available = count(set.index);
    const bool whole = set.count <= available && set.start <= available - set.count;
    if (!one_of(set.flags, irq_data_mask) || !one_of(set.flags, actions) ||
        (set.flags & ~(irq_data_mask | actions)) != 0 || available == 0 || !whole) {
        return EINVAL;
    }
    if ((set.flags & irq_action_trigger) == 0) {
        return EINVAL;  // none of them is maskable
    }
    std::vector<Line>& all = *lines(set.index);
    if ((set.flags & irq_data_eventfd) != 0) {
        if (!fds.empty() &&
            (fds.size() != set.count || !std::all_of(fds.begin(), fds.end(), is_eventfd))) {
            return EINVAL;
        }
        for (std::uint32_t i = 0; i < set.count; ++i) {
            Line line;
            if (!fds.empty()) {
                line.eventfd = std::move(fds[i]);
            }
            all[set.start + i] = std::move(line);
        }
        return 0;
    }
    if ((set.flags & irq_data_none) != 0 && set.count == 0) {
        if (set.start != 0) {
            return EINVAL;
        }
        for (Line& line : all) line = Line{};
        return 0;
    }
    const bool chosen = (set.flags & irq_data_bool) != 0;
    if (chosen && payload.size() - irq_set_size < set.count) {
        return EINVAL;
    }
    for (std::uint32_t i = 0; i < set.count; ++i) {
        if (!chosen || payload[irq_set_size + i] != 0) {
            trigger(set.index, set.start + i);
        }
    }
    return 0;
}

void Irqs::clear() {
    for (const std::uint32_t index : {msix_irq, error_irq, request_irq}) {
        for (Line& line : *lines(index)) line = Line{};
    }
}

bool Irqs::any(std::uint32_t index) const {
    const std::vector<Line>* all = lines(index);
    return all != nullptr && std::any_of(all->begin(), all->end(), [](const Line& line) {
               return static_cast<bool>(line.eventfd);
           });
}

void Irqs::trigger(std::uint32_t index, std::uint32_t vector) {
    std::vector<Line>* all = lines(index);
    if (all == nullptr || vector >= all->size() || !(*all)[vector].eventfd) {
        return;
    }
    const Line& line = (*all)[vector];
    // Whether a write may block is up to the client at any time: the open file is its own as well.
    // A known limit: an eventfd that blocks and that the client fills between this look and the
    // write holds the server up until the client reads it.
    pollfd item{line.eventfd.get(), POLLOUT, 0};
    if (::poll(&item, 1, 0) <= 0) {
        return;  // full: whoever reads it will find that
    }
    const std::uint64_t one = 1;
    const ssize_t put = ::write(line.eventfd.get(), &one, sizeof one);
    static_cast<void>(put);  // EAGAIN means the same as above
}

}  // namespace lmsim::sim::vfio_user
