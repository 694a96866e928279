#include <algorithm>
#include <string_view>

#include "sim/core/text.hpp"
#include "sim/trace/scan.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace lmsim;
using namespace lmsim::sim::trace;

namespace {

/// What a sink may rely on.
class Checks final : public TraceSink {
  public:
    explicit Checks(std::size_t size) : size_(size) {}

    void state(const StateRecord& record) override {
        place(record.at, record.side, record.vf);
        texts({record.machine, record.state, record.from, record.event, record.rule});
    }
    void command(const CommandRecord& record) override {
        place(std::max(record.submit, sim::Ps{0}), record.side, record.vf);
        const auto [first, last] =
            std::minmax({record.submit, record.fetch, record.post, record.complete});
        FUZZ_CHECK(first >= not_reached && last >= first);
        FUZZ_CHECK(record.for_vf >= no_device && record.for_vf <= 65535);
    }
    void phase(const PhaseRecord& record) override {
        place(record.at, record.side, record.vf);
        texts({record.name, record.detail});
    }
    void log(const LogRecord& record) override {
        place(record.at, record.side, record.vf);
        texts({record.what, record.place});
    }
    void round(const RoundRecord& record) override { place(record.at, Side::Source, no_device); }
    void link(const LinkRecord& record) override {
        place(record.at, record.side, no_device);
        texts({record.link});
        FUZZ_CHECK(record.span >= 0 && record.busy >= 0);
    }
    void interrupt_lost(sim::Ps at, Side side, Device vf) override { place(at, side, vf); }
    void note(sim::Ps at, std::string_view text) override {
        place(at, Side::Source, no_device);
        texts({text});
    }

    std::uint64_t records = 0;

  private:
    void place(sim::Ps at, Side side, Device vf) {
        ++records;
        FUZZ_CHECK(at >= 0);
        FUZZ_CHECK(static_cast<unsigned>(side) < 3);
        FUZZ_CHECK(vf >= no_device && vf <= 65535);
    }
    void texts(std::initializer_list<std::string_view> list) const {
        for (const std::string_view text : list) {
            FUZZ_CHECK(text.size() <= size_);
            for (std::size_t at = 0; at < text.size();) {
                const std::size_t length = sim::utf8_length(text, at);
                FUZZ_CHECK(length > 0);
                at += length;
            }
        }
    }

    std::size_t size_;
};

void scan(std::string_view text, bool headed) {
    Checks checks(text.size());
    TraceScanner scanner(checks);
    if (headed) {
        FUZZ_CHECK(scanner.line(R"({"schema":"lmsim/trace/1","version":"","scenario":"","seed":0,)"
                                R"("time_base":"wall","unit":"ps"})"));
    }
    while (!text.empty()) {
        const std::size_t newline = text.find('\n');
        const std::string_view line = text.substr(0, newline);
        if (!scanner.line(line)) {
            FUZZ_CHECK(!scanner.what().empty());
            FUZZ_CHECK(scanner.column() >= 1 && scanner.column() <= line.size() + 1);
            return;
        }
        FUZZ_CHECK(scanner.what().empty());
        text.remove_prefix(newline == std::string_view::npos ? text.size() : newline + 1);
    }
    FUZZ_CHECK(scanner.records() == checks.records);
}

}  // namespace

FUZZ_TARGET(trace, 512) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    scan(text, true);
    scan(text, false);
}
