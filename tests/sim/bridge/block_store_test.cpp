#include "sim/bridge/block_store.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "tests/catch.hpp"

using lmsim::sim::BlockStore;
using Bytes = std::vector<std::uint8_t>;

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t mib = 1U << 20;

struct Folder {
    std::string path;
    Folder() {
        std::string name = (fs::temp_directory_path() / "lmsim-store-XXXXXX").string();
        path = ::mkdtemp(name.data());
    }
    ~Folder() { fs::remove_all(path); }
    std::string file(const std::string& name) const { return path + "/" + name; }
};

bool all(BlockStore& store, std::uint32_t nsid, std::uint64_t at, std::uint64_t length,
         std::uint8_t value) {
    Bytes bytes(length, static_cast<std::uint8_t>(~value));
    return store.read(nsid, at, bytes.data(), length) &&
           std::all_of(bytes.begin(), bytes.end(), [&](std::uint8_t b) { return b == value; });
}

bool put(BlockStore& store, std::uint32_t nsid, std::uint64_t at, std::uint64_t length,
         std::uint8_t value) {
    const Bytes bytes(length, value);
    return store.write(nsid, at, bytes.data(), length);
}

std::uint64_t room_of(const std::string& path) {
    struct stat about {};
    REQUIRE(::stat(path.c_str(), &about) == 0);
    return static_cast<std::uint64_t>(about.st_blocks) * 512;
}

}  // namespace

TEST_CASE("store: namespaces hold bytes, each its own", "[bridge][store]") {
    BlockStore store;
    CHECK(all(store, 1, 5 * mib, 4096, 0));  // never written
    CHECK(put(store, 1, 512, 1024, 0x11));
    CHECK(put(store, 2, 512, 512, 0x22));
    CHECK(all(store, 1, 0, 512, 0));
    CHECK(all(store, 1, 512, 1024, 0x11));
    CHECK(all(store, 2, 512, 512, 0x22));
    CHECK(all(store, 2, 1024, 4096, 0));  // beyond the end of what it ever held
    CHECK(store.deallocate(1, 1024, 512));
    CHECK(all(store, 1, 512, 512, 0x11));
    CHECK(all(store, 1, 1024, 512, 0));
    CHECK(store.deallocate(1, 0, 0));
    CHECK(store.deallocate(3, 4096, 4096));
    CHECK(store.flush());
}

TEST_CASE("store: a file is made as long as its namespace, and keeps what it has",
          "[bridge][store]") {
    const Folder folder;
    const std::string path = folder.file("disk");
    {
        BlockStore store;
        CHECK(store.use_file(1, path, 2 * mib).empty());
        CHECK(fs::file_size(path) == 2 * mib);
        CHECK((fs::status(path).permissions() & fs::perms::all) ==
              (fs::perms::owner_read | fs::perms::owner_write));
        CHECK(put(store, 1, mib, 4096, 0x77));
        CHECK(store.flush());
    }
    CHECK(room_of(path) <= 64 * 1024);
    BlockStore store;
    CHECK(store.use_file(1, path, mib).empty());  // longer than needed: it stays so
    CHECK(fs::file_size(path) == 2 * mib);
    CHECK(all(store, 1, mib, 4096, 0x77));
}

TEST_CASE("store: deallocation gives room back and never makes a file longer", "[bridge][store]") {
    const Folder folder;
    const std::string path = folder.file("disk");
    BlockStore store;
    REQUIRE(store.use_file(1, path, 2 * mib).empty());
    REQUIRE(put(store, 1, 0, mib, 0x42));
    REQUIRE(store.flush());
    const std::uint64_t full = room_of(path);
    CHECK(store.deallocate(1, 0, mib / 2));
    CHECK(room_of(path) <= full - mib / 2);
    CHECK(all(store, 1, 0, mib / 2, 0));
    CHECK(all(store, 1, mib / 2, mib / 2, 0x42));
    // As a Sanitize has it: all there is, whatever that may be.
    CHECK(store.deallocate(1, 0, INT64_MAX));
    CHECK(fs::file_size(path) == 2 * mib);
    CHECK(all(store, 1, 0, 2 * mib, 0));
    CHECK(store.deallocate(1, 3 * mib, mib));
    CHECK(store.deallocate(1, UINT64_MAX - 4096, 4096));
    CHECK(fs::file_size(path) == 2 * mib);
}

TEST_CASE("store: what is no place for a namespace is told", "[bridge][store]") {
    const Folder folder;
    BlockStore store;
    const auto told = [&](const std::string& path, std::uint64_t bytes) {
        const std::string error = store.use_file(1, path, bytes);
        CAPTURE(error);
        CHECK(error.rfind(path + ": ", 0) == 0);
        return error;
    };
    CHECK(told(folder.path, mib).find("directory") != std::string::npos);
    CHECK(told("/dev/null", mib).find("regular") != std::string::npos);
    CHECK(told(folder.file("no/such"), mib).find("No such file") != std::string::npos);
    REQUIRE(::mkfifo(folder.file("fifo").c_str(), 0600) == 0);
    CHECK(told(folder.file("fifo"), mib).find("regular") != std::string::npos);
    told(folder.file("long"), std::uint64_t{1} << 62);
    CHECK_FALSE(fs::exists(folder.file("long")));  // nothing half done
}

TEST_CASE("store: an address beyond all files fails as a medium does", "[bridge][store]") {
    BlockStore store;
    Bytes bytes(512);
    CHECK_FALSE(store.write(1, UINT64_MAX - 1023, bytes.data(), bytes.size()));
    CHECK_FALSE(store.read(1, UINT64_MAX - 1023, bytes.data(), bytes.size()));
}
