#include "sim/hw/compare.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "model/nvme/refused.hpp"
#include "model/spec/table.hpp"
#include "sim/conform/describe.hpp"
#include "sim/conform/model_target.hpp"
#include "sim/conform/needs.hpp"
#include "sim/conform/rig_target.hpp"
#include "sim/conform/runner.hpp"
#include "sim/hw/generate.hpp"

namespace lmsim::sim::hw {

using conform::Observed;
using conform::Step;
using conform::StepKind;
using spec::Id;

namespace {

constexpr std::size_t commands_of_a_case = 40;
constexpr std::size_t enough_dead = 3;  // cases in a row that the device could not begin

/// What a case brought, and on the model by which row each step was answered.
struct Transcript {
    std::vector<Observed> steps;
    std::vector<Id> rows;
    std::string failed;  // it could not begin

    conform::Observer observer() {
        return [this](const Observed& seen) {
            steps.push_back(seen);
            rows.push_back(std::exchange(nvme::refused_by, Id::Count));
        };
    }
};

std::optional<Id> opcode_row(const Step& step) {
    if (step.kind != StepKind::Command || step.fields.empty()) {
        return std::nullopt;
    }
    const std::uint64_t opcode = step.fields.front().value.number;
    for (const spec::Row& row : spec::table) {
        const bool nvm = row.symbol.substr(0, 9) == "OpcodeNvm";
        const bool admin = row.symbol.substr(0, 11) == "OpcodeAdmin";
        if (row.kind == spec::Kind::Opcode && (step.queue == 0 ? admin : nvm) &&
            conform::oracle().value(row.id) == opcode) {
            return row.id;
        }
    }
    return std::nullopt;
}

/// The row by which the model answered: what refused the command, or what the command is.
std::optional<Id> answered_by(const conform::Case& test, const Step& step, Id refused) {
    if (refused != Id::Count) {
        return refused;
    }
    if (const auto row = opcode_row(step)) {
        return row;
    }
    for (const conform::Field& field : step.fields) {
        if (!field.row.empty()) {
            return spec::find(field.row);
        }
    }
    return test.rows.empty() ? std::nullopt : spec::find(test.rows.front());
}

std::string tags(const std::vector<std::string>& of) {
    std::string text;
    for (const std::string& tag : of) {
        text += fmt::format("{}{}", text.empty() ? "" : ", then ",
                            tag.back() == ':' ? "the command itself" : tag);
    }
    return text.empty() ? "nothing" : text;
}

/// The first thing in which two answers to a step differ; `kind` stays empty if there is none.
Difference difference(const Step& step, const Observed& model, const Observed& device) {
    Difference found;
    const auto differ = [&](const char* kind, std::string ours, std::string theirs) {
        found.kind = kind;
        found.model = std::move(ours);
        found.device = std::move(theirs);
    };
    const bool sends = step.kind == StepKind::Command || step.kind == StepKind::Await;
    const auto outcome = [&](const Observed& seen) {
        if (seen.completed) {
            return sends ? conform::describe_status(seen.status) : std::string("as it must be");
        }
        return seen.got;
    };
    const auto& any = step.answer.statuses;
    const bool allowed =
        any.size() > 1 && std::find(any.begin(), any.end(), device.status) != any.end();
    if (model.completed != device.completed) {
        differ(sends ? "silence" : "bytes", outcome(model), outcome(device));
    } else if (!model.completed) {
        return found;  // neither is what the case wants
    } else if (model.command && model.status != device.status && !allowed) {
        differ("status", outcome(model), outcome(device));
    } else if (model.completes != device.completes && model.status == device.status) {
        differ("order", tags(model.completes), tags(device.completes));
    } else if (model.command && model.status == 0 && device.status == 0) {
        for (std::size_t i = 0; i < step.answer.fields.size() && found.kind.empty(); ++i) {
            if (model.found[i] != device.found[i]) {
                const conform::Field& field = step.answer.fields[i];
                const auto words = [&](std::uint64_t value) {
                    return fmt::format("{} ({}) = {:x}h", field.name,
                                       conform::place_in_completion(field.place), value);
                };
                differ("bytes", words(model.found[i]), words(device.found[i]));
                found.row = field.row;
            }
        }
    }
    return found;
}

class Comparer {
  public:
    Comparer(Rig& rig, const CompareOptions& options)
        : options_(options),
          device_target_(rig, options.trackable, options.destructive),
          device_session_(device_target_),
          device_(device_session_, device_seen_.observer()) {
        result_.device = rig.name();
        result_.seed = options.seed;
    }

