#include "sim/bridge/record/recorded_rig.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <utility>

#include "sim/core/version.hpp"

namespace lmsim::sim::record {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds flush_after{100};
constexpr int most_passes = 1000;  // over pages that the device never leaves alone

}  // namespace

/// A function as the host's side sees it.
class RecordedRig::Port : public DevicePort, private PortClient {
  public:
    Port(RecordedRig& rig, DevicePort& device, Memory& memory, std::uint32_t function)
        : rig_(rig), device_(device), memory_(memory), function_(function) {
        device_.set_client(this);
    }
    ~Port() override { device_.set_client(nullptr); }

    void write(std::uint64_t offset, std::uint64_t value, unsigned size) override {
        SessionLine line = of(Kind::Write, value);
        line.address = offset;
        line.size = size;
        rig_.cross(line);
        device_.write(offset, value, size);
    }
    void read(std::uint64_t offset, unsigned size, std::uint64_t token) override {
        SessionLine line = of(Kind::Read, 0);
        line.address = offset;
        line.size = size;
        line.token = token;
        rig_.cross(line);
        device_.read(offset, size, token);
    }
    void reset(std::function<void()> done) override {
        rig_.cross(of(Kind::Reset, 0));
        device_.reset([this, done = std::move(done)] {
            rig_.came(of(Kind::ResetDone, 0));
            if (done) done();
        });
    }
    void enable_interrupts(bool on) override {
        rig_.cross(of(Kind::Interrupts, on ? 1 : 0));
        device_.enable_interrupts(on);
    }
    void set_client(PortClient* client) override { client_ = client; }
    Memory& memory() override { return memory_; }

  private:
    void interrupt(std::uint32_t vector) override {
        if (client_ != nullptr) {
            rig_.came(of(Kind::Interrupt, vector));
            client_->interrupt(vector);
        }
    }
    void read_done(std::uint64_t token, std::uint64_t value) override {
        if (client_ != nullptr) {
            SessionLine line = of(Kind::ReadDone, value);
            line.token = token;
            rig_.came(line);
            client_->read_done(token, value);
        }
    }
    SessionLine of(Kind kind, std::uint64_t value) const { return line_of(kind, function_, value); }

    RecordedRig& rig_;
    DevicePort& device_;
    Memory& memory_;
    std::uint32_t function_;
    PortClient* client_ = nullptr;
};

RecordedRig::RecordedRig(std::unique_ptr<Rig> device, Complain complain)
    : device_(std::move(device)), complain_(std::move(complain)) {}

Result<std::unique_ptr<RecordedRig>> RecordedRig::open(std::unique_ptr<Rig> device,
                                                       const std::string& path,
                                                       const SessionHeader& about,
                                                       Complain complain) {
    std::unique_ptr<RecordedRig> rig(new RecordedRig(std::move(device), std::move(complain)));
    SessionHeader header = about;
    header.version = version;
    header.device = rig->device_->name();
    header.no_memory = rig->device_->no_memory();
    std::string error = rig->make_spaces(header);
    if (!error.empty()) {
        return Failure{std::move(error)};
    }
    auto file = SessionWriter::create(path, header);
    if (!file) {
        return Failure{file.error()};
    }
    rig->file_ = std::make_unique<SessionWriter>(std::move(file.value()));
    return rig;
}

std::string RecordedRig::make_spaces(SessionHeader& header) {
    std::uint64_t in_all = 0;
    for (std::uint16_t function = 0; function < device_->functions(); ++function) {
        DevicePort& port = device_->port(function);
        Memory* const memory = &port.memory();
        auto found = std::find_if(spaces_.begin(), spaces_.end(),
                                  [&](const Space& space) { return space.device == memory; });
        const auto index = static_cast<std::uint32_t>(found - spaces_.begin());
        if (found == spaces_.end()) {
            in_all += memory->pages();
            if (in_all > most_pages) {
                return fmt::format(
                    "the device reaches {} MiB of memory, and a recording has {} at most",
                    in_all * page_size >> 20, most_pages * page_size >> 20);
            }
            const auto bring = [this, index](std::uint64_t first, std::uint64_t pages) {
                fetch(index, first, pages);
            };
            auto host = HostMemory::make(memory->pages(), memory->allocated_pages(), bring);
            if (!host) {
                return host.error();
            }
            header.memories.push_back({memory->pages(), memory->allocated_pages()});
            const std::vector<std::uint64_t> never(memory->pages(), 0);
            spaces_.push_back({memory, std::move(host.value()), never, never});
        }
        header.memory_of.push_back(index);
        ports_.push_back(
            std::make_unique<Port>(*this, port, spaces_[index].host->memory(), function));
    }
    return {};
}

RecordedRig::~RecordedRig() {
    if (!file_) {
        return;
    }
    file_->close();
    std::string error = file_->error();
    for (const Space& space : spaces_) {
        error = error.empty() ? space.host->stray() : error;
    }
    if (!error.empty() && complain_) {
        complain_("the recording is not complete: " + error);
    }
}

DevicePort& RecordedRig::port(std::uint16_t function) { return *ports_[function]; }

