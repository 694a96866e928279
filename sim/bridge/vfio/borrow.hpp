#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sim/bridge/vfio/guardian.hpp"
#include "sim/bridge/vfio/system.hpp"

namespace lmsim::sim::vfio_kernel {

/// Which functions are wanted, and of which kind.
struct Wanted {
    /// Addresses: a PF or a function alone, and others beside it.
    std::vector<std::string> bdfs;
    unsigned sriov = 0;    // VFs that the first of them shall have
    std::string vf_token;  // of the PF of a VF that is wanted without it; empty: none is known
};

/// Why these functions cannot or must not be taken, a sentence each; none: they can. Nothing is
/// changed.
std::vector<std::string> refusals(const System& system, const Wanted& wanted);
/// The same of a function that is had as it is, from the VFIO driver that has it; whatever class it
/// is of. `vf_token`: as in Wanted.
std::vector<std::string> refusals_as_it_is(const System& system, const std::string& bdf,
                                           const std::string& vf_token);
/// Is it a VF of a PF that VFIO has? Then it opens only with the PF's VF token.
bool wants_token(const System& system, const PciFunction& function);
/// What this machine lacks of VFIO, whatever the function; empty: nothing. vfio-pci has to be
/// loaded.
std::string no_vfio(const System& system, const Wanted& wanted);

/// Functions that this process has from the kernel. They are unbound from the kernel's nvme driver
/// and bound to vfio-pci; a guardian gives them back when this ends, or the process, however.
class Loan {
  public:
    /// In words why not; then all is as before.
    static Result<std::unique_ptr<Loan>> take(std::shared_ptr<const System> system,
                                              const Wanted& wanted,
                                              const Guardian::Limits& limits = {});
    ~Loan();
    Loan(const Loan&) = delete;
    Loan& operator=(const Loan&) = delete;

    /// The functions, in the order in which they were wanted.
    const std::vector<std::string>& bdfs() const { return bdfs_; }
    /// VFs of the first function; it is open, and has its VF token. Their addresses, or in words
    /// what is wrong.
    Result<std::vector<std::string>> make_vfs(unsigned count);
    /// Nothing of the functions may be open any more. In words what could not be given back.
    std::string give_back();

  private:
    explicit Loan(std::shared_ptr<const System> system) : system_(std::move(system)) {}

    std::shared_ptr<const System> system_;
    std::vector<std::string> bdfs_;
    std::unique_ptr<Guardian> guardian_;
};

}  // namespace lmsim::sim::vfio_kernel
