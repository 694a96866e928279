#include <algorithm>
#include <cstring>
#include <vector>

#include "model/spec/codes.hpp"
#include "model/wire/admin.hpp"
#include "model/wire/bits.hpp"
#include "model/wire/cqe.hpp"
#include "model/wire/namespace_commands.hpp"
#include "model/wire/nvm.hpp"
#include "sim/bridge/block_store.hpp"
#include "sim/device/nvme_device.hpp"
#include "tests/catch.hpp"

// A device behind a bridge moves the bytes themselves.

using namespace lmsim;
using namespace lmsim::sim;
namespace op = lmsim::spec::opcode;

namespace {

constexpr std::uint64_t page = 4096;
constexpr std::uint32_t entries = 16;
constexpr std::uint32_t block = 512;
constexpr Ps slow = 1'000'000'000;

/// A peer's memory, from address 0 on.
struct PeerMemory : Dma {
    std::vector<std::uint8_t> bytes = std::vector<std::uint8_t>(256 * page);

    bool reaches(std::uint64_t address, std::uint64_t length) const override {
        return length != 0 && address < bytes.size() && length <= bytes.size() - address;
    }
    bool read(std::uint64_t address, std::uint8_t* to, std::uint64_t length) override {
        if (!reaches(address, length)) return false;
        std::memcpy(to, bytes.data() + address, length);
        return true;
    }
    bool write(std::uint64_t address, const std::uint8_t* from, std::uint64_t length) override {
        if (!reaches(address, length)) return false;
        std::memcpy(bytes.data() + address, from, length);
        return true;
    }
    void fill(std::uint64_t address, std::uint64_t length, std::uint8_t value) {
        std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(address), length, value);
    }
    bool all(std::uint64_t address, std::uint64_t length, std::uint8_t value) const {
        const auto begin = bytes.begin() + static_cast<std::ptrdiff_t>(address);
        return std::all_of(begin, begin + static_cast<std::ptrdiff_t>(length),
                           [&](std::uint8_t byte) { return byte == value; });
    }
};

DeviceTiming timing() {
    DeviceTiming device;
    device.config.blocks = 4096;
    device.config.capacity = 16 * 1024 * 1024;
    device.media_write = Distribution(fixed(Time{slow}));  // commands can overtake a Write
    return device;
}

/// The PF (function 0) and a VF, each with an admin queue and, if it wants, a pair of I/O queues.
struct Rig {
    spec::Rules rules;
    PeerMemory memory;
    BlockStore store;
    Kernel kernel{"kernel"};
    NvmeDevice device{"device", kernel, timing(), rules, 1};
    struct Ring {
        std::uint32_t tail = 0;
        std::uint32_t head = 0;
        bool phase = true;
    };
    Ring rings[2][2];
    wire::Cqe last;

    static constexpr std::uint64_t data = 64 * page;

    Rig() {
        device.use_store(store);
        for (const std::uint16_t function : {0, 1}) {
            device.attach_dma(function, memory);
            DevicePort& port = device.port(function);
            port.write(reg::AQA, (entries - 1) << 16 | (entries - 1), 4);
            port.write(reg::ASQ, sq(function, 0), 8);
            port.write(reg::ACQ, cq(function, 0), 8);
            port.write(reg::CC, reg::cc::enabled, 4);
            kernel.run_until(ps_never);
        }
        wire::CreateCq create_cq;
        create_cq.qid = 1;
        create_cq.qsize = entries - 1;
        create_cq.prp1 = cq(1, 1);
        REQUIRE(run(1, 0, wire::encode(create_cq, rules)) == 0);
        wire::CreateSq create_sq;
        create_sq.qid = create_sq.cqid = 1;
        create_sq.qsize = entries - 1;
        create_sq.prp1 = sq(1, 1);
        REQUIRE(run(1, 0, wire::encode(create_sq, rules)) == 0);
    }
    static std::uint64_t sq(std::uint16_t function, std::uint16_t queue) {
        return (1 + 4 * function + 2 * queue) * page;
    }
    static std::uint64_t cq(std::uint16_t function, std::uint16_t queue) {
        return sq(function, queue) + page;
    }

