#pragma once

#include <cstddef>
#include <cstdint>

#include "model/spec/rules.hpp"
#include "model/wire/result.hpp"
#include "model/wire/sqe.hpp"

/// Admin commands that make, attach, format and erase namespaces.
namespace lmsim::wire {

/// SEL of Namespace Management and Namespace Attachment.
enum class NamespaceSelect : std::uint8_t { Create, Delete, Attach, Detach, Reserved };

/// Namespace Management (NVMe Base 2.3, 5.2.21): Create or Delete.
struct NamespaceManagement {
    NamespaceSelect select = NamespaceSelect::Create;
    std::uint32_t nsid = 0;
    std::uint8_t csi = 0;
};
Sqe encode(const NamespaceManagement& command, const spec::Rules& rules);
NamespaceManagement decode_namespace_management(const Sqe& sqe, const spec::Rules& rules);

/// Namespace Attachment (5.2.20): Attach or Detach; the data are a Controller List.
struct NamespaceAttachment {
    NamespaceSelect select = NamespaceSelect::Attach;
    std::uint32_t nsid = 0;
};
Sqe encode(const NamespaceAttachment& command, const spec::Rules& rules);
NamespaceAttachment decode_namespace_attachment(const Sqe& sqe, const spec::Rules& rules);

/// The data of a Create, 4096 bytes (NVM Command Set 1.2, 4.1.6).
struct NamespaceCreate {
    std::uint64_t nsze = 0;  // blocks
    std::uint64_t ncap = 0;
    std::uint8_t flbas = 0;
    std::uint8_t dps = 0;
    std::uint8_t nmic = 0;
    std::uint32_t anagrpid = 0;
    std::uint16_t nvmsetid = 0;
    std::uint16_t endgid = 0;
};
bool operator==(const NamespaceCreate& a, const NamespaceCreate& b);
void encode(const NamespaceCreate& data, std::uint8_t* to, const spec::Rules& rules);

/// Faults: Truncated.
Result<NamespaceCreate> decode_namespace_create(const std::uint8_t* data, std::size_t size,
                                                const spec::Rules& rules);

/// Format NVM (NVMe Base 2.3, 5.2.10).
struct FormatNvm {
    std::uint32_t nsid = 0;
    std::uint8_t format = 0;  // index, LBAFU and LBAFL; 0 to 63
    bool mset = false;
    std::uint8_t pi = 0;
    bool pil = false;
    std::uint8_t ses = 0;
};
Sqe encode(const FormatNvm& command, const spec::Rules& rules);
FormatNvm decode_format_nvm(const Sqe& sqe, const spec::Rules& rules);

/// SANACT of Sanitize (NVMe Base 2.3, 5.2.22).
enum class SanitizeAction : std::uint8_t {
    Reserved,
    ExitFailure,
    BlockErase,
    Overwrite,
    CryptoErase,
    ExitVerification
};

/// Sanitize (NVMe Base 2.3, 5.2.22).
struct Sanitize {
    SanitizeAction action = SanitizeAction::BlockErase;
    bool ause = false;
    std::uint8_t owpass = 0;  // 0 = 16
    bool oipbp = false;
    bool ndas = false;
    bool emvs = false;
    std::uint32_t ovrpat = 0;
};
Sqe encode(const Sanitize& command, const spec::Rules& rules);
Sanitize decode_sanitize(const Sqe& sqe, const spec::Rules& rules);

}  // namespace lmsim::wire
