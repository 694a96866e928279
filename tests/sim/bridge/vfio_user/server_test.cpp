#include "sim/bridge/vfio_user/server.hpp"

#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <mutex>
#include <thread>

#include "model/wire/bits.hpp"
#include "tests/catch.hpp"

using namespace lmsim::sim;
using namespace lmsim::sim::vfio_user;

namespace {

namespace fs = std::filesystem;
using Bytes = std::vector<std::uint8_t>;

struct Folder {
    std::string path;
    Folder() {
        std::string name = (fs::temp_directory_path() / "lmsim-serve-XXXXXX").string();
        path = ::mkdtemp(name.data());
    }
    ~Folder() { fs::remove_all(path); }
};

template <class... T>
Bytes fields(T... values) {
    Bytes bytes;
    const auto add = [&bytes](auto value) {
        bytes.resize(bytes.size() + sizeof value);
        lmsim::wire::store_le(bytes.data() + bytes.size() - sizeof value, value);
    };
    (add(values), ...);
    return bytes;
}

/// A server that runs in a thread of its own.
class Serving {
  public:
    explicit Serving(std::vector<std::uint16_t> functions) : server_(options(functions)) {
        REQUIRE(server_.open().empty());
        thread_ = std::thread([this] { server_.run([this] { return stop_.load(); }, false); });
    }
    ~Serving() {
        stop_ = true;
        thread_.join();
    }
    const std::string& path(std::size_t i = 0) const { return server_.paths()[i]; }
    std::size_t said(const std::string& what) {
        const std::lock_guard<std::mutex> guard(mutex_);
        return static_cast<std::size_t>(std::count_if(
            said_.begin(), said_.end(),
            [&](const std::string& text) { return text.find(what) != std::string::npos; }));
    }

  private:
    ServerOptions options(const std::vector<std::uint16_t>& functions) {
        ServerOptions options;
        options.socket = folder_.path + "/socket";
        options.functions = functions;
        options.say = [this](const std::string& text) {
            const std::lock_guard<std::mutex> guard(mutex_);
            said_.push_back(text);
        };
        return options;
    }

    Folder folder_;
    std::mutex mutex_;
    std::vector<std::string> said_;
    std::atomic<bool> stop_{false};
    Server server_;
    std::thread thread_;
};

struct Step {
    Bytes bytes;
    bool with_memory = false;
    bool with_event = false;
};

Step step(Command command, const Bytes& payload) {
    Header header;
    header.command = command;
    header.message_size = static_cast<std::uint32_t>(Header::size + payload.size());
    Bytes bytes(Header::size);
    encode_header(header, bytes.data());
    bytes.insert(bytes.end(), payload.begin(), payload.end());
    return {bytes, command == Command::DMA_MAP, command == Command::DEVICE_SET_IRQS};
}

/// What any client says first, and a controller that it enables.
std::vector<Step> script() {
    const auto write = [](std::uint64_t at, std::uint32_t value) {
        return step(Command::REGION_WRITE, fields(at, bar0_region, 4U, value));
    };
    return {
        step(Command::VERSION,
             fields(std::uint16_t{0}, std::uint16_t{1}, std::uint16_t{0x7d7b}, std::uint8_t{0})),
        step(Command::DEVICE_GET_INFO, fields(16U, 0U, 0U, 0U)),
        step(Command::DMA_MAP,
             fields(32U, 3U, std::uint64_t{0}, std::uint64_t{0x1000}, std::uint64_t{8192})),
        step(Command::REGION_WRITE, fields(std::uint64_t{4}, config_region, 2U, std::uint16_t{6})),
        step(Command::DEVICE_SET_IRQS, fields(20U, 0x24U, msix_irq, 0U, 1U)),
        write(0x24, 0x000f000f),
        write(0x28, 0x1000),
        write(0x30, 0x2000),
        write(0x14, 0x00460001),
        write(0x1000, 1)};
}

class Client {
  public:
    explicit Client(const std::string& path) {
        Fd socket;
        REQUIRE(connect_to(path, socket).empty());
        stream_ = std::make_unique<SocketStream>(std::move(socket));
        channel_ = std::make_unique<Channel>(*stream_);
    }
    /// So many bytes of the step.
    bool send(const Step& step, std::size_t most = SIZE_MAX) {
        std::vector<int> fds;
        if (step.with_memory) fds.push_back(memory_.get());
        if (step.with_event) fds.push_back(event_.get());
        const Stream::Part part{step.bytes.data(), std::min(most, step.bytes.size())};
        return part.size == 0 || stream_->write(&part, 1, fds);
    }
    /// The error of the next reply, -1 if the server is gone.
    int answer() {
        Message message;
        if (channel_->receive(message, Stream::Wait::Block) != Channel::Got::Message) return -1;
        return static_cast<int>(message.header.error);
    }
    int ask(const Step& step) { return send(step) ? answer() : -1; }
    bool works() {
        for (const Step& each : script()) {
            if (ask(each) != 0) return false;
        }
        return ask(step(Command::DEVICE_RESET, {})) == 0;
    }

