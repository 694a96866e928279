#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "model/check/invariant.hpp"
#include "model/explore/search/search.hpp"
#include "model/spec/defects.hpp"
#include "model/spec/rules.hpp"

/// What each defect of the posted drivers leads to, alone on the corrected driver: found by search.
namespace lmsim::explore {

/// A search that shows defects.
struct RfcModel {
    std::string_view name;
    std::string_view text;
    /// Does it run the code that has this defect?
    bool (*covers)(const spec::Defect& defect);
    std::unique_ptr<System> (*make)(const spec::Rules& rules);
};

/// All of them, in the order in which they are asked.
const std::vector<RfcModel>& rfc_models();

/// What a search of a model found.
struct RfcFinding {
    const RfcModel* model = nullptr;
    std::uint64_t states = 0;
    std::uint64_t transitions = 0;
    bool complete = false;
    std::vector<Violation> violations;  // the first one is the shortest

    /// "INV-HOLD-01 in 5 steps, INV-HOLD-02 in 7 steps"; "nothing".
    std::string text() const;
};

/// The searches of all models, without a defect and with each alone.
class RfcSearches {
  public:
    explicit RfcSearches(const SearchOptions& options) : options_(options) {}

    /// With all defects off.
    const RfcFinding& baseline(const RfcModel& model);

    /// What the models that cover a defect find with it alone, one finding for each: violations of
    /// what holds without it.
    std::vector<RfcFinding> of(const spec::Defect& defect);

  private:
    RfcFinding search_with(const RfcModel& model, const spec::Rules& rules) const;

    SearchOptions options_;
    std::vector<RfcFinding> baselines_;
};

/// The steps of a violation, as the model describes them.
std::vector<std::string> path_of(const RfcModel& model, const spec::Rules& rules,
                                 const Violation& violation);

/// The baseline with this defect on; one without a switch changes nothing.
spec::Rules rules_with(const spec::Defect& defect);

}  // namespace lmsim::explore
