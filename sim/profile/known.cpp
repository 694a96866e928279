#include <algorithm>

#include "sim/profile/profile.hpp"

namespace lmsim::sim {

const std::vector<KnownProfile>& known_profiles() {
    static const std::vector<KnownProfile> all = [] {
        std::vector<KnownProfile> profiles{
#include "sim/profile/profiles.inc"
        };
        std::sort(profiles.begin(), profiles.end(),
                  [](const KnownProfile& a, const KnownProfile& b) {
                      const bool first = a.name == "ratified";
                      return first != (b.name == "ratified") ? first : a.name < b.name;
                  });
        return profiles;
    }();
    return all;
}

std::vector<std::string> profile_names() {
    std::vector<std::string> names;
    for (const KnownProfile& each : known_profiles()) {
        names.emplace_back(each.name);
    }
    return names;
}

}  // namespace lmsim::sim
