#include "model/wire/cdq.hpp"

#include <cstring>

#include "tests/fuzz/checking_sink.hpp"

using namespace lmsim;
using namespace lmsim::wire;
using fuzz::rules;

namespace {

void entry(const std::uint8_t* data) {
    std::uint8_t bytes[64] = {};
    const auto decoded = decode_udmq_entry(data, 32, rules());
    if (!decoded) {
        return;
    }
    encode(*decoded, bytes, rules());
    const auto again = decode_udmq_entry(bytes, 32, rules());
    FUZZ_CHECK(again && *again == *decoded);
    const UdmqWords words = to_words(*decoded, rules());
    FUZZ_CHECK(words.word[2] == 0);
    if (decoded->lbacir != Lbacir::Namespace) {  // whose NLB is not kept
        FUZZ_CHECK(std::memcmp(bytes, data, 32) == 0);
    }
}

void commands(const std::uint8_t* data) {
    const Sqe sqe = decode_sqe(data);
    const ControllerDataQueue cdq = decode_cdq(sqe, rules());
    FUZZ_CHECK(decode_cdq(encode(cdq, rules()), rules()) == cdq);
    const LogUserData log = decode_log_user_data(sqe, rules());
    FUZZ_CHECK(decode_log_user_data(encode(log, rules()), rules()) == log);
    const CdqFeature feature = decode_cdq_feature(sqe, rules());
    FUZZ_CHECK(decode_cdq_feature(encode_set_cdq_feature(feature, rules()), rules()) == feature);
    const Cqe cqe = decode_cqe(data);
    const AerResult event = decode_aer_result(cqe, rules());
    FUZZ_CHECK(decode_aer_result(encode(event, rules()), rules()) == event);
    const auto got = decode_cdq_feature_got(cqe, data, Sqe::size, rules());
    FUZZ_CHECK(got.ok());
}

}  // namespace

FUZZ_TARGET(cdq, 192) {
    static const auto& memory = fuzz::structure("cdq");
    static const auto& feature = fuzz::structure("feature-cdq");
    fuzz::CheckingSink sink(size);
    describe_as(memory, data, size, sink);
    fuzz::CheckingSink other(size);
    describe_as(feature, data, size, other);
    const auto view = UdmqView::parse(data, size, rules());
    if (view) {
        bool sound = true;
        for (std::size_t slot = 0; slot < view->slots(); ++slot) {
            sound = sound && (*view)[slot].ok();
            entry(view->at(slot));
        }
        FUZZ_CHECK(sound || sink.rules_broken != 0);
    }
    if (size >= Sqe::size) {
        commands(data);
    }
}
