#include <cstring>

#include "model/wire/admin.hpp"
#include "model/wire/migration.hpp"
#include "model/wire/nvm.hpp"
#include "tests/fuzz/checking_sink.hpp"

using namespace lmsim;
using namespace lmsim::wire;
using fuzz::rules;

namespace {

/// What one pass of decode and encode keeps, another keeps as well.
template <class Decode>
void settles(const Sqe& sqe, Decode&& decode) {
    const Sqe once = encode(decode(sqe), rules());
    FUZZ_CHECK(encode(decode(once), rules()) == once);
}

void commands(const Sqe& sqe) {
    settles(sqe, [](const Sqe& s) { return decode_identify(s, rules()); });
    settles(sqe, [](const Sqe& s) { return decode_create_cq(s, rules()); });
    settles(sqe, [](const Sqe& s) { return decode_create_sq(s, rules()); });
    settles(sqe, [](const Sqe& s) { return decode_set_features(s, rules()); });
    settles(sqe, [](const Sqe& s) { return decode_get_features(s, rules()); });
    settles(sqe, [](const Sqe& s) { return decode_abort(s, rules()); });
    const MigrationSend send = decode_migration_send(sqe, rules());
    FUZZ_CHECK(decode_migration_send(encode(send, rules()), rules()) == send);
    const MigrationReceive receive = decode_migration_receive(sqe, rules());
    FUZZ_CHECK(decode_migration_receive(encode(receive, rules()), rules()) == receive);
    const NvmRange range = decode_nvm_range(sqe);
    const NvmRange again = decode_nvm_range(encode_nvm(sqe.opcode, sqe.nsid, range));
    FUZZ_CHECK(again.slba == range.slba && again.nlb == range.nlb && again.fua == range.fua);
}

}  // namespace

FUZZ_TARGET(sqe, 128) {
    static const auto& admin = fuzz::structure("admin-sqe");
    static const auto& nvm = fuzz::structure("nvm-sqe");
    fuzz::CheckingSink sink(size);
    describe_as(admin, data, size, sink);
    describe_as(nvm, data, size, sink);
    if (size < Sqe::size) {
        return;
    }
    const Sqe sqe = decode_sqe(data);
    std::uint8_t bytes[Sqe::size];
    encode(sqe, bytes);
    FUZZ_CHECK(std::memcmp(bytes, data, Sqe::size) == 0);
    commands(sqe);
}
