#include "model/spec/describe.hpp"

#include <fmt/format.h>

#include <utility>

#include "model/spec/table.hpp"

namespace lmsim::spec {

namespace {

constexpr std::pair<std::string_view, std::string_view> subjects[] = {
    {"OP-ADM", "Admin commands"},
    {"OP-NVM", "NVM commands"},
    {"ST", "Status codes"},
    {"ERRNO", "Error numbers of Linux"},
    {"LM-SEND", "Migration Send"},
    {"LM-RECV", "Migration Receive"},
    {"LM-SUSP", "Suspend"},
    {"LM-RESU", "Resume"},
    {"LM-GET", "Get Controller State"},
    {"LM-SET", "Set Controller State"},
    {"SQE", "Submission queue entry"},
    {"CQE", "Completion queue entry"},
    {"GEN-RSV", "Reserved fields"},
    {"LM-CDQ", "Controller Data Queue"},
    {"LM-UDMQ", "User Data Migration Queue entry"},
    {"LM-LOG", "Log User Data Changes"},
    {"LM-TRK", "Track Send and Track Receive"},
    {"LM-ROLE", "Roles of controllers"},
    {"LM-RST", "Resets"},
    {"LM-MC", "Migratable controller"},
    {"FT", "Feature identifiers"},
    {"FT-21", "Feature 21h, Controller Data Queue"},
    {"FT-SEL", "Get Features selections"},
    {"ID-CNS", "Identify CNS"},
    {"ID-SIZE", "Identify data structures"},
    {"ID-CTRL", "Identify Controller"},
    {"ID-SEC", "Secondary Controller list"},
    {"ID-FMT", "Supported Controller State Formats"},
    {"ID-PRI", "Primary Controller Capabilities"},
    {"ID-CSI", "Command Set Identifiers"},
    {"NV-ID", "Identify Namespace"},
    {"NV-CTRL", "NVM Command Set Identify Controller"},
    {"NV-NID", "Namespace Identification Descriptor"},
    {"NV-LST", "Namespace and Controller Lists"},
    {"NV-NM", "Namespace Management"},
    {"NV-NA", "Namespace Attachment"},
    {"NV-WZ", "Write Zeroes"},
    {"NV-DSM", "Dataset Management"},
    {"NV-LOG", "Changes of user data"},
    {"NV-FMT", "Format NVM"},
    {"NV-SAN", "Sanitize"},
    {"NV-LBS", "Get LBA Status"},
    {"AD-DMA", "Data pointers"},
    {"VM", "Virtualization Management"},
    {"VM-CMD", "Virtualization Management"},
    {"VM-ACT", "Virtualization Management actions"},
    {"VM-RT", "Virtualization Management resources"},
    {"VM-SEC", "Secondary controllers"},
    {"VM-PRI", "Primary controllers"},
    {"AD-GEN", "Any admin command"},
    {"AD-DMA", "Data pointers and memory"},
    {"AD-ID", "Identify"},
    {"AD-QUE", "Create and delete I/O queues"},
    {"AD-FEAT", "Set and Get Features"},
    {"AD-ABRT", "Abort"},
    {"AD-AER", "Asynchronous Event Request"},
    {"AD-REG", "Controller properties"},
    {"AD-RST", "Controller Level Reset"},
    {"AD-CQ", "Completion queues"},
    {"NV-IO", "NVM I/O commands"},
    {"CS-HDR", "Controller State"},
    {"CS-V0", "NVMe Controller State, version 0"},
    {"CS-SQ", "I/O SQ state"},
    {"CS-CQ", "I/O CQ state"},
    {"CS-V1", "NVMe Controller State of a whole controller"},
    {"CS-OWN", "Registers and admin queue of a state"},
    {"CS-FEA", "Feature value of a state"},
    {"CS-AER", "Outstanding AER of a state"},
    {"CS-PRT", "Part of a self-describing state"},
    {"LM-VND", "Vendor specific commands of 2022"},
    {"LM-TPL", "Templates of exported NVM subsystems"},
    {"NVME-LIFE", "Life of a controller"},
    {"HO-MIG", "Host, migration"},
    {"HO-ADM", "Host, admin queue"},
    {"HO-UDM", "Host, user data migration"},
    {"HO-CIO", "Host, Controller Data Queues of programs"},
    {"HO-FLOW", "Host, VFIO driver's flow"},
    {"VFIO-ARC", "VFIO device states"},
    {"VFIO-PATH", "VFIO paths"},
    {"VFIO-SET", "VFIO, setting the state"},
    {"VFIO-RESET", "VFIO_DEVICE_RESET"},
    {"VFIO-REG", "VFIO, registration"},
    {"VFIO-FEAT", "VFIO_DEVICE_FEATURE"},
    {"VFIO-FD", "VFIO data_fd"},
    {"VFIO-LOG", "VFIO DMA logging"},
    {"QEMU-SET", "VMM, set-up"},
    {"QEMU-ACT", "VMM, rounds"},
    {"QEMU-STOP", "VMM, switchover"},
    {"QEMU-BACK", "VMM, taking back"},
    {"QEMU-RUN", "VMM, starting the VM"},
    {"QEMU-DEV", "VMM, one device"},
    {"QEMU-DST", "VMM, destination"},
    {"QEMU-CNC", "VMM, cancel"},
    {"R000", "Defects of the posted header"},
    {"R001", "Defects of the posted VFIO driver"},
    {"R004", "Defects of the posted Controller Data Queue interface"},
};

constexpr std::uint32_t dword_bits = 32;
constexpr std::uint32_t cqe_dwords = 4;

std::string bit_range(std::uint32_t first, std::uint32_t width) {
    return width == 1 ? fmt::format("{}", first) : fmt::format("{}:{}", first + width - 1, first);
}

std::string byte_range(Place place) {
    return place.width == 8 ? fmt::format("byte {}", place.byte())
                            : fmt::format("bytes {}:{}", place.end_byte() - 1, place.byte());
}

/// Command dwords 0 to 3 are the same in all commands: SQE-.. rows. Elsewhere low dwords are a
/// CQE's.
bool in_completion(const Row& row) {
    return row.place.bit / dword_bits < cqe_dwords && subject(row.name) != "SQE";
}

std::string field_place(const Row& row) {
    const Place place = row.place;
    if (place.width > dword_bits) {
        return byte_range(place);
    }
    const std::uint32_t dword = place.bit / dword_bits;
    return fmt::format("{}{} {}", in_completion(row) ? "CQE DW" : "CDW", dword,
                       bit_range(place.bit % dword_bits, place.width));
}

std::string layout_place(const Row& row) {
    const Place place = row.place;
    const char* plural = place.width == 1 ? "" : "s";
    // "OACS.HMLMS, in OACS" counts its bits from the field that it names.
    if (row.title.find(", in ") != std::string_view::npos) {
        return fmt::format("bit{} {}", plural, bit_range(place.bit, place.width));
    }
    if (place.bit % 8 == 0 && place.width % 8 == 0) {
        return byte_range(place);
    }
    return fmt::format("byte {} bit{} {}", place.byte(), plural,
                       bit_range(place.bit % 8, place.width));
}

}  // namespace

std::string_view subject(std::string_view name) { return name.substr(0, name.rfind('-')); }

std::string_view subject_title(std::string_view subject) {
    for (const auto& [prefix, title] : subjects) {
        if (prefix == subject) {
            return title;
        }
    }
    return subject;
}

std::string place_text(const Row& row) {
    switch (row.kind) {
        case Kind::Field: return field_place(row);
        case Kind::Layout: return layout_place(row);
        default: return "";
    }
}

std::string value_text(const Row& row) {
    switch (row.kind) {
        case Kind::Opcode: return fmt::format("{:02X}h", row.value);
        case Kind::Status:
            return fmt::format("{:03X}h (SCT {:X}h, SC {:02X}h)", row.value, row.value >> 8,
                               row.value & 0xFF);
        case Kind::Size: return fmt::format("{} bytes", row.value);
        case Kind::Limit: return fmt::format("{}", row.value);
        case Kind::Switch: return fmt::format("{} ({})", row.value, row.value != 0 ? "on" : "off");
        case Kind::Value:
            return row.value < 10 || subject(row.name) == "ERRNO" ? fmt::format("{}", row.value)
                                                                  : fmt::format("{:X}h", row.value);
        default: return "";
    }
}

std::string status_text(const Row& row) {
    if (row.status == Id::Count) {
        return "";
    }
    const Row& answer = spec::row(row.status);
    return answer.kind == Kind::Status
               ? fmt::format("{:03X}h {}", answer.value, answer.title)
               : fmt::format("{} {}", answer.value, answer.name.substr(answer.name.find('-') + 1));
}

std::string_view title_head(const Row& row) {
    const std::size_t colon = row.title.find(": ");
    return colon == std::string_view::npos ? std::string_view() : row.title.substr(0, colon);
}

std::optional<Kind> kind_named(std::string_view name) {
    for (int i = 0; i <= static_cast<int>(last_kind); ++i) {
        const auto kind = static_cast<Kind>(i);
        const std::string_view word = to_string(kind);
        if (name == word || name == fmt::format("{}s", word) || name == fmt::format("{}es", word)) {
            return kind;
        }
    }
    return std::nullopt;
}

}  // namespace lmsim::spec
