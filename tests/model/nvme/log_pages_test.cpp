#include "model/nvme/log_pages.hpp"

#include <algorithm>
#include <string>

#include "tests/model/nvme/namespaces.hpp"

using namespace lmsim;
using namespace lmsim::nvme;
using namespace lmsim::nvme::bench;
using spec::Id;

namespace {

struct Answer {
    std::uint16_t status = 0;
    std::vector<std::uint8_t> bytes;

    std::uint32_t dword(std::size_t at) const {
        return wire::load_le<std::uint32_t>(bytes.data() + at);
    }
};

Answer get_log(Driver& driver, const wire::GetLogPage& command) {
    const std::uint64_t bytes = command.dwords * 4;
    const wire::Sqe sqe = wire::encode(command, driver.device().rules);
    const std::uint16_t status = driver.admin(driver.with_data(sqe, bytes)).status;
    return {status, driver.memory().bytes(Driver::data_address, bytes)};
}

wire::GetLogPage page(std::uint8_t lid, std::uint64_t bytes, std::uint64_t offset = 0) {
    wire::GetLogPage command;
    command.lid = lid;
    command.dwords = bytes / 4;
    command.offset = offset;
    return command;
}

}  // namespace

TEST_CASE("supported log pages") {
    Rig rig;
    for (Driver* driver : {&rig.pf, &rig.vf1}) {
        const Answer answer = get_log(*driver, page(0x00, 1024));
        REQUIRE(answer.status == 0);
        for (std::uint32_t lid = 0; lid < 256; ++lid) {
            CAPTURE(lid);
            const bool known = lid <= 3 || lid == 5 || lid == 0x12 || lid == 0x13;
            CHECK(answer.dword(4 * lid) == (known ? 1U : 0U));
            CHECK(get_log(*driver, page(static_cast<std::uint8_t>(lid), 16)).status ==
                  (known ? 0 : 0x109));
        }
    }
}

TEST_CASE("there are no errors to be told of") {
    Rig rig;
    const Answer answer = get_log(rig.vf1, page(0x01, 64));
    REQUIRE(answer.status == 0);
    CHECK(std::count(answer.bytes.begin(), answer.bytes.end(), 0) == 63);
    CHECK(answer.bytes[63] == 1);
    CHECK(get_log(rig.vf1, page(0x01, 4, 64)).status == 0);  // ELPE is 0: one entry
    CHECK(get_log(rig.vf1, page(0x01, 4, 68)).status == 0x002);
}

TEST_CASE("a drive is in good health") {
    Rig rig;
    const Answer answer = get_log(rig.vf1, page(0x02, 512));
    REQUIRE(answer.status == 0);
    const wire::Health health = *wire::decode_health(answer.bytes.data(), 512, rig.bench.rules);
    CHECK(health.cw == 0);
    CHECK(health.ctemp == 313);
    CHECK(health.avsp == 100);
    CHECK(health.avspt == 10);
    CHECK(health.pused == 0);
    CHECK(health.pwc == 1);
    CHECK(health.tsen[0] == 0);
    wire::GetLogPage all = page(0x02, 512);
    all.nsid = 0xffff'ffff;
    CHECK(get_log(rig.vf1, all).bytes == answer.bytes);
    all.nsid = 1;
    CHECK(get_log(rig.vf1, all).status == 0x002);
}

