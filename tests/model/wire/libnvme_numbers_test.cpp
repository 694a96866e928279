// Independent numbers: what libnvme 1.16 (src/nvme/types.h and ioctl.c of linux-nvme/libnvme) says
// of the same structures, commands and codes. Rows that it does not define are not here: it has no
// memory tracking, no Track Receive and no LBA Migration Queue entry.
#include <cstddef>
#include <cstdint>

#include "model/spec/table.hpp"
#include "tests/catch.hpp"

using namespace lmsim;
using spec::Id;

namespace {

struct Bytes {
    Id id;
    std::uint32_t first;
    std::uint32_t count;
};

// Offset and size of a member.
constexpr Bytes members[] = {
    // SMART / Health, Error Information, Firmware Slot Information
    {Id::HealthCw, 0, 1},
    {Id::HealthCtemp, 1, 2},
    {Id::HealthAvsp, 3, 1},
    {Id::HealthAvspt, 4, 1},
    {Id::HealthPused, 5, 1},
    {Id::HealthEgcws, 6, 1},
    {Id::HealthDur, 32, 16},
    {Id::HealthDuw, 48, 16},
    {Id::HealthHrc, 64, 16},
    {Id::HealthHwc, 80, 16},
    {Id::HealthCbt, 96, 16},
    {Id::HealthPwc, 112, 16},
    {Id::HealthPoh, 128, 16},
    {Id::HealthUpl, 144, 16},
    {Id::HealthMdie, 160, 16},
    {Id::HealthNeile, 176, 16},
    {Id::HealthWctt, 192, 4},
    {Id::HealthCctt, 196, 4},
    {Id::HealthTsen, 200, 2},
    {Id::ErrorEcnt, 0, 8},
    {Id::ErrorSqid, 8, 2},
    {Id::ErrorCid, 10, 2},
    {Id::ErrorSts, 12, 2},
    {Id::ErrorPel, 14, 2},
    {Id::ErrorLba, 16, 8},
    {Id::ErrorNsid, 24, 4},
    {Id::ErrorVsia, 28, 1},
    {Id::ErrorTrtype, 29, 1},
    {Id::ErrorCsi, 30, 1},
    {Id::ErrorOpc, 31, 1},
    {Id::ErrorCsinfo, 32, 8},
    {Id::ErrorTtsi, 40, 2},
    {Id::ErrorLpver, 63, 1},
    {Id::FirmwareFrs, 8, 8},
    // Identify Controller
    {Id::IdVid, 0, 2},
    {Id::IdSsvid, 2, 2},
    {Id::IdSn, 4, 20},
    {Id::IdMn, 24, 40},
    {Id::IdFr, 64, 8},
    {Id::IdRab, 72, 1},
    {Id::IdCmic, 76, 1},
    {Id::IdMdts, 77, 1},
    {Id::IdCntlid, 78, 2},
    {Id::IdVer, 80, 4},
    {Id::IdOaes, 92, 4},
    {Id::IdCtratt, 96, 4},
    {Id::IdCntrltype, 111, 1},
    {Id::IdOacs, 256, 2},
    {Id::IdAcl, 258, 1},
    {Id::IdAerl, 259, 1},
    {Id::IdFrmw, 260, 1},
    {Id::IdLpa, 261, 1},
    {Id::IdElpe, 262, 1},
    {Id::IdIeee, 73, 3},
    {Id::IdRtd3r, 84, 4},
    {Id::IdRtd3e, 88, 4},
    {Id::IdNpss, 263, 1},
    {Id::IdWctemp, 266, 2},
    {Id::IdCctemp, 268, 2},
    {Id::IdKas, 320, 2},
    {Id::IdPsd0Mp, 2048, 2},
    {Id::IdHmpre, 272, 4},
    {Id::IdSanicap, 328, 4},
    {Id::IdTnvmcap, 280, 16},
    {Id::IdUnvmcap, 296, 16},
    {Id::IdSqes, 512, 1},
    {Id::IdCqes, 513, 1},
    {Id::IdMaxcmd, 514, 2},
    {Id::IdNn, 516, 4},
    {Id::IdOncs, 520, 2},
    {Id::IdFna, 524, 1},
    {Id::IdVwc, 525, 1},
    {Id::IdAwun, 526, 2},
    {Id::IdAwupf, 528, 2},
    {Id::IdSgls, 536, 4},
    {Id::IdMnan, 540, 4},
    {Id::IdCmmrtd, 570, 2},
    {Id::IdNmmrtd, 572, 2},
    {Id::IdMinmrtg, 574, 1},
    {Id::IdMaxmrtg, 575, 1},
    {Id::IdTrattr, 576, 1},
    {Id::IdMcudmq, 578, 2},
    {Id::IdMnsudmq, 580, 2},
    {Id::IdMcmr, 582, 2},
    {Id::IdNmcmr, 584, 2},
    {Id::IdMcdqpc, 586, 2},
    {Id::IdSubnqn, 768, 256},
    // Secondary Controller list
    {Id::SecondaryNument, 0, 1},
    // Secondary Controller entry
    {Id::SecondaryScid, 0, 2},
    {Id::SecondaryPcid, 2, 2},
    {Id::SecondaryVfn, 8, 2},
    {Id::SecondaryNvq, 10, 2},
    {Id::SecondaryNvi, 12, 2},
    // Primary Controller Capabilities
    {Id::PrimaryCntlid, 0, 2},
    {Id::PrimaryPortid, 2, 2},
    {Id::PrimaryVqfrt, 32, 4},
    {Id::PrimaryVqrfa, 36, 4},
    {Id::PrimaryVqrfap, 40, 2},
    {Id::PrimaryVqprt, 42, 2},
    {Id::PrimaryVqfrsm, 44, 2},
    {Id::PrimaryVqgran, 46, 2},
    {Id::PrimaryVifrt, 64, 4},
    {Id::PrimaryVirfa, 68, 4},
    {Id::PrimaryVirfap, 72, 2},
    {Id::PrimaryViprt, 74, 2},
    {Id::PrimaryVifrsm, 76, 2},
    {Id::PrimaryVigran, 78, 2},
    // Identify Namespace
    {Id::NsNsze, 0, 8},
    {Id::NsNcap, 8, 8},
    {Id::NsNuse, 16, 8},
    {Id::NsNsfeat, 24, 1},
    {Id::NsNlbaf, 25, 1},
    {Id::NsFlbas, 26, 1},
    {Id::NsMc, 27, 1},
    {Id::NsDpc, 28, 1},
    {Id::NsDps, 29, 1},
    {Id::NsNmic, 30, 1},
    {Id::NsDlfeat, 33, 1},
    {Id::NsNvmcap, 48, 16},
    {Id::NsNguid, 104, 16},
    {Id::NsEui64, 120, 8},
    {Id::NsLbaf0, 128, 4},
    // I/O Command Set Independent Identify Namespace
    {Id::IndNsfeat, 0, 1},
    {Id::IndNmic, 1, 1},
    // NVM Command Set Identify Controller
    {Id::NvmVsl, 0, 1},
    {Id::NvmWzsl, 1, 1},
    {Id::NvmWusl, 2, 1},
    {Id::NvmDmrl, 3, 1},
    {Id::NvmDmrsl, 4, 4},
    {Id::NvmDmsl, 8, 8},
    {Id::NvmVer, 20, 4},
    {Id::NvmLbamqf, 24, 1},
    // Namespace Identification Descriptor
    {Id::NidNidt, 0, 1},
    {Id::NidNidl, 1, 1},
    // Controller List
    {Id::ControllerListCount, 0, 2},
    // Namespace Management: Create
    {Id::NmNsze, 0, 8},
    {Id::NmNcap, 8, 8},
    {Id::NmFlbas, 26, 1},
    {Id::NmDps, 29, 1},
    {Id::NmNmic, 30, 1},
    {Id::NmAnagrpid, 92, 4},
    {Id::NmNvmsetid, 100, 2},
    {Id::NmEndgid, 102, 2},
    // Dataset Management range
    {Id::DsmRangeCattr, 0, 4},
    {Id::DsmRangeNlb, 4, 4},
    {Id::DsmRangeSlba, 8, 8},
    // LBA Status Descriptor List
    {Id::LbaStatusNlsd, 0, 4},
    {Id::LbaStatusCmpc, 4, 1},
    // LBA Status Descriptor
    {Id::LbaStatusDslba, 0, 8},
    {Id::LbaStatusNlb, 8, 4},
    // Controller State
    {Id::StateVer, 0, 2},
    {Id::StateNvmecss, 16, 16},
    {Id::StateVss, 32, 16},
    // NVMe Controller State, version 0
    {Id::NvmeStateVer, 0, 2},
    {Id::NvmeStateNiosq, 2, 2},
    {Id::NvmeStateNiocq, 4, 2},
    // I/O SQ state
    {Id::SqStatePrp1, 0, 8},
    {Id::SqStateQsize, 8, 2},
    {Id::SqStateQid, 10, 2},
    {Id::SqStateCqid, 12, 2},
    {Id::SqStateHp, 16, 2},
    {Id::SqStateTp, 18, 2},
    // I/O CQ state
    {Id::CqStatePrp1, 0, 8},
    {Id::CqStateQsize, 8, 2},
    {Id::CqStateQid, 10, 2},
    {Id::CqStateHp, 12, 2},
    {Id::CqStateTp, 14, 2},
    // Get Features 21h
    {Id::CdqGotHp, 0, 4},
    {Id::CdqGotTpt, 4, 4},
};

struct Bits {
    Id id;
    std::uint32_t byte;  // where the member begins in its structure, its command or its completion
    std::uint32_t shift;
    std::uint32_t mask;
};

constexpr std::uint32_t cdw10 = 40;
constexpr std::uint32_t cdw11 = 44;
constexpr std::uint32_t cdw12 = 48;
constexpr std::uint32_t cdw13 = 52;
constexpr std::uint32_t cdw14 = 56;
constexpr std::uint32_t cdw15 = 60;
constexpr std::uint32_t mos_shift = 16;  // of command dword 10
constexpr std::uint32_t whole = 0xFFFFFFFF;

// Shift and mask of a field.
constexpr Bits fields[] = {
    // Migration Send
    {Id::SendSel, cdw10, 0, 0xFF},
    {Id::SendMos, cdw10, mos_shift, 0xFFFF},
    {Id::SendUidx, cdw14, 0, 0x7F},
    {Id::SuspendCntlid, cdw11, 0, 0xFFFF},
    {Id::SuspendStype, cdw11, 16, 0xFF},
    {Id::SuspendDudmq, cdw11, 31, 1},
    {Id::ResumeCntlid, cdw11, 0, 0xFFFF},
    {Id::SetStateSeqind, cdw10, mos_shift + 0, 0x3},
    {Id::SetStateCntlid, cdw11, 0, 0xFFFF},
    {Id::SetStateCsvi, cdw11, 16, 0xFF},
    {Id::SetStateCsuuidi, cdw11, 24, 0xFF},
    {Id::SetStateCsol, cdw12, 0, whole},
    {Id::SetStateCsou, cdw13, 0, whole},
    {Id::SetStateNumd, cdw15, 0, whole},
    // Migration Receive
    {Id::ReceiveSel, cdw10, 0, 0xFF},
    {Id::ReceiveMos, cdw10, mos_shift, 0xFFFF},
    {Id::ReceiveUidx, cdw14, 0, 0x7F},
    {Id::GetStateCsvi, cdw10, mos_shift + 0, 0xFF},
    {Id::GetStateCntlid, cdw11, 0, 0xFFFF},
    {Id::GetStateCsuuidi, cdw11, 16, 0xFF},
    {Id::GetStateCsuidxp, cdw11, 24, 0xFF},
    {Id::GetStateOl, cdw12, 0, whole},
    {Id::GetStateOu, cdw13, 0, whole},
    {Id::GetStateNumdl, cdw15, 0, whole},
    {Id::GetStateCsup, 0, 0, 1},
    // Controller Data Queue
    {Id::CdqSel, cdw10, 0, 0xFF},
    {Id::CdqQt, cdw10, mos_shift + 0, 0xFF},
    {Id::CdqPc, cdw11, 0, 1},
    {Id::CdqCqs, cdw11, 16, 0xFFFF},
    {Id::CdqSize, cdw12, 0, whole},
    {Id::CdqDeleteCdqid, cdw11, 0, 0xFFFF},
    {Id::CdqCreatedCdqid, 0, 0, 0xFFFF},
    // Set Features 21h
    {Id::CdqFeatureCdqid, cdw11, 0, 0xFFFF},
    {Id::CdqFeatureEtpt, cdw11, 31, 1},
    {Id::CdqFeatureHp, cdw12, 0, whole},
    {Id::CdqFeatureTpt, cdw13, 0, whole},
    // Track Send: Log User Data Changes
    {Id::TrackSendSel, cdw10, 0, 0xFF},
    {Id::LogLact, cdw10, mos_shift + 0, 0xF},
    {Id::LogCdqid, cdw11, 0, 0xFFFF},
    // Attributes in structures
    {Id::StateCp, 2, 0, 1},
    {Id::SqStatePc, 14, 0, 0x1},
    {Id::SqStateQprio, 14, 1, 0x3},
    {Id::CqStatePc, 16, 0, 0x1},
    {Id::CqStateIen, 16, 1, 0x1},
    {Id::CqStateS0pt, 16, 2, 0x1},
    {Id::CqStateIv, 16, 16, 0xFFFF},
    {Id::SecondaryOls, 4, 0, 1},
    {Id::LbafMs, 0, 0, 0xFFFF},
    {Id::LbafLbads, 2, 0, 0xFF},
    {Id::LbafRp, 3, 0, 0x3},
    {Id::NvmRalbas, 18, 0, 1},
    {Id::IndNrdy, 14, 0, 1},
    {Id::IdOacsHmlms, 0, 11, 1},
    {Id::IdOacsVms, 0, 7, 1},
};

struct Number {
    Id id;
    std::uint32_t value;
};

constexpr Number numbers[] = {
    // Sizes and counts
    {Id::StateHeaderSize, 48},
    {Id::NvmeStateHeaderSize, 8},
    {Id::SqStateSize, 24},
    {Id::CqStateSize, 24},
    {Id::IdentifySize, 4096},
    {Id::SecondaryHeaderSize, 32},
    {Id::SecondaryEntrySize, 32},
    {Id::SecondaryMaxEntries, 127},
    {Id::CdqFeatureShortSize, 8},
    {Id::LbafSize, 4},
    {Id::DsmRangeSize, 16},
    {Id::LbaStatusHeaderSize, 8},
    {Id::LbaStatusEntrySize, 16},
    {Id::NidHeaderSize, 4},
    {Id::NmDataSize, 4096},
    {Id::NamespaceListMax, 1024},
    {Id::ControllerListMax, 2047},
    // Opcodes
    {Id::OpcodeAdminDeleteSq, 0x00},
    {Id::OpcodeAdminCreateSq, 0x01},
    {Id::OpcodeAdminGetLogPage, 0x02},
    {Id::OpcodeAdminDeleteCq, 0x04},
    {Id::OpcodeAdminCreateCq, 0x05},
    {Id::OpcodeAdminIdentify, 0x06},
    {Id::OpcodeAdminAbort, 0x08},
    {Id::OpcodeAdminSetFeatures, 0x09},
    {Id::OpcodeAdminGetFeatures, 0x0A},
    {Id::OpcodeAdminAer, 0x0C},
    {Id::OpcodeAdminVirtualization, 0x1C},
    {Id::OpcodeAdminTrackSend, 0x3D},
    {Id::OpcodeAdminTrackReceive, 0x3E},
    {Id::OpcodeAdminMigrationSend, 0x41},
    {Id::OpcodeAdminMigrationReceive, 0x42},
    {Id::OpcodeAdminCdq, 0x45},
    {Id::OpcodeNvmFlush, 0x00},
    {Id::OpcodeNvmWrite, 0x01},
    {Id::OpcodeNvmRead, 0x02},
    {Id::OpcodeNvmCompare, 0x05},
    {Id::OpcodeNvmWriteZeroes, 0x08},
    {Id::OpcodeNvmDatasetManagement, 0x09},
    // Status codes: generic, command specific (100h), media (200h), path (300h)
    {Id::StatusInvalidOpcode, 0x001},
    {Id::StatusInvalidField, 0x002},
    {Id::StatusCommandIdConflict, 0x003},
    {Id::StatusDataTransferError, 0x004},
    {Id::StatusAbortedPowerLoss, 0x005},
    {Id::StatusInternalError, 0x006},
    {Id::StatusAbortRequested, 0x007},
    {Id::StatusAbortedSqDeletion, 0x008},
    {Id::StatusInvalidNamespace, 0x00B},
    {Id::StatusCommandSequenceError, 0x00C},
    {Id::StatusPrpOffsetInvalid, 0x013},
    {Id::StatusLbaOutOfRange, 0x080},
    {Id::StatusCapacityExceeded, 0x081},
    {Id::StatusNamespaceNotReady, 0x082},
    {Id::StatusCqInvalid, 0x100},
    {Id::StatusInvalidQueueId, 0x101},
    {Id::StatusInvalidQueueSize, 0x102},
    {Id::StatusAbortLimitExceeded, 0x103},
    {Id::StatusAerLimitExceeded, 0x105},
    {Id::StatusInvalidInterruptVector, 0x108},
    {Id::StatusInvalidQueueDeletion, 0x10C},
    {Id::StatusFeatureNotSaveable, 0x10D},
    {Id::StatusFeatureNotChangeable, 0x10E},
    {Id::StatusInvalidControllerId, 0x11F},
    {Id::StatusInvalidSecondaryState, 0x120},
    {Id::StatusInvalidResourceCount, 0x121},
    {Id::StatusInvalidResourceId, 0x122},
    {Id::StatusInvalidCdq, 0x137},
    {Id::StatusNotEnoughResources, 0x138},
    {Id::StatusControllerSuspended, 0x139},
    {Id::StatusControllerNotSuspended, 0x13A},
    {Id::StatusCdqFull, 0x13B},
    {Id::StatusWriteFault, 0x280},
    {Id::StatusUnrecoveredReadError, 0x281},
    {Id::StatusAbortedByHost, 0x371},
    // Encodings
    {Id::SelSuspend, 0},
    {Id::SelResume, 1},
    {Id::SelSetControllerState, 2},
    {Id::SelGetControllerState, 0},
    {Id::StypeNotification, 0},
    {Id::StypeSuspend, 1},
    {Id::SeqindMiddle, 0},
    {Id::SeqindFirst, 1},
    {Id::SeqindLast, 2},
    {Id::SeqindOnly, 3},
    {Id::SendNumdIsZeroBased, 0},
    {Id::ReceiveNumdIsZeroBased, 1},
    {Id::SelCreateCdq, 0},
    {Id::SelDeleteCdq, 1},
    {Id::CdqTypeUdmq, 0},
    {Id::SelLogUserDataChanges, 0},
    {Id::SelTrackMemoryChanges, 1},
    {Id::LactStop, 0},
    {Id::LactStart, 1},
    {Id::CnsNamespace, 0x00},
    {Id::CnsController, 0x01},
    {Id::CnsActiveNamespaces, 0x02},
    {Id::CnsNamespaceDescriptors, 0x03},
    {Id::CnsCommandSetNamespace, 0x05},
    {Id::CnsCommandSetController, 0x06},
    {Id::CnsPrimaryCapabilities, 0x14},
    {Id::CnsSecondaryControllers, 0x15},
    {Id::CnsControllerStateFormats, 0x20},
    {Id::FeatureArbitration, 0x01},
    {Id::FeaturePowerManagement, 0x02},
    {Id::FeatureTemperatureThreshold, 0x04},
    {Id::FeatureErrorRecovery, 0x05},
    {Id::FeatureVolatileWriteCache, 0x06},
    {Id::FeatureNumberOfQueues, 0x07},
    {Id::FeatureInterruptCoalescing, 0x08},
    {Id::FeatureInterruptVector, 0x09},
    {Id::FeatureAsyncEventConfig, 0x0B},
    {Id::FeatureWriteAtomicity, 0x0A},
    {Id::FeatureCdq, 0x21},
    {Id::LogSupportedPages, 0x00},
    {Id::LogErrors, 0x01},
    {Id::LogHealth, 0x02},
    {Id::LogFirmware, 0x03},
    {Id::LogCommands, 0x05},
    {Id::LogFeatures, 0x12},
    {Id::LogManagement, 0x13},
    {Id::StatusInvalidLogPage, 0x109},
    {Id::CseNamespace, 1},
    {Id::CseNamespaces, 2},
    {Id::ScopeNamespace, 1 << 0},
    {Id::ScopeController, 1 << 1},
    {Id::ScopeSubsystem, 1 << 5},
    {Id::ScopeCdq, 1 << 6},
};

std::uint16_t bits_of(std::uint32_t mask) {
    std::uint16_t count = 0;
    for (; mask != 0; mask >>= 1) {
        ++count;
    }
    return count;
}

}  // namespace

// The rows as they are printed, whatever mutant is in force: code that reads them is tested by what
// it does.
TEST_CASE("libnvme places the members of structures where the rows do") {
    for (const Bytes& member : members) {
        const spec::Row& row = spec::row(member.id);
        CAPTURE(row.name, row.title);
        CHECK(row.place.bit == member.first * 8);
        CHECK(row.place.width == member.count * 8);
    }
}

TEST_CASE("libnvme shifts and masks fields as the rows do") {
    for (const Bits& field : fields) {
        const spec::Row& row = spec::row(field.id);
        CAPTURE(row.name, row.title);
        CHECK(row.place.bit == field.byte * 8 + field.shift);
        CHECK(row.place.width == bits_of(field.mask));
    }
}

TEST_CASE("libnvme's sizes, opcodes, statuses and encodings are those of the rows") {
    for (const Number& number : numbers) {
        const spec::Row& row = spec::row(number.id);
        CAPTURE(row.name, row.title);
        CHECK(row.value == number.value);
    }
}
