#pragma once

#include <cstddef>
#include <cstdint>

#include "model/wire/namespace.hpp"

/// Lists of namespaces, of controllers and of a namespace's identifiers: 4096 bytes each. Writers
/// clear the page first; views look into the caller's bytes, which must outlive them.
namespace lmsim::wire {

/// Namespace List (NVMe Base 2.3, 4.6.2): NSIDs that rise; 0 ends it.
class NamespaceListWriter {
  public:
    NamespaceListWriter(std::uint8_t* to, const spec::Rules& rules);
    /// False when the list is full: the host asks again from the last NSID on.
    bool add(std::uint32_t nsid);

  private:
    std::uint8_t* to_;
    const spec::Rules& rules_;
    std::size_t count_ = 0;
};

/// Reads a Namespace List; the bytes have to stay. Never reads past their end.
class NamespaceListView {
  public:
    NamespaceListView() = default;
    /// Faults: Truncated, NotAscending.
    static Result<NamespaceListView> parse(const std::uint8_t* data, std::size_t size,
                                           const spec::Rules& rules);
    std::size_t count() const { return count_; }
    std::uint32_t operator[](std::size_t i) const;

  private:
    const std::uint8_t* data_ = nullptr;
    std::size_t entry_size_ = 0;
    std::size_t count_ = 0;
};

/// Controller List (NVMe Base 2.3, 4.6.1): CNTLIDs that rise.
class ControllerListWriter {
  public:
    ControllerListWriter(std::uint8_t* to, const spec::Rules& rules);
    /// False when the list is full.
    bool add(std::uint16_t cntlid);

  private:
    std::uint8_t* to_;
    const spec::Rules& rules_;
    std::size_t count_ = 0;
};

/// Reads a Controller List; the bytes have to stay. Never reads past their end.
class ControllerListView {
  public:
    ControllerListView() = default;
    /// Faults: Truncated, TooMany, NotAscending.
    static Result<ControllerListView> parse(const std::uint8_t* data, std::size_t size,
                                            const spec::Rules& rules);
    std::size_t count() const { return count_; }
    std::uint16_t operator[](std::size_t i) const;

  private:
    const std::uint8_t* data_ = nullptr;
    std::size_t entry_size_ = 0;
    std::size_t count_ = 0;
};

/// Namespace Identification Descriptor list, CNS 03h (NVMe Base 2.3, 5.2.13.2.3): of the types that
/// the model knows.
struct NamespaceDescriptors {
    bool has_eui64 = false;
    bool has_nguid = false;
    bool has_uuid = false;
    bool has_csi = false;
    Eui64 eui64{};
    Nguid nguid{};
    std::array<std::uint8_t, 16> uuid{};
    std::uint8_t csi = 0;
};
bool operator==(const NamespaceDescriptors& a, const NamespaceDescriptors& b);

/// Writes 4096 bytes: the identifiers that there are, in the order of their types.
void encode(const NamespaceDescriptors& list, std::uint8_t* to, const spec::Rules& rules);

/// Other types are passed over. Faults: Truncated, SizeMismatch (a NIDL that is not its type's),
/// TooMany (a type twice).
Result<NamespaceDescriptors> decode_namespace_descriptors(const std::uint8_t* data,
                                                          std::size_t size,
                                                          const spec::Rules& rules);

}  // namespace lmsim::wire
