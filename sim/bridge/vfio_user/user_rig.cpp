#include "sim/bridge/vfio_user/user_rig.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>

namespace lmsim::sim::vfio_user {

namespace {

constexpr std::uint64_t beyond = 16;  // pages between memory and what is none

bool is_socket(const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode);
}

}  // namespace

Result<std::unique_ptr<UserRig>> UserRig::open(const std::string& path, const Options& options) {
    std::unique_ptr<UserRig> rig(new UserRig(path, options));
    std::string error = rig->connect();
    if (!error.empty()) {
        return Failure{std::move(error)};
    }
    return rig;
}

std::string UserRig::add(const std::string& path, SharedMemory& memory) {
    auto port = ClientPort::open(path, memory, options_.port);
    if (!port) {
        return port.error();
    }
    for (const auto& other : ports_) {
        other->client().serve_together(port.value()->client());
    }
    ports_.push_back(std::move(port.value()));
    return {};
}

std::string UserRig::make_memory() {
    auto memory = SharedMemory::create(options_.memory_pages);
    if (!memory) {
        return memory.error();
    }
    memory_ = std::move(memory.value());
    if (options_.vm_pages != 0) {
        auto of_vm = SharedMemory::create(options_.vm_pages);
        if (!of_vm) {
            return of_vm.error();
        }
        vm_memory_ = std::move(of_vm.value());
    }
    return {};
}

std::string UserRig::connect() {
    std::string error = make_memory();
    if (!error.empty()) {
        return error;
    }
    const std::string pf = path_ + ".pf";
    if (!is_socket(pf)) {
        return is_socket(path_)
                   ? add(path_, *memory_)
                   : fmt::format(
                         "there is no socket {0}.pf, and none at {0}; lmsim serve --socket {0} "
                         "--functions pf,vf0,vf1,vf2 makes some",
                         path_);
    }
    error = add(pf, *memory_);
    return error.empty() && options_.vfs ? add_vfs() : error;
}

std::string UserRig::add_vfs() {
    SharedMemory& memory = vm_memory_ ? *vm_memory_ : *memory_;
    std::string error;
    for (const std::string& socket : options_.functions) {
        error = error.empty() ? add(socket, memory) : error;
    }
    for (int vf = 0; error.empty() && options_.functions.empty(); ++vf) {
        const std::string socket = fmt::format("{}.vf{}", path_, vf);
        if (!is_socket(socket)) {
            break;
        }
        error = add(socket, memory);
    }
    return error;
}

std::uint64_t UserRig::no_memory() const {
    return (std::max(options_.memory_pages, options_.vm_pages) + beyond) * page_size;
}

std::string UserRig::trouble() const { return trouble_of(options_.interrupted, ports_); }

Ps UserRig::now() { return clock_.now(); }

bool UserRig::poll() {
    bool any = false;
    for (const auto& port : ports_) {
        any = port->poll(0) || any;
    }
    return any;
}

void UserRig::idle(Ps limit) {
    std::vector<int> fds;
    for (const auto& port : ports_) {
        fds.push_back(port->poll_fd());
    }
    sleep_on(fds, limit);
}

void UserRig::give_a_turn() {
    for (const auto& port : ports_) {
        std::uint8_t csts[4];
        port->client().read_region(bar0_region, reg::CSTS, csts, sizeof csts);
    }
    poll();
}

}  // namespace lmsim::sim::vfio_user
