#include "model/host/namespace_identity.hpp"

namespace lmsim::host {

std::string_view to_string(NamespaceMismatch mismatch) {
    switch (mismatch) {
        case NamespaceMismatch::None: return "the same";
        case NamespaceMismatch::Absent: return "no such namespace";
        case NamespaceMismatch::Nguid: return "another NGUID";
        case NamespaceMismatch::Eui64: return "another EUI64";
        case NamespaceMismatch::Blocks: return "another size (NSZE)";
        case NamespaceMismatch::DataSize: return "another block size (LBADS)";
        case NamespaceMismatch::Metadata: return "other metadata (MS)";
        case NamespaceMismatch::Protection: return "other protection (DPS)";
    }
    return "?";
}

NamespaceIdentity identity_of(const wire::IdentifyNamespace& page) {
    const wire::LbaFormat& format = page.lbaf[page.format()];
    return {page.nguid, page.eui64, page.nsze, format.lbads, format.ms, page.dps};
}

NamespaceDifferences compare(const NamespaceIdentity& source,
                             const NamespaceIdentity& destination) {
    NamespaceDifferences result;
    const auto note = [&](bool differs, NamespaceMismatch what) {
        if (differs) {
            result.item[result.count++] = what;
        }
    };
    if (source.blocks == 0 || destination.blocks == 0) {
        note(true, NamespaceMismatch::Absent);
        return result;
    }
    note(source.nguid != destination.nguid, NamespaceMismatch::Nguid);
    note(source.eui64 != destination.eui64, NamespaceMismatch::Eui64);
    note(source.blocks != destination.blocks, NamespaceMismatch::Blocks);
    note(source.data_shift != destination.data_shift, NamespaceMismatch::DataSize);
    note(source.metadata != destination.metadata, NamespaceMismatch::Metadata);
    note(source.protection != destination.protection, NamespaceMismatch::Protection);
    return result;
}

}  // namespace lmsim::host
