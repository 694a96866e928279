#include "sim/bridge/vfio/changes.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "sim/bridge/fd.hpp"

namespace lmsim::sim::vfio_kernel {

namespace {

const std::string drivers = "sys/bus/pci/drivers/";
const std::string enable_sriov = "sys/module/vfio_pci/parameters/enable_sriov";
constexpr std::chrono::milliseconds nap{10};

/// Both, as one text.
std::string joined(std::string first, const std::string& second) {
    if (!first.empty() && !second.empty()) {
        first += "; ";
    }
    return first + second;
}

std::string seconds(std::chrono::milliseconds limit) {
    return fmt::format("{} s", static_cast<double>(limit.count()) / 1000);
}

}  // namespace

int limited_write(const System& system, const std::string& below, const std::string& text,
                  std::chrono::milliseconds limit) {
    int ends[2];
    if (::pipe(ends) != 0) {
        return errno;
    }
    Fd read(ends[0]);
    Fd write(ends[1]);
    const pid_t writer = ::fork();
    if (writer < 0) {
        return errno;
    }
    if (writer == 0) {
        // It may outlive everybody else: nobody shall wait for a descriptor that it has.
        constexpr int own = STDERR_FILENO + 1;
        const int end = ::dup2(write.get(), own);
        ::close_range(own + 1, ~0U, 0);
        const int result = system.write(below, text);
        const bool told = ::write(end, &result, sizeof result) == sizeof result;
        ::_exit(told ? 0 : 1);
    }
    write.close();
    // A signal that the caller only takes note of is not the end of waiting, nor of the limit.
    const auto end = std::chrono::steady_clock::now() + limit;
    pollfd item{read.get(), POLLIN, 0};
    int ready = -1;
    do {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
            end - std::chrono::steady_clock::now());
        ready = ::poll(&item, 1, static_cast<int>(std::max<long>(left.count(), 0)));
    } while (ready < 0 && errno == EINTR);
    if (ready <= 0) {
        ::kill(writer, SIGKILL);  // as soon as the kernel lets it
        return ETIMEDOUT;
    }
    int result = EIO;
    const bool told = ::read(read.get(), &result, sizeof result) == sizeof result;
    ::waitpid(writer, nullptr, 0);
    return told ? result : EIO;
}

bool wait_until_closed(const System& system, const std::string& bdf,
                       std::chrono::milliseconds limit) {
    const auto function = system.function(bdf);
    for (auto left = limit; function && system.is_open(function.value()); left -= nap) {
        if (left <= left.zero()) {
            return false;
        }
        ::usleep(static_cast<useconds_t>(std::chrono::microseconds(nap).count()));
    }
    return true;
}

std::string Changes::write(const std::string& below, const std::string& text,
                           const std::string& what) {
    const int error = limited_write(system_, below, text, limits_.change);
    if (error == 0) {
        return {};
    }
    if (error == ETIMEDOUT) {
        return fmt::format(
            "{}: the kernel has not come back from it after {}: somebody has the "
            "function open, or it does not answer",
            what, seconds(limits_.change));
    }
    return fmt::format("{}: {} (dmesg may say why)", what, std::strerror(error));
}

std::string Changes::lend(const std::string& bdf) {
    const auto function = system_.function(bdf);
    if (!function) {
        return function.error();
    }
    Former former;
    former.bdf = bdf;
    former.driver = function.value().driver;
    former.override = function.value().driver_override;
    if (former.driver == vfio_driver) {
        return {};
    }
    done_.push_back(former);
    std::string error = write(pci_devices + bdf + "/driver_override", vfio_driver,
                              bdf + ": vfio-pci as its driver_override");
    if (error.empty() && !former.driver.empty()) {
        error = write(drivers + former.driver + "/unbind", bdf,
                      fmt::format("{}: to unbind it from {}", bdf, former.driver));
    }
    if (error.empty()) {
        error = write(drivers + vfio_driver + "/bind", bdf, bdf + ": to bind it to vfio-pci");
    }
    return error;
}

std::string Changes::make_vfs(const std::string& bdf, unsigned count) {
    const auto function = system_.function(bdf);
    if (!function) {
        return function.error();
    }
    Former former;
    former.bdf = bdf;
    former.made_vfs = true;
    former.numvfs = function.value().sriov_numvfs;
    former.enable_sriov = system_.line(enable_sriov).value_or("");
    if (former.numvfs != count) {
        done_.push_back(former);
        std::string error;
        if (former.enable_sriov != "Y") {
            error = write(enable_sriov, "Y", "vfio-pci's parameter enable_sriov");
        }
        if (error.empty()) {
            error = write(pci_devices + bdf + "/sriov_numvfs", std::to_string(count),
                          fmt::format("{}: {} VFs", bdf, count));
        }
        if (!error.empty()) {
            return error;
        }
    }
    return bind_vfs(bdf);
}

