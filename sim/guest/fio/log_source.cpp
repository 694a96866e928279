#include <algorithm>

#include <fmt/format.h>

#include "sim/core/text.hpp"
#include "sim/guest/fio/source.hpp"

namespace lmsim::sim::fio {

namespace {

/// Version 2: a wait counts from the wait before. All else: each gap counts from the I/O before.
class LogSource final : public IoSource {
  public:
    LogSource(const IoLog& log, const Replay& replay)
        : log_(log), replay_(replay), name_("iolog"), every_io_(log.version != 2) {
        for (const LoggedIo& io : log.ios) {
            longest_ = std::max<std::uint64_t>(longest_, io.length);
            writes_ = writes_ || io.op == Op::Write || io.op == Op::Trim;
        }
    }

    const std::string& name() const override { return name_; }
    unsigned depth() const override { return replay_.depth; }
    std::uint64_t longest() const override { return longest_; }
    bool finished() const override { return at_ == log_.ios.size(); }

    std::optional<Planned> next(Time now) override {
        if (finished()) {
            return std::nullopt;
        }
        const LoggedIo& io = log_.ios[at_];
        if (!started_) {
            started_ = true;
            last_ = now;
        }
        const Time gap(static_cast<std::int64_t>(io.gap_us) * Time(1_us).ps);
        const Time at = std::max(now, last_ + gap);
        if (every_io_ || io.gap_us != 0) {
            last_ = at;
        }
        if (++at_ == log_.ios.size() && replay_.loop) {
            at_ = 0;
        }
        return Planned{{io.offset, io.length, io.op}, at};
    }

    void completed(Time, const Io&) override {}
    WritePattern write_pattern() const override {
        WritePattern pattern;
        pattern.kind = writes_ ? WritePattern::Kind::Other : WritePattern::Kind::None;
        return pattern;
    }
    std::string changes() const override { return "a log is replayed, which has its own times"; }
    Time steady_until(Time now) const override { return now; }
    void skip(const Skipped& skipped, std::optional<Planned>& planned) override {
        last_ += skipped.span;
        if (planned) planned->not_before += skipped.span;
    }

  private:
    const IoLog& log_;
    Replay replay_;
    std::string name_;
    bool writes_ = false;
    std::uint64_t longest_ = 0;
    bool every_io_;
    bool started_ = false;
    std::size_t at_ = 0;
    Time last_;
};

}  // namespace

Sources make_sources(const IoLog& log, const Replay& replay, const Target& target) {
    LMSIM_ASSERT(replay.depth >= 1);
    for (const LoggedFile& file : log.files) {
        if (file.size != 0 && file.base + file.size > target.capacity) {
            throw InputError(log.path, file.furthest,
                             fmt::format("file {} reaches byte {} of the namespace, which has {}; "
                                         "expected a namespace of at least {} bytes",
                                         in_quotes(file.name), file.base + file.size,
                                         target.capacity, log.size));
        }
    }
    for (const LoggedIo& io : log.ios) {
        if (io.offset % target.block != 0 || io.length % target.block != 0) {
            throw InputError(log.path, {io.line, 0},
                             fmt::format("offset or length is no multiple of the namespace's "
                                         "logical block, {} bytes",
                                         target.block));
        }
    }
    Sources sources;
    sources.push_back(std::make_unique<LogSource>(log, replay));
    return sources;
}

}  // namespace lmsim::sim::fio
