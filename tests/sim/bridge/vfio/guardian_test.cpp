#include "sim/bridge/vfio/guardian.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "sim/bridge/vfio/borrow.hpp"
#include "tests/catch.hpp"
#include "tests/sim/bridge/vfio/fake_kernel.hpp"

/// What was changed is undone by the guardian alone, however its parent ends.
namespace lmsim::sim::vfio_kernel {

namespace {

constexpr const char* bdf = "0000:01:00.0";
using Log = std::vector<std::string>;

std::shared_ptr<FakeKernel> good() {
    auto kernel = std::make_shared<FakeKernel>();
    kernel->add(bdf, "nvme", 7);
    kernel->add_sriov(bdf, 4);
    return kernel;
}

Wanted wanted() {
    Wanted wanted;
    wanted.bdfs = {bdf};
    return wanted;
}

/// Short, so that tests of what does not come need not wait.
Guardian::Limits short_limits() {
    Guardian::Limits limits;
    limits.changes.closing = std::chrono::milliseconds(50);
    return limits;
}

/// Waits for what another process does.
template <class Done>
bool becomes(Done&& done) {
    for (int left = 3000; left > 0 && !done(); --left) ::usleep(10'000);
    return done();
}

}  // namespace

TEST_CASE("a function is lent and given back in the reverse order") {
    const auto kernel = good();
    const auto before = kernel->all();
    auto loan = Loan::take(kernel, wanted());
    REQUIRE(loan.ok());
    CHECK(kernel->driver(bdf) == "vfio-pci");
    CHECK(loan.value()->give_back().empty());
    CHECK(kernel->all() == before);
    CHECK(kernel->log() ==
          Log{"devices/0000:01:00.0/driver_override: vfio-pci", "drivers/nvme/unbind: 0000:01:00.0",
              "drivers/vfio-pci/bind: 0000:01:00.0", "drivers/vfio-pci/unbind: 0000:01:00.0",
              "devices/0000:01:00.0/driver_override: ", "drivers/nvme/bind: 0000:01:00.0"});
}

TEST_CASE("a function without a driver has none again, and one of vfio-pci's stays with it") {
    const auto kernel = good();
    kernel->drop("sys/bus/pci/devices/0000:01:00.0/driver");
    const bool with_vfio = GENERATE(false, true);
    if (with_vfio) kernel->point("sys/bus/pci/devices/0000:01:00.0/driver", "../vfio-pci");
    const auto before = kernel->all();
    {
        const auto loan = Loan::take(kernel, wanted());
        REQUIRE(loan.ok());
        CHECK(kernel->driver(bdf) == "vfio-pci");
    }
    CHECK(kernel->all() == before);
    CHECK(kernel->log().size() == (with_vfio ? 0U : 4U));
}

TEST_CASE("VFs come with the PF's loan and end before it does") {
    const auto kernel = good();
    const auto before = kernel->all();
    auto loan = Loan::take(kernel, wanted());
    REQUIRE(loan.ok());
    const auto vfs = loan.value()->make_vfs(2);
    REQUIRE(vfs.ok());
    CHECK(vfs.value() == std::vector<std::string>{"0000:01:00.1", "0000:01:00.2"});
    CHECK(kernel->driver("0000:01:00.2") == "vfio-pci");
    CHECK(kernel->line("sys/module/vfio_pci/parameters/enable_sriov") == "Y");
    CHECK(loan.value()->give_back().empty());
    CHECK(kernel->all() == before);
    const Log log = kernel->log();
    REQUIRE(log.size() == 10);
    CHECK(log[4] == "devices/0000:01:00.0/sriov_numvfs: 2");
    CHECK(log[5] == "devices/0000:01:00.0/sriov_numvfs: 0");
    CHECK(log[7] == "drivers/vfio-pci/unbind: 0000:01:00.0");
}

TEST_CASE("VFs that a PF of vfio-pci's has already stay") {
    const auto kernel = good();
    kernel->point("sys/bus/pci/devices/0000:01:00.0/driver", "../vfio-pci");
    kernel->write("sys/bus/pci/devices/0000:01:00.0/sriov_numvfs", "2");
    kernel->drop("sys/bus/pci/devices/0000:01:00.2/driver");  // no autoprobe
    kernel->file("sys/bus/pci/devices/0000:01:00.2/driver_override", "vfio-pci\n");
    kernel->drop("log");
    Wanted both = wanted();
    both.sriov = 2;
    auto loan = Loan::take(kernel, both);
    REQUIRE(loan.ok());
    CHECK(loan.value()->make_vfs(2).ok());
    CHECK(loan.value()->give_back().empty());
    CHECK(kernel->log() == Log{"drivers/vfio-pci/bind: 0000:01:00.2"});
}

TEST_CASE("what fails half way is undone, and said") {
    const auto kernel = good();
    kernel->failing["vfio-pci/bind"] = EBUSY;
    const auto before = kernel->all();
    const auto loan = Loan::take(kernel, wanted());
    REQUIRE_FALSE(loan.ok());
    CHECK(loan.error() ==
          "0000:01:00.0: to bind it to vfio-pci: Device or resource busy (dmesg may say why)");
    CHECK(kernel->all() == before);
}

TEST_CASE("a process that is killed leaves nothing behind") {
    const auto kernel = good();
    const auto before = kernel->all();
    int ready[2];
    REQUIRE(::pipe(ready) == 0);
    const pid_t child = ::fork();
    if (child == 0) {
        auto loan = Loan::take(kernel, wanted());
        const bool ok = loan.ok() && loan.value()->make_vfs(2).ok();
        if (::write(ready[1], ok ? "y" : "n", 1) != 1) ::_exit(1);
        for (;;) ::pause();
    }
    char ok = 0;
    REQUIRE(::read(ready[0], &ok, 1) == 1);
    CHECK(ok == 'y');
    CHECK(kernel->all() != before);
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    CHECK(becomes([&] { return kernel->all() == before; }));
    ::close(ready[0]);
    ::close(ready[1]);
}

TEST_CASE("the guardian has nothing open of its parent, and no terminal's signals end it") {
    const auto kernel = good();
    const int file = ::open("/dev/null", O_RDONLY);  // as one of VFIO's, without close on exec
    auto guardian = Guardian::start(kernel, {});
    REQUIRE(guardian.ok());
    REQUIRE(guardian.value()->lend(bdf).empty());
    const pid_t pid = guardian.value()->pid();
    CHECK(::getsid(pid) == pid);
    const std::string fds = "/proc/" + std::to_string(pid) + "/fd";
    for (const auto& entry : std::filesystem::directory_iterator(fds)) {
        CHECK(std::stoi(entry.path().filename().string()) <= 3);
    }
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) ::kill(pid, number);
    CHECK(guardian.value()->give_back().empty());
    CHECK(kernel->driver(bdf) == "nvme");
    ::close(file);
}

TEST_CASE("a guardian that is gone is missed, and what helps is said") {
    const auto kernel = good();
    auto guardian = Guardian::start(kernel, {});
    REQUIRE(guardian.ok());
    REQUIRE(guardian.value()->lend(bdf).empty());
    ::kill(guardian.value()->pid(), SIGKILL);
    CHECK(guardian.value()->give_back() ==
          "the process that gives devices back is gone; lmsim hw release BDF gives one back");
    std::vector<std::string> said;
    CHECK(release(*kernel, bdf, {}, said).empty());
    CHECK(kernel->driver(bdf) == "nvme");
}

TEST_CASE("a change from which the kernel does not come back is given up after a time") {
    const auto kernel = good();
    kernel->hanging = "nvme/unbind";
    Guardian::Limits limits;
    limits.changes.change = std::chrono::seconds(2);
    const auto loan = Loan::take(kernel, wanted(), limits);
    REQUIRE_FALSE(loan.ok());
    CHECK(loan.error() ==
          "0000:01:00.0: to unbind it from nvme: the kernel has not come back from it after 2 "
          "s: somebody has the function open, or it does not answer");
    CHECK(kernel->function(bdf).value().driver_override.empty());
}

TEST_CASE("signals that are only taken note of neither end a change nor its limit") {
    const auto kernel = good();
    kernel->hanging = "nvme/unbind";
    struct sigaction note {};
    note.sa_handler = [](int) {};
    struct sigaction before {};
    REQUIRE(::sigaction(SIGALRM, &note, &before) == 0);
    const itimerval often{{0, 10'000}, {0, 10'000}};
    REQUIRE(::setitimer(ITIMER_REAL, &often, nullptr) == 0);
    const int error = limited_write(*kernel, "sys/bus/pci/drivers/nvme/unbind", bdf,
                                    std::chrono::milliseconds(200));
    const itimerval never{};
    ::setitimer(ITIMER_REAL, &never, nullptr);
    ::sigaction(SIGALRM, &before, nullptr);
    CHECK(error == ETIMEDOUT);
}

TEST_CASE("VFs and functions that are still open are not waited for in the kernel") {
    const auto kernel = good();
    auto loan = Loan::take(kernel, wanted(), short_limits());
    REQUIRE(loan.ok());
    REQUIRE(loan.value()->make_vfs(2).ok());
    kernel->open_group(101);
    kernel->open_group(7);
    CHECK(loan.value()->give_back() ==
          "0000:01:00.0: it keeps its VFs, because 0000:01:00.2 is still open after 0.05 s "
          "(sriov_numvfs would wait for ever); end who has it, then: lmsim hw release 0000:01:00.0"
          "; 0000:01:00.0: it stays with vfio-pci, because it is still open after 0.05 s; end who "
          "has it, then: lmsim hw release 0000:01:00.0");
    CHECK(kernel->log().size() == 5);
    std::vector<std::string> said;
    CHECK(release(*kernel, bdf, short_limits().changes, said) ==
          "0000:01:00.0: somebody has 0000:01:00.2 open through VFIO; end him first");
    kernel->close_group(101);
    kernel->close_group(7);
    CHECK(release(*kernel, bdf, short_limits().changes, said).empty());
    CHECK(said == Log{"its 2 VFs ended", "driver_override cleared; it was vfio-pci",
                      "unbound from vfio-pci", "probed by the kernel's drivers"});
    CHECK(kernel->driver(bdf) == "nvme");
}

TEST_CASE("a function that was taken out meanwhile is missed, and the others are given back") {
    const auto kernel = good();
    kernel->add("0000:02:00.0", "nvme", 8);
    Wanted both = wanted();
    both.bdfs.push_back("0000:02:00.0");
    auto loan = Loan::take(kernel, both);
    REQUIRE(loan.ok());
    kernel->drop("sys/bus/pci/devices/0000:02:00.0");
    CHECK(loan.value()->give_back() == "0000:02:00.0: it is gone from the bus meanwhile");
    CHECK(kernel->driver(bdf) == "nvme");
}

}  // namespace lmsim::sim::vfio_kernel
