#pragma once

#include <set>
#include <string>
#include <tuple>

#include "model/arc.hpp"
#include "model/spec/table.hpp"

namespace lmsim::tests {

/// Collects the rows that machines take.
class ArcCover : public fsm::Watcher {
  public:
    void took(const fsm::Arc& arc, std::uint16_t, std::uint16_t) override { taken_.insert(&arc); }

    /// The rows that nobody took, as text; empty if there are none.
    std::string missing(const fsm::ArcList& arcs) const {
        std::string text;
        for (const fsm::Arc& arc : arcs) {
            if (taken_.count(&arc) == 0) {
                text += std::string(arc.source) + " --" + std::string(arc.event) + "--> " +
                        std::string(arc.target) + " (" + std::string(spec::row(arc.rule).name) +
                        ")\n";
            }
        }
        return text;
    }

  private:
    std::set<const fsm::Arc*> taken_;
};

/// Rows that a trace cannot tell apart: they differ in their guard alone. As text.
inline std::string alike(const fsm::ArcList& arcs) {
    std::set<std::tuple<std::uint8_t, std::string_view, std::uint8_t, spec::Id>> seen;
    std::string text;
    for (const fsm::Arc& arc : arcs) {
        if (!seen.emplace(arc.from, arc.event, arc.to, arc.rule).second) {
            text += std::string(arc.source) + " --" + std::string(arc.event) + "\n";
        }
    }
    return text;
}

}  // namespace lmsim::tests
