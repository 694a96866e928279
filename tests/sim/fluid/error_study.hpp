#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace lmsim::tests {

/// What one fidelity says of one migration.
struct Answer {
    std::string outcome;
    std::int64_t downtime = 0;  // ps, as the next
    std::int64_t total = 0;
};

/// One random scenario in all three fidelities.
struct ErrorRow {
    std::uint64_t number = 0;
    Answer exact;
    Answer hybrid;
    Answer fluid;
};

/// docs/fidelity-errors.md, and its picture.
std::string error_page(const std::vector<ErrorRow>& rows);
std::string error_picture(const std::vector<ErrorRow>& rows);

}  // namespace lmsim::tests