  private:
    static Fd new_memory() {
        Fd fd(::memfd_create("client", MFD_CLOEXEC));
        REQUIRE(::ftruncate(fd.get(), 8192) == 0);
        return fd;
    }

    Fd memory_ = new_memory();
    Fd event_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    std::unique_ptr<SocketStream> stream_;
    std::unique_ptr<Channel> channel_;
};

}  // namespace

TEST_CASE("server: a client that dies at any byte of what it says", "[bridge][server]") {
    Serving serving({0});
    const std::vector<Step> steps = script();
    std::size_t deaths = 0;
    for (std::size_t last = 0; last < steps.size(); ++last) {
        for (std::size_t cut = 0; cut < steps[last].bytes.size(); ++cut) {
            Client client(serving.path());
            bool there = true;
            for (std::size_t i = 0; i < last; ++i) there = there && client.ask(steps[i]) == 0;
            CHECK(there);
            client.send(steps[last], cut);
            ++deaths;
        }
    }
    CHECK(Client(serving.path()).works());
    CHECK(serving.said("the client is gone") >= deaths);
    CHECK(serving.said("turned away") == 0);
}

TEST_CASE("server: a second client is turned away, and comes in afterwards", "[bridge][server]") {
    Serving serving({0});
    {
        Client first(serving.path());
        REQUIRE(first.ask(script()[0]) == 0);
        Client second(serving.path());
        second.send(script()[0]);
        CHECK(second.answer() == -1);
        CHECK(serving.said("turned away") == 1);
        CHECK(first.ask(script()[1]) == 0);
    }
    CHECK(Client(serving.path()).works());
}

TEST_CASE("server: a client that is busy keeps nobody else out", "[bridge][server]") {
    Serving serving({0, 1});
    std::atomic<bool> enough{false};
    std::atomic<bool> begun{false};
    std::thread busy([&] {
        Client client(serving.path(0));
        bool there = client.ask(script()[0]) == 0;
        const Step read = step(Command::REGION_READ, fields(std::uint64_t{0}, bar0_region, 4U));
        while (there && !enough) {
            for (int i = 0; i < 64; ++i) there = there && client.send(read);
            for (int i = 0; i < 64; ++i) there = there && client.answer() == 0;
            begun = true;
        }
        enough = true;
    });
    while (!begun && !enough) {
    }
    CHECK_FALSE(enough);
    CHECK(Client(serving.path(1)).works());
    enough = true;
    busy.join();
}

TEST_CASE("server: what cannot be opened leaves nothing behind", "[bridge][server]") {
    const Folder folder;
    ServerOptions options;
    options.socket = folder.path + "/socket";
    options.functions = {0, 1};
    options.say = [](const std::string&) {};
    options.backings = {{1, folder.path + "/new"}, {1, folder.path + "/no/such"}};
    {
        Server server(options);
        CHECK(server.open().find("No such file") != std::string::npos);
    }
    CHECK(fs::is_empty(folder.path));
}

TEST_CASE("server: a file for a namespace that there is not is refused", "[bridge][server]") {
    const Folder folder;
    ServerOptions options;
    options.socket = folder.path + "/socket";
    options.say = [](const std::string&) {};
    options.backings = {{1, folder.path + "/new"}, {2, folder.path + "/other"}};
    {
        Server server(options);
        const std::string error = server.open();
        CAPTURE(error);
        CHECK(error.find("no namespace with NSID 2; expected one of 1") != std::string::npos);
    }
    CHECK(fs::is_empty(folder.path));
}
