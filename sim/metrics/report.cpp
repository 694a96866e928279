#include "sim/metrics/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "sim/metrics/display.hpp"
#include "sim/metrics/host_sections.hpp"
#include "sim/metrics/media_section.hpp"
#include "sim/metrics/report_sections.hpp"
#include "sim/metrics/vms_section.hpp"

namespace lmsim::sim::metrics {
namespace {

/// What a part is, for somebody who does not know the word yet.
std::string_view in_words(Part part) {
    switch (part) {
        case Part::Quiesce: return "quiescing the VFs";
        case Part::Drain: return "commands of the VFs in flight";
        case Part::Suspend: return "suspending the VFs";
        case Part::TrackingTail: return "the last dirty memory";
        case Part::StateRead: return "reading the VFs' state";
        case Part::Transfer: return "moving it";
        case Part::StateLoad: return "loading the VFs' state";
        case Part::Resume: return "resuming the VFs";
        case Part::Interrupts: return "their interrupts";
        case Part::Vmm: return "the VMM's own steps";
    }
    return "?";
}

/// What is worth a place in the headline: the three longest parts, both sides together, none below
/// one percent.
std::string dominant_text(const Result& result) {
    std::array<Ps, part_names.size()> sums{};
    for (const PartTime& part : result.downtime.parts) {
        sums[static_cast<std::size_t>(part.label.part)] += part.ps;
    }
    std::string out;
    for (int shown = 0; shown < 3; ++shown) {
        const auto longest = std::max_element(sums.begin(), sums.end());
        const std::uint32_t share = share_ppm(*longest, result.downtime.total);
        if (share < 10'000) break;
        const auto part = static_cast<Part>(longest - sums.begin());
        out +=
            fmt::format("{}{} {}", shown == 0 ? ": " : ", ", in_words(part), readable_share(share));
        *longest = 0;
    }
    return out;
}

/// Of several, the guest that stood still longest.
std::string who(const Result& result) {
    return result.vms ? fmt::format("VM {} (of 0 to {}, the longest)", result.vms->worst,
                                    result.vms->each.size() - 1)
                      : "the guest";
}

std::string stood_still(const Result& result) {
    const Ps total = result.downtime.total;
    if (total == 0) return result.vms ? "no guest stood still" : "the guest never stood still";
    const Ps limit = result.vmm.downtime_limit;
    if (!result.downtime.ended) {
        return fmt::format("{} stood still TO THE END of the run, for {}", who(result),
                           readable_time(total)) +
               dominant_text(result);
    }
    return fmt::format("{} stood still for {} ({} of {})", who(result), readable_time(total),
                       total <= limit ? "within the limit" : "ABOVE the limit",
                       readable_time(limit)) +
           dominant_text(result);
}

std::string end_of(Outcome outcome) {
    switch (outcome) {
        case Outcome::Completed: return "";
        case Outcome::Failed: return "the migration FAILED; ";
        case Outcome::Cancelled: return "the migration was CANCELLED; ";
        case Outcome::NotConverged: return "the migration did NOT CONVERGE; ";
    }
    return "";
}

std::string outcome_text(const Result& result) {
    std::string out = EnumNames<Outcome>::names[static_cast<std::size_t>(result.outcome)];
    if (!result.reason.empty()) out += ": " + result.reason;
    return out;
}

std::string expectation_text(const Expectation& expectation) {
    std::string out = expectation.met ? "met" : "NOT MET";
    if (!expectation.text.empty()) out += ": " + expectation.text;
    return out;
}

std::vector<Section> sections(const Result& result, Detail detail) {
    std::vector<Section> all = vms_sections(result);
    for (Section& section :
         std::vector<Section>{downtime_section(result, detail), figures_section(result),
                              guest_section(result), bytes_section(result)}) {
        all.push_back(std::move(section));
    }
    Section logs = logs_section(result);
    if (!logs.table.rows.empty()) {
        all.push_back(std::move(logs));
    }
    for (Section& section : host_sections(result.host, detail)) {
        all.push_back(std::move(section));
    }
    for (Section& section : media_sections(result)) {
        all.push_back(std::move(section));
    }
    all.push_back(utilization_section(result));
    if (!result.faults.empty()) {
        all.push_back(faults_section(result));
    }
    all.push_back(checks_section(result));
    return all;
}

using Escape = std::string (*)(std::string_view);

/// Whatever is in a cell came from us or from the user's files: all of it is made harmless.
TextTable escaped(TextTable table, Escape escape) {
    for (auto& row : table.rows) {
        for (std::string& cell : row) cell = escape(cell);
    }
    return table;
}

std::string fidelity_text(const Result& result) {
    if (result.fidelity == Fidelity::Exact && result.time_base == TimeBase::Simulated &&
        result.hybrid.note.empty()) {
        return "";
    }
    const std::string note = result.hybrid.note.empty() ? "" : ": " + result.hybrid.note;
    return fmt::format("time base {}, fidelity {}{}, error bound {:.2f} %\n",
                       time_base_names[static_cast<std::size_t>(result.time_base)],
                       EnumNames<Fidelity>::names[static_cast<std::size_t>(result.fidelity)], note,
                       result.error_bound * 100);
}

std::string reproduction(const Result& result) {
    if (result.time_base == TimeBase::Wall) {
        return "## How to get it again\n\n"
               "A device's times do not come again. `config.toml` holds every parameter and where "
               "its value came\nfrom: `lmsim hw run` takes it, and `lmsim run` simulates it. "
               "`result.json` has all figures exactly,\n`trace.ndjson` (if it was written) what "
               "happened when, `state/` the controller state that was moved.\n";
    }
    return fmt::format(
        "## How to get it again\n\n"
        "```\nlmsim run config.toml --seed {}\n```\n\n"
        "gives the trace hash `0x{:016x}` again, on any machine and in any build of lmsim {}. "
        "`config.toml` holds\nevery parameter and where its value came from, `result.json` "
        "all figures exactly, `trace.ndjson` (if it was\nwritten) what happened when, `state/` the "
        "controller state that was moved, `manifest.json` who made it.\n",
        result.seed, result.trace_hash, markdown_text(result.version));
}

}  // namespace

std::string headline(const Result& result) {
    std::string out = (result.partial ? "" : end_of(result.outcome)) + stood_still(result);
    if (!result.scenario.empty()) {
        out = result.scenario + ": " + out;
    } else {
        out[0] = out[0] >= 'a' ? static_cast<char>(out[0] - 'a' + 'A') : out[0];
    }
    return result.partial ? "PARTIAL, interrupted; " + out : out;
}

std::string result_table(const Result& result) {
    std::string out = terminal_text(headline(result)) + "\n";
    out += terminal_text(outcome_text(result)) + "\n";
    out += "expectation " + terminal_text(expectation_text(result.expectation)) + "\n";
    out += fidelity_text(result);
    for (const Section& section : sections(result, Detail::Together)) {
        out += "\n" + section.title + "\n" + escaped(section.table, terminal_text).terminal();
    }
    const Section ignored = ignored_section(result);
    if (!ignored.table.rows.empty()) {
        out += "\n" + ignored.title + "\n" + escaped(ignored.table, terminal_text).terminal();
    }
    return out;
}

std::string result_markdown(const Result& result) {
    const std::string title = result.scenario.empty() ? "Live migration" : result.scenario;
    std::string out = "# " + markdown_text(title) + "\n\n";
    out += markdown_text(headline(result)) + ".\n\n";
    out += "* outcome " + markdown_text(outcome_text(result)) + "\n";
    out += "* expectation " + markdown_text(expectation_text(result.expectation)) + "\n";
    const std::string fidelity = fidelity_text(result);
    if (!fidelity.empty()) out += "* " + fidelity;
    for (const Section& section : sections(result, Detail::EachDevice)) {
        out += "\n## " + section.title + "\n\n" + escaped(section.table, markdown_text).markdown();
    }
    for (const Section& section : {rounds_section(result), ignored_section(result)}) {
        if (section.table.rows.empty()) continue;
        out += "\n## " + section.title + "\n\n" + escaped(section.table, markdown_text).markdown();
    }
    out += "\n## Workload\n\n";
    if (!result.workload.source.empty()) {
        out += markdown_text(result.workload.source) + "\n\n";
    }
    for (const std::string& line : result.workload.lines) out += "* " + markdown_text(line) + "\n";
    for (const std::string& note : result.workload.notes) {
        out += "* note: " + markdown_text(note) + "\n";
    }
    return out + "\n" + reproduction(result);
}

}  // namespace lmsim::sim::metrics
