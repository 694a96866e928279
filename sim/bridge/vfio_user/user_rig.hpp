#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sim/bridge/live.hpp"
#include "sim/bridge/rig.hpp"
#include "sim/bridge/vfio_user/client_port.hpp"

namespace lmsim::sim::vfio_user {

/// Functions that another process serves: PATH.pf and PATH.vf0, PATH.vf1... as many as there are;
/// or the one at PATH.
class UserRig : public Rig {
  public:
    /// How much memory there is for the functions, and how it is shared.
    struct Options {
        ClientPort::Options port;
        std::uint64_t memory_pages = 16384;  // 64 MiB: what three controllers hand out
        std::uint64_t vm_pages = 0;          // of the VFs' own memory; 0: there is one for all
        bool vfs = true;                     // false: the PF alone, although there are VFs
        std::vector<std::string> functions;  // sockets behind the PF's, instead of its VFs'
        std::function<bool()> interrupted;   // then this is the trouble
    };

    /// In words what is missing.
    static Result<std::unique_ptr<UserRig>> open(const std::string& path, const Options& options);

    std::string name() const override { return "vfio-user:" + path_; }
    std::uint16_t functions() const override { return static_cast<std::uint16_t>(ports_.size()); }
    DevicePort& port(std::uint16_t function) override { return *ports_[function]; }
    std::uint64_t no_memory() const override;
    std::string trouble() const override;
    Ps now() override;
    bool poll() override;
    void idle(Ps limit) override;
    void give_a_turn() override;

  private:
    UserRig(const std::string& path, const Options& options) : path_(path), options_(options) {}
    std::string add(const std::string& path, SharedMemory& memory);
    std::string make_memory();
    std::string connect();
    std::string add_vfs();

    std::string path_;
    Options options_;
    LiveClock clock_;
    std::unique_ptr<SharedMemory> memory_;
    std::unique_ptr<SharedMemory> vm_memory_;  // nullptr: they have the PF's
    std::vector<std::unique_ptr<ClientPort>> ports_;
};

}  // namespace lmsim::sim::vfio_user
