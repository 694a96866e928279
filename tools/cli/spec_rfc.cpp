#include "tools/cli/spec_rfc.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <map>

#include "model/explore/rfc/conformance.hpp"
#include "sim/core/text.hpp"
#include "tools/cli/exit_code.hpp"

namespace lmsim::cli {

namespace {

using explore::RfcFinding;
using explore::RfcModel;
using explore::RfcSearches;
using spec::Defect;

constexpr const char* introduction =
    R"(# What the posted drivers get wrong

Printed by `lmsim spec rfc --format md`; a test holds this file to it. Each defect of the
drivers that were posted to the Linux lists is a switch, off until asked for: with all of them
off there is the corrected driver. `lmsim spec rfc R004-11` prints one with its counterexample,
and a profile with `on = ["R004-11"]` puts it into any run or search.

**Severity:** H wrong on the wire, or data lost; M wrong handling in the host; L a text, or
robustness.

**Class:** wire, what a command says or how its answer is taken; data, what is read or written;
lifetime, of memory, pins and references in the host; outside, not in the model, with the
reason.

**Found:** what a search finds with this defect alone, on a device that does what NVMe Base 2.3
says, and the steps of the shortest run; the searches stand at the end. "deadlock": nothing more
happens though it should; entries of a log lie unread for ever, or their slots are never given
back. "nothing": no search finds harm, and *leads to* says why there is none.
)";

struct Source {
    const char* prefix;
    const char* title;
};
constexpr Source sources[] = {
    {"R000", "The header of 2025"},
    {"R001", "The VFIO driver of 2025"},
    {"R004", "The Controller Data Queue interface of 2026"},
};

explore::RfcSearches searches() {
    explore::SearchOptions options;
    options.all_violations = true;
    return explore::RfcSearches(options);
}

/// What the searches say, in one cell.
std::string found(const std::vector<RfcFinding>& findings) {
    if (findings.empty()) {
        return "";
    }
    const auto shows = [](const RfcFinding& finding) { return !finding.violations.empty(); };
    const auto first = std::find_if(findings.begin(), findings.end(), shows);
    if (first == findings.end()) {
        return findings.front().text();
    }
    return fmt::format("{}: {}", first->model->name, first->text());
}

std::string place(const Defect& defect) {
    const bool line = defect.where.substr(0, 4) == "line";
    return line || defect.where == "nowhere" ? std::string(defect.where)
                                             : fmt::format("`{}`", defect.where);
}

/// What fell, by id.
using Fallen = std::map<std::string_view, const check::Invariant*>;

void note(const std::vector<RfcFinding>& findings, Fallen& fallen) {
    for (const RfcFinding& finding : findings) {
        for (const explore::Violation& violation : finding.violations) {
            if (violation.invariant != nullptr) {
                fallen[violation.invariant->id] = violation.invariant;
            }
        }
    }
}

SpecTable table_of(const Source& source, RfcSearches& searches, Fallen& fallen) {
    SpecTable table{source.title,
                    {"id", "severity", "class", "where", "does", "right", "leads to", "found"},
                    {}};
    for (const Defect& defect : spec::defects) {
        if (defect.name.substr(0, 4) == source.prefix) {
            const std::vector<RfcFinding> findings = searches.of(defect);
            note(findings, fallen);
            table.rows.push_back({std::string(defect.name), std::string(to_string(defect.severity)),
                                  std::string(to_string(defect.of)), place(defect),
                                  std::string(defect.does), std::string(defect.right),
                                  std::string(defect.leads_to), found(findings)});
        }
    }
    return table;
}

SpecTable table_of_models(RfcSearches& searches) {
    SpecTable table{"With all defects off", {"search", "explores", "found"}, {}};
    for (const RfcModel& model : explore::rfc_models()) {
        table.rows.push_back(
            {std::string(model.name), std::string(model.text), searches.baseline(model).text()});
    }
    return table;
}

SpecTable table_of_invariants(const Fallen& fallen) {
    SpecTable table{"What falls", {"id", "what holds", "else"}, {}};
    for (const auto& each : fallen) {
        table.rows.push_back({std::string(each.first), std::string(each.second->text),
                              std::string(each.second->why)});
    }
    return table;
}

nlohmann::ordered_json finding_json(const Defect& defect, const RfcFinding& finding) {
    nlohmann::ordered_json json = {{"model", finding.model->name},
                                   {"states", finding.states},
                                   {"complete", finding.complete},
                                   {"violations", nlohmann::ordered_json::array()}};
    for (const explore::Violation& violation : finding.violations) {
        const bool named = violation.invariant != nullptr;
        json["violations"].push_back(
            {{"invariant", named ? violation.invariant->id : std::string_view()},
             {"steps", path_of(*finding.model, explore::rules_with(defect), violation)}});
    }
    return json;
}

nlohmann::ordered_json defect_json(const Defect& defect, RfcSearches& searches) {
    nlohmann::ordered_json json = {{"id", defect.name},
                                   {"severity", to_string(defect.severity)},
                                   {"class", to_string(defect.of)},
                                   {"source", defect.source},
                                   {"where", defect.where},
                                   {"does", defect.does},
                                   {"right", defect.right},
                                   {"leads_to", defect.leads_to},
                                   {"touches", defect.touches},
                                   {"switch", defect.id != spec::Id::Count},
                                   {"findings", nlohmann::ordered_json::array()}};
    for (const RfcFinding& finding : searches.of(defect)) {
        json["findings"].push_back(finding_json(defect, finding));
    }
    return json;
}

int print_all(SpecFormat format, RfcSearches& searches) {
    if (format == SpecFormat::Json) {
        nlohmann::ordered_json json;
        for (const Defect& defect : spec::defects) {
            json["defects"].push_back(defect_json(defect, searches));
        }
        fmt::print("{}", json_text(json));
        return Ok;
    }
    if (format == SpecFormat::Markdown) {
        fmt::print("{}\n", introduction);
    }
    Fallen fallen;
    for (const Source& source : sources) {
        fmt::print("{}\n", printed(table_of(source, searches, fallen), format));
    }
    fmt::print("{}\n", printed(table_of_invariants(fallen), format));
    fmt::print("{}", printed(table_of_models(searches), format));
    return Ok;
}

void print_findings(const Defect& defect, const std::vector<RfcFinding>& findings,
                    SpecFormat format) {
    for (const RfcFinding& finding : findings) {
        for (const explore::Violation& violation : finding.violations) {
            const bool named = violation.invariant != nullptr;
            const std::string broken =
                named ? fmt::format("{}, {}", violation.invariant->id, violation.invariant->name)
                      : finding.text();
            SpecTable steps{fmt::format("{} ({})", broken, finding.model->name), {"step", ""}, {}};
            for (const std::string& step :
                 path_of(*finding.model, explore::rules_with(defect), violation)) {
                steps.rows.push_back({fmt::format("{}", steps.rows.size() + 1), step});
            }
            fmt::print("\n{}", printed(steps, format));
        }
    }
}

int print_one(const Defect& defect, SpecFormat format, RfcSearches& searches) {
    if (format == SpecFormat::Json) {
        fmt::print("{}", json_text(defect_json(defect, searches)));
        return Ok;
    }
    SpecTable sheet{std::string(defect.name), {"what", "says"}, {}};
    const auto add = [&](const char* what, std::string_view says) {
        if (!says.empty()) {
            sheet.rows.push_back({what, std::string(says)});
        }
    };
    add("severity", to_string(defect.severity));
    add("class", to_string(defect.of));
    add("source", defect.source);
    add("where", defect.where);
    add("does", defect.does);
    add("right", defect.right);
    add("leads to", defect.leads_to);
    add("touches", defect.touches);
    const std::vector<RfcFinding> findings = searches.of(defect);
    add("found", found(findings));
    fmt::print("{}", printed(sheet, format));
    print_findings(defect, findings, format);
    return Ok;
}

}  // namespace

int spec_rfc(const std::string& name, SpecFormat format) {
    RfcSearches all = searches();
    if (name.empty()) {
        return print_all(format, all);
    }
    std::vector<std::string> names;
    for (const Defect& defect : spec::defects) {
        if (defect.name == name) {
            return print_one(defect, format, all);
        }
        names.emplace_back(defect.name);
    }
    const std::string near = sim::nearest(name, names);
    fmt::print(stderr, "lmsim spec rfc: no defect {}{}; there are {} to {}\n", sim::in_quotes(name),
               near.empty() ? "" : fmt::format("; did you mean {}?", near), names.front(),
               names.back());
    return Usage;
}

}  // namespace lmsim::cli
