#pragma once

#include <unistd.h>

#include <filesystem>
#include <string>
#include <utility>

#include "sim/trace/ndjson.hpp"
#include "sim/trace/reader.hpp"
#include "tests/catch.hpp"
#include "viz/sequence/chart.hpp"

namespace lmsim::tests {

using sim::Ps;
using sim::trace::no_device;
using sim::trace::not_reached;
using sim::trace::Side;

constexpr Ps us = 1'000'000;
constexpr Ps ms = 1'000 * us;

/// The trace of a run, told by a test.
class ToldRun {
  public:
    ToldRun() {
        std::string name = (std::filesystem::temp_directory_path() / "lmsim-told-XXXXXX").string();
        info.path = ::mkdtemp(name.data());
        info.version = "0.1.0";
        info.scenario = "small";
        info.seed = 7;
        info.outcome = "completed";
        info.reason = "the VM runs on the destination";
    }
    ~ToldRun() { std::filesystem::remove_all(info.path); }
    ToldRun(const ToldRun&) = delete;
    ToldRun& operator=(const ToldRun&) = delete;

    template <class Tell>
    void tell(const Tell& tell) {
        auto file = sim::trace::OutputFile::create(info.trace());
        sim::trace::NdjsonWriter writer(std::move(file.value()), {"0.1.0", info.scenario, 7});
        tell(writer);
        writer.close();
    }

    viz::Chart chart(const viz::SequenceRequest& request = {}) const {
        const auto chart = viz::sequence_chart(info, request);
        INFO((chart ? "" : chart.error()));
        REQUIRE(chart.ok());
        return chart.value();
    }
    std::string refusal(const viz::SequenceRequest& request) const {
        const auto chart = viz::sequence_chart(info, request);
        return chart ? "" : chart.error();
    }

