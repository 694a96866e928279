#include "sim/bridge/vfio/borrow.hpp"

#include <fmt/format.h>

#include <utility>

namespace lmsim::sim::vfio_kernel {

namespace {

std::string load_vfio(const System& system) {
    if (system.has_driver(vfio_driver)) {
        return {};
    }
    const std::string error = system.load_module(vfio_driver);
    if (system.has_driver(vfio_driver)) {
        return {};
    }
    return fmt::format(
        "the kernel's vfio-pci is not loaded, and modprobe vfio-pci did not help{}; expected a "
        "kernel with CONFIG_VFIO_PCI and its modules in /lib/modules",
        error.empty() ? error : " (" + error + ")");
}

}  // namespace

Result<std::unique_ptr<Loan>> Loan::take(std::shared_ptr<const System> system, const Wanted& wanted,
                                         const Guardian::Limits& limits) {
    const std::vector<std::string> why_not = refusals(*system, wanted);
    if (!why_not.empty()) {
        return Failure{fmt::format("{}", fmt::join(why_not, "\n"))};
    }
    std::string error = load_vfio(*system);
    if (error.empty()) {
        error = no_vfio(*system, wanted);
    }
    if (!error.empty()) {
        return Failure{std::move(error)};
    }
    auto guardian = Guardian::start(system, limits);
    if (!guardian) {
        return Failure{guardian.error()};
    }
    std::unique_ptr<Loan> loan(new Loan(std::move(system)));
    loan->guardian_ = std::move(guardian.value());
    for (const std::string& text : wanted.bdfs) {
        loan->bdfs_.push_back(pci_address(text).value());
        error = loan->guardian_->lend(loan->bdfs_.back());
        if (!error.empty()) {
            const std::string kept = loan->give_back();
            return Failure{kept.empty() ? error : error + "\n" + kept};
        }
    }
    return loan;
}

Loan::~Loan() { give_back(); }

Result<std::vector<std::string>> Loan::make_vfs(unsigned count) {
    const std::string error = guardian_->make_vfs(bdfs_.front(), count);
    if (!error.empty()) {
        return Failure{error};
    }
    const auto pf = system_->function(bdfs_.front());
    if (!pf) {
        return Failure{pf.error()};
    }
    if (pf.value().vfs.size() != count) {
        return Failure{fmt::format("{}: it has {} VFs, although {} were asked for", bdfs_.front(),
                                   pf.value().vfs.size(), count)};
    }
    return pf.value().vfs;
}

std::string Loan::give_back() {
    if (guardian_ == nullptr) {
        return {};
    }
    const std::unique_ptr<Guardian> guardian = std::move(guardian_);
    return guardian->give_back();
}

}  // namespace lmsim::sim::vfio_kernel
