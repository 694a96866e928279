#include "model/host/rfc/driver_rules.hpp"

namespace lmsim::host {
namespace {

using spec::Id;
using spec::Place;

/// How the driver with `defect` takes `row`: at another place, with another number, or not at all.
struct Overlay {
    Id defect;
    Id row;
    bool on;
    std::uint32_t value;
    Place place;
};

constexpr Overlay placed(Id defect, Id row, Place place) { return {defect, row, true, 0, place}; }
constexpr Overlay numbered(Id defect, Id row, std::uint32_t value) {
    return {defect, row, true, value, {}};
}
constexpr Overlay omitted(Id defect, Id row) { return {defect, row, false, 0, {}}; }

constexpr Overlay overlays[] = {
    placed(Id::RfcIdentifyPlaces, Id::IdCmmrtd, spec::bytes(352, 353)),
    placed(Id::RfcIdentifyPlaces, Id::IdNmmrtd, spec::bytes(354, 355)),
    placed(Id::RfcIdentifyPlaces, Id::IdMinmrtg, spec::bytes(356, 356)),
    placed(Id::RfcIdentifyPlaces, Id::IdMaxmrtg, spec::bytes(357, 357)),
    placed(Id::RfcIdentifyPlaces, Id::IdTrattr, spec::bytes(358, 358)),
    placed(Id::RfcIdentifyPlaces, Id::IdMcudmq, spec::bytes(360, 361)),
    placed(Id::RfcIdentifyPlaces, Id::IdMnsudmq, spec::bytes(362, 363)),
    placed(Id::RfcIdentifyPlaces, Id::IdMcmr, spec::bytes(364, 365)),
    placed(Id::RfcIdentifyPlaces, Id::IdNmcmr, spec::bytes(366, 367)),
    placed(Id::RfcIdentifyPlaces, Id::IdMcdqpc, spec::bytes(368, 369)),
    placed(Id::RfcIdentifyShifted, Id::IdSqes, spec::bytes(510, 510)),
    placed(Id::RfcIdentifyShifted, Id::IdCqes, spec::bytes(511, 511)),
    placed(Id::RfcIdentifyShifted, Id::IdMaxcmd, spec::bytes(512, 513)),
    numbered(Id::RfcResumeIs2, Id::SelResume, 2),
    numbered(Id::RfcSetStateIs3, Id::SelSetControllerState, 3),
    placed(Id::RfcSeqindInCdw11, Id::SetStateSeqind, spec::cdw(11, 17, 16)),
    numbered(Id::RfcFieldsAsDocumented, Id::SelSuspend, 1),
    placed(Id::RfcFieldsAsDocumented, Id::GetStateNumdl, spec::cdw(13, 31, 0)),
    numbered(Id::RfcShortHeader, Id::StateHeaderSize, 20),
    placed(Id::RfcShortHeader, Id::StateNvmecss, spec::bytes(16, 17)),
    placed(Id::RfcShortHeader, Id::StateVss, spec::bytes(18, 19)),
    numbered(Id::RfcShortCqState, Id::CqStateSize, 22),
    numbered(Id::RfcGenericStatuses, Id::StatusNotEnoughResources, 0x038),
    numbered(Id::RfcGenericStatuses, Id::StatusControllerSuspended, 0x039),
    numbered(Id::RfcGenericStatuses, Id::StatusControllerNotSuspended, 0x03A),
    numbered(Id::RfcGenericStatuses, Id::StatusCdqFull, 0x03B),
    omitted(Id::RfcVersionNotSought, Id::HostSearchesVersion),
    numbered(Id::RfcSendCountsFrom0, Id::SendNumdIsZeroBased, 1),
    omitted(Id::RfcOneCommand, Id::HostSplitsByMdts),
    omitted(Id::RfcCntlidOfPf, Id::HostUsesCntlidOfVf),
    omitted(Id::RfcCsupDropped, Id::HostChecksCsup),
    omitted(Id::RfcResumeIgnored, Id::HostFailsOnResumeError),
    omitted(Id::RfcIncomingUnchecked, Id::HostChecksHeader),
    omitted(Id::RfcRingNotZeroed, Id::HostZeroesCdqp),
    omitted(Id::RfcFullUnheard, Id::HostRecopiesAfterFull),
    omitted(Id::RfcStaleAfterReset, Id::HostKnowsReset),
    omitted(Id::RfcStaleAfterReset, Id::HostKnowsDudmq),
};

}  // namespace

spec::Rules driver_rules(const spec::Rules& rules) {
    spec::Rules taken = rules;
    for (const Overlay& overlay : overlays) {
        if (!rules.on(overlay.defect)) {
            continue;
        }
        if (!overlay.on) {
            taken.set_on(overlay.row, false);
        } else if (overlay.place.width != 0) {
            taken.set_place(overlay.row, overlay.place);
        } else {
            taken.set_value(overlay.row, overlay.value);
        }
    }
    return taken;
}

}  // namespace lmsim::host
