#pragma once

#include <string>

#include "viz/sequence/chart/maker.hpp"

namespace lmsim::viz::seq::test {

constexpr Ps us = 1'000'000;
constexpr Ps ms = 1'000 * us;

inline void call(ChartMaker& into, Ps begin, Ps end, Side side, Device vf, const std::string& name,
                 const std::string& detail = "", std::int32_t error = 0, std::uint64_t amount = 0) {
    sim::trace::PhaseRecord record;
    record.at = begin;
    record.side = side;
    record.vf = vf;
    record.name = name;
    record.detail = detail;
    into.phase(record);
    record.at = end;
    record.begin = false;
    record.error = error;
    record.amount = amount;
    into.phase(record);
}

inline void state(ChartMaker& into, Ps at, Side side, Device vf, const std::string& machine,
                  const std::string& name) {
    sim::trace::StateRecord record;
    record.at = at;
    record.side = side;
    record.vf = vf;
    record.machine = machine;
    record.state = name;
    into.state(record);
}

inline sim::trace::CommandRecord command(Ps submit, Ps complete, std::uint8_t opcode) {
    sim::trace::CommandRecord record;
    record.submit = submit;
    record.complete = complete;
    record.opcode = opcode;
    return record;
}

inline void guest_io(ChartMaker& into, Ps submit, Ps complete, Device vf, std::uint8_t opcode = 2,
                     std::uint16_t status = 0) {
    sim::trace::CommandRecord record = command(submit, complete, opcode);
    record.vf = vf;
    record.qid = 1;
    record.length = 4'096;
    record.status = status;
    into.command(record);
}

/// A migration of one VF, in short: set-up, a round, the switchover, the end.
inline void tell_story(ChartMaker& into) {
    call(into, 1 * ms, 2 * ms, Side::Source, -1, "DirtyLogStart");
    guest_io(into, 1 * ms, 1 * ms + 90 * us, 0);
    state(into, 3 * ms, Side::Source, -1, "vmm", "setup-ends");
    sim::trace::RoundRecord round;
    round.at = 3 * ms;
    round.round = 1;
    round.dirty_bytes = 1U << 20U;
    into.round(round);
    guest_io(into, 4 * ms, 4 * ms + 80 * us, 0, 1);
    for (Ps slice = 0; slice < 3; ++slice) {
        call(into, (50 + slice) * ms, (50 + slice) * ms + (800 + slice) * us, Side::Source, -1,
             "RamSendSlice", "", 0, 1U << 18U);
    }
    state(into, 60 * ms, Side::Source, -1, "vmm", "src-downtime-start");
    call(into, 60 * ms, 61 * ms, Side::Source, -1, "PauseVcpus");
    sim::trace::PhaseRecord stop;
    stop.at = 61 * ms;
    stop.vf = 0;
    stop.name = "SetDeviceState";
    stop.detail = "STOP_COPY";
    into.phase(stop);
    state(into, 61 * ms + 30 * us, Side::Source, 0, "migration", "Suspended");
    sim::trace::CommandRecord suspend = command(61 * ms + 10 * us, 61 * ms + 50 * us, 0x41);
    suspend.for_vf = 0;
    into.command(suspend);
    stop.at = 61 * ms + 60 * us;
    stop.begin = false;
    into.phase(stop);
    sim::trace::CommandRecord load = command(62 * ms, 62 * ms + 40 * us, 0x41);
    load.side = Side::Destination;
    load.for_vf = 0;
    load.cdw10 = 2;
    load.status = 0x2;
    into.command(load);
    call(into, 63 * ms, 64 * ms, Side::Destination, -1, "ResumeVcpus");
    state(into, 64 * ms, Side::Destination, -1, "vmm", "dst-vcpus-resumed");
    state(into, 65 * ms, Side::Source, -1, "vmm", "finished");
}

inline SequenceChart story(const ChartOptions& options = {}) {
    ChartMaker maker(options);
    tell_story(maker);
    SequenceChart chart = maker.chart();
    chart.title = "a story, seed 1";
    chart.remarks = {"completed, downtime 4.00 ms"};
    return chart;
}

}  // namespace lmsim::viz::seq::test
