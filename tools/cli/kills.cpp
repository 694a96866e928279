#include "tools/cli/kills.hpp"

namespace lmsim::cli {

namespace {

constexpr std::string_view recorded =
#include "tools/cli/kills_csv.inc"
    ;

}  // namespace

const std::vector<Kill>& recorded_kills() {
    static const std::vector<Kill> kills = parse_kills(recorded);
    return kills;
}

const Kill* recorded_kill(std::string_view id) {
    for (const Kill& kill : recorded_kills()) {
        if (kill.id == id) {
            return &kill;
        }
    }
    return nullptr;
}

}  // namespace lmsim::cli