TEST_CASE("health tells what was read and written, in thousands, rounded up") {
    const spec::Rules rules;
    Usage usage{7, 9, 512, 512'001, 3};
    std::uint8_t bytes[512] = {};
    write_health(Config{}, usage, bytes, sizeof bytes, rules);
    const wire::Health health = *wire::decode_health(bytes, sizeof bytes, rules);
    CHECK(health.dur == 1);
    CHECK(health.duw == 2);
    CHECK(health.hrc == 7);
    CHECK(health.hwc == 9);
    CHECK(health.mdie == 3);
}

TEST_CASE("health counts what the media did for the controller's host") {
    struct Counting : Bench<SimBounds> {
        Usage used[3];
        Counting() : Bench(2, small_namespaces()) {}
        Usage* usage(std::uint16_t function) override { return &used[function]; }
    } bench;
    Driver vf(bench, 1);
    vf.enable();
    vf.create(1, 8);
    const auto io = [&](std::uint8_t opcode, std::uint32_t blocks) {
        vf.submit(1, vf.io(opcode, 0, blocks));
        REQUIRE(bench.run());
        return vf.reap(1).at(0).status;
    };
    for (int i = 0; i < 3; ++i) CHECK(io(spec::opcode::NvmWrite, 500) == 0);
    CHECK(io(spec::opcode::NvmRead, 1) == 0);
    CHECK(io(spec::opcode::NvmCompare, 1) == 0);
    CHECK(io(spec::opcode::NvmFlush, 1) == 0);
    CHECK(io(spec::opcode::NvmWriteZeroes, 1) == 0);
    CHECK(bench.used[0].writes == 0);
    CHECK(bench.used[1].bytes_read == 1024);
    const Answer answer = get_log(vf, page(0x02, 512));
    const wire::Health health = *wire::decode_health(answer.bytes.data(), 512, bench.rules);
    CHECK(health.hwc == 3);
    CHECK(health.duw == 2);  // 1500 blocks
    CHECK(health.hrc == 2);
    CHECK(health.dur == 1);
    CHECK(health.mdie == 0);
}

TEST_CASE("one firmware, in slot 1, which is what Identify tells") {
    Rig rig;
    const Answer answer = get_log(rig.vf1, page(0x03, 512));
    CHECK(answer.bytes[0] == 0x01);
    CHECK(std::string(answer.bytes.begin() + 8, answer.bytes.begin() + 16) == "1       ");
    CHECK(std::count(answer.bytes.begin() + 16, answer.bytes.end(), 0) == 496);
    const auto id = rig.identify(rig.vf1, 0x01);
    CHECK(std::equal(id.bytes.begin() + 64, id.bytes.begin() + 72, answer.bytes.begin() + 8));
    CHECK(id.bytes[260] == 0x03);  // FRMW: slot 1 is read-only, and there is no other
    CHECK(id.bytes[261] == 0x26);  // LPA
    CHECK(id.bytes[262] == 0x00);  // ELPE
}

TEST_CASE("exactly the commands that are not invalid opcodes are said to be supported") {
    Config config = small_namespaces();
    config.track_allocation = GENERATE(false, true);
    Rig rig(config);
    for (Driver* driver : {&rig.pf, &rig.vf1}) {
        const Answer effects = get_log(*driver, page(0x05, 4096));
        REQUIRE(effects.status == 0);
        for (std::uint32_t opcode = 0; opcode < 256; ++opcode) {
            CAPTURE(driver->function(), opcode);
            if (opcode == 0x0C) {
                CHECK(effects.dword(4 * opcode) == 0x0020'0001);  // it would wait
                continue;
            }
            wire::Sqe sqe;
            sqe.opcode = static_cast<std::uint8_t>(opcode);
            sqe.nsid = 0xffff'fff0;  // no Format, nothing created or deleted
            sqe.cdw10 = 0xff0f'ffff;
            const bool known = driver->admin(driver->with_data(sqe, 4096)).status != 0x001;
            CHECK((effects.dword(4 * opcode) & 1) == (known ? 1U : 0U));
            CHECK((known || effects.dword(4 * opcode) == 0));
        }
        for (std::uint32_t opcode = 0; opcode < 256; ++opcode) {
            CAPTURE(opcode);
            wire::Sqe sqe;
            sqe.opcode = static_cast<std::uint8_t>(opcode);
            sqe.nsid = 0xffff'fff0;
            const bool known = rig.io(*driver, driver->with_data(sqe, 4096)) != 0x001;
            CHECK((effects.dword(1024 + 4 * opcode) & 1) == (known ? 1U : 0U));
        }
        CHECK(std::all_of(effects.bytes.begin() + 2048, effects.bytes.end(),
                          [](std::uint8_t byte) { return byte == 0; }));
    }
}

TEST_CASE("effects of commands") {
    Rig rig;
    const Answer pf = get_log(rig.pf, page(0x05, 4096));
    const auto admin = [&](std::uint32_t opcode) { return pf.dword(4 * opcode); };
    const auto io = [&](std::uint32_t opcode) { return pf.dword(1024 + 4 * opcode); };
    CHECK(admin(0x06) == 0x0020'0001);  // Identify: the controller's
    CHECK(admin(0x0D) == 0x0212'000B);  // Namespace Management: LBCC, NIC, CSE 010b
    CHECK(admin(0x15) == 0x0031'0009);  // Namespace Attachment: NIC, CSE 001b
    for (const std::uint32_t opcode : {0x1CU, 0x3DU, 0x3EU, 0x41U, 0x42U, 0x45U}) {
        CHECK(admin(opcode) == 0x0020'0001);
    }
    CHECK(admin(0x80) == 0x0012'000F);  // Format NVM: LBCC, NCC, NIC, CSE 010b
    CHECK(admin(0x84) == 0x0202'0003);  // Sanitize: LBCC, CSE 010b, of the subsystem
    for (const std::uint32_t opcode : {0x00U, 0x02U, 0x05U}) CHECK(io(opcode) == 1);
    for (const std::uint32_t opcode : {0x01U, 0x08U, 0x09U}) CHECK(io(opcode) == 3);
    rig.bench.rules.set_value(Id::IoEffectsTellScope, 1);
    CHECK(get_log(rig.pf, page(0x05, 4096)).dword(1024 + 4) == 0x0010'0003);
}

TEST_CASE("features and their scopes") {
    Config config = small_namespaces();
    config.write_cache = GENERATE(false, true);
    Rig rig(config);
    const Answer answer = get_log(rig.vf1, page(0x12, 1024));
    REQUIRE(answer.status == 0);
    for (std::uint32_t fid = 0; fid < 256; ++fid) {
        CAPTURE(fid);
        wire::Sqe get =
            wire::encode(wire::GetFeatures{static_cast<std::uint8_t>(fid), 0, 0}, rig.bench.rules);
        get.nsid = fid == 5 ? 1 : 0;
        const bool known =
            fid == 0x21 || rig.vf1.admin(rig.vf1.with_data(get, 4096)).status != 0x002;
        const std::uint32_t scope = fid == 0x05 ? 0x001 : fid == 0x21 ? 0x040 : 0x002;
        CHECK(answer.dword(4 * fid) == (known ? scope << 20 | 1 : 0));
    }
    CHECK(answer.dword(4 * 6) == (config.write_cache ? 0x0020'0001U : 0U));
    CHECK(answer.dword(4 * 1) == 0x0020'0001);
}

TEST_CASE("no commands of NVMe-MI") {
    Rig rig;
    const Answer answer = get_log(rig.pf, page(0x13, 4096));
    CHECK(answer.status == 0);
    CHECK(std::count(answer.bytes.begin(), answer.bytes.end(), 0) == 4096);
    CHECK(get_log(rig.pf, page(0x13, 4, 4096)).status == 0);
    CHECK(get_log(rig.pf, page(0x13, 4, 4100)).status == 0x002);
}

TEST_CASE("where pages end") {
    Rig rig;
    const std::pair<std::uint8_t, std::uint64_t> sizes[] = {
        {0x00, 1024}, {0x01, 64},   {0x02, 512}, {0x03, 512},
        {0x05, 4096}, {0x12, 1024}, {0x13, 4096}};
    for (const auto& [lid, size] : sizes) {
        CHECK(get_log(rig.pf, page(lid, 4, size)).status == 0);
        CHECK(get_log(rig.pf, page(lid, 4, size + 4)).status == 0x002);
    }
}

TEST_CASE("a part of a page, and what follows its end") {
    Rig rig;
    const Answer whole = get_log(rig.pf, page(0x05, 4096));
    for (const std::uint64_t offset : {0U, 4U, 260U, 4092U, 4096U}) {
        CAPTURE(offset);
        const Answer part = get_log(rig.pf, page(0x05, 64, offset));
        REQUIRE(part.status == 0);
        for (std::size_t i = 0; i < 64; ++i) {
            CHECK(part.bytes[i] == (offset + i < 4096 ? whole.bytes[offset + i] : 0));
        }
    }
    const Answer more = get_log(rig.pf, page(0x02, 32'768));
    REQUIRE(more.status == 0);
    CHECK(std::count(more.bytes.begin() + 512, more.bytes.end(), 0) == 32'256);
    CHECK(get_log(rig.pf, page(0x02, 4, 516)).status == 0x002);
    CHECK(get_log(rig.pf, page(0x02, 4, std::uint64_t{1} << 32)).status == 0x002);
    CHECK(get_log(rig.pf, page(0x02, 4, ~std::uint64_t{3})).status == 0x002);
    CHECK(get_log(rig.pf, page(0x02, 4, 2)).status == 0x002);
    wire::GetLogPage index = page(0x02, 4);
    index.ot = true;
    CHECK(get_log(rig.pf, index).status == 0x002);
}

TEST_CASE("what a page has no use for is not looked at") {
    Rig rig;
    wire::GetLogPage command = page(0x02, 512);
    command.rae = true;
    command.lsp = 0x7f;
    command.lsi = 0xffff;
    command.csi = 0xff;
    command.uidx = 0x7f;
    CHECK(get_log(rig.vf1, command).status == 0);
}

TEST_CASE("more than MDTS allows") {
    Rig rig;
    for (const std::uint64_t dwords : {0x1'0001ULL, 0x1'0000'0000ULL}) {
        wire::GetLogPage command;
        command.lid = 0x02;
        command.dwords = dwords;
        CHECK(rig.vf1.admin(wire::encode(command, rig.bench.rules)).status == 0x002);
    }
}

TEST_CASE("conditions of Get Log Page that are off", "[rows-off]") {
    Rig rig;
    rig.bench.rules = spec::Rules::ratified();
    wire::GetLogPage strange = page(0x00, 8, 1026);
    strange.nsid = 1;
    strange.ot = true;
    for (const Id row :
         {Id::LogOfNamespace, Id::LogIndexOffset, Id::LogOffsetUnaligned, Id::LogOffsetTooLarge}) {
        CHECK(get_log(rig.pf, strange).status == 0x002);
        rig.bench.rules.set_on(row, false);
    }
    const Answer beyond = get_log(rig.pf, strange);
    CHECK(beyond.status == 0);
    CHECK(beyond.bytes == std::vector<std::uint8_t>(8));
    CHECK(get_log(rig.pf, page(0x00, 8, 2)).dword(0) == 1);  // as if the offset were 0
    rig.bench.rules.set_on(Id::LogUnknown, false);
    CHECK(get_log(rig.pf, page(0x04, 8)).status == 0x006);
}
