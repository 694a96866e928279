#pragma once

#include <cstddef>
#include <cstdint>

#include "model/spec/rules.hpp"
#include "model/wire/identify.hpp"
#include "model/wire/result.hpp"
#include "model/wire/sqe.hpp"

namespace lmsim::wire {

/// What an NVM subsystem is exported after, in the dialect that has it (LM-TPL-01).
struct Template {
    Uuid uuid{};
    std::uint16_t cntlid = 0;
    std::uint32_t nsid = 0;
};
bool operator==(const Template& a, const Template& b);

/// Writes LM-TPL-07 bytes.
void encode(const Template& value, std::uint8_t* to, const spec::Rules& rules);
/// Fault: Truncated.
Result<Template> decode_template(const std::uint8_t* data, std::size_t size,
                                 const spec::Rules& rules);

/// Is it Manage Exported NVM Subsystem, Receive or Send? Never where LM-TPL-01 is off.
bool is_template_receive(const Sqe& sqe, const spec::Rules& rules);
bool is_template_send(const Sqe& sqe, const spec::Rules& rules);

/// Entries with opcode and SEL; CID and PRPs are the caller's. Both move one template.
Sqe get_template(const spec::Rules& rules);
Sqe configure_template(const spec::Rules& rules);

/// Does the entry, one of the two, ask for the operation of its kind? Else its SEL is reserved.
bool is_known_template_operation(const Sqe& sqe, const spec::Rules& rules);

/// The UUID that a Controller State's header names its template by; a dialect may have moved it out
/// of the header, where it reads as 0. `data` holds the whole header.
Uuid state_template(const std::uint8_t* data, const spec::Rules& rules);
void set_state_template(std::uint8_t* to, const Uuid& uuid, const spec::Rules& rules);

}  // namespace lmsim::wire
