#include <signal.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "tests/catch.hpp"
#include "tests/tools/cli/process.hpp"

using lmsim::tests::Ended;
using lmsim::tests::Folder;
using lmsim::tests::read_file;
using lmsim::tests::run_lmsim;

namespace {

namespace fs = std::filesystem;

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

/// A command line that is refused: exit code 2, a message, and nothing left behind.
std::string refused(const Folder& folder, const std::string& arguments) {
    const Ended ended = run_lmsim(
        folder, "serve --socket " + folder.file("socket") + " " + arguments, "timeout 60");
    CAPTURE(arguments, ended.out, ended.err);
    CHECK(ended.exit_code == 2);
    CHECK(ended.out.empty());
    CHECK(!ended.err.empty());
    CHECK_FALSE(fs::exists(folder.file("socket")));
    return ended.err;
}

/// A server that runs until it is told to end.
class Serving {
  public:
    Serving(const Folder& folder, const std::string& arguments) : folder_(folder) {
        const std::string command = LMSIM_BINARY_DIR "/lmsim serve --socket " +
                                    folder.file("socket") + " " + arguments + " > " +
                                    folder.file("stdout") + " 2> " + folder.file("stderr") +
                                    " < /dev/null & echo $! > " + folder.file("pid") +
                                    "; wait $!; echo $? > " + folder.file("code");
        server_ = std::thread([command] { static_cast<void>(!std::system(command.c_str())); });
    }
    ~Serving() {
        if (server_.joinable()) end();
    }
    /// Until it has said so many lines.
    bool listens(std::size_t sockets) const {
        for (int left = 600; left > 0; --left) {
            const std::string out = read_file(folder_.file("stdout"));
            if (static_cast<std::size_t>(std::count(out.begin(), out.end(), '\n')) >= sockets) {
                return true;
            }
            if (fs::exists(folder_.file("code"))) return false;
            std::this_thread::sleep_for(std::chrono::milliseconds(100));
        }
        return false;
    }
    /// Its exit code after this signal.
    std::string end(int signal = SIGTERM) {
        const int pid = std::atoi(read_file(folder_.file("pid")).c_str());
        if (pid > 0) ::kill(pid, signal);
        server_.join();
        return read_file(folder_.file("code"));
    }

  private:
    const Folder& folder_;
    std::thread server_;
};

}  // namespace

TEST_CASE("serve listens for its owner alone and ends by a signal", "[cli][serve]") {
    const int signal = GENERATE(SIGTERM, SIGINT);
    const Folder folder;
    Serving serving(folder, "");
    REQUIRE(serving.listens(1));
    struct stat about {};
    REQUIRE(::stat(folder.file("socket").c_str(), &about) == 0);
    CHECK(S_ISSOCK(about.st_mode));
    CHECK((about.st_mode & 0777) == 0600);
    CHECK(has(read_file(folder.file("stdout")), "listening at " + folder.file("socket") + "\n"));
    // Another one does not take the socket away.
    const Ended second = run_lmsim(Folder(), "serve --socket " + folder.file("socket"));
    CHECK(second.exit_code == 2);
    CHECK(has(second.err, "is there already"));
    CHECK(serving.end(signal) == "0\n");
    CHECK_FALSE(fs::exists(folder.file("socket")));
    CHECK(has(read_file(folder.file("stdout")), "0 messages"));
}

TEST_CASE("serve has a socket for each function, all of which it removes", "[cli][serve]") {
    const Folder folder;
    Serving serving(folder, "--functions vf1,pf --size 1MiB --media " + folder.file("disk"));
    REQUIRE(serving.listens(2));
    CHECK(fs::exists(folder.file("socket.pf")));
    CHECK(fs::exists(folder.file("socket.vf1")));
    CHECK(fs::file_size(folder.file("disk")) == 1U << 20);
    CHECK(serving.end() == "0\n");
    CHECK_FALSE(fs::exists(folder.file("socket.pf")));
    CHECK_FALSE(fs::exists(folder.file("socket.vf1")));
    CHECK(fs::exists(folder.file("disk")));
}

