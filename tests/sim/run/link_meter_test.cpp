#include "sim/run/link_meter.hpp"

#include <string>

#include "sim/trace/tee.hpp"
#include "tests/catch.hpp"

using namespace lmsim::sim;

namespace {

constexpr Ps step = LinkMeter::interval;

class Links : public trace::TraceSink {
  public:
    void link(const trace::LinkRecord& record) override {
        text += std::string(record.link) + " " + std::to_string(record.at / step) + ": " +
                std::to_string(record.busy * 100 / record.span) + " %; ";
    }
    std::string text;
};

}  // namespace

TEST_CASE("of a pipe, what is in use up to now") {
    Pipe pipe;
    CHECK(pipe.used(100) == 0);
    pipe.reserve(100, 50);
    pipe.reserve(100, 50);
    CHECK(pipe.busy == 100);
    CHECK(pipe.used(100) == 0);
    CHECK(pipe.used(130) == 30);
    CHECK(pipe.used(200) == 100);
    CHECK(pipe.used(900) == 100);
}

TEST_CASE("nothing is due while there is no link, and not before the interval is over") {
    LinkMeter meter;
    CHECK(!meter.due(1'000 * step));
    Pipe pipe;
    meter.add(trace::Side::Source, "up", pipe);
    CHECK(!meter.due(step - 1));
    CHECK(meter.due(step));
    Links links;
    meter.tell(step + 5, links);
    CHECK(!meter.due(2 * step));
    CHECK(meter.due(2 * step + 5));
}

TEST_CASE("the shares of a span; an idle one is told once") {
    LinkMeter meter;
    Pipe up;
    Pipe down;
    meter.add(trace::Side::Source, "up", up);
    meter.add(trace::Side::Source, "down", down);
    Links links;
    up.reserve(0, step / 2 + 2 * step);  // all of the first two spans, half of the third
    meter.tell(step, links);
    meter.tell(2 * step, links);
    down.reserve(2 * step, step / 4);
    meter.tell(3 * step, links);
    meter.tell(4 * step, links);
    meter.tell(4 * step, links);  // no time went by
    meter.tell(6 * step, links);
    down.reserve(6 * step, step);
    meter.tell(8 * step, links);
    CHECK(links.text ==
          "up 1: 100 %; up 2: 100 %; up 3: 50 %; down 3: 25 %; up 4: 0 %; down 4: 0 %; "
          "down 8: 50 %; ");
}

TEST_CASE("what is reserved to begin later never makes a link go back") {
    LinkMeter meter;
    Pipe pipe;
    meter.add(trace::Side::Network, "forward", pipe);
    Links links;
    pipe.reserve(0, step);
    meter.tell(step, links);
    pipe.reserve(step + step / 2, step);
    meter.tell(step + step / 4, links);
    meter.tell(3 * step, links);
    CHECK(links.text == "forward 1: 100 %; forward 1: 0 %; forward 3: 57 %; ");
}

TEST_CASE("several listeners hear the same in their order") {
    class Heard : public trace::TraceSink {
      public:
        Heard(std::string& text, const char* name) : text_(text), name_(name) {}
        void state(const trace::StateRecord&) override { add("state"); }
        void command(const trace::CommandRecord&) override { add("command"); }
        void phase(const trace::PhaseRecord&) override { add("phase"); }
        void round(const trace::RoundRecord&) override { add("round"); }
        void log(const trace::LogRecord&) override { add("log"); }
        void link(const trace::LinkRecord&) override { add("link"); }
        void submitted(Ps, trace::Side, trace::Device, std::uint16_t) override { add("submitted"); }
        void interrupt_lost(Ps, trace::Side, trace::Device) override { add("interrupt"); }
        void note(Ps, std::string_view) override { add("note"); }

      private:
        void add(const char* what) { text_ += std::string(name_) + what + " "; }
        std::string& text_;
        const char* name_;
    };
    std::string text;
    Heard first(text, "a-");
    Heard second(text, "b-");
    trace::TeeSink both({&first, &second});
    both.state({});
    both.command({});
    both.phase({});
    both.round({});
    both.log({});
    both.link({});
    both.submitted(0, {}, 0, 0);
    both.interrupt_lost(0, {}, 0);
    both.note(0, "");
    CHECK(text ==
          "a-state b-state a-command b-command a-phase b-phase a-round b-round a-log b-log "
          "a-link b-link a-submitted b-submitted a-interrupt b-interrupt a-note b-note ");
}
