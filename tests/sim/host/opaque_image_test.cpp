#include "sim/host/opaque_image.hpp"

#include "tests/catch.hpp"

using namespace lmsim::sim;

namespace {

void save_all(OpaqueImage& image) {
    while (image.next_chunk() != 0) {
        image.saving();
        image.saved();
    }
}

OpaqueImage image_of(std::uint64_t bytes, std::uint64_t chunk, std::uint32_t ahead = 2) {
    OpaqueImage image;
    image.begin(chunk, ahead, 7);
    image.add(bytes, true);
    return image;
}

}  // namespace

TEST_CASE("an opaque image is saved chunk by chunk, no further ahead than there are buffers") {
    OpaqueImage image = image_of(250, 100);
    save_all(image);
    CHECK(image.available() == 200);
    CHECK(image.producing());
    CHECK(image.take(99).records == 0);
    CHECK(image.next_chunk() == 0);  // a buffer is free only once its last byte is read
    CHECK(image.take(1).records == 1);
    CHECK(image.next_chunk() == 50);
    save_all(image);
    CHECK_FALSE(image.producing());
    CHECK(image.record_left() == 100);
    const OpaqueBlock rest = image.take(150);
    CHECK(rest.records == 2);
    CHECK(rest.tail == 0);
    CHECK(rest.last == 1);
}

TEST_CASE("an opaque image without chunks is saved whole, whatever its size") {
    OpaqueImage image = image_of(std::uint64_t{4} << 30, 0);
    CHECK(image.next_chunk() == std::uint64_t{4} << 30);
    save_all(image);
    CHECK(image.take(std::uint64_t{1} << 20).records == 0);
    CHECK(image.left() == (std::uint64_t{4} << 30) - (1 << 20));
}

TEST_CASE("a block of an opaque state goes into 48 bytes and comes out of them as it was") {
    OpaqueImage image = image_of(250, 100, 8);
    save_all(image);
    image.take(30);
    const OpaqueBlock block = image.take(220);
    const auto bytes = block.encode();
    REQUIRE(bytes.size() == OpaqueBlock::bytes);
    const OpaqueBlock same = OpaqueBlock::decode(bytes.data());
    CHECK(same.position == 30);
    CHECK(same.length == 220);
    CHECK(same.records == 3);
    CHECK(same.tail == 0);
    CHECK(same.last == 1);
    CHECK(same.token == block.token);
}

TEST_CASE("an opaque state is whole only if each of its blocks came, in order, once") {
    OpaqueImage image = image_of(300, 100, 8);
    save_all(image);
    const OpaqueBlock first = image.take(150);
    const OpaqueBlock second = image.take(150);
    OpaqueLoad load;
    CHECK_FALSE(load.take(second));  // a gap
    CHECK(load.take(first));
    CHECK(load.whole_bytes() == 100);
    CHECK(load.whole_records() == 1);
    CHECK_FALSE(load.complete());
    CHECK_FALSE(load.take(first));  // again
    CHECK(load.take(second));
    CHECK(load.whole_bytes() == 300);
    CHECK(load.whole_records() == 3);
    CHECK(load.complete());
    CHECK(load.hash() == image.hash());
    CHECK_FALSE(load.take(second));
}

TEST_CASE("two opaque devices have different states") {
    OpaqueImage one = image_of(100, 0);
    OpaqueImage other;
    other.begin(0, 2, 8);
    other.add(100, true);
    save_all(one);
    save_all(other);
    one.take(100);
    other.take(100);
    CHECK(one.hash() != other.hash());
}
