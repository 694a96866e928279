#include "sim/guest/fio/job.hpp"

#include <algorithm>

namespace lmsim::sim::fio {

bool Job::uses(Direction direction) const {
    switch (direction) {
        case Direction::Read: return reads;
        case Direction::Write: return writes;
        case Direction::Trim: return trims;
    }
    return false;
}

const BlockSizes& Job::of(Direction direction) const {
    return sizes[static_cast<std::size_t>(direction)];
}

BlockSizes& Job::of(Direction direction) { return sizes[static_cast<std::size_t>(direction)]; }

Where Job::place(std::initializer_list<std::string_view> keys) const {
    const auto wanted = [&](const Given& entry) {
        return std::find(keys.begin(), keys.end(), entry.key) != keys.end();
    };
    const auto last = std::find_if(given.rbegin(), given.rend(), wanted);
    return last == given.rend() ? where : last->where;
}

}  // namespace lmsim::sim::fio