    Comparison run();

  private:
    bool begin();
    void compare(const conform::Case& test);
    void add(const conform::Case& test, std::size_t at, Difference found);

    CompareOptions options_;
    Transcript model_seen_;
    Transcript device_seen_;
    conform::RigTarget device_target_;
    conform::Session device_session_;
    conform::Runner device_;
    std::unique_ptr<conform::Target> model_target_;
    std::unique_ptr<conform::Session> model_session_;
    std::unique_ptr<conform::Runner> model_;
    std::size_t dead_ = 0;
    Comparison result_;
};

bool Comparer::begin() {
    result_.trouble = device_session_.detect();
    if (!result_.trouble.empty()) {
        return false;
    }
    const Likeness like = likeness(device_session_.symbols(), device_target_.functions());
    model_target_ = conform::make_model_target(like.rules, like.config, like.vfs);
    model_session_ = std::make_unique<conform::Session>(*model_target_);
    model_ = std::make_unique<conform::Runner>(*model_session_, model_seen_.observer());
    const std::string error = model_session_->detect();
    if (!error.empty()) {
        result_.trouble = "the model cannot be made like it: " + error;
    }
    return error.empty();
}

/// Together with those of its kind.
void Comparer::add(const conform::Case& test, std::size_t at, Difference found) {
    const Step& step = test.steps[at];
    if (found.row.empty()) {
        const auto row = answered_by(test, step, model_seen_.rows[at]);
        found.row = row ? std::string(spec::row(*row).name) : "none";
    }
    if (const auto row = spec::find(found.row)) {
        found.title = spec::row(*row).title;
    }
    found.where = fmt::format("{}, step {} of {}", test.id, at + 1, test.steps.size());
    found.sent = !device_seen_.steps[at].sent.empty() ? device_seen_.steps[at].sent
                                                      : model_seen_.steps[at].sent;
    const std::string head = found.sent.substr(0, found.sent.find('('));
    for (Difference& known : result_.differences) {
        if (known.kind == found.kind && known.row == found.row && known.model == found.model &&
            known.device == found.device && known.sent.substr(0, known.sent.find('(')) == head) {
            ++known.times;
            return;
        }
    }
    result_.differences.push_back(std::move(found));
}

void Comparer::compare(const conform::Case& test) {
    if (device_.missing(test) || model_->missing(test)) {
        ++result_.left_out;
        return;
    }
    model_seen_.steps.clear();
    model_seen_.rows.clear();
    device_seen_.steps.clear();
    device_seen_.rows.clear();
    const conform::Outcome began = device_.run(test);
    dead_ = began.step == 0 ? dead_ + 1 : 0;
    if (dead_ == enough_dead) {
        result_.trouble = "it does not come back to the state from which cases begin: " + began.got;
    }
    // A refusal by another model in this process is none of this one's.
    nvme::refused_by = Id::Count;
    model_->run(test);
    ++result_.cases;
    const std::size_t both = std::min(model_seen_.steps.size(), device_seen_.steps.size());
    for (std::size_t i = 0; i < both; ++i) {
        Difference found = difference(test.steps[i], model_seen_.steps[i], device_seen_.steps[i]);
        result_.commands += model_seen_.steps[i].command ? 1 : 0;
        if (!found.kind.empty()) {
            add(test, i, std::move(found));
            return;  // from here on they need not be in the same state
        }
    }
}

Comparison Comparer::run() {
    if (!begin()) {
        return result_;
    }
    const auto goes_on = [&] {
        if (result_.trouble.empty()) {
            result_.trouble = device_target_.trouble();
        }
        return result_.trouble.empty();
    };
    Generator generator(options_.seed, Offers::of(device_session_.symbols()));
    // A case that ends early by a difference counts with all that it has.
    for (std::uint64_t sent = 0; sent < options_.commands && goes_on();
         sent += commands_of_a_case) {
        compare(
            generator.next(std::min<std::uint64_t>(commands_of_a_case, options_.commands - sent)));
    }
    if (options_.cases) {
        for (conform::Case& test : conform::all_cases()) {
            if (!goes_on()) {
                break;
            }
            if (options_.sriov) {
                conform::spare_vfs(test);
            }
            compare(test);
        }
    }
    goes_on();
    return result_;
}

}  // namespace

Likeness likeness(const conform::Symbols& device, std::uint16_t functions) {
    const auto said = [&](const char* name, std::uint64_t otherwise = 0) {
        const auto found = device.find(name);
        return found == device.end() ? otherwise : found->second;
    };
    Likeness like;
    like.config = conform::case_limits();
    nvme::Config& config = like.config;
    like.vfs = static_cast<std::uint16_t>(functions - 1);
    config.queue_pairs =
        static_cast<std::uint32_t>(std::clamp<std::uint64_t>(said("mc.queues", 1), 1, 64));
    config.queue_size = static_cast<std::uint32_t>(said("mmc.mqes", 1) + 1);
    config.mdts = static_cast<std::uint32_t>(said("mmc.mdts") == 0 ? 14 : said("mmc.mdts"));
    config.mcudmq = static_cast<std::uint16_t>(std::min<std::uint64_t>(said("mmc.mcudmq"), 256));
    config.mnsudmq = static_cast<std::uint16_t>(std::min<std::uint64_t>(said("mmc.mnsudmq"), 256));
    config.mcmr = static_cast<std::uint16_t>(said("mmc.mcmr"));
    config.nmcmr = static_cast<std::uint16_t>(said("mmc.nmcmr"));
    config.mcdqpc = static_cast<std::uint16_t>(said("mmc.mcdqpc"));
    config.track_memory = said("mmc.thmcs") != 0;
    config.power_of_two_ranges = said("mmc.mrtll") != 0;
    config.tracked_ranges = static_cast<std::uint32_t>(said("mmc.cmmrtd"));
    config.subsystem_ranges = static_cast<std::uint32_t>(said("mmc.nmmrtd"));
    config.finest_granule = static_cast<std::uint32_t>(said("mmc.minmrtg"));
    config.coarsest_granule = static_cast<std::uint32_t>(said("mmc.maxmrtg"));
    config.granules_per_mc =
        said("mc.trackable") != 0 ? said("mc.trackable") : config.granules_per_mc;
    config.flexible_vqs = config.flexible_vis =
        said("mmc.vq.flexible") != 0 ? like.vfs * (config.queue_pairs + 1) : 0;
    config.track_allocation = said("mmc.oacs.lba-status") != 0;
    // An opcode that no command can have: the model does not know the command then.
    constexpr std::uint32_t no_opcode = 0x100;
    const auto without = [&](const char* symbol, Id opcode) {
        if (said(symbol) == 0) {
            like.rules.set_value(opcode, no_opcode);
        }
    };
    for (const Id opcode : conform::migration_opcodes) {
        without(conform::opcode_symbol(conform::oracle().value(opcode)).c_str(), opcode);
    }
    without("mmc.oacs.format", Id::OpcodeAdminFormatNvm);
    without("mmc.oacs.namespaces", Id::OpcodeAdminNamespaceManagement);
    without("mmc.oacs.namespaces", Id::OpcodeAdminNamespaceAttachment);
    without("mmc.oacs.virtualization", Id::OpcodeAdminVirtualization);
    without("mmc.sanicap.bes", Id::OpcodeAdminSanitize);
    return like;
}

Comparison compare(Rig& rig, const CompareOptions& options) { return Comparer(rig, options).run(); }

const std::vector<std::string>& not_compared() {
    static const std::vector<std::string> list{
        "text and numbers that name a device: serial number, model, firmware, NQN, CNTLID, "
        "namespace identifiers, vendor",
        "sizes and limits that a device chooses: capacity, LBA formats, MDTS, queues, AERL, ACL, "
        "power and temperature; the model takes over those that it knows",
        "DNR, CRD and More of a status; DW0 and DW1 of a command that failed or gives no result",
        "what several faults in one command are answered with: each has one fault alone",
        "optional features, log pages and commands that one of both does not offer",
        "user data, log entries, times, and everything vendor specific"};
    return list;
}

}  // namespace lmsim::sim::hw
