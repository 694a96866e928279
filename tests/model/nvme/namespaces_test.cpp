#include "tests/model/nvme/namespaces.hpp"

using namespace lmsim;
using namespace lmsim::nvme;
using namespace lmsim::nvme::bench;
using spec::Id;
using wire::NamespaceSelect;

namespace {

using Nsids = std::vector<std::uint32_t>;
using Cntlids = std::vector<std::uint16_t>;

wire::NamespaceCreate wanted(std::uint64_t blocks) {
    wire::NamespaceCreate data;
    data.nsze = blocks;
    data.ncap = blocks;
    data.nmic = 1;
    return data;
}

}  // namespace

TEST_CASE("one namespace for all, from the start") {
    Rig rig;
    for (Driver* driver : {&rig.pf, &rig.vf1, &rig.vf2}) {
        CHECK(rig.list(*driver, 0x02) == Nsids{1});
        CHECK(rig.read(*driver, 1) == 0);
        CHECK(rig.page(*driver, 1).nguid == rig.page(rig.pf, 1).nguid);
    }
    CHECK(rig.read(rig.vf1, 1, 99'999) == 0);
    CHECK(rig.read(rig.vf1, 1, 100'000) == 0x080);
}

TEST_CASE("a private namespace for each VF, from the start") {
    Config config = small_namespaces();
    config.private_namespaces = true;
    Rig rig(config);
    CHECK(rig.list(rig.pf, 0x02).empty());
    CHECK(rig.list(rig.pf, 0x10) == Nsids{1, 2});
    CHECK(rig.list(rig.vf1, 0x02) == Nsids{1});
    CHECK(rig.list(rig.vf2, 0x02) == Nsids{2});
    CHECK(rig.read(rig.vf2, 2) == 0);
    CHECK(rig.read(rig.vf2, 1) == 0x002);
    CHECK(rig.page(rig.vf1, 1).nguid != rig.page(rig.vf2, 2).nguid);
    CHECK(rig.write(rig.vf1, 1, 5, 2) == 0);
    CHECK(rig.page(rig.vf1, 1).nuse == 2);
    CHECK(rig.page(rig.vf2, 2).nuse == 0);
    CHECK(rig.attach(2, {0}) == 0);  // who moves its data has to read them
    CHECK(rig.read(rig.pf, 2) == 0);
}

TEST_CASE("several private namespaces for each VF, of which others reach some") {
    Config config = small_namespaces();
    config.private_namespaces = true;
    config.vf_namespaces = 2;
    config.vf_blocks[1] = 5'000;
    config.vf_reachable = 2;
    config.capacity = 0;
    const auto nguids = [&] {
        std::vector<wire::Nguid> all;
        Rig rig(config);
        for (const std::uint32_t nsid : {1U, 2U, 3U, 4U}) {
            all.push_back(rig.page(rig.pf, nsid, 0x11).nguid);
        }
        return all;
    };
    Rig rig(config);
    CHECK(rig.list(rig.vf1, 0x02) == Nsids{1, 2});
    CHECK(rig.list(rig.vf2, 0x02) == Nsids{3, 4});
    CHECK(rig.page(rig.vf2, 3).nsze == 100'000);
    CHECK(rig.page(rig.vf2, 4).nsze == 5'000);
    CHECK(rig.read(rig.vf2, 4, 4'999) == 0);
    CHECK(rig.read(rig.vf2, 4, 5'000) == 0x080);
    // There is room for as many as there are, and no more.
    CHECK(rig.create(1).status != 0);
    CHECK(rig.remove(4) == 0);
    CHECK(rig.create(5'001).status != 0);
    CHECK(rig.create(5'000).dw0 == 4);
    // The same device elsewhere: the second ones are the same.
    const std::vector<wire::Nguid> here = nguids();
    config.nguid_seed = 2;
    const std::vector<wire::Nguid> there = nguids();
    CHECK(here[0] != there[0]);
    CHECK(here[1] == there[1]);
    CHECK(here[2] != there[2]);
    CHECK(here[3] == there[3]);
    CHECK(here[1] != here[3]);
}

TEST_CASE("identities come from the seed") {
    Config config = small_namespaces();
    const auto nguid = [&] {
        Rig rig(config);
        return rig.page(rig.pf, 1).nguid;
    };
    const wire::Nguid first = nguid();
    CHECK(nguid() == first);
    CHECK(first != wire::Nguid{});
    config.nguid_seed = 2;
    CHECK(nguid() != first);
}

TEST_CASE("a namespace is created, attached, used, detached and deleted") {
    Rig rig;
    const wire::Cqe made = rig.create(1000);
    REQUIRE(made.status == 0);
    CHECK(made.dw0 == 2);
    CHECK(rig.list(rig.pf, 0x10) == Nsids{1, 2});
    CHECK(rig.list(rig.vf1, 0x02) == Nsids{1});
    CHECK(rig.read(rig.vf1, 2) == 0x002);
    CHECK(rig.attach(2, {1, 2}) == 0);
    CHECK(rig.controllers(0x12, 2) == Cntlids{1, 2});
    CHECK(rig.read(rig.vf1, 2, 999) == 0);
    CHECK(rig.read(rig.vf1, 2, 1000) == 0x080);
    CHECK(rig.read(rig.pf, 2) == 0x002);
    CHECK(rig.detach(2, {1}) == 0);
    CHECK(rig.controllers(0x12, 2) == Cntlids{2});
    CHECK(rig.read(rig.vf1, 2) == 0x002);
    CHECK(rig.read(rig.vf2, 2) == 0);
    CHECK(rig.remove(2) == 0);
    CHECK(rig.read(rig.vf2, 2) == 0x002);  // detached by its deletion
    CHECK(rig.list(rig.pf, 0x10) == Nsids{1});
    CHECK(rig.controllers(0x12, 2).empty());
}

TEST_CASE("attachment and namespaces outlive resets") {
    Rig rig;
    REQUIRE(rig.create(1000).status == 0);
    REQUIRE(rig.attach(2, {1}) == 0);
    rig.bench.reset(1);
    rig.vf1.enable();
    rig.vf1.create(1, 8);
    CHECK(rig.list(rig.vf1, 0x02) == Nsids{1, 2});
    CHECK(rig.read(rig.vf1, 2) == 0);
}

TEST_CASE("an NSID that is created again is another namespace, and empty") {
    Rig rig;
    const wire::Nguid first = rig.page(rig.pf, 1).nguid;
    REQUIRE(rig.write(rig.vf1, 1, 7, 3) == 0);
    REQUIRE(rig.remove(1) == 0);
    const wire::Cqe made = rig.create(50'000);
    CHECK(made.dw0 == 1);
    CHECK(rig.attach(1, {0}) == 0);
    const wire::IdentifyNamespace page = rig.page(rig.pf, 1);
    CHECK(page.nguid != first);
    CHECK(page.nsze == 50'000);
    CHECK(page.nuse == 0);
    REQUIRE(rig.remove(1) == 0);
    REQUIRE(rig.create(50'000).dw0 == 1);
    REQUIRE(rig.attach(1, {0}) == 0);
    CHECK(rig.page(rig.pf, 1).nguid != page.nguid);
}

TEST_CASE("every condition of Namespace Management: Create") {
    Rig rig;
    wire::NamespaceCreate data = wanted(0);
    CHECK(rig.create(data).status == 0x002);
    data = wanted(10);
    data.ncap = 11;
    CHECK(rig.create(data).status == 0x002);
    data.ncap = 9;
    CHECK(rig.create(data).status == 0x11B);
    data = wanted(10);
    data.flbas = 2;
    CHECK(rig.create(data).status == 0x10A);
    data.flbas = 0x11;
    CHECK(rig.create(data).status == 0x10A);
    data = wanted(10);
    data.dps = 1;
    CHECK(rig.create(data).status == 0x10A);
    data = wanted(10);
    data.anagrpid = 1;
    CHECK(rig.create(data).status == 0x124);
    data = wanted(10);
    data.nvmsetid = 1;
    CHECK(rig.create(data).status == 0x002);
    data = wanted(10);
    data.endgid = 1;
    CHECK(rig.create(data).status == 0x002);
    data = wanted(10);
    data.nmic = 3;
    CHECK(rig.create(data).status == 0x002);
    data = wanted(10);
    CHECK(rig.create(data, {NamespaceSelect::Create, 0, 1}).status == 0x129);
    CHECK(rig.create(data, {NamespaceSelect::Create, 2, 0}).status == 0x002);
    CHECK(rig.list(rig.pf, 0x10) == Nsids{1});  // none of them left anything
    CHECK(rig.create(data).status == 0);
}

TEST_CASE("capacity is bytes, and what is deleted is there again") {
    Rig rig;  // 300'000 blocks of 512 bytes are left
    CHECK(rig.create(300'001).status == 0x115);
    wire::NamespaceCreate large = wanted(37'501);
    large.flbas = 1;  // 4 KiB
    CHECK(rig.create(large).status == 0x115);
    large = wanted(37'500);
    large.flbas = 1;
    REQUIRE(rig.create(large).status == 0);
    CHECK(rig.create(1).status == 0x115);
    CHECK(rig.create(~std::uint64_t{0}).status == 0x115);
    CHECK(rig.remove(2) == 0);
    CHECK(rig.create(300'000).status == 0);
    const auto page = rig.identify(rig.pf, 1);
    const auto id = wire::decode_identify_controller(page.bytes.data(), 4096, rig.bench.rules);
    CHECK(id->tnvmcap == 400'000ULL * 512);
    CHECK(id->unvmcap == 0);
}

TEST_CASE("no NSID is left") {
    Config config = small_namespaces();
    config.queue_pairs = 1;
    NamespaceRig<ProofBounds> rig(config);
    REQUIRE(rig.create(10).dw0 == 2);
    CHECK(rig.create(10).status == 0x116);
    CHECK(rig.remove(1) == 0);
    CHECK(rig.create(10).dw0 == 1);
}

TEST_CASE("every condition of Namespace Management: Delete") {
    Rig rig;
    CHECK(rig.remove(0) == 0x00B);
    CHECK(rig.remove(257) == 0x00B);
    CHECK(rig.remove(0xFFFF'FFFE) == 0x00B);
    CHECK(rig.remove(256) == 0x002);
    wire::Sqe sqe =
        wire::encode(wire::NamespaceManagement{NamespaceSelect::Delete, 1, 0}, rig.bench.rules);
    for (const std::uint32_t sel : {2U, 15U}) {
        sqe.cdw10 = sel;
        CHECK(rig.pf.admin(sqe).status == 0x002);
    }
    CHECK(rig.list(rig.pf, 0x10) == Nsids{1});
}

TEST_CASE("all namespaces are deleted at once, also when there is none") {
    Rig rig;
    REQUIRE(rig.create(10).status == 0);
    REQUIRE(rig.create(10).status == 0);
    REQUIRE(rig.remove(2) == 0);
    CHECK(rig.remove(0xFFFF'FFFF) == 0);
    CHECK(rig.list(rig.pf, 0x10).empty());
    CHECK(rig.list(rig.vf1, 0x02).empty());
    CHECK(rig.remove(0xFFFF'FFFF) == 0);
}

TEST_CASE("every condition of Namespace Attachment") {
    Rig rig;
    REQUIRE(rig.create(10).status == 0);
    CHECK(rig.attach(0, {1}) == 0x00B);
    CHECK(rig.attach(257, {1}) == 0x00B);
    CHECK(rig.attach(0xFFFF'FFFF, {1}) == 0x00B);
    CHECK(rig.attach(3, {1}) == 0x002);
    CHECK(rig.detach(3, {1}) == 0x002);
    CHECK(rig.attach(2, Cntlids{}) == 0x11C);
    CHECK(rig.attach(2, {3}) == 0x11C);
    CHECK(rig.attach(2, {2, 1}) == 0x11C);
    CHECK(rig.attach(2, {1, 1}) == 0x11C);
    std::vector<std::uint8_t> bytes(4096);
    bytes[1] = 8;  // 2048 entries
    CHECK(rig.attachment(NamespaceSelect::Attach, 2, bytes) == 0x11C);
    CHECK(rig.controllers(0x12, 2).empty());
    CHECK(rig.detach(2, {1}) == 0x11A);
    CHECK(rig.attach(2, {1}) == 0);
    CHECK(rig.attach(2, {1}) == 0x118);
    wire::Sqe sqe =
        wire::encode(wire::NamespaceAttachment{NamespaceSelect::Attach, 2}, rig.bench.rules);
    sqe.cdw10 = 2;
    CHECK(rig.pf.admin(rig.pf.with_data(sqe, 4096)).status == 0x002);
}

TEST_CASE("a list ends at its first failure, and what was done stays") {
    Rig rig;
    REQUIRE(rig.create(10).status == 0);
    REQUIRE(rig.attach(2, {1}) == 0);
    CHECK(rig.attach(2, {0, 1, 2}) == 0x118);
    CHECK(rig.controllers(0x12, 2) == Cntlids{0, 1});
    CHECK(rig.detach(2, {1, 2}) == 0x11A);
    CHECK(rig.controllers(0x12, 2) == Cntlids{0});
}

TEST_CASE("a private namespace has one controller at a time") {
    Rig rig;
    REQUIRE(rig.create(10, false).status == 0);
    CHECK(rig.attach(2, {1, 2}) == 0x119);
    CHECK(rig.controllers(0x12, 2) == Cntlids{1});
    CHECK(rig.attach(2, {2}) == 0x119);
    CHECK(rig.detach(2, {1}) == 0);
    CHECK(rig.attach(2, {2}) == 0);
    CHECK(rig.page(rig.vf2, 2).nmic == 0);
}

TEST_CASE("a VF is offered neither management nor attachment nor Sanitize") {
    Rig rig;
    const wire::Sqe manage =
        wire::encode(wire::NamespaceManagement{NamespaceSelect::Delete, 1, 0}, rig.bench.rules);
    CHECK(rig.vf1.admin(manage).status == 0x001);
    const wire::Sqe attach =
        wire::encode(wire::NamespaceAttachment{NamespaceSelect::Detach, 1}, rig.bench.rules);
    CHECK(rig.vf1.admin(rig.vf1.with_data(attach, 4096)).status == 0x001);
    CHECK(rig.vf1.admin(wire::encode(wire::Sanitize{}, rig.bench.rules)).status == 0x001);
    CHECK(rig.list(rig.pf, 0x10) == Nsids{1});
}

TEST_CASE("commands to a namespace that is taken away end as if it had not been there") {
    Rig rig;
    rig.bench.held = [](const Effect& effect) { return effect.kind == EffectKind::Media; };
    rig.vf1.submit(1, rig.vf1.read_one());
    rig.vf1.submit(1, rig.vf1.io(spec::opcode::NvmWrite, 0, 8));
    rig.vf1.submit(1, wire::encode_flush(1));
    rig.vf2.submit(1, rig.vf2.read_one());
    REQUIRE(rig.bench.run());
    REQUIRE(rig.detach(1, {1}) == 0);
    rig.bench.held = nullptr;
    REQUIRE(rig.bench.run());
    const auto done = rig.vf1.reap(1);
    REQUIRE(done.size() == 3);
    for (const wire::Cqe& cqe : done) {
        CHECK(cqe.status == 0x002);
    }
    CHECK(rig.vf2.reap(1)[0].status == 0);
    CHECK(rig.page(rig.pf, 1).nuse == 0);  // the write had no effect
}

TEST_CASE("a write to a namespace that has become smaller meanwhile does not reach beyond it") {
    Rig rig;
    rig.bench.rules.set_on(Id::NamespaceInactive, false);
    rig.bench.held = [](const Effect& effect) { return effect.kind == EffectKind::Media; };
    rig.vf1.submit(1, rig.vf1.io(spec::opcode::NvmWrite, 1000, 8));
    REQUIRE(rig.bench.run());
    REQUIRE(rig.remove(1) == 0);
    REQUIRE(rig.create(1000).dw0 == 1);
    rig.bench.held = nullptr;
    REQUIRE(rig.bench.run());
    CHECK(rig.vf1.reap(1)[0].status == 0x080);
}

TEST_CASE("NV-NM-20 off: a deleted namespace stays attached") {
    Rig rig;
    rig.bench.rules.set_on(Id::NmDeleteDetaches, false);
    REQUIRE(rig.remove(1) == 0);
    CHECK(rig.read(rig.vf1, 1) == 0x080);  // it has no blocks
    CHECK(rig.list(rig.vf1, 0x02).empty());
}

TEST_CASE("NV-NM-21 off: FFFFFFFFh is an NSID like others") {
    Rig rig;
    rig.bench.rules.set_on(Id::NmDeleteAll, false);
    CHECK(rig.remove(0xFFFF'FFFF) == 0x00B);
    CHECK(rig.list(rig.pf, 0x10) == Nsids{1});
}