TEST_CASE("serve says what is wrong with its functions", "[cli][serve]") {
    const Folder folder;
    CHECK(has(refused(folder, "--functions pf,pf"), "pf stands there twice"));
    CHECK(has(refused(folder, "--functions vf1,vf01"), "stands there twice"));
    CHECK(has(refused(folder, "--functions ''"), "expected pf, vf0, vf1..."));
    CHECK(has(refused(folder, "--functions pf,"), "expected pf, vf0, vf1..."));
    CHECK(has(refused(folder, "--functions vf"), "\"vf\" is no function"));
    CHECK(has(refused(folder, "--functions vf-1"), "is no function"));
    CHECK(has(refused(folder, "--functions vf9999"), "is no function"));
    CHECK(has(refused(folder, "--functions vf256"), "at most 256 VFs"));
    CHECK(has(refused(folder, "--case-limits --functions vf200"), "there is no vf200"));
}

TEST_CASE("serve says what is wrong with its namespaces", "[cli][serve]") {
    const Folder folder;
    for (const char* const media : {"0=x", "257=x", "=x", "1=", "x=y", "-1=x"}) {
        CHECK(has(refused(folder, std::string("--media ") + media), "expected FILE, or NSID=FILE"));
    }
    CHECK(has(refused(folder, "--media 1=a --media 1=b"), "NSID 1 has a already"));
    CHECK(has(refused(folder, "--media 1=a --media 2=a"), "NSID 1 has a already"));
    CHECK(has(refused(folder, "--media " + folder.file("no/disk")), "No such file"));
    CHECK(has(refused(folder, "--media /dev/null"), "not a regular file"));
    for (const char* const size : {"0", "1000B", "513B", "1GiX", "-1GiB", "''"}) {
        CHECK(has(refused(folder, std::string("--size ") + size), "--size"));
    }
    CHECK(has(refused(folder, "--queue-pairs 65"), "--queue-pairs"));
    CHECK(has(refused(folder, "--queue-pairs 0"), "--queue-pairs"));
    // What was made for nothing is not left.
    refused(folder, "--media 1=" + folder.file("new") + " --media 2=" + folder.file("no/disk"));
    CHECK_FALSE(fs::exists(folder.file("new")));
}

TEST_CASE("serve says what is wrong with its socket", "[cli][serve]") {
    const Folder folder;
    const auto at = [&](const std::string& path) {
        const Ended ended =
            run_lmsim(folder, "serve --media " + folder.file("disk") + " --socket " + path);
        CAPTURE(ended.out, ended.err);
        CHECK(ended.exit_code == 2);
        CHECK_FALSE(fs::exists(folder.file("disk")));
        return ended.err;
    };
    CHECK(has(at(folder.file("no/socket")), "No such file"));
    CHECK(has(at(folder.file(std::string(120, 'x'))), "too long for the path of a socket"));
    CHECK(has(at("''"), "empty"));
    const std::string taken = folder.write("taken", "precious");
    CHECK(has(at(taken), "is there already"));
    CHECK(read_file(taken) == "precious");
    // Of several sockets none stays if one cannot be.
    folder.write("some.vf0", "");
    CHECK(has(at(folder.file("some") + " --functions pf,vf0"), "some.vf0: is there already"));
    CHECK_FALSE(fs::exists(folder.file("some.pf")));
    CHECK(run_lmsim(folder, "serve").exit_code == 2);
}

TEST_CASE("serve says what is wrong with its scenario", "[cli][serve]") {
    const Folder folder;
    CHECK(has(refused(folder, "--scenario " + folder.file("none.toml")), "none.toml"));
    const std::string broken = folder.write("broken.toml", "schema = 7\n[device\n");
    CHECK(has(refused(folder, "--scenario " + broken), "broken.toml"));
    const std::string quickstart = LMSIM_SOURCE_DIR "/scenarios/quickstart.toml";
    CHECK(has(refused(folder, "--scenario " + quickstart + " --functions vf250"), "vf250"));
}
