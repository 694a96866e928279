#include "sim/fault/fault_params.hpp"

#include <fmt/format.h>

#include "model/host/effect_name.hpp"
#include "sim/core/text.hpp"
#include "sim/pin/pin.hpp"

namespace lmsim::sim {

namespace {

/// "source.vf3" in parts; false if it is none of these.
bool read_place(const std::string& text, std::string& host, int& vf) {
    const std::size_t dot = text.find('.');
    host = text.substr(0, dot);
    vf = -1;
    if (dot == std::string::npos) {
        return true;
    }
    const std::string rest = text.substr(dot + 1);
    if (rest.size() < 3 || rest.size() > 6 || rest.compare(0, 2, "vf") != 0 ||
        rest.find_first_not_of("0123456789", 2) != std::string::npos) {
        return false;
    }
    vf = std::stoi(rest.substr(2));
    return true;
}

std::string expected_place(FaultPlace place) {
    switch (place) {
        case FaultPlace::Vf:
            return "\"source\", \"destination\", \"source.vf0\", \"destination.vf0\" or nothing";
        case FaultPlace::Guest: return "\"guest.vf0\" or nothing";
        case FaultPlace::Host: return "\"source\", \"destination\" or nothing";
        case FaultPlace::Source: return "\"source\" or nothing";
        case FaultPlace::Nowhere: break;
    }
    return "nothing: there is one place for it";
}

bool place_fits(FaultPlace place, const std::string& host, int vf) {
    const bool side = host == "source" || host == "destination";
    switch (place) {
        case FaultPlace::Vf: return side;
        case FaultPlace::Guest: return host == "guest";
        case FaultPlace::Host: return side && vf < 0;
        case FaultPlace::Source: return host == "source" && vf < 0;
        case FaultPlace::Nowhere: break;
    }
    return false;
}

std::string check_place(const FaultClass& kind, const std::string& where, unsigned vfs) {
    std::string host;
    int vf = -1;
    if (where.empty()) {
        return {};
    }
    if (!read_place(where, host, vf) || !place_fits(kind.place, host, vf)) {
        return fmt::format("{} does not happen at {}; expected {}", kind.name, in_quotes(where),
                           expected_place(kind.place));
    }
    if (vf >= static_cast<int>(vfs)) {
        return fmt::format("there is no VF {}; expected 0 to {}", vf, vfs - 1);
    }
    return {};
}

bool read_moment(const std::string& text, Ps& at) {
    Value value;
    value.text = text;
    const Result<Time> time = ParamType<Time>::read(value);
    at = time ? time.value().ps : 0;
    return static_cast<bool>(time);
}

bool read_occasion(const std::string& text, std::uint64_t& nth) {
    const Result<Occurrence> read = read_occurrence(text + " x");
    nth = read ? read.value().nth : 0;
    return read && read.value().effect == "x" && !text.empty() && text[0] >= '0' && text[0] <= '9';
}

/// As check_pins() looks at the effect that another one waits for.
std::string check_effect(const std::string& text, unsigned vfs) {
    PinParams pin;
    pin.effect = std::string(host::effect::of_vmm(0, host::effect::cancel));
    pin.after = text;
    for (const PinProblem& problem : check_pins({pin}, vfs, true)) {
        if (std::string_view(problem.key) == "after") {
            return problem.message +
                   " (or expected a time such as \"2ms\", or an occasion such as \"3rd\")";
        }
    }
    return {};
}

std::string check_when(const FaultClass& kind, const FaultParams& fault, unsigned vfs) {
    Ps at = 0;
    std::uint64_t nth = 0;
    if (kind.how == FaultHow::Setup) {
        return fault.when.empty()
                   ? ""
                   : fmt::format("{} is there from the beginning; expected no `when`", kind.name);
    }
    if (fault.when.empty()) {
        return fault.probability.ppm != 0 || kind.how == FaultHow::Act
                   ? ""
                   : "nothing says when; expected `when`, or `probability`";
    }
    if (fault.probability.ppm != 0) {
        return "expected either `when` or `probability`, not both";
    }
    if (read_moment(fault.when, at)) {
        return {};
    }
    if (read_occasion(fault.when, nth)) {
        return kind.how == FaultHow::Chance
                   ? ""
                   : fmt::format("{} has no occasions of its own; expected a time, or an effect",
                                 kind.name);
    }
    return check_effect(fault.when, vfs);
}

std::string check_what(const FaultParams& fault, const bool (&logs)[2]) {
    const FaultClass* const kind = find_fault(fault.what);
    if (kind == nullptr) {
        std::vector<std::string> names;
        for (const FaultClass& one : fault_classes()) {
            names.emplace_back(one.name);
        }
        const std::string near = nearest(fault.what, names);
        return "there is no fault " + in_quotes(fault.what) +
               (near.empty() ? "; docs/faults.md has their names"
                             : "; did you mean \"" + near + "\"?");
    }
    const bool of_log =
        kind->id.compare(0, 8, "FLT-LOG-") == 0 && kind->name.compare(0, 5, "dirty") != 0;
    if (of_log && !logs[0] && !logs[1]) {
        return fmt::format(
            "{} needs a log of user data; expected hosts.both.driver.log_user_data = true",
            kind->name);
    }
    return {};
}

}  // namespace

std::vector<FaultProblem> check_faults(const std::vector<FaultParams>& faults, unsigned vfs,
                                       const bool (&logs_user_data)[2]) {
    std::vector<FaultProblem> problems;
    for (std::size_t i = 0; i < faults.size(); ++i) {
        const FaultParams& fault = faults[i];
        const auto found = [&](const char* key, const std::string& message) {
            if (!message.empty()) {
                problems.push_back({i, key, message});
            }
        };
        const FaultClass* const kind = find_fault(fault.what);
        found("what", check_what(fault, logs_user_data));
        if (kind == nullptr) {
            continue;
        }
        found("where", check_place(*kind, fault.where, vfs));
        found("when", check_when(*kind, fault, vfs));
        if (fault.probability.ppm != 0 && kind->how != FaultHow::Chance) {
            found("probability",
                  fmt::format("{} is no matter of chance; expected `when`", kind->name));
        }
    }
    return problems;
}

std::vector<FaultPlan> read_faults(const std::vector<FaultParams>& faults) {
    std::vector<FaultPlan> plans;
    for (const FaultParams& fault : faults) {
        const FaultClass& kind = *find_fault(fault.what);
        FaultPlan plan;
        std::string host;
        plan.what = kind.fault;
        read_place(fault.where, host, plan.vf);
        plan.host = host == "source" ? 0 : host == "destination" ? 1 : -1;
        plan.length = fault.length.ps;
        plan.value = fault.value;
        plan.probability = fault.probability;
        using When = FaultPlan::When;
        if (kind.how == FaultHow::Setup) {
            plan.when = When::Always;
        } else if (fault.probability.ppm != 0) {
            plan.when = When::Chance;
        } else if (fault.when.empty() || read_moment(fault.when, plan.moment)) {
            plan.when = When::Moment;
        } else if (read_occasion(fault.when, plan.occasion)) {
            plan.when = When::Occasion;
        } else {
            plan.when = When::Effect;
            plan.effect = read_occurrence(fault.when).value();
        }
        const bool chance = plan.when == When::Chance;
        plan.times = fault.times != 0 ? fault.times : chance ? UINT64_MAX : 1;
        plans.push_back(std::move(plan));
    }
    return plans;
}

}  // namespace lmsim::sim
