#pragma once

#include <cstdint>
#include <string>

#include "tools/runs/study.hpp"

namespace lmsim::runs {

/// What a machine has left, in bytes.
struct Room {
    std::uint64_t disk = 0;
    std::uint64_t memory = 0;
};

/// What there is for a sweep into a folder, which does not have to exist yet.
Room room_for(const std::string& folder);

/// What so many runs of a study take, in bytes.
struct StudySize {
    std::uint64_t table = 0;   // results.sqlite
    std::uint64_t csv = 0;     // results.csv
    std::uint64_t memory = 0;  // of all runs that are under way at once
};

/// Of the table and the text: measured with rows as this study will have them. Of the memory: by
/// the pages of the guest, of the scenario and of what a grid makes of it.
StudySize size_of(const Study& study, std::size_t runs, unsigned jobs);

/// Why there is no room, with both numbers and how to ask for less; or an empty text.
std::string no_room(const StudySize& size, const Room& room, unsigned jobs);

}  // namespace lmsim::runs
