#include "tests/fuzz/vfio_user_guest.hpp"

#include <algorithm>
#include <cstring>

#include "model/nvme/property.hpp"
#include "model/spec/codes.hpp"
#include "model/wire/bits.hpp"
#include "model/wire/cqe.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace lmsim::fuzz {

namespace reg = nvme::property;
using Kind = SharedFile::Kind;
using wire::Sqe;

namespace {

// Pages of the main memory: rings first, then a state of a controller, a list, and data.
constexpr std::uint64_t state_page = 16;
constexpr std::uint64_t list_page = 24;
constexpr std::uint64_t data_page = 28;
constexpr std::uint32_t interrupts_and_contiguous = 3;

}  // namespace

Guest::Guest() {
    own_.address = own_at;
    own_.bytes.assign(other_pages * page, 0);
    for (std::uint16_t i = 0; i < queues; ++i) {
        rings_[i].sq = main_at + 2 * i * page;
        rings_[i].cq = rings_[i].sq + page;
    }
}

SharedFile& Guest::file(Kind kind) {
    return kind == Kind::Sealed ? main_ : kind == Kind::Unsealed ? unsealed_ : constant_;
}

bool Guest::check() {
    const bool first = main_.check();
    const bool second = unsealed_.check();
    return constant_.check() && first && second;
}

void Guest::poke(std::uint64_t address, const void* from, std::uint64_t bytes) {
    if (address - main_at < main_.size()) {
        main_.write(address - main_at, from, bytes);
    } else if (address - unsealed_at < unsealed_.size()) {
        unsealed_.write(address - unsealed_at, from, bytes);
    } else if (address - own_at < own_.bytes.size()) {
        bytes = std::min(bytes, own_.bytes.size() - (address - own_at));
        std::memcpy(own_.bytes.data() + (address - own_at), from, bytes);
    }
}

void Guest::peek(std::uint64_t address, void* to, std::uint64_t bytes) const {
    std::memset(to, 0, bytes);
    if (address - main_at < main_.size()) {
        main_.read(address - main_at, to, bytes);
    } else if (address - unsealed_at < unsealed_.size()) {
        unsealed_.read(address - unsealed_at, to, bytes);
    } else if (address - own_at < own_.bytes.size()) {
        bytes = std::min(bytes, own_.bytes.size() - (address - own_at));
        std::memcpy(to, own_.bytes.data() + (address - own_at), bytes);
    }
}

void Guest::put(std::uint16_t queue, const Sqe& sqe) {
    Ring& ring = rings_[queue];
    std::uint8_t bytes[Sqe::size];
    wire::encode(sqe, bytes);
    poke(ring.sq + ring.tail * Sqe::size, bytes, sizeof bytes);
    ring.tail = (ring.tail + 1) % entries;
}

Guest::Writes Guest::enable(Choices& choices) {
    for (std::uint16_t i = 0; i < queues; ++i) {
        Ring& ring = rings_[i];
        // Rings may be in memory of any kind, even in such that takes no completions.
        const std::uint64_t at = choices.one_in(12) ? choices.pick({unsealed_at, own_at})
                                 : choices.one_in(100)
                                     ? choices.pick({constant_at, std::uint64_t{0}, choices.next()})
                                     : main_at;
        ring = Ring{};
        ring.sq = at + 2 * i * page;
        ring.cq = ring.sq + page;
        const std::uint8_t zeros[16 * entries] = {};
        poke(ring.cq, zeros, sizeof zeros);
    }
    const Ring& ring = rings_[0];
    const auto low = [](std::uint64_t value) { return static_cast<std::uint32_t>(value); };
    return {{reg::AQA, (entries - 1) << 16 | (entries - 1)},
            {reg::ASQ, low(ring.sq)},
            {reg::ASQ + 4, low(ring.sq >> 32)},
            {reg::ACQ, low(ring.cq)},
            {reg::ACQ + 4, low(ring.cq >> 32)},
            {reg::CC, choices.one_in(30) ? choices.number32() : reg::cc::enabled}};
}

