#include "sim/bridge/vfio/lost_bar.hpp"

#include <signal.h>
#include <sys/mman.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>

#include "model/assert.hpp"

namespace lmsim::sim::vfio_kernel {

namespace {

constexpr std::uintptr_t page = 4096;
constexpr std::size_t most = 1024;

/// Read by a signal handler: nothing in it is ever moved.
struct Bar {
    std::atomic<std::uintptr_t> begin{0};  // 0: free
    std::atomic<std::size_t> size{0};
};
std::array<Bar, most> bars;

bool is_bar(std::uintptr_t address) {
    for (const Bar& bar : bars) {
        const std::uintptr_t begin = bar.begin.load();
        if (begin != 0 && address >= begin && address - begin < bar.size.load()) {
            return true;
        }
    }
    return false;
}

/// Ones take the page's place; then the access is tried again.
void on_sigbus(int number, siginfo_t* info, void* /*context*/) {
    const auto address = reinterpret_cast<std::uintptr_t>(info->si_addr);
    if (is_bar(address)) {
        void* const at = reinterpret_cast<void*>(address / page * page);
        void* const ones = ::mmap(at, page, PROT_READ | PROT_WRITE,
                                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
        if (ones != MAP_FAILED) {
            std::memset(ones, 0xff, page);
            return;
        }
    }
    ::signal(number, SIG_DFL);
}

}  // namespace

void survive_lost_bar(void* bar, std::size_t size) {
    struct sigaction action {};
    action.sa_sigaction = on_sigbus;
    action.sa_flags = SA_SIGINFO;
    ::sigaction(SIGBUS, &action, nullptr);
    for (Bar& place : bars) {
        if (place.begin.load() == 0) {
            place.size.store(size);
            place.begin.store(reinterpret_cast<std::uintptr_t>(bar));
            return;
        }
    }
    LMSIM_ASSERT(!"no more than 1024 BARs");
}

void forget_bar(void* bar) {
    for (Bar& place : bars) {
        if (place.begin.load() == reinterpret_cast<std::uintptr_t>(bar)) {
            place.begin.store(0);
            return;
        }
    }
}

}  // namespace lmsim::sim::vfio_kernel
