#include "tools/cli/spec_profile.hpp"

#include <fmt/format.h>

#include <cstdio>

#include "model/spec/describe.hpp"
#include "tools/cli/exit_code.hpp"

namespace lmsim::cli {

namespace {

/// The Status row of a code under these rules; the row's own where no row has the code.
spec::Id status_row(const spec::Row& row, const spec::Rules& rules) {
    const std::uint16_t code = rules.status(row.id);
    if (rules.status(row.status) == code || rules.value(row.status) == code) {
        return row.status;
    }
    for (const spec::Row& other : spec::table) {
        if (other.kind == spec::Kind::Status && rules.value(other.id) == code) {
            return other.id;
        }
    }
    return row.status;
}

}  // namespace

std::optional<sim::Profile> profile_or_complain(const std::string& name) {
    sim::Profile profile = sim::load_profile(name.empty() ? "ratified" : name);
    if (!profile.ok()) {
        fmt::print(stderr, "{}", profile.error_text());
        return std::nullopt;
    }
    return profile;
}

spec::Row effective(const spec::Row& row, const spec::Rules& rules) {
    spec::Row here = row;
    here.value = rules.value(row.id);
    here.place = rules.place(row.id);
    if (row.status != spec::Id::Count) {
        here.status = status_row(row, rules);
    }
    return here;
}

std::string says(const spec::Row& row, const spec::Rules& rules) {
    const bool by_value = row.kind == spec::Kind::Switch;
    const std::string text = says(effective(row, rules));
    if (by_value || rules.on(row.id)) {
        if (row.status != spec::Id::Count && rules.overlaid(row.id)) {
            const std::uint16_t code = rules.status(row.id);
            const spec::Row& answer = spec::row(status_row(row, rules));
            return rules.value(answer.id) == code ? text : fmt::format("{:X}h", code);
        }
        return text.empty() && rules.overlaid(row.id) ? "on" : text;
    }
    return "off";
}

bool same(spec::Id id, const spec::Rules& a, const spec::Rules& b) {
    const spec::Id answer = spec::row(id).status;
    // A status whose code differs is told of once, and not by all that answer with it.
    const bool as_stated = answer != spec::Id::Count && a.status(id) == a.value(answer) &&
                           b.status(id) == b.value(answer);
    return a.on(id) == b.on(id) && a.value(id) == b.value(id) && a.place(id) == b.place(id) &&
           (as_stated || a.status(id) == b.status(id));
}

int spec_profiles(SpecFormat format) {
    SpecTable table{"", {"name", "differences", "assumed", "title"}, {}};
    nlohmann::ordered_json all = nlohmann::ordered_json::array();
    for (const sim::KnownProfile& known : sim::known_profiles()) {
        const sim::Profile profile = sim::load_profile(std::string(known.name));
        std::size_t assumed = 0;
        for (const sim::Overlay& overlay : profile.overlays) {
            assumed += overlay.assumed ? 1 : 0;
        }
        table.rows.push_back({profile.name, std::to_string(profile.overlays.size()),
                              std::to_string(assumed), profile.title});
        all.push_back({{"name", profile.name},
                       {"title", profile.title},
                       {"differences", profile.overlays.size()},
                       {"assumed", assumed}});
    }
    fmt::print(
        "{}", format == SpecFormat::Json ? json_text({{"profiles", all}}) : printed(table, format));
    return Ok;
}

}  // namespace lmsim::cli