Guest::Writes Guest::create_queues() {
    for (std::uint16_t i = 1; i < queues; ++i) {
        Sqe sqe;
        sqe.cid = static_cast<std::uint16_t>(0x100 + i);
        sqe.opcode = spec::opcode::AdminCreateCq;
        sqe.cdw10 = (entries - 1) << 16 | i;
        sqe.cdw11 = std::uint32_t{i} << 16 | interrupts_and_contiguous;
        sqe.prp1 = rings_[i].cq;
        put(0, sqe);
        sqe.cid = static_cast<std::uint16_t>(0x200 + i);
        sqe.opcode = spec::opcode::AdminCreateSq;
        sqe.cdw11 = std::uint32_t{i} << 16 | 1U;
        sqe.prp1 = rings_[i].sq;
        put(0, sqe);
    }
    return {{reg::sq_doorbell(0), rings_[0].tail}};
}

Guest::Writes Guest::submit(Choices& choices) {
    const auto queue = static_cast<std::uint16_t>(choices.below(queues));
    for (std::uint64_t left = 1 + choices.below(4); left > 0; --left) {
        put(queue, command(choices, queue));
    }
    const std::uint32_t tail = choices.one_in(200) ? choices.number32() : rings_[queue].tail;
    return {{reg::sq_doorbell(queue), tail}};
}

Guest::Writes Guest::reap(Choices& choices, std::uint16_t queue) {
    Ring& ring = rings_[queue];
    for (std::uint32_t left = entries; left > 0; --left) {
        std::uint8_t entry[wire::Cqe::size];
        peek(ring.cq + wire::Cqe::size * ring.head, entry, sizeof entry);
        if (wire::phase_of(entry) != ring.phase) {
            break;
        }
        ring.head = (ring.head + 1) % entries;
        ring.phase = ring.phase != (ring.head == 0);
    }
    return {{reg::cq_doorbell(queue), choices.one_in(200) ? choices.number32() : ring.head}};
}

std::uint64_t Guest::data(Choices& choices) {
    const std::uint64_t at = choices.below(16);
    switch (choices.below(40)) {
        case 0: return choices.next();
        case 1: return unsealed_at + at * page;
        case 2: return constant_at + at * page;
        case 3: return own_at + at * page;
        case 4: return main_at + (main_pages - 1) * page + 4 * choices.below(1024);
        case 5:  // into the rings
            return main_at + (choices.one_in(10) ? at : data_page) * page;
        case 6: return ~std::uint64_t{0} - choices.below(8192);
        case 7: return own_at + (other_pages - 1) * page;
        default: return main_at + (data_page + choices.below(32)) * page;
    }
}

/// Data that a command may name: dwords that are mostly small.
void Guest::fill(Choices& choices, std::uint64_t address) {
    std::uint8_t bytes[64 * 4];
    for (std::size_t i = 0; i < sizeof bytes; i += 4) {
        const std::uint32_t dword = choices.one_in(2) ? 0 : choices.number32();
        wire::store_le(bytes + i, dword);
    }
    poke(address, bytes, sizeof bytes);
}

void Guest::name_data(Choices& choices, Sqe& sqe) {
    sqe.prp1 = data(choices) + (choices.one_in(8) ? choices.below(4096) : 0);
    sqe.prp2 = data(choices);
    if (choices.one_in(3)) {  // a list
        const std::uint64_t list = main_at + list_page * page;
        std::uint8_t bytes[8 * 32];
        for (std::size_t i = 0; i < sizeof bytes; i += 8) {
            wire::store_le(bytes + i, choices.one_in(20) ? list : data(choices));
        }
        const std::uint64_t skip = choices.one_in(4) ? page - 8 * choices.below(16) : 0;
        poke(list + skip, bytes, sizeof bytes);
        sqe.prp2 = list + skip;
    }
}

Sqe Guest::io(Choices& choices) {
    using namespace spec::opcode;
    Sqe sqe;
    sqe.opcode = choices.pick({NvmFlush, NvmWrite, NvmRead, NvmCompare, NvmWriteZeroes,
                               NvmDatasetManagement, NvmRead, NvmWrite});
    name_data(choices, sqe);
    sqe.cdw10 =
        choices.one_in(4) ? choices.number32() : static_cast<std::uint32_t>(choices.below(4000));
    sqe.cdw12 = static_cast<std::uint32_t>(choices.below(choices.one_in(3) ? 64 : 8));
    if (sqe.opcode == NvmDatasetManagement) {
        sqe.cdw10 &= 15;
        sqe.cdw11 = 4;
        fill(choices, sqe.prp1);
    } else if (choices.one_in(8)) {
        sqe.cdw11 = choices.number32();
        sqe.cdw12 = choices.number32();
    }
    return sqe;
}

