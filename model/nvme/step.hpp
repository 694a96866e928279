#pragma once

#include <cstdint>

#include "model/nvme/config.hpp"
#include "model/nvme/env.hpp"
#include "model/nvme/state.hpp"
#include "model/spec/rules.hpp"
#include "model/step.hpp"

namespace lmsim::nvme {

/// What an Execute effect is time for, in its token; of a Command, token2 is the opcode, token3 the
/// SEL (or CNS or FID) and `length` the bytes that it moves.
enum class Work : std::uint8_t { Command, Enable, Disable, Shutdown };

/// What a ReadMemory effect fetches, in its token.
enum class Read : std::uint8_t { Sqe, PrpList, CommandData, CdqList };

/// What kind of media work an I/O opcode is; token of EffectKind::Media.
enum class MediaOp : std::uint8_t { Read, Write, Flush, Deallocate };

/// A ticket names a slot in one life of a controller: answers that outlive a reset are recognized.
struct Ticket {
    static std::uint32_t make(std::uint32_t slot, std::uint32_t generation) {
        return slot | (generation << 16);
    }
    static std::uint32_t slot(std::uint32_t ticket) { return ticket & 0xffff; }
    static std::uint32_t generation(std::uint32_t ticket) { return ticket >> 16; }
};

constexpr std::uint32_t no_slot = 0xffff;  // the ticket of a controller's own work

/// EnterState's token: a Life, or this plus a Migration.
constexpr std::uint64_t migration_states = 16;

/// A subsystem out of reset: the PF is CNTLID 0, VF i has CNTLID i and is online.
template <class Bounds>
void initialize(Subsystem<Bounds>& subsystem, const Config& config, std::uint16_t vfs);

/// One step of a controller. Effects are what it wants done, of other functions too (a Resume, a
/// reset of the PF); with `subsystem.more` set afterwards the host gives Event::Continue at once.
template <class Bounds>
void step(Subsystem<Bounds>& subsystem, const Event& event, const Config& config,
          const spec::Rules& rules, Env& env, Effects& effects);

/// The bytes that a Get Controller State of everything would bring now; 0 if `capacity` is too
/// small. With `stored` zeros that `env` does not keep are not written: it gets what is.
template <class Bounds>
std::size_t snapshot(Subsystem<Bounds>& subsystem, std::uint16_t function, const Config& config,
                     const spec::Rules& rules, Env& env, std::uint8_t* to, std::size_t capacity,
                     std::size_t* stored = nullptr);

extern template std::size_t snapshot(Subsystem<SimBounds>&, std::uint16_t, const Config&,
                                     const spec::Rules&, Env&, std::uint8_t*, std::size_t,
                                     std::size_t*);
extern template std::size_t snapshot(Subsystem<ProofBounds>&, std::uint16_t, const Config&,
                                     const spec::Rules&, Env&, std::uint8_t*, std::size_t,
                                     std::size_t*);
extern template std::size_t snapshot(Subsystem<WorldBounds<1>>&, std::uint16_t, const Config&,
                                     const spec::Rules&, Env&, std::uint8_t*, std::size_t,
                                     std::size_t*);
extern template std::size_t snapshot(Subsystem<WorldBounds<2>>&, std::uint16_t, const Config&,
                                     const spec::Rules&, Env&, std::uint8_t*, std::size_t,
                                     std::size_t*);
extern template std::size_t snapshot(Subsystem<WorldBounds<1, 3>>&, std::uint16_t, const Config&,
                                     const spec::Rules&, Env&, std::uint8_t*, std::size_t,
                                     std::size_t*);
extern template void initialize(Subsystem<WorldBounds<1>>&, const Config&, std::uint16_t);
extern template void initialize(Subsystem<WorldBounds<2>>&, const Config&, std::uint16_t);
extern template void initialize(Subsystem<WorldBounds<1, 3>>&, const Config&, std::uint16_t);
extern template void step(Subsystem<WorldBounds<1>>&, const Event&, const Config&,
                          const spec::Rules&, Env&, Effects&);
extern template void step(Subsystem<WorldBounds<2>>&, const Event&, const Config&,
                          const spec::Rules&, Env&, Effects&);
extern template void step(Subsystem<WorldBounds<1, 3>>&, const Event&, const Config&,
                          const spec::Rules&, Env&, Effects&);
extern template void initialize(Subsystem<SimBounds>&, const Config&, std::uint16_t);
extern template void initialize(Subsystem<ProofBounds>&, const Config&, std::uint16_t);
extern template void step(Subsystem<SimBounds>&, const Event&, const Config&, const spec::Rules&,
                          Env&, Effects&);
extern template void step(Subsystem<ProofBounds>&, const Event&, const Config&, const spec::Rules&,
                          Env&, Effects&);

}  // namespace lmsim::nvme