/// vfio-pci has them from the beginning, as it has the PF; unless sriov_drivers_autoprobe is off.
std::string Changes::bind_vfs(const std::string& bdf) {
    const auto function = system_.function(bdf);
    if (!function) {
        return function.error();
    }
    std::string error;
    for (const std::string& vf : function.value().vfs) {
        const std::string driver = system_.driver(vf);
        if (driver.empty()) {
            error = joined(
                error, write(drivers + vfio_driver + "/bind", vf, vf + ": to bind it to vfio-pci"));
        } else if (driver != vfio_driver) {
            error = joined(error, fmt::format("{}: {} has it, not vfio-pci", vf, driver));
        }
    }
    return error;
}

std::string Changes::undo() {
    std::string errors;
    while (!done_.empty()) {
        const Former former = std::move(done_.back());
        done_.pop_back();
        errors = joined(errors, undo(former));
    }
    return errors;
}

std::string Changes::undo(const Former& former) {
    if (!system_.has_function(former.bdf)) {
        return former.made_vfs ? "" : former.bdf + ": it is gone from the bus meanwhile";
    }
    return former.made_vfs ? undo_vfs(former) : undo_driver(former);
}

std::string Changes::undo_vfs(const Former& former) {
    const auto function = system_.function(former.bdf);
    std::string error;
    if (function && function.value().sriov_numvfs != former.numvfs) {
        for (const std::string& vf : function.value().vfs) {
            if (!wait_until_closed(system_, vf, limits_.closing)) {
                return fmt::format(
                    "{}: it keeps its VFs, because {} is still open after {} (sriov_numvfs would "
                    "wait for ever); end who has it, then: lmsim hw release {}",
                    former.bdf, vf, seconds(limits_.closing), former.bdf);
            }
        }
        error = write(pci_devices + former.bdf + "/sriov_numvfs", std::to_string(former.numvfs),
                      fmt::format("{}: {} VFs as before", former.bdf, former.numvfs));
    }
    if (!former.enable_sriov.empty() && former.enable_sriov != "Y") {
        error = joined(
            error, write(enable_sriov, former.enable_sriov, "vfio-pci's parameter enable_sriov"));
    }
    return error;
}

std::string Changes::undo_driver(const Former& former) {
    const std::string& bdf = former.bdf;
    std::string error;
    if (system_.driver(bdf) == vfio_driver) {
        if (!wait_until_closed(system_, bdf, limits_.closing)) {
            return fmt::format(
                "{}: it stays with vfio-pci, because it is still open after {}; end who has it, "
                "then: lmsim hw release {}",
                bdf, seconds(limits_.closing), bdf);
        }
        error = write(drivers + vfio_driver + "/unbind", bdf, bdf + ": to unbind it from vfio-pci");
    }
    error = joined(error, write(pci_devices + bdf + "/driver_override", former.override + "\n",
                                bdf + ": driver_override as before"));
    if (!former.driver.empty() && system_.driver(bdf).empty()) {
        error = joined(error, write(drivers + former.driver + "/bind", bdf,
                                    fmt::format("{}: to bind it to {} again", bdf, former.driver)));
    }
    return error;
}

std::string release(const System& system, const std::string& bdf, const Changes::Limits& limits,
                    std::vector<std::string>& said) {
    const auto found = system.function(bdf);
    if (!found) {
        return found.error();
    }
    const PciFunction& function = found.value();
    const auto write = [&](const std::string& below, const std::string& text,
                           const std::string& what) -> std::string {
        const int error = limited_write(system, below, text, limits.change);
        if (error == 0) {
            said.push_back(what);
            return {};
        }
        return fmt::format("{}: {}: {}", bdf, what,
                           error == ETIMEDOUT ? "no end of it after " + seconds(limits.change)
                                              : std::strerror(error));
    };
    std::string error;
    std::vector<std::string> open = function.vfs;
    open.push_back(bdf);
    for (const std::string& one : open) {
        if (system.driver(one) == vfio_driver && !wait_until_closed(system, one, limits.closing)) {
            return fmt::format("{}: somebody has {} open through VFIO; end him first", bdf, one);
        }
    }
    if (function.driver == vfio_driver && function.sriov_numvfs != 0) {
        error = write(pci_devices + bdf + "/sriov_numvfs", "0",
                      fmt::format("its {} VFs ended", function.sriov_numvfs));
    }
    if (error.empty() && !function.driver_override.empty()) {
        error = write(pci_devices + bdf + "/driver_override", "\n",
                      fmt::format("driver_override cleared; it was {}", function.driver_override));
    }
    if (error.empty() && function.driver == vfio_driver) {
        error = write(drivers + vfio_driver + "/unbind", bdf, "unbound from vfio-pci");
    }
    if (error.empty() && system.driver(bdf).empty()) {
        error = write("sys/bus/pci/drivers_probe", bdf, "probed by the kernel's drivers");
    }
    return error;
}

}  // namespace lmsim::sim::vfio_kernel
