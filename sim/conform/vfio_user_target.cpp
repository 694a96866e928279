#include "sim/conform/vfio_user_target.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <vector>

#include "sim/bridge/vfio_user/client_wait.hpp"

namespace lmsim::sim::conform {

namespace {

using vfio_user::ClientPort;
using vfio_user::SharedMemory;

constexpr std::uint64_t memory_pages = 16384;  // 64 MiB: what three controllers hand out
constexpr std::uint64_t beyond = 16;           // pages between memory and what is none

bool is_socket(const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode);
}

class ServedTarget : public Target {
  public:
    explicit ServedTarget(const VfioUserTarget& options) : options_(options) {}

    std::string connect();

    std::string name() const override { return "vfio-user:" + options_.path; }
    std::uint16_t functions() const override { return static_cast<std::uint16_t>(ports_.size()); }
    DevicePort& port(std::uint16_t function) override { return *ports_[function]; }
    std::uint64_t no_memory() const override { return (memory_pages + beyond) * page_size; }
    std::uint64_t trackable() const override { return options_.trackable; }
    const char* time_base() const override { return "wall"; }
    std::string trouble() const override;
    bool wait(const std::function<bool()>& done, Ps limit) override {
        return vfio_user::wait_for(all_, done, limit);
    }

  private:
    std::string add(const std::string& path);

    VfioUserTarget options_;
    std::unique_ptr<SharedMemory> memory_;
    std::vector<std::unique_ptr<ClientPort>> ports_;
    std::vector<ClientPort*> all_;  // the same
};

std::string ServedTarget::add(const std::string& path) {
    auto port = ClientPort::open(path, *memory_, options_.port);
    if (!port) {
        return port.error();
    }
    for (const auto& other : ports_) {
        other->client().serve_together(port.value()->client());
    }
    ports_.push_back(std::move(port.value()));
    all_.push_back(ports_.back().get());
    return {};
}

std::string ServedTarget::connect() {
    const std::string& path = options_.path;
    if (!is_socket(path + ".pf")) {
        const char* why = is_socket(path)
                              ? "is the socket of one function, and the cases need a PF and its VFs"
                              : "has no socket of a PF";
        return fmt::format(
            "{0} {1}; expected {0}.pf, {0}.vf0, {0}.vf1... as lmsim serve --socket {0} --functions "
            "pf,vf0,vf1,vf2 makes them",
            path, why);
    }
    if (!is_socket(path + ".vf0")) {
        return fmt::format("{0}.pf is there and {0}.vf0 is not: the cases need at least one VF",
                           path);
    }
    auto memory = SharedMemory::create(memory_pages);
    if (!memory) {
        return memory.error();
    }
    memory_ = std::move(memory.value());
    std::string error = add(path + ".pf");
    for (int vf = 0; error.empty(); ++vf) {
        const std::string socket = fmt::format("{}.vf{}", path, vf);
        if (!is_socket(socket)) {
            break;
        }
        error = add(socket);
    }
    return error;
}

std::string ServedTarget::trouble() const {
    for (const auto& port : ports_) {
        if (!port->error().empty()) {
            return port->error();
        }
    }
    return {};
}

}  // namespace

Result<std::unique_ptr<Target>> connect_target(const VfioUserTarget& options) {
    auto target = std::make_unique<ServedTarget>(options);
    std::string error = target->connect();
    if (!error.empty()) {
        return Failure{std::move(error)};
    }
    return std::unique_ptr<Target>(std::move(target));
}

}  // namespace lmsim::sim::conform
