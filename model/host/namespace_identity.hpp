#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "model/wire/namespace.hpp"

/// Is the namespace that a destination offers the one that the guest knows? A host asks this of
/// Identify Namespace before it loads a controller's state (NVMe Base 2.3, 3.2.1.6, 8.1.13).
namespace lmsim::host {

/// What makes a namespace the same for its user.
struct NamespaceIdentity {
    wire::Nguid nguid{};
    wire::Eui64 eui64{};
    std::uint64_t blocks = 0;
    std::uint8_t data_shift = 0;  // data bytes of a block: 2^data_shift
    std::uint16_t metadata = 0;   // bytes of a block
    std::uint8_t protection = 0;  // DPS
};

/// In what two namespaces differ that are to be the same.
enum class NamespaceMismatch : std::uint8_t {
    None,
    Absent,  // one side has no such namespace
    Nguid,
    Eui64,
    Blocks,
    DataSize,
    Metadata,
    Protection,
};
std::string_view to_string(NamespaceMismatch mismatch);

/// Out of an Identify Namespace page (CNS 00h) of an active namespace.
NamespaceIdentity identity_of(const wire::IdentifyNamespace& page);

/// All that differs, in the order of the enumeration.
struct NamespaceDifferences {
    static constexpr std::size_t capacity = 6;
    NamespaceMismatch item[capacity] = {};
    std::size_t count = 0;

    bool same() const { return count == 0; }
};
NamespaceDifferences compare(const NamespaceIdentity& source, const NamespaceIdentity& destination);

}  // namespace lmsim::host
