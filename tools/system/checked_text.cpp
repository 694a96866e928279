#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "sim/core/schemas.hpp"
#include "sim/core/version.hpp"
#include "sim/metrics/text_table.hpp"
#include "tools/system/checks.hpp"

namespace lmsim::system {

std::string checked_text(const std::vector<Checked>& all) {
    sim::metrics::TextTable table;
    table.columns = {{"what"}, {"there"}, {"needed for"}, {"found"}};
    std::string remedies;
    std::size_t missing = 0;
    for (const Checked& checked : all) {
        const Check& check = *checked.check;
        const char* there = checked.found.yes ? "yes" : check.needed_by_run ? "NO" : "no";
        table.rows.push_back({check.what, there, check.needed_for, checked.found.detail});
        if (!checked.found.yes) {
            ++missing;
            remedies += fmt::format("  {}: {}\n", check.what, check.remedy);
        }
    }
    std::string text = table.terminal();
    if (missing > 0) {
        text += "\nFor what is missing:\n" + remedies;
    }
    text += ready(all) ? "\nlmsim run has all that it needs.\n"
                       : "\nlmsim run lacks something that it needs (NO above).\n";
    return text;
}

std::string checked_json(const std::vector<Checked>& all) {
    nlohmann::ordered_json rows = nlohmann::ordered_json::array();
    for (const Checked& checked : all) {
        rows.push_back({{"what", checked.check->what},
                        {"found", checked.found.yes},
                        {"detail", checked.found.detail},
                        {"needed_for", checked.check->needed_for},
                        {"needed_by_run", checked.check->needed_by_run},
                        {"remedy", checked.check->remedy}});
    }
    const nlohmann::ordered_json json = {{"schema", sim::schema::Doctor},
                                         {"version", lmsim::version},
                                         {"ready", ready(all)},
                                         {"checks", rows}};
    // Paths need not be UTF-8.
    return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace lmsim::system