    /// The status of the command.
    int run(std::uint16_t function, std::uint16_t queue, const wire::Sqe& sqe) {
        start(function, queue, sqe);
        kernel.run_until(ps_never);
        return status(function, queue);
    }
    void start(std::uint16_t function, std::uint16_t queue, const wire::Sqe& sqe) {
        Ring& ring = rings[function][queue];
        wire::encode(sqe, memory.bytes.data() + sq(function, queue) + 64 * ring.tail);
        ring.tail = (ring.tail + 1) % entries;
        device.port(function).write(reg::sq_doorbell(queue), ring.tail, 4);
    }
    int status(std::uint16_t function, std::uint16_t queue) {
        Ring& ring = rings[function][queue];
        const std::uint8_t* const at = memory.bytes.data() + cq(function, queue) + 16 * ring.head;
        if (wire::phase_of(at) != ring.phase) return -1;
        last = wire::decode_cqe(at);
        ring.head = (ring.head + 1) % entries;
        ring.phase = ring.phase != (ring.head == 0);
        device.port(function).write(reg::cq_doorbell(queue), ring.head, 4);
        return last.status;
    }
    int io(std::uint8_t opcode, std::uint64_t slba, std::uint32_t blocks, std::uint64_t prp1 = data,
           std::uint64_t prp2 = 0, std::uint32_t nsid = 1) {
        wire::Sqe sqe =
            wire::encode_nvm(opcode, nsid, {slba, static_cast<std::uint16_t>(blocks - 1), false});
        sqe.prp1 = prp1;
        sqe.prp2 = prp2;
        return run(1, 1, sqe);
    }
    /// The VF writes 8 blocks, and the media have begun.
    void start_write(std::uint8_t value) {
        memory.fill(data, page, value);
        wire::Sqe write = wire::encode_nvm(op::NvmWrite, 1, {0, 7, false});
        write.prp1 = data;
        start(1, 1, write);
        kernel.run_until(kernel.now() + slow / 8);
    }
    /// The status of an admin command of the PF, while commands of the media are under way.
    int run_meanwhile(const wire::Sqe& sqe) {
        start(0, 0, sqe);
        kernel.run_until(kernel.now() + slow / 8);
        return status(0, 0);
    }
    /// NSID 1 again, for the VF.
    void make_namespace() {
        wire::NamespaceCreate create;
        create.nsze = create.ncap = 4096;
        create.nmic = 1;
        wire::encode(create, memory.bytes.data() + data + 8 * page, rules);
        wire::Sqe sqe = wire::encode(wire::NamespaceManagement{}, rules);
        sqe.prp1 = data + 8 * page;
        REQUIRE(run_meanwhile(sqe) == 0);
        CHECK(last.dw0 == 1);
        REQUIRE(attach(true) == 0);
    }
    int attach(bool on) {
        wire::NamespaceAttachment attachment;
        attachment.nsid = 1;
        attachment.select = on ? wire::NamespaceSelect::Attach : wire::NamespaceSelect::Detach;
        wire::Sqe sqe = wire::encode(attachment, rules);
        sqe.prp1 = data + 9 * page;
        std::uint8_t* const controllers = memory.bytes.data() + sqe.prp1;
        wire::store_le<std::uint16_t>(controllers, 1);
        wire::store_le<std::uint16_t>(controllers + 2, 1);
        return run_meanwhile(sqe);
    }
    bool holds(std::uint64_t slba, std::uint32_t blocks, std::uint8_t value,
               std::uint32_t nsid = 1) {
        memory.fill(data + page, page, static_cast<std::uint8_t>(~value));
        return io(op::NvmRead, slba, blocks, data + page, 0, nsid) == 0 &&
               memory.all(data + page, blocks * block, value);
    }
};

}  // namespace

