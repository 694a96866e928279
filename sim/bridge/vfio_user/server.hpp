#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sim/bridge/block_store.hpp"
#include "sim/bridge/paces.hpp"
#include "sim/bridge/vfio_user/endpoint.hpp"
#include "sim/bridge/vfio_user/migration_service.hpp"
#include "sim/bridge/vfio_user/socket_stream.hpp"
#include "sim/device/nvme_device.hpp"

namespace lmsim::sim::vfio_user {

/// "pf", "vf0", "vf1"...: the PF is function 0.
std::string function_name(std::uint16_t function);

/// What is served.
struct ServerOptions {
    std::string
        socket;  // of one function its path, of several each with ".pf", ".vf0"... behind it
    std::vector<std::uint16_t> functions{0};
    DeviceTiming device;
    spec::Rules rules;
    std::uint64_t seed = 1;
    bool paced = false;  // else as fast as it goes

    /// A namespace that is kept in a file.
    struct Backing {
        std::uint32_t nsid = 0;
        std::string file;
    };
    std::vector<Backing> backings;
    Endpoint::Say say;
};

/// The model as PCI functions of other processes: a device, and a socket for each function.
class Server {
  public:
    explicit Server(ServerOptions options);
    ~Server();

    /// Opens files and sockets; in words what is wrong, and then nothing is left behind.
    std::string open();
    /// The sockets, in the order of the functions.
    const std::vector<std::string>& paths() const { return paths_; }
    /// Serves until stop() says so, or with `once` until all clients that came have gone.
    void run(const std::function<bool()>& stop, bool once);
    /// Messages handled for each function.
    std::vector<std::uint64_t> messages() const;

  private:
    struct Served {
        std::string name;
        std::uint16_t function = 0;
        DmaMap dma;
        Fd listener;
        std::unique_ptr<SocketStream> stream;
        std::unique_ptr<Endpoint> endpoint;
    };

    std::string check_backings() const;
    void open_migration();
    bool alone();
    bool serve_all();
    void accept(Served& served);
    void sleep(const std::function<bool()>& stop, std::int64_t longest);
    bool all_gone() const;

    ServerOptions options_;
    BlockStore store_;
    Kernel kernel_;
    NvmeDevice device_;
    std::unique_ptr<Pace> pace_;
    std::vector<std::unique_ptr<Served>> served_;
    std::vector<std::unique_ptr<DmaMap>> unserved_;
    std::unique_ptr<MigrationService> migration_;  // of the VFs, if no client can have the PF
    std::vector<std::string> paths_;
    std::vector<std::string> made_;  // sockets to remove
    bool anybody_came_ = false;
    using Clock = std::chrono::steady_clock;
    Clock::time_point accept_after_;  // descriptors were short
    bool told_full_ = false;
};

}  // namespace lmsim::sim::vfio_user