    sim::trace::RunInfo info;
};

/// Rows as text, one each: for comparisons that people can read.
inline std::string rows_text(const viz::Chart& chart) {
    using Kind = viz::ChartRow::Kind;
    std::string text;
    for (const viz::ChartRow& row : chart.rows) {
        text.append(2 * row.depth, ' ');
        const std::string who = std::string(who_id(row.from)) + (row.back ? " --> " : " -> ") +
                                std::string(who_id(row.to)) + ": ";
        switch (row.kind) {
            case Kind::Arrow: text += who + row.text + (row.lost ? " (lost)" : ""); break;
            case Kind::RoundTrip: text += who + row.text + " => " + row.answer; break;
            case Kind::Note: text += std::string(who_id(row.from)) + ": " + row.text; break;
            case Kind::Idle:
                text += (row.gap ? "~" : "=") + (row.text.empty() ? "" : " " + row.text);
                break;
            case Kind::Fold: text += row.text + " {"; break;
            case Kind::FoldEnd: text += "}"; break;
        }
        text += "\n";
    }
    return text;
}

inline void io(sim::trace::TraceSink& sink, Ps submit, Ps complete, std::uint8_t opcode,
               std::int32_t vf = 0, std::uint16_t status = 0, Side side = Side::Source) {
    sim::trace::CommandRecord record;
    record.submit = submit;
    record.fetch = submit + 1;
    record.post = complete - 1;
    record.complete = complete;
    record.side = side;
    record.vf = vf;
    record.qid = 3;
    record.opcode = opcode;
    record.status = status;
    record.length = 4096;
    sink.command(record);
}

inline void admin(sim::trace::TraceSink& sink, Ps submit, Ps complete, std::uint8_t opcode,
                  std::uint32_t cdw10, std::int32_t vf, std::uint16_t status = 0,
                  Side side = Side::Source) {
    sim::trace::CommandRecord record;
    record.submit = submit;
    record.complete = complete;
    record.side = side;
    record.opcode = opcode;
    record.cdw10 = cdw10;
    record.for_vf = vf;
    record.status = status;
    sink.command(record);
}

/// A call of a VMM with nothing in it.
inline void call(sim::trace::TraceSink& sink, Ps begin, Ps end, Side side, std::int32_t vf,
                 const char* name, const char* detail = "", std::uint64_t amount = 0,
                 std::int32_t error = 0) {
    sink.phase({begin, true, side, vf, name, 0, 0, detail});
    sink.phase({end, false, side, vf, name, error, amount, detail});
}

/// SET of one VF with its Migration Send.
inline void set_state(sim::trace::TraceSink& sink, Ps at, Ps took, Side side, std::int32_t vf,
                      const char* state, std::uint32_t cdw10, const char* migration) {
    sink.phase({at, true, side, vf, "SetDeviceState", 0, 0, state});
    sink.state({at + took - 5 * us, side, vf, "migration", migration, "Other", "e", "R"});
    admin(sink, at + 2 * us, at + took - us, 0x41, cdw10, vf, 0, side);
    sink.state({at + took - us, side, vf, "vfio", state, "OTHER", "e", "R"});
    sink.phase({at + took, false, side, vf, "SetDeviceState", 0, 3, state});
}

/// A migration of two VFs, as short as it gets.
inline void tell_small(sim::trace::TraceSink& sink) {
    sink.state({0, Side::Source, no_device, "controller", "Ready", "Enabling", "e", "R"});
    admin(sink, ms, 2 * ms, 0x06, 1, -1);
    for (int i = 0; i < 30; ++i) io(sink, (3 + i) * ms, (4 + i) * ms, i % 3 == 0 ? 1 : 2, i % 2);
    call(sink, 40 * ms, 40 * ms + 8'533, Side::Source, no_device, "SendMessage", "Header", 16);
    call(sink, 40 * ms + us, 41 * ms, Side::Source, no_device, "DirtyLogStart");
    sink.state({41 * ms, Side::Source, no_device, "vmm", "setup-ends"});
    sink.round({41 * ms, 1, 4096 * 16, 0});
    for (int i = 0; i < 3; ++i) {
        call(sink, (41 + 50 * i) * ms, (91 + 50 * i) * ms, Side::Source, no_device, "RamSendSlice",
             "", 1 << 20);
        for (int k = 1; k < 40; ++k) io(sink, (41 + 50 * i + k) * ms, (42 + 50 * i + k) * ms, 2);
    }
    const Ps stop = 200 * ms;
    sink.state({stop, Side::Source, no_device, "vmm", "src-downtime-start"});
    call(sink, stop, stop + 100 * us, Side::Source, no_device, "PauseVcpus");
    for (int vf = 0; vf < 2; ++vf) {
        set_state(sink, stop + (200 + 200 * vf) * us, (100 + 10 * vf) * us, Side::Source, vf,
                  "STOP_COPY", 0x10000, "Suspended");
    }
    sink.log({stop + 700 * us, Side::Source, 1, "tail event", ""});
    sink.log({stop + 710 * us, Side::Source, 1, "range", "ordinary", 1, 2048, 8, false});
    call(sink, stop + 800 * us, stop + 810 * us, Side::Source, 0, "ReadDeviceBlock", "", 520);
    call(sink, stop + 820 * us, stop + 830 * us, Side::Source, 0, "SendDeviceBlock", "", 536);
    call(sink, stop + 840 * us, stop + 850 * us, Side::Destination, 0, "WriteDeviceBlock", "", 520,
         22);
    const Ps run = stop + 20 * ms;
    sink.interrupt_lost(run - us, Side::Destination, 1);
    call(sink, run, run + 100 * us, Side::Destination, no_device, "ResumeVcpus");
    sink.state({run + 100 * us, Side::Destination, no_device, "vmm", "dst-vcpus-resumed"});
    for (int k = 1; k < 10; ++k) {
        io(sink, run + k * ms, run + (k + 1) * ms, 2, 0, k == 4 ? 0x4281 : 0, Side::Destination);
    }
    sink.note(run + 11 * ms, "a remark");
    sink.state({run + 12 * ms, Side::Source, no_device, "vmm", "finished"});
}

inline void small_run(ToldRun& run) {
    run.info.downtime_begin = 200 * ms;
    run.info.downtime = 20 * ms + 100 * us;
    run.tell(tell_small);
}

}  // namespace lmsim::tests
