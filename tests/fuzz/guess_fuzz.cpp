#include "tests/fuzz/checking_sink.hpp"

using namespace lmsim;
using namespace lmsim::wire;

// Whatever is guessed can be described, and is what describing it said.
FUZZ_TARGET(guess, 128) {
    static describe::Guess guess;
    const describe::Input input{data, size, &fuzz::rules()};
    describe::guess(input, "", guess);
    FUZZ_CHECK(guess.count != 0);
    int last = guess.candidates[0].points;
    for (std::size_t i = 0; i < guess.count; ++i) {
        FUZZ_CHECK(guess.candidates[i].points <= last);
        last = guess.candidates[i].points;
    }
    const describe::Candidate& best = guess.candidates[0];
    if (best.points < describe::guess_threshold) {
        return;
    }
    fuzz::CheckingSink sink(size);
    const auto outcome = describe_as(*best.structure, data, size, sink);
    FUZZ_CHECK(outcome.end == best.outcome.end && outcome.error == best.outcome.error);
    FUZZ_CHECK(sink.rules_broken == best.broken);
}
