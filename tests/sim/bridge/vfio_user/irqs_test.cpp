#include "sim/bridge/vfio_user/irqs.hpp"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>

#include "model/wire/bits.hpp"
#include "sim/bridge/vfio_user/protocol.hpp"
#include "tests/catch.hpp"

using namespace lmsim::sim;
using namespace lmsim::sim::vfio_user;

namespace {

constexpr std::uint32_t eventfds = irq_data_eventfd | irq_action_trigger;

struct Rig {
    Irqs irqs{4};
    Fd event{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};

    std::vector<Fd> fds(std::size_t count) const {
        std::vector<Fd> all;
        for (; all.size() < count;) {
            all.emplace_back(::fcntl(event.get(), F_DUPFD_CLOEXEC, 0));
        }
        return all;
    }
    int set(std::uint32_t flags, std::uint32_t index, std::uint32_t start, std::uint32_t count,
            std::vector<Fd> with = {}, const std::vector<std::uint8_t>& data = {}) {
        std::vector<std::uint8_t> payload(irq_set_size);
        std::uint32_t at = 0;
        for (const std::uint32_t value : {irq_set_size, flags, index, start, count}) {
            lmsim::wire::store_le(payload.data() + at, value);
            at += 4;
        }
        payload.insert(payload.end(), data.begin(), data.end());
        return irqs.set(payload, with);
    }
    std::uint64_t rung() const {
        std::uint64_t count = 0;
        return ::read(event.get(), &count, sizeof count) == sizeof count ? count : 0;
    }
};

}  // namespace

TEST_CASE("interrupts: eventfds are rung one by one", "[bridge][irqs]") {
    Rig rig;
    CHECK_FALSE(rig.irqs.any(msix_irq));
    CHECK(rig.set(eventfds, msix_irq, 1, 2, rig.fds(2)) == 0);
    CHECK(rig.irqs.any(msix_irq));
    for (std::uint32_t vector = 0; vector < 6; ++vector) {
        rig.irqs.trigger(msix_irq, vector);
        CHECK(rig.rung() == (vector == 1 || vector == 2 ? 1 : 0));
    }
    rig.irqs.trigger(99, 0);
    CHECK(rig.set(eventfds, msix_irq, 1, 1) == 0);  // no descriptors: nobody listens any more
    rig.irqs.trigger(msix_irq, 1);
    CHECK(rig.rung() == 0);
    CHECK(rig.irqs.any(msix_irq));
    rig.irqs.clear();
    CHECK_FALSE(rig.irqs.any(msix_irq));
    CHECK(rig.set(eventfds, error_irq, 0, 1, rig.fds(1)) == 0);
    CHECK(rig.set(eventfds, request_irq, 0, 1, rig.fds(1)) == 0);
    CHECK_FALSE(rig.irqs.any(msix_irq));
    CHECK(rig.irqs.any(error_irq));
}

TEST_CASE("interrupts: a client rings them itself", "[bridge][irqs]") {
    Rig rig;
    REQUIRE(rig.set(eventfds, msix_irq, 0, 4, rig.fds(4)) == 0);
    CHECK(rig.set(irq_data_none | irq_action_trigger, msix_irq, 1, 3) == 0);
    CHECK(rig.rung() == 3);
    const std::vector<std::uint8_t> chosen{1, 0, 0, 7};
    CHECK(rig.set(irq_data_bool | irq_action_trigger, msix_irq, 0, 4, {}, chosen) == 0);
    CHECK(rig.rung() == 2);
    CHECK(rig.set(irq_data_bool | irq_action_trigger, msix_irq, 0, 4, {}, {1, 1}) == EINVAL);
    CHECK(rig.rung() == 0);
    CHECK(rig.set(irq_data_none | irq_action_trigger, msix_irq, 2, 0) == EINVAL);
    CHECK(rig.irqs.any(msix_irq));  // what is refused changes nothing
    CHECK(rig.set(irq_data_none | irq_action_trigger, msix_irq, 0, 0) == 0);
    CHECK_FALSE(rig.irqs.any(msix_irq));
}

TEST_CASE("interrupts: what the structure does not allow is refused", "[bridge][irqs]") {
    Rig rig;
    std::vector<Fd> none;
    CHECK(rig.irqs.set(std::vector<std::uint8_t>(irq_set_size - 1), none) == EINVAL);
    CHECK(rig.irqs.set({}, none) == EINVAL);
    const std::uint32_t trigger = irq_action_trigger;
    for (const std::uint32_t flags :
         {0U, trigger, irq_data_eventfd, irq_data_eventfd | irq_action_mask,
          irq_data_eventfd | irq_action_unmask, irq_data_none | irq_data_bool | trigger,
          eventfds | irq_action_mask, eventfds | 1U << 6, ~0U}) {
        CAPTURE(flags);
        CHECK(rig.set(flags, msix_irq, 0, 1, rig.fds(1)) == EINVAL);
    }
    for (const std::uint32_t index : {0U, 1U, 5U, ~0U}) {
        CAPTURE(index);
        CHECK(rig.irqs.count(index) == 0);
        CHECK(Irqs::flags(index) == 0);
        CHECK(rig.set(eventfds, index, 0, 1, rig.fds(1)) == EINVAL);
    }
    CHECK(rig.set(eventfds, msix_irq, 0, 5, rig.fds(5)) == EINVAL);
    CHECK(rig.set(eventfds, msix_irq, 4, 1, rig.fds(1)) == EINVAL);
    CHECK(rig.set(eventfds, msix_irq, ~0U, 2, rig.fds(2)) == EINVAL);
    CHECK(rig.set(eventfds, msix_irq, 1, ~0U, rig.fds(1)) == EINVAL);
    CHECK(rig.set(eventfds, error_irq, 0, 2, rig.fds(2)) == EINVAL);
    CHECK_FALSE(rig.irqs.any(msix_irq));
}

TEST_CASE("interrupts: only eventfds, and one for each", "[bridge][irqs]") {
    Rig rig;
    CHECK(rig.set(eventfds, msix_irq, 0, 2, rig.fds(1)) == EINVAL);
    CHECK(rig.set(eventfds, msix_irq, 0, 2, rig.fds(3)) == EINVAL);
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    const Fd reader(ends[0]);
    std::vector<Fd> fds = rig.fds(1);
    fds.emplace_back(ends[1]);
    CHECK(rig.set(eventfds, msix_irq, 0, 2, std::move(fds)) == EINVAL);
    fds.clear();
    fds.emplace_back(::open("/dev/null", O_RDWR | O_CLOEXEC));
    CHECK(rig.set(eventfds, msix_irq, 0, 1, std::move(fds)) == EINVAL);
    CHECK_FALSE(rig.irqs.any(msix_irq));
}

TEST_CASE("interrupts: a full eventfd blocks nobody", "[bridge][irqs]") {
    const bool later = GENERATE(false, true);
    Rig rig;
    rig.event = Fd(::eventfd(0, EFD_CLOEXEC | (later ? EFD_NONBLOCK : 0)));
    REQUIRE(rig.set(eventfds, msix_irq, 0, 1, rig.fds(1)) == 0);
    const std::uint64_t most = UINT64_MAX - 1;
    REQUIRE(::write(rig.event.get(), &most, sizeof most) == sizeof most);
    // A client can change this at any time: the open file is its own as well.
    REQUIRE(::fcntl(rig.event.get(), F_SETFL, 0) == 0);
    rig.irqs.trigger(msix_irq, 0);
    CHECK(rig.rung() == most);
}