void RecordedRig::add(SessionLine line) {
    const Clock::time_point now = Clock::now();
    const std::chrono::nanoseconds since = now - start_;
    line.at = since.count() * ps_per_ns;
    line.polls = std::exchange(polls_, 0);
    any_ = true;
    file_->add(line);
    if (now - flushed_ > flush_after) {
        file_->flush();
        flushed_ = now;
    }
}

/// Whoever is told may look for what the device wrote before, even if he has looked in this poll.
void RecordedRig::came(const SessionLine& line) {
    ++generation_;
    add(line);
}

/// To the device. Not the bytes between: it may be changing them.
void RecordedRig::copy_changes(Space& space, std::uint64_t address, const std::string& bytes) {
    const std::uint64_t page = address / page_size;
    const std::uint8_t* const before = space.host->common(page) + address % page_size;
    std::uint8_t* const to = space.device->bytes(address, bytes.size());
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const auto byte = static_cast<std::uint8_t>(bytes[i]);
        if (byte != before[i]) {
            to[i] = byte;
        }
    }
}

void RecordedRig::cross(const SessionLine& line) {
    for (std::uint32_t index = 0; index < spaces_.size(); ++index) {
        Space& space = spaces_[index];
        Memory& host = space.host->memory();
        if (host.allocated_pages() > space.device->allocated_pages()) {
            const std::uint64_t more = host.allocated_pages() - space.device->allocated_pages();
            space.device->allocate_bytes(more * page_size);
        }
        space.host->take_changes([&](std::uint64_t address, const std::string& bytes) {
            SessionLine change;
            change.kind = Kind::HostWrote;
            change.memory = index;
            change.address = address;
            change.bytes = bytes;
            add(change);
            copy_changes(space, address, bytes);
        });
    }
    // The device has the host's changes before it is told of them.
    std::atomic_thread_fence(std::memory_order_release);
    add(line);
}

/// What a look at the device brings, as one group that ends with Polled.
bool RecordedRig::gather(const std::function<bool()>& look) {
    ++generation_;
    any_ = false;
    const bool came = look();
    if (trouble_.empty()) {
        trouble_ = device_->trouble();
        if (!trouble_.empty()) {
            SessionLine line;
            line.kind = Kind::Trouble;
            line.bytes = trouble_;
            add(line);
        }
    }
    if (!any_ && !came) {
        ++polls_;
        return false;
    }
    SessionLine line;
    line.kind = Kind::Polled;
    line.value = came ? 1 : 0;
    add(line);
    return came;
}

bool RecordedRig::poll() {
    return gather([this] { return device_->poll(); });
}

void RecordedRig::give_a_turn() {
    gather([this] {
        device_->give_a_turn();
        return true;
    });
}

Ps RecordedRig::now() {
    SessionLine line;
    line.kind = Kind::Now;
    const Ps now = device_->now();
    line.value = static_cast<std::uint64_t>(now);
    add(line);
    return now;
}

bool RecordedRig::wait(const std::function<bool()>& done, Ps limit) {
    const bool is_done = wait_for(*this, done, limit);
    if (!is_done && trouble_.empty()) {
        SessionLine line;
        line.kind = Kind::Over;
        add(line);
    }
    return is_done;
}

bool RecordedRig::fetch_page(std::uint32_t index, std::uint64_t page) {
    Space& space = spaces_[index];
    const std::uint64_t at = page * page_size;
    const std::uint8_t* const device = space.device->bytes(at, page_size);
    if (std::memcmp(device, space.host->common(page), page_size) == 0) {
        return false;
    }
    // Once and no more: the device may go on writing.
    std::uint8_t now[page_size];
    std::memcpy(now, device, page_size);
    bool any = false;
    compare_page(now, space.host->common(page), at,
                 [&](std::uint64_t address, const std::string& bytes) {
                     SessionLine line;
                     line.kind = Kind::DeviceWrote;
                     line.memory = index;
                     line.address = address;
                     line.since = space.looked[page];
                     line.bytes = bytes;
                     add(line);
                     space.host->put(address, bytes);
                     any = true;
                 });
    return any;
}

bool RecordedRig::fetch_pages(std::uint32_t index, std::uint64_t first, std::uint64_t pages,
                              bool stale) {
    Space& space = spaces_[index];
    bool any = false;
    for (std::uint64_t page = first; page < first + pages; ++page) {
        if (stale || space.seen[page] != generation_) {
            const std::uint64_t before = file_->lines();
            any = fetch_page(index, page) || any;
            space.seen[page] = generation_;
            space.looked[page] = before;
        }
    }
    return any;
}

/// Repeated until nothing is new: what was written before the last change that is seen is seen.
/// Pages elsewhere that were looked at before a change was found are looked at again.
void RecordedRig::fetch(std::uint32_t index, std::uint64_t first, std::uint64_t pages) {
    if (!fetch_pages(index, first, pages, false)) {
        return;
    }
    for (int pass = 0; pass < most_passes; ++pass) {
        std::atomic_thread_fence(std::memory_order_acquire);
        if (!fetch_pages(index, first, pages, true)) {
            break;
        }
    }
    ++generation_;
    std::vector<std::uint64_t>& seen = spaces_[index].seen;
    std::fill_n(seen.begin() + static_cast<std::ptrdiff_t>(first), pages, generation_);
}

}  // namespace lmsim::sim::record
