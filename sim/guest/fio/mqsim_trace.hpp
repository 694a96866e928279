#pragma once

#include <string>
#include <string_view>

#include "sim/guest/fio/iolog.hpp"

namespace lmsim::sim::fio {

/// The text traces of the SSD simulator MQSim (github.com/CMU-SAFARI/MQSim, README.md, "Defining a
/// Trace-based Workload"), which are those of SSDsim and DiskSim: lines of five numbers between
/// blanks, "arrival-time device sector sectors type"; type is 0 for a write and 1 for a read. Times
/// are nanoseconds: MQSim's Time_Unit is a parameter of its workload file and not in the trace.
/// Sectors have 512 bytes.
IoLog parse_mqsim(const std::string& name, std::string_view text);
bool begins_as_mqsim(std::string_view first_line);

}  // namespace lmsim::sim::fio
