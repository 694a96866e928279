#include "model/wire/cqe.hpp"

#include <cstring>

#include "model/wire/migration.hpp"
#include "tests/fuzz/checking_sink.hpp"

using namespace lmsim;
using namespace lmsim::wire;

// The first entry's CID, which may be any, says which command it completes.
FUZZ_TARGET(cqe, 64) {
    static const auto completions = fuzz::family("cqe");
    fuzz::CheckingSink sink(size);
    const std::size_t command = size < Cqe::size ? size : data[12];
    describe_as(*completions[command % completions.size()], data, size, sink);
    if (size < Cqe::size) {
        return;
    }
    const Cqe cqe = decode_cqe(data);
    std::uint8_t bytes[Cqe::size];
    encode(cqe, bytes);
    FUZZ_CHECK(std::memcmp(bytes, data, Cqe::size) == 0);
    FUZZ_CHECK(from_words(to_words(cqe)) == cqe);
    FUZZ_CHECK(phase_of(data) == cqe.phase);
    const bool csup = decode_csup(cqe, fuzz::rules());
    Cqe made;
    made.dw0 = encode_csup(csup, fuzz::rules());
    FUZZ_CHECK(decode_csup(made, fuzz::rules()) == csup);
}
