#pragma once

#include <string>
#include <string_view>

#include "sim/guest/fio/iolog.hpp"

namespace lmsim::sim::fio {

/// What blkparse prints of a trace of Linux's block layer (blkparse(1), "TRACE ACTIONS" and "OUTPUT
/// DESCRIPTION AND FORMATTING", in its default format): "8,0 3 11 0.009507758 697 D W 223490 + 8
/// [kjournald]" is device, CPU, sequence, seconds, process, action, RWBS, and for most actions
/// first sector + sectors of 512 bytes. Taken are the I/Os that were issued to the driver (D), as
/// that is what a device sees, or if there are none those that were queued (Q). RWBS: F before
/// another letter or alone is a flush, R a read, W a write, D a discard; the letters behind it
/// change nothing here. All other actions, packet commands, and the summary at the end are left
/// out.
IoLog parse_blkparse(const std::string& name, std::string_view text);
bool begins_as_blkparse(std::string_view first_line);

}  // namespace lmsim::sim::fio
