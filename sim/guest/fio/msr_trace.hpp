#pragma once

#include <string>
#include <string_view>

#include "sim/guest/fio/iolog.hpp"

namespace lmsim::sim::fio {

/// The traces of 36 volumes that Microsoft Research Cambridge published (SNIA IOTTA, trace 388;
/// Narayanan, Donnelly, Rowstron: "Write Off-Loading", FAST 2008). Their README.txt, section 3:
/// lines "Timestamp,Hostname,DiskNumber,Type,Offset,Size,ResponseTime"; Timestamp is when the I/O
/// was issued, in Windows filetime (100 ns); Type is Read or Write; Offset and Size are bytes;
/// ResponseTime is not used. A first line with these names is let pass.
IoLog parse_msr(const std::string& name, std::string_view text);
bool begins_as_msr(std::string_view first_line);

}  // namespace lmsim::sim::fio
