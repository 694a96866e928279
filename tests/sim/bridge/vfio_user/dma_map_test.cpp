#include "sim/bridge/vfio_user/dma_map.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <string>

#include "tests/catch.hpp"

using namespace lmsim::sim;
using namespace lmsim::sim::vfio_user;

namespace {

constexpr std::uint64_t page = 4096;
constexpr std::uint32_t both = map_readable | map_writeable;

Fd memory(std::uint64_t pages, int seals = F_SEAL_SHRINK) {
    Fd fd(::memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    REQUIRE(::ftruncate(fd.get(), static_cast<off_t>(pages * page)) == 0);
    REQUIRE(::fcntl(fd.get(), F_ADD_SEALS, seals) == 0);
    return fd;
}

Fd again(const Fd& fd) { return Fd(::fcntl(fd.get(), F_DUPFD_CLOEXEC, 0)); }

/// With flags of its own.
Fd reopened(const Fd& fd, int flags) {
    const std::string link = "/proc/self/fd/" + std::to_string(fd.get());
    Fd other(::open(link.c_str(), flags | O_CLOEXEC));
    REQUIRE(other);
    return other;
}

std::uint8_t byte_of(const Fd& fd, std::uint64_t at) {
    std::uint8_t byte = 0xEE;
    REQUIRE(::pread(fd.get(), &byte, 1, static_cast<off_t>(at)) == 1);
    return byte;
}

/// How often the file is mapped into this process.
int mappings(const std::string& name) {
    std::ifstream maps("/proc/self/maps");
    int count = 0;
    for (std::string line; std::getline(maps, line);) {
        count += line.find(name) != std::string::npos ? 1 : 0;
    }
    return count;
}

struct Rig {
    DmaMap map;
    Rig() { map.enable(true); }

    int add(std::uint64_t address, std::uint64_t size, Fd fd = {}, std::uint64_t offset = 0,
            std::uint32_t flags = both) {
        return map.map({address, size, offset, flags}, std::move(fd));
    }
    bool write(std::uint64_t address, std::uint64_t length, std::uint8_t with = 0x5A) {
        const std::vector<std::uint8_t> bytes(length, with);
        return map.write(address, bytes.data(), length);
    }
    bool read(std::uint64_t address, std::uint64_t length) {
        std::vector<std::uint8_t> bytes(length);
        return map.read(address, bytes.data(), length);
    }
};

}  // namespace

TEST_CASE("DMA: a map that overlaps another is refused", "[bridge][dma]") {
    Rig rig;
    REQUIRE(rig.add(0x10000, 4 * page) == 0);
    CHECK(rig.add(0x10000, 4 * page) == EEXIST);
    CHECK(rig.add(0x10000 - page, 2 * page) == EEXIST);
    CHECK(rig.add(0x10000 + 3 * page, 2 * page) == EEXIST);
    CHECK(rig.add(0x10000 + page, page) == EEXIST);
    CHECK(rig.add(0, ~std::uint64_t{0}) == EEXIST);
    CHECK(rig.add(0x10000 - page, page) == 0);
    CHECK(rig.add(0x10000 + 4 * page, page) == 0);
    CHECK(rig.map.count() == 3);
}

TEST_CASE("DMA: a map of nothing or beyond all addresses is refused", "[bridge][dma]") {
    Rig rig;
    CHECK(rig.add(0x10000, 0) == EINVAL);
    CHECK(rig.add(~std::uint64_t{0} - page + 1, page + 1) == EINVAL);
    CHECK(rig.add(page, ~std::uint64_t{0}) == EINVAL);
    CHECK(rig.map.count() == 0);
    CHECK(rig.add(~std::uint64_t{0} - page + 1, page) == 0);  // the very last page
    CHECK(rig.map.reaches(~std::uint64_t{0}, 1));
    CHECK_FALSE(rig.map.reaches(~std::uint64_t{0}, 2));
}

TEST_CASE("DMA: unmap takes whole maps, and ranges that were never mapped", "[bridge][dma]") {
    Rig rig;
    CHECK(rig.map.unmap(0, std::uint64_t{1} << 63) == 0);
    CHECK(rig.map.unmap(0, 0) == EINVAL);
    CHECK(rig.map.unmap(page, ~std::uint64_t{0}) == EINVAL);
    for (std::uint64_t i = 0; i < 4; ++i) {
        REQUIRE(rig.add(0x10000 + 2 * i * page, page) == 0);
    }
    REQUIRE(rig.add(0x40000, 4 * page) == 0);
    CHECK(rig.map.unmap(0x40000, page) == EINVAL);
    CHECK(rig.map.unmap(0x40000 + page, page) == EINVAL);
    CHECK(rig.map.unmap(0x40000 + 3 * page, 2 * page) == EINVAL);
    CHECK(rig.map.unmap(0, 0x40000 + page) == EINVAL);
    CHECK(rig.map.count() == 5);  // a refusal takes nothing
    CHECK(rig.map.unmap(0x10000 + page, 2 * page) == 0);
    CHECK(rig.map.count() == 4);
    CHECK(rig.map.unmap(0, ~std::uint64_t{0}) == 0);
    CHECK(rig.map.count() == 0);
}

TEST_CASE("DMA: accesses go across maps that touch, and not across holes", "[bridge][dma]") {
    Rig rig;
    const Fd one = memory(4);
    const Fd other = memory(4);
    REQUIRE(rig.add(0x10000, page, again(one), 2 * page) == 0);
    REQUIRE(rig.add(0x11000, page, again(other), page) == 0);
    REQUIRE(rig.add(0x13000, page, again(one)) == 0);
    CHECK(rig.map.reaches(0x10000, 2 * page));
    CHECK(rig.write(0x10800, page, 0x11));
    CHECK(byte_of(one, 2 * page + 0x7ff) == 0);
    CHECK(byte_of(one, 2 * page + 0x800) == 0x11);
    CHECK(byte_of(one, 3 * page) == 0);
    CHECK(byte_of(other, page) == 0x11);
    CHECK(byte_of(other, page + 0x7ff) == 0x11);
    CHECK(byte_of(other, page + 0x800) == 0);
    CHECK(byte_of(other, page - 1) == 0);
    std::uint8_t bytes[2] = {};
    CHECK(rig.map.read(0x10fff, bytes, 2));
    CHECK((bytes[0] == 0x11 && bytes[1] == 0x11));
    CHECK_FALSE(rig.map.reaches(0x11800, page));
    CHECK_FALSE(rig.write(0x11800, page, 0x22));
    CHECK(byte_of(other, page + 0x900) == 0);  // nothing of it was written
    CHECK_FALSE(rig.read(0xffff, 2));
    CHECK_FALSE(rig.read(0x13fff, 2));
    CHECK_FALSE(rig.map.reaches(0x10000, 0));
    CHECK_FALSE(rig.map.reaches(0x10000, ~std::uint64_t{0}));
}

TEST_CASE("DMA: only what is mapped for it is read or written", "[bridge][dma]") {
    Rig rig;
    const Fd file = memory(4);
    REQUIRE(rig.add(0x10000, page, again(file), 0, map_readable) == 0);
    REQUIRE(rig.add(0x11000, page, again(file), page, map_writeable) == 0);
    REQUIRE(rig.add(0x12000, page, again(file), 2 * page, 0) == 0);
    CHECK(rig.read(0x10000, page));
    CHECK_FALSE(rig.write(0x10000, 1));
    CHECK_FALSE(rig.write(0x10fff, 2));
    CHECK_FALSE(rig.read(0x11000, 1));
    CHECK(rig.write(0x11000, page));
    CHECK_FALSE(rig.read(0x10fff, 2));
    CHECK(rig.map.reaches(0x10000, 2 * page));
    CHECK_FALSE(rig.map.reaches(0x12000, 1));
    CHECK(byte_of(file, page - 1) == 0);
    rig.map.enable(false);  // Bus Master Enable
    CHECK_FALSE(rig.map.reaches(0x10000, 1));
    CHECK_FALSE(rig.write(0x11000, 1, 0x77));
    CHECK(byte_of(file, page) == 0x5A);
}

TEST_CASE("DMA: memory that cannot be is refused", "[bridge][dma]") {
    Rig rig;
    const Fd file = memory(4);
    CHECK(rig.add(0x10000, page, again(file), 4 * page) == EINVAL);
    CHECK(rig.add(0x10000, 2 * page, again(file), 3 * page) == EINVAL);
    CHECK(rig.add(0x10000, page, again(file), ~std::uint64_t{0}) == EINVAL);
    CHECK(rig.add(0x10000, page, Fd(::open("/dev/null", O_RDWR | O_CLOEXEC))) == EINVAL);
    CHECK(rig.add(0x10000, page, Fd(::open("/", O_RDONLY | O_CLOEXEC))) == EINVAL);
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    CHECK(rig.add(0x10000, page, Fd(ends[0])) == EINVAL);
    CHECK(rig.add(0x10000, page, Fd(ends[1])) == EINVAL);
    CHECK(rig.add(0x10000, page, memory(4, F_SEAL_SHRINK | F_SEAL_WRITE)) == EPERM);
    CHECK(rig.add(0x10000, page, reopened(file, O_RDWR | O_APPEND)) == EINVAL);
    CHECK(rig.map.count() == 0);
    CHECK(mappings("memfd:test") == 0);
}

TEST_CASE("DMA: what a descriptor may not do is not done with another", "[bridge][dma]") {
    for (const int seals : {F_SEAL_SHRINK, 0}) {
        CAPTURE(seals);
        Rig rig;
        const Fd file = memory(2, seals);
        REQUIRE(rig.add(0x10000, page, reopened(file, O_RDONLY)) == 0);
        REQUIRE(rig.add(0x20000, page, again(file)) == 0);
        REQUIRE(rig.add(0x30000, page, reopened(file, O_RDONLY)) == 0);
        CHECK(rig.write(0x20000, page));
        CHECK(rig.read(0x10000, page));
        CHECK_FALSE(rig.write(0x10000, page, 0x77));
        CHECK_FALSE(rig.write(0x30000, page, 0x77));
        CHECK(byte_of(file, 0) == 0x5A);
    }
}

TEST_CASE("DMA: a file that appends is not written", "[bridge][dma]") {
    Rig rig;
    const Fd file = memory(2, 0);
    REQUIRE(rig.add(0x10000, page, again(file)) == 0);
    CHECK(rig.write(0x10000, page));
    REQUIRE(::fcntl(file.get(), F_SETFL, O_APPEND) == 0);
    CHECK_FALSE(rig.write(0x10000, page));
    CHECK(::lseek(file.get(), 0, SEEK_END) == 2 * page);
}

TEST_CASE("DMA: a client has so many files and no more", "[bridge][dma]") {
    Rig rig;
    for (std::uint64_t i = 0; i < DmaMap::max_files; ++i) {
        REQUIRE(rig.add(i * page, page, memory(1)) == 0);
    }
    const std::uint64_t next = DmaMap::max_files * page;
    CHECK(rig.add(next, page, memory(1)) == ENOSPC);
    REQUIRE(rig.map.unmap(0, page) == 0);
    CHECK(rig.add(next, page, memory(1)) == 0);
    CHECK(rig.write(page, DmaMap::max_files * page));
    CHECK(rig.add(next + page, page, memory(1)) == ENOSPC);
    rig.map.clear();
    CHECK(rig.add(0, page, memory(1)) == 0);
}

TEST_CASE("DMA: memory that shrinks ends no process", "[bridge][dma]") {
    Rig rig;
    const Fd file = memory(8, 0);
    REQUIRE(rig.add(0x10000, 8 * page, again(file)) == 0);
    CHECK(mappings("memfd:test") == 0);
    CHECK(rig.write(0x10000, 8 * page));
    REQUIRE(::ftruncate(file.get(), 2 * page) == 0);
    CHECK(rig.read(0x10000, 2 * page));
    CHECK_FALSE(rig.read(0x11000, 2 * page));
    CHECK_FALSE(rig.read(0x14000, 4));
    CHECK(rig.write(0x10000, 2 * page, 0x33));
    CHECK(byte_of(file, 0) == 0x33);
}

TEST_CASE("DMA: a file that has grown is mapped anew for what is behind", "[bridge][dma]") {
    Rig rig;
    const Fd file = memory(2);
    REQUIRE(rig.add(0x10000, 2 * page, again(file)) == 0);
    CHECK(rig.add(0x20000, page, again(file), 2 * page) == EINVAL);
    REQUIRE(::ftruncate(file.get(), 4 * page) == 0);
    CHECK(rig.add(0x20000, page, again(file), 3 * page) == 0);
    CHECK(rig.write(0x20000, page, 0x44));
    CHECK(byte_of(file, 3 * page) == 0x44);
    CHECK(rig.write(0x10000, 2 * page, 0x45));
    CHECK(byte_of(file, page) == 0x45);
}

TEST_CASE("DMA: as many maps as there may be share one mapping of their file", "[bridge][dma]") {
    Rig rig;
    const Fd file = memory(max_dma_maps + 1);
    const int before = mappings("memfd:test");
    for (std::uint64_t i = 0; i < max_dma_maps; ++i) {
        const int error = rig.add(2 * i * page, page, again(file), i * page);
        if (error != 0) REQUIRE(error == 0);
    }
    CHECK(rig.map.count() == max_dma_maps);
    CHECK(mappings("memfd:test") == before + 1);
    CHECK(rig.add(2 * max_dma_maps * page, page, again(file)) == ENOSPC);
    CHECK(rig.write(2 * (max_dma_maps - 1) * page, page, 0x66));
    CHECK(byte_of(file, (max_dma_maps - 1) * page) == 0x66);
    CHECK(rig.map.unmap(0, ~std::uint64_t{0}) == 0);
    CHECK(mappings("memfd:test") == before);
}

TEST_CASE("DMA: files that were unmapped leave nothing behind", "[bridge][dma]") {
    Rig rig;
    const Fd probe(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    const int next = probe.get() + 1;
    for (int i = 0; i < 2000; ++i) {
        REQUIRE(rig.add(0x10000, page, memory(1)) == 0);
        REQUIRE(rig.map.unmap(0x10000, page) == 0);
    }
    const Fd after(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    CHECK(after.get() == next);
    CHECK(mappings("memfd:test") == 0);
}

namespace {

struct Messages : DmaMessages {
    std::vector<std::pair<std::uint64_t, std::uint32_t>> reads;
    std::vector<std::pair<std::uint64_t, std::uint32_t>> writes;
    bool works = true;

    bool dma_read(std::uint64_t address, std::uint8_t* to, std::uint32_t length) override {
        reads.emplace_back(address, length);
        std::fill_n(to, length, std::uint8_t{0x99});
        return works;
    }
    bool dma_write(std::uint64_t address, const std::uint8_t*, std::uint32_t length) override {
        writes.emplace_back(address, length);
        return works;
    }
};

}  // namespace

TEST_CASE("DMA: memory without a descriptor is asked for", "[bridge][dma]") {
    Rig rig;
    const Fd file = memory(1);
    REQUIRE(rig.add(0x10000, page, again(file)) == 0);
    REQUIRE(rig.add(0x11000, page) == 0);
    CHECK(rig.map.reaches(0x10000, 2 * page));
    CHECK_FALSE(rig.read(0x11000, 4));  // nobody to ask
    Messages messages;
    rig.map.set_messages(&messages);
    std::uint8_t bytes[8] = {};
    CHECK(rig.map.read(0x10ffc, bytes, 8));
    CHECK((bytes[3] == 0 && bytes[4] == 0x99));
    CHECK(rig.write(0x11010, 16));
    messages.works = false;
    CHECK_FALSE(rig.write(0x11020, 16));
    using Calls = std::vector<std::pair<std::uint64_t, std::uint32_t>>;
    CHECK(messages.reads == Calls{{0x11000, 4}});
    CHECK(messages.writes == Calls{{0x11010, 16}, {0x11020, 16}});
}