Sqe Guest::admin(Choices& choices) {
    using namespace spec::opcode;
    Sqe sqe;
    sqe.opcode = choices.pick({AdminDeleteSq,
                               AdminCreateSq,
                               AdminGetLogPage,
                               AdminDeleteCq,
                               AdminCreateCq,
                               AdminIdentify,
                               AdminAbort,
                               AdminSetFeatures,
                               AdminGetFeatures,
                               AdminAer,
                               AdminNamespaceManagement,
                               AdminNamespaceAttachment,
                               AdminVirtualization,
                               AdminTrackSend,
                               AdminTrackReceive,
                               AdminMigrationSend,
                               AdminMigrationReceive,
                               AdminCdq,
                               AdminFormatNvm,
                               AdminSanitize,
                               AdminGetLbaStatus,
                               AdminMigrationSend,
                               AdminCdq});
    name_data(choices, sqe);
    fill(choices, sqe.prp1);
    for (std::uint32_t* dword :
         {&sqe.cdw10, &sqe.cdw11, &sqe.cdw12, &sqe.cdw13, &sqe.cdw14, &sqe.cdw15}) {
        const auto small = [&] { return static_cast<std::uint32_t>(choices.below(4)); };
        *dword = choices.one_in(6) ? choices.number32() : small() | small() << 16;
    }
    if (sqe.opcode == AdminSetFeatures || sqe.opcode == AdminGetFeatures) {
        sqe.cdw10 = static_cast<std::uint32_t>(choices.below(48));
    } else if (sqe.opcode == AdminIdentify || sqe.opcode == AdminGetLogPage) {
        sqe.cdw10 = static_cast<std::uint32_t>(choices.below(32)) | (choices.number32() << 16);
        sqe.cdw11 = choices.one_in(4) ? sqe.cdw11 : 0;
        sqe.cdw12 = choices.one_in(4) ? sqe.cdw12 : 0;
    } else if (sqe.opcode == AdminCreateSq || sqe.opcode == AdminCreateCq) {
        sqe.cdw10 = (entries - 1) << 16 | static_cast<std::uint32_t>(choices.below(queues));
        sqe.cdw11 |= 1;
        sqe.prp1 = choices.pick({rings_[1].sq, rings_[2].cq, rings_[0].sq, sqe.prp1});
    } else if (sqe.opcode == AdminMigrationSend || sqe.opcode == AdminMigrationReceive) {
        // One state comes out, and what is in its place goes in.
        sqe.prp1 = main_at + state_page * page;
        sqe.prp2 = sqe.prp1 + page;
        sqe.cdw15 = static_cast<std::uint32_t>(choices.below(2048));
        if (choices.one_in(4)) {
            fill(choices, sqe.prp1 + 4 * choices.below(512));
        }
    }
    return sqe;
}

Sqe Guest::command(Choices& choices, std::uint16_t queue) {
    Sqe sqe;
    const std::uint64_t kind = queue == 0 ? choices.below(8) : 8;
    switch (kind) {
        case 0:
        case 1: sqe = migration(choices); break;
        case 2: sqe = tracking(choices); break;
        case 3: sqe = namespaces(choices); break;
        case 8: sqe = io(choices); break;
        default: sqe = admin(choices); break;
    }
    sqe.cid = static_cast<std::uint16_t>(choices.below(64));
    if (kind > 3) {
        sqe.nsid =
            choices.one_in(6)
                ? choices.pick({0U, 0xffffffffU, 0xfffffffeU, 256U, 257U, choices.number32()})
                : 1 + static_cast<std::uint32_t>(choices.below(3));
    }
    if (choices.one_in(12)) {
        std::uint8_t bytes[Sqe::size];
        wire::encode(sqe, bytes);
        for (std::uint64_t left = 1 + choices.below(4); left > 0; --left) {
            bytes[choices.below(sizeof bytes)] = static_cast<std::uint8_t>(choices.next() >> 32);
        }
        sqe = wire::decode_sqe(bytes);
    }
    return sqe;
}

}  // namespace lmsim::fuzz
