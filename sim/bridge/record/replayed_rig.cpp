#include "sim/bridge/record/replayed_rig.hpp"

#include <fmt/format.h>

#include <utility>

#include "sim/bridge/live.hpp"
#include "sim/core/text.hpp"

namespace lmsim::sim::record {

namespace {

constexpr std::uint64_t most_idle = 1'000'000;  // polls in a row: the host waits for ever
constexpr Ps after_the_end = 1'000'000'000;     // 1 ms: whoever waits by the clock comes to an end

}  // namespace

class ReplayedRig::Port : public DevicePort {
  public:
    Port(ReplayedRig& rig, Memory& memory, std::uint32_t function)
        : rig_(rig), memory_(memory), function_(function) {}

    void write(std::uint64_t offset, std::uint64_t value, unsigned size) override {
        SessionLine line = of(Kind::Write, value);
        line.address = offset;
        line.size = size;
        rig_.cross(line);
    }
    void read(std::uint64_t offset, unsigned size, std::uint64_t token) override {
        SessionLine line = of(Kind::Read, 0);
        line.address = offset;
        line.size = size;
        line.token = token;
        rig_.cross(line);
    }
    void reset(std::function<void()> done) override {
        reset_done_ = std::move(done);
        rig_.cross(of(Kind::Reset, 0));
    }
    void enable_interrupts(bool on) override { rig_.cross(of(Kind::Interrupts, on ? 1 : 0)); }
    void set_client(PortClient* client) override { client_ = client; }
    Memory& memory() override { return memory_; }

    void take(const SessionLine& line) {
        if (line.kind == Kind::ResetDone) {
            const std::function<void()> done = std::exchange(reset_done_, nullptr);
            if (done) done();
        } else if (client_ != nullptr && line.kind == Kind::Interrupt) {
            client_->interrupt(static_cast<std::uint32_t>(line.value));
        } else if (client_ != nullptr && line.kind == Kind::ReadDone) {
            client_->read_done(line.token, line.value);
        }
    }

  private:
    SessionLine of(Kind kind, std::uint64_t value) const { return line_of(kind, function_, value); }

