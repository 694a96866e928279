#include "viz/sequence/step.hpp"

namespace lmsim::viz {

std::uint32_t Names::id(std::string_view text) {
    const auto found = ids_.find(text);
    if (found != ids_.end()) {
        return found->second;
    }
    const auto id = static_cast<std::uint32_t>(texts_.size());
    const auto added = ids_.emplace(std::string(text), id).first;
    texts_.push_back(&added->first);
    return id;
}

void IoSum::add(const IoSum& other) {
    reads += other.reads;
    writes += other.writes;
    others += other.others;
    failed += other.failed;
    side[0] = side[0] || other.side[0];
    side[1] = side[1] || other.side[1];
}

}  // namespace lmsim::viz