TEST_CASE("payload: what is written is read, and nothing else is touched", "[bridge][payload]") {
    Rig rig;
    CHECK(rig.holds(0, 8, 0));  // never written
    rig.memory.fill(Rig::data, 2 * page, 0x31);
    CHECK(rig.io(op::NvmWrite, 10, 2) == 0);
    CHECK(rig.holds(10, 2, 0x31));
    CHECK(rig.holds(9, 1, 0));
    CHECK(rig.holds(12, 1, 0));
    rig.memory.fill(Rig::data + page, 2 * page, 0xEE);
    CHECK(rig.io(op::NvmRead, 10, 1, Rig::data + page + 512) == 0);
    CHECK(rig.memory.all(Rig::data + page, 512, 0xEE));
    CHECK(rig.memory.all(Rig::data + page + 512, 512, 0x31));
    CHECK(rig.memory.all(Rig::data + page + 1024, page, 0xEE));
}

TEST_CASE("payload: data in pages that a list names", "[bridge][payload]") {
    Rig rig;
    const std::uint64_t list = Rig::data + 16 * page;
    // 5 pages out of order, the first from its middle on.
    const std::uint64_t pages[] = {Rig::data + 9 * page, Rig::data + 2 * page, Rig::data + 7 * page,
                                   Rig::data + 4 * page};
    for (std::size_t i = 0; i < std::size(pages); ++i) {
        wire::store_le(rig.memory.bytes.data() + list + 8 * i, pages[i]);
        rig.memory.fill(pages[i], page, static_cast<std::uint8_t>(0x50 + i));
    }
    rig.memory.fill(Rig::data + page / 2, page / 2, 0x4F);
    CHECK(rig.io(op::NvmWrite, 0, 36, Rig::data + page / 2, list) == 0);
    CHECK(rig.holds(0, 4, 0x4F));
    for (std::uint32_t i = 0; i < 4; ++i) {
        CHECK(rig.holds(4 + 8 * i, 8, static_cast<std::uint8_t>(0x50 + i)));
    }
    for (const std::uint64_t at : pages) rig.memory.fill(at, page, 0);
    CHECK(rig.io(op::NvmRead, 0, 36, Rig::data + page / 2, list) == 0);
    CHECK(rig.memory.all(pages[3], page, 0x53));
    CHECK(rig.memory.all(pages[0], page, 0x50));
}

TEST_CASE("payload: memory that is not there fails the command", "[bridge][payload]") {
    Rig rig;
    const std::uint64_t end = rig.memory.bytes.size();
    CHECK(rig.io(op::NvmWrite, 0, 8, end) == 0x004);  // Data Transfer Error
    CHECK(rig.io(op::NvmRead, 0, 8, end) == 0x004);
    CHECK(rig.io(op::NvmWrite, 0, 16, end - page, end) == 0x004);
    CHECK(rig.io(op::NvmRead, 0, 16, end - page, end) == 0x004);
    CHECK(rig.holds(0, 16, 0));
    CHECK(rig.io(op::NvmRead, 0, 8) == 0);
}

TEST_CASE("payload: Compare compares", "[bridge][payload]") {
    Rig rig;
    rig.memory.fill(Rig::data, page, 0x61);
    REQUIRE(rig.io(op::NvmWrite, 0, 8) == 0);
    CHECK(rig.io(op::NvmCompare, 0, 8) == 0);
    rig.memory.bytes[Rig::data + page - 1] ^= 1;
    CHECK(rig.io(op::NvmCompare, 0, 8) == spec::status::CompareFailure);
    CHECK(rig.io(op::NvmCompare, 0, 7) == 0);
    CHECK(rig.holds(0, 8, 0x61));
}

