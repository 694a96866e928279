#include "model/wire/cdq.hpp"
#include "model/wire/migration.hpp"
#include "model/wire/namespace_commands.hpp"
#include "model/wire/track.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/fuzz/vfio_user_guest.hpp"

// Commands of a migration manager that mean something: what is wrong with them is where they come.

namespace lmsim::fuzz {

using wire::Sqe;

namespace {

// Pages of the main memory.
constexpr std::uint64_t state = Guest::main_at + 16 * page;  // of a controller: out, and in again
constexpr std::uint64_t ranges = Guest::main_at + 22 * page;
constexpr std::uint64_t report = Guest::main_at + 23 * page;
constexpr std::uint64_t queue = Guest::main_at + 60 * page;

}  // namespace

Sqe Guest::migration(Choices& choices) {
    const auto cntlid = static_cast<std::uint16_t>(choices.below(choices.one_in(10) ? 4 : 3));
    const std::uint64_t dwords = choices.pick<std::uint64_t>({2048, 512, 1024, 8});
    const auto seqind = choices.pick({wire::Seqind::Only, wire::Seqind::Only, wire::Seqind::First,
                                      wire::Seqind::Middle, wire::Seqind::Last});
    wire::MigrationReceive receive;
    receive.cntlid = cntlid;
    receive.csvi = choices.pick({std::uint8_t{1}, std::uint8_t{1}, std::uint8_t{0}});
    receive.csuuidi = choices.pick({std::uint8_t{0}, std::uint8_t{1}});
    receive.dwords = dwords;
    const std::uint64_t offset = choices.one_in(3) ? 4 * choices.below(600) : 0;
    Sqe sqe;
    switch (choices.below(8)) {
        case 0:
        case 1:
            sqe = wire::encode(
                wire::MigrationSend::suspend(cntlid,
                                             choices.one_in(4) ? wire::SuspendType::Notification
                                                               : wire::SuspendType::Suspend,
                                             choices.one_in(2)),
                rules());
            break;
        case 2: sqe = wire::encode(wire::MigrationSend::resume(cntlid), rules()); break;
        case 3:
        case 4:
            receive.offset = offset;
            sqe = wire::encode(receive, rules());
            break;
        default:
            sqe = wire::encode(wire::MigrationSend::set_controller_state(
                                   cntlid, seqind, receive.csvi, receive.csuuidi, offset, dwords),
                               rules());
            if (choices.one_in(4)) fill(choices, state + 4 * choices.below(512));
            break;
    }
    sqe.prp1 = state;
    sqe.prp2 = state + page;
    return sqe;
}

Sqe Guest::tracking(Choices& choices) {
    const auto cntlid = static_cast<std::uint16_t>(choices.below(3));
    const auto cdqid = static_cast<std::uint16_t>(choices.below(3));
    switch (choices.below(8)) {
        case 0:
            return wire::encode(
                wire::ControllerDataQueue::create(
                    cntlid, queue, choices.pick({8U, 16U, 64U, 1024U}), !choices.one_in(4)),
                rules());
        case 1: return wire::encode(wire::ControllerDataQueue::remove(cdqid), rules());
        case 2:
            return wire::encode(
                wire::LogUserData{
                    choices.one_in(3) ? wire::LogAction::Stop : wire::LogAction::Start, 0, cdqid},
                rules());
        case 3:
            return wire::encode_set_cdq_feature(
                {cdqid, static_cast<std::uint32_t>(choices.below(12)), choices.one_in(2),
                 static_cast<std::uint32_t>(choices.below(12))},
                rules());
        case 4: return wire::encode_get_cdq_feature(cdqid, rules());
        case 5: {
            Sqe sqe = wire::encode(wire::TrackMemory{!choices.one_in(4), cntlid}, rules());
            const wire::MemoryRange two[] = {
                {main_at, static_cast<std::uint32_t>(1 + choices.below(64))},
                {choices.one_in(3) ? choices.number() : unsealed_at, 16}};
            const auto count = static_cast<std::uint32_t>(1 + choices.below(2));
            std::vector<std::uint8_t> bytes(wire::track_memory_size(count, rules()));
            wire::encode_track_memory(static_cast<std::uint8_t>(choices.below(4)), two, count,
                                      bytes.data(), rules());
            poke(ranges, bytes.data(), bytes.size());
            sqe.prp1 = ranges;
            return sqe;
        }
        default: {
            wire::TrackReceive receive;
            receive.cntlid = cntlid;
            receive.dwords = 1 + choices.below(1024);
            Sqe sqe = wire::encode(receive, rules());
            sqe.prp1 = report;
            return sqe;
        }
    }
}

Sqe Guest::namespaces(Choices& choices) {
    const std::uint32_t nsid = 1 + static_cast<std::uint32_t>(choices.below(4));
    const std::uint64_t data = main_at + 28 * page;
    std::vector<std::uint8_t> bytes(page);
    Sqe sqe;
    switch (choices.below(4)) {
        case 0: {
            wire::NamespaceManagement command;
            command.select =
                choices.pick({wire::NamespaceSelect::Create, wire::NamespaceSelect::Delete});
            command.nsid = command.select == wire::NamespaceSelect::Create ? 0 : nsid;
            wire::NamespaceCreate create;
            create.nsze = create.ncap = 1 + choices.below(4096);
            create.nmic = static_cast<std::uint8_t>(choices.below(2));
            wire::encode(create, bytes.data(), rules());
            sqe = wire::encode(command, rules());
            break;
        }
        case 1:
            sqe = wire::encode(
                wire::NamespaceAttachment{
                    choices.pick({wire::NamespaceSelect::Attach, wire::NamespaceSelect::Detach}),
                    nsid},
                rules());
            wire::store_le<std::uint16_t>(bytes.data(),
                                          static_cast<std::uint16_t>(1 + choices.below(2)));
            wire::store_le<std::uint16_t>(bytes.data() + 2,
                                          static_cast<std::uint16_t>(choices.below(3)));
            break;
        case 2: {
            wire::FormatNvm format;
            format.nsid = choices.one_in(5) ? 0xffffffff : nsid;
            format.format = static_cast<std::uint8_t>(choices.below(3));
            return wire::encode(format, rules());
        }
        default: return wire::encode(wire::Sanitize{}, rules());
    }
    poke(data, bytes.data(), bytes.size());
    sqe.prp1 = data;
    return sqe;
}

}  // namespace lmsim::fuzz