    ReplayedRig& rig_;
    Memory& memory_;
    std::uint32_t function_;
    PortClient* client_ = nullptr;
    std::function<void()> reset_done_;
};

ReplayedRig::ReplayedRig(SessionReader file, std::string path, Complain complain)
    : file_(std::move(file)), path_(std::move(path)), complain_(std::move(complain)) {}

namespace {

std::string recorded_by(const SessionHeader& header) {
    return header.command.empty() ? "" : " by: " + printable(header.command);
}

/// Why this session cannot be what the user asks for; empty if it can.
std::string check_subject(const SessionHeader& header, const ReplayOptions& options) {
    const auto name = [](const std::string& subject) {
        return subject.empty() ? "no scenario" : printable(subject);
    };
    if (header.subject != options.subject) {
        return fmt::format(
            "it is a session of {}, and this is to be one of {}; expected the same. It was "
            "recorded{}",
            name(header.subject), name(options.subject), recorded_by(header));
    }
    if (options.two && header.second_from == 0) {
        return fmt::format(
            "there is no second device in this session; expected no --destination. It was "
            "recorded{}",
            recorded_by(header));
    }
    return {};
}

}  // namespace

Result<std::unique_ptr<ReplayedRig>> ReplayedRig::open(const std::string& path, Complain complain,
                                                       const ReplayOptions& options) {
    std::string error = verify_session(path);
    if (!error.empty()) {
        return Failure{std::move(error)};
    }
    auto file = SessionReader::open(path);
    if (!file) {
        return Failure{file.error()};
    }
    error = check_subject(file.value().header(), options);
    if (!error.empty()) {
        return Failure{printable(path) + ": " + error};
    }
    std::unique_ptr<ReplayedRig> rig(
        new ReplayedRig(std::move(file.value()), path, std::move(complain)));
    rig->interrupted_ = options.interrupted;
    error = rig->make_spaces();
    if (!error.empty()) {
        return Failure{std::move(error)};
    }
    rig->advance();
    return rig;
}

std::string ReplayedRig::make_spaces() {
    for (const SessionHeader::Memory& memory : file_.header().memories) {
        const auto index = static_cast<std::uint32_t>(memories_.size());
        auto made = HostMemory::make(memory.pages, memory.allocated,
                                     [this, index](std::uint64_t first, std::uint64_t pages) {
                                         fetch(index, first, pages);
                                     });
        if (!made) {
            return made.error();
        }
        memories_.push_back(std::move(made.value()));
    }
    for (const std::uint32_t memory : file_.header().memory_of) {
        ports_.push_back(std::make_unique<Port>(*this, memories_[memory]->memory(),
                                                static_cast<std::uint32_t>(ports_.size())));
    }
    return {};
}

ReplayedRig::~ReplayedRig() {
    if (trouble_.empty() && next_.kind != Kind::End) {
        differs("the end of the session");
    }
    if (differs_ && complain_) {
        complain_(trouble_);
    }
}

DevicePort& ReplayedRig::port(std::uint16_t function) { return *ports_[function]; }

void ReplayedRig::advance() {
    idling_ = 0;
    if (!file_.next(next_)) {
        next_ = SessionLine();
        next_.number = file_.line();
        trouble_ = trouble_.empty() ? file_.error() : trouble_;
    }
    polls_ = next_.polls;
}

void ReplayedRig::differs(const std::string& got) {
    if (!trouble_.empty()) {
        return;
    }
    differs_ = true;
    trouble_ = fmt::format(
        "{}: line {}: expected {}, got {}. The host's side does not do what it did when this was "
        "recorded{}",
        printable(path_), next_.number, describe(next_), got, recorded_by(header()));
}

void ReplayedRig::cross(const SessionLine& line) {
    const auto expect = [this](const SessionLine& got) {
        if (!trouble_.empty()) {
            return;
        }
        if (!same(got, next_)) {
            differs(describe(got));
            return;
        }
        advance();
    };
    for (std::uint32_t index = 0; index < memories_.size(); ++index) {
        memories_[index]->take_changes([&](std::uint64_t address, const std::string& bytes) {
            SessionLine change;
            change.kind = Kind::HostWrote;
            change.memory = index;
            change.address = address;
            change.bytes = bytes;
            expect(change);
        });
    }
    expect(line);
}

/// What the device had changed when the host looked there.
void ReplayedRig::fetch(std::uint32_t memory, std::uint64_t first, std::uint64_t pages) {
    while (at(Kind::DeviceWrote) && next_.memory == memory && next_.address / page_size >= first &&
           next_.address / page_size < first + pages) {
        memories_[memory]->put(next_.address, next_.bytes);
        advance();
    }
}

Ps ReplayedRig::now() {
    if (trouble_.empty() && next_.kind == Kind::Now) {
        now_ = static_cast<Ps>(next_.value);
        advance();
    } else {
        SessionLine got;
        got.kind = Kind::Now;
        differs(describe(got));
        now_ += after_the_end;
    }
    return now_;
}

/// Does a poll bring what comes next?
bool ReplayedRig::group() {
    switch (next_.kind) {
        case Kind::ReadDone:
        case Kind::Interrupt:
        case Kind::ResetDone:
        case Kind::Trouble:
        case Kind::Polled: return true;
        default: return false;
    }
}

/// Up to the end of the poll. Whoever is told something may answer: that advances, too.
void ReplayedRig::deliver() {
    while (trouble_.empty() && group() && next_.kind != Kind::Polled) {
        const SessionLine line = std::move(next_);
        advance();
        if (line.kind == Kind::Trouble) {
            trouble_ = line.bytes;
        } else {
            ports_[line.function]->take(line);
        }
    }
}

bool ReplayedRig::poll() {
    if (trouble_.empty() && interrupted_ && interrupted_()) {
        trouble_ = interrupted_by_user;
    }
    if (!trouble_.empty()) {
        return false;
    }
    if (polls_ > 0) {
        --polls_;
        return false;
    }
    if (!group()) {
        if (++idling_ > most_idle) {
            differs("a host that polls for something else");
        }
        return false;
    }
    deliver();
    const bool came = next_.value != 0;
    if (next_.kind == Kind::Polled) {
        advance();
    }
    return came;
}

bool ReplayedRig::wait(const std::function<bool()>& done, Ps /*limit*/) {
    for (;;) {
        const std::uint64_t line = next_.number;
        if (done()) {
            return true;
        }
        if (!trouble_.empty()) {
            return false;
        }
        if (at(Kind::Over)) {
            advance();
            return false;
        }
        const std::uint64_t polls = polls_;
        poll();
        if (!trouble_.empty()) {
            return done();
        }
        if (next_.number == line && polls == 0) {
            differs("a wait for something else");
        }
    }
}

}  // namespace lmsim::sim::record
