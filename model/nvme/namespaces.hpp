#pragma once

#include <cstdint>

#include "model/nvme/context.hpp"
#include "model/nvme/hooks.hpp"
#include "model/wire/namespace.hpp"

/// What all commands ask of namespaces. A namespace is named by its NSID; valid ones (NVMe Base
/// 2.3, 3.2.1.2) are 1 to Bounds::namespaces.
namespace lmsim::nvme {

constexpr std::uint8_t format_count = 2;  // LBA formats: the configured block size, and another

/// Data bytes of a block as a power of two. Format 0 is Config::block_bytes, format 1 is 4 KiB (or
/// 512 bytes, where 0 is 4 KiB).
inline std::uint8_t block_shift(const Config& config, std::uint8_t format) {
    const int first = __builtin_ctz(config.block_bytes);
    return static_cast<std::uint8_t>(format == 0 ? first : first == 12 ? 9 : 12);
}

template <class Bounds>
constexpr bool valid_nsid(std::uint32_t nsid) {
    return nsid != 0 && nsid <= Bounds::namespaces;
}

/// Is the namespace attached to the controller? The NSID must be valid.
template <class Bounds>
bool attached(const Controller<Bounds>& c, std::uint32_t nsid) {
    return (c.attached[(nsid - 1) / 64] >> ((nsid - 1) % 64) & 1) != 0;
}

template <class Bounds>
void attach(Controller<Bounds>& c, std::uint32_t nsid, bool to) {
    const std::uint64_t bit = std::uint64_t{1} << ((nsid - 1) % 64);
    std::uint64_t& word = c.attached[(nsid - 1) / 64];
    word = to ? word | bit : word & ~bit;
}

/// Does the namespace exist, and is it attached?
template <class Bounds>
bool active(const Context<Bounds>& ctx, std::uint16_t function, std::uint32_t nsid) {
    return valid_nsid<Bounds>(nsid) && ctx.subsystem.ns[nsid - 1].blocks != 0 &&
           attached(ctx.subsystem.controller[function], nsid);
}

/// The range lies in the namespace.
inline bool within(const Namespace& ns, std::uint64_t slba, std::uint64_t blocks) {
    return slba < ns.blocks && blocks <= ns.blocks - slba;
}

/// Why a command of the controller may not use the namespace; Id::Count if it may (NVMe Base 2.3,
/// 3.2.1.5). After that `ns[nsid - 1]` may be touched.
template <class Bounds>
spec::Id unusable(const Context<Bounds>& ctx, std::uint16_t function, std::uint32_t nsid) {
    using spec::Id;
    if (!valid_nsid<Bounds>(nsid)) {
        return in_any_case(ctx.rules, Id::NamespaceInvalid);
    }
    if (!attached(ctx.subsystem.controller[function], nsid) &&
        ctx.rules.on(Id::NamespaceInactive)) {
        return Id::NamespaceInactive;
    }
    if (ctx.subsystem.ns[nsid - 1].formatter != 0 && ctx.rules.on(Id::NamespaceFormatting)) {
        return Id::NamespaceFormatting;
    }
    return Id::Count;
}

/// A finished change of user data: the allocation map and the log follow it.
template <class Bounds>
void change(Context<Bounds>& ctx, std::uint16_t function, const Change& change) {
    if (ctx.config.track_allocation) {
        LbaMap& map = ctx.env.allocated(change.nsid);
        if (change.deallocated) {
            map.clear(change.slba, change.blocks);
        } else {
            map.set(change.slba, change.blocks);
        }
    }
    user_data_changed(ctx, function, change);
}

/// splitmix64's output function: what makes identifiers out of small numbers.
inline std::uint64_t scattered(std::uint64_t value) {
    value += 0x9E37'79B9'7F4A'7C15;
    value = (value ^ value >> 30) * 0xBF58'476D'1CE4'E5B9;
    value = (value ^ value >> 27) * 0x94D0'49BB'1331'11EB;
    return value ^ value >> 31;
}

/// The next NGUID of this NSID: the same for the same history, never one that it had before.
inline void renew_nguid(Namespace& ns, std::uint64_t seed, std::uint32_t nsid) {
    ns.nguid[0] = scattered(seed);
    ns.nguid[1] = scattered(ns.nguid[1] ^ scattered(ns.nguid[0] + nsid));
}
inline void renew_nguid(Namespace& ns, const Config& config, std::uint32_t nsid) {
    renew_nguid(ns, std::uint64_t{config.nguid_seed}, nsid);
}

/// Bytes of NVM that namespaces can have, and that they have.
template <class Bounds>
std::uint64_t used_capacity(const Subsystem<Bounds>& subsystem, const Config& config) {
    std::uint64_t bytes = 0;
    for (const Namespace& ns : subsystem.ns) {
        bytes += ns.blocks << block_shift(config, ns.format);
    }
    return bytes;
}

inline std::uint32_t first_namespaces(const Config& config, std::uint16_t functions) {
    return config.private_namespaces ? (functions - 1U) * config.vf_namespaces : 1U;
}

/// Blocks of a namespace that is there from the start.
inline std::uint64_t first_blocks(const Config& config, std::uint32_t nsid) {
    const std::uint64_t own = config.vf_blocks[(nsid - 1) % config.vf_namespaces];
    return config.private_namespaces && own != 0 ? own : config.blocks;
}

/// Do other subsystems have this namespace, too?
inline bool reachable_elsewhere(const Config& config, std::uint32_t nsid) {
    return config.private_namespaces &&
           (config.vf_reachable >> ((nsid - 1) % config.vf_namespaces) & 1) != 0;
}

template <class Bounds>
std::uint64_t total_capacity(const Subsystem<Bounds>& subsystem, const Config& config) {
    std::uint64_t bytes = config.capacity;
    for (std::uint32_t nsid = first_namespaces(config, subsystem.functions);
         nsid != 0 && config.capacity == 0; --nsid) {
        bytes += first_blocks(config, nsid) * config.block_bytes;
    }
    return bytes;
}

/// The namespaces that there are from the start: NSID 1 for everybody, or some for each VF alone:
/// those of VF 1 come first. Either kind may be attached to others too: who moves a VF's data has
/// to read them.
template <class Bounds>
void initialize_namespaces(Subsystem<Bounds>& subsystem, const Config& config) {
    LMSIM_ASSERT((config.block_bytes & (config.block_bytes - 1)) == 0);
    LMSIM_ASSERT(config.block_bytes >= 512 && config.block_bytes <= 32'768);
    const std::uint32_t count = first_namespaces(config, subsystem.functions);
    LMSIM_ASSERT(config.vf_namespaces != 0 && config.vf_namespaces <= Config::vf_most);
    LMSIM_ASSERT(count <= Bounds::namespaces);
    for (std::uint32_t nsid = 1; nsid <= Bounds::namespaces; ++nsid) {
        Namespace& ns = subsystem.ns[nsid - 1];
        ns = Namespace{};
        if (nsid <= count) {
            ns.blocks = first_blocks(config, nsid);
            ns.nmic = wire::nmic_shared;
            // No host's own number (at most 2^32 - 1): the same wherever it is reached.
            const std::uint64_t common = std::uint64_t{1} << 32;
            renew_nguid(ns, reachable_elsewhere(config, nsid) ? common : config.nguid_seed, nsid);
        }
    }
    for (std::uint16_t i = 0; i < subsystem.functions; ++i) {
        Controller<Bounds>& c = subsystem.controller[i];
        for (std::uint64_t& word : c.attached) {
            word = 0;
        }
        if (!config.private_namespaces) {
            attach(c, 1, true);
        }
        for (std::uint32_t n = 1; config.private_namespaces && i != 0 && n <= config.vf_namespaces;
             ++n) {
            attach(c, (i - 1U) * config.vf_namespaces + n, true);
        }
    }
}

}  // namespace lmsim::nvme