TEST_CASE("payload: Write Zeroes and Dataset Management make zeros", "[bridge][payload]") {
    Rig rig;
    rig.memory.fill(Rig::data, page, 0x71);
    REQUIRE(rig.io(op::NvmWrite, 0, 8) == 0);
    CHECK(rig.io(op::NvmWriteZeroes, 2, 3) == 0);
    CHECK(rig.holds(0, 2, 0x71));
    CHECK(rig.holds(2, 3, 0));
    CHECK(rig.holds(5, 3, 0x71));
    wire::DatasetManagement command;
    command.ranges = 2;
    command.deallocate = true;
    wire::Sqe sqe = wire::encode(command, 1, rig.rules);
    sqe.prp1 = Rig::data + 8 * page;
    wire::DsmRange range;
    range.slba = 7;
    range.nlb = 1;
    wire::encode(range, rig.memory.bytes.data() + sqe.prp1, rig.rules);
    range.slba = 0;
    wire::encode(range, rig.memory.bytes.data() + sqe.prp1 + 16, rig.rules);
    CHECK(rig.run(1, 1, sqe) == 0);
    CHECK(rig.holds(0, 1, 0));
    CHECK(rig.holds(1, 1, 0x71));
    CHECK(rig.holds(5, 2, 0x71));
    CHECK(rig.holds(7, 1, 0));
    CHECK(rig.run(1, 1, wire::encode_flush(1)) == 0);
}

TEST_CASE("payload: Format and Sanitize take all data with them", "[bridge][payload]") {
    Rig rig;
    rig.memory.fill(Rig::data, page, 0x81);
    REQUIRE(rig.io(op::NvmWrite, 4000, 8) == 0);
    wire::FormatNvm format;
    format.nsid = 1;
    REQUIRE(rig.run(1, 0, wire::encode(format, rig.rules)) == 0);
    CHECK(rig.holds(4000, 8, 0));
    rig.memory.fill(Rig::data, page, 0x82);
    REQUIRE(rig.io(op::NvmWrite, 4000, 8) == 0);
    CHECK(rig.holds(4000, 8, 0x82));
    REQUIRE(rig.run(0, 0, wire::encode(wire::Sanitize{}, rig.rules)) == 0);
    CHECK(rig.holds(4000, 8, 0));
}

TEST_CASE("payload: a namespace that is made anew has nothing of the old one",
          "[bridge][payload]") {
    Rig rig;
    rig.memory.fill(Rig::data, page, 0x91);
    REQUIRE(rig.io(op::NvmWrite, 0, 8) == 0);
    wire::Sqe late = wire::encode_nvm(op::NvmWrite, 1, {0, 7, false});
    late.prp1 = Rig::data;
    rig.start(1, 1, late);
    rig.kernel.run_until(rig.kernel.now() + slow / 2);
    wire::NamespaceManagement remove;
    remove.select = wire::NamespaceSelect::Delete;
    remove.nsid = 1;
    rig.start(0, 0, wire::encode(remove, rig.rules));
    rig.kernel.run_until(rig.kernel.now() + slow / 4);
    REQUIRE(rig.status(0, 0) == 0);
    CHECK(rig.status(1, 1) == -1);  // the Write is still under way
    rig.kernel.run_until(ps_never);
    CHECK(rig.status(1, 1) > 0);
    CHECK(rig.io(op::NvmRead, 0, 8) != 0);
    rig.make_namespace();
    CHECK(rig.holds(0, 8, 0, 1));
}

TEST_CASE("payload: a Write that comes late does not touch a namespace made anew",
          "[bridge][payload]") {
    Rig rig;
    rig.start_write(0xA1);
    wire::NamespaceManagement remove;
    remove.select = wire::NamespaceSelect::Delete;
    remove.nsid = 1;
    REQUIRE(rig.run_meanwhile(wire::encode(remove, rig.rules)) == 0);
    rig.make_namespace();
    CHECK(rig.status(1, 1) == -1);  // the Write is still under way
    rig.kernel.run_until(ps_never);
    CHECK(rig.status(1, 1) >= 0);
    CHECK(rig.holds(0, 8, 0));
}

TEST_CASE("payload: a Write does not touch a namespace detached meanwhile", "[bridge][payload]") {
    Rig rig;
    rig.start_write(0xA1);
    REQUIRE(rig.attach(false) == 0);
    CHECK(rig.status(1, 1) == -1);
    rig.kernel.run_until(ps_never);
    CHECK(rig.status(1, 1) > 0);
    REQUIRE(rig.attach(true) == 0);
    CHECK(rig.holds(0, 8, 0));
}
