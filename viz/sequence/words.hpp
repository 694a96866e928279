#pragma once

#include <string>
#include <vector>

#include "model/spec/rules.hpp"
#include "sim/trace/device_names.hpp"
#include "viz/sequence/step.hpp"

namespace lmsim::viz {

/// Between whom a step is, as the chart draws it.
struct Ends {
    Who from = Who::SourceVmm;
    Who to = Who::SourceVmm;  // the same: on the lifeline
};
Ends ends_of(const Step& step, const Names& names);

/// Has it an answer that comes back? Not so what goes over the channel.
bool answers(const Step& step, const Names& names);

/// Has it gone wrong?
bool is_bad(const Step& step);

/// What is asked or told: "SET STOP_COPY", "Migration Send: Suspend, CNTLID 4", as the dialect has
/// it. Without the VF. Not escaped.
std::string words(const Step& step, const Names& names, const spec::Rules& rules);

/// What is answered: "OK, 520 B", "Invalid Field in Command". Empty if it has no answer.
std::string answer_words(const Step& step, const Names& names, const spec::Rules& rules);

/// What the steps of a repetition have in common: equal numbers fold.
std::uint64_t likeness(const Step& step, Edge edge);

/// "VF 2: ", "VF 0-3, mlx5 0: ", "VF 0, 2: "; empty of no device.
std::string vf_words(const std::vector<sim::trace::Device>& vfs,
                     const sim::trace::DeviceNames& names = {});

/// "1 240"
std::string grouped(std::uint64_t number);

/// "1 240 reads, 17 writes"
std::string io_words(const IoSum& sum);

}  // namespace lmsim::viz
