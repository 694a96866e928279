#include "sim/explore_model/model.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <memory>

#include "model/assert.hpp"
#include "sim/profile/profile.hpp"
#include "sim/scenario/bind.hpp"
#include "sim/scenario/toml.hpp"
#include "sim/trace/output_file.hpp"

namespace lmsim::sim {

namespace {

constexpr std::size_t largest_file = 1U << 20U;

/// "a/b/draft.toml" is the model "draft".
std::string name_of(const std::string& file) {
    const std::size_t slash = file.find_last_of('/');
    std::string name = slash == std::string::npos ? file : file.substr(slash + 1);
    constexpr std::string_view ending = ".toml";
    if (name.size() > ending.size() &&
        name.compare(name.size() - ending.size(), ending.size(), ending) == 0) {
        name.resize(name.size() - ending.size());
    }
    return name;
}

ExploreModel failed(const std::string& file, const std::string& message) {
    ExploreModel model;
    model.name = name_of(file);
    model.errors.push_back({{printable(file), "", 0, 0}, message});
    return model;
}

/// Groups that the kind of world has no use for: what is written there would do nothing.
std::vector<std::string> idle_groups(WorldKind kind) {
    switch (kind) {
        case WorldKind::Migration: return {"free.", "log.", "memory."};
        case WorldKind::Free: return {"migration.", "log.", "memory."};
        case WorldKind::Log: return {"world.", "migration.", "free.", "memory."};
        case WorldKind::Memory: return {"world.", "migration.", "free.", "log."};
    }
    return {};
}

void refuse_idle_groups(const ExploreParams& params, const Origins& origins,
                        Diagnostics& diagnostics) {
    for (const std::string& group : idle_groups(params.kind)) {
        for (const auto& [path, origin] : origins) {
            if (path.compare(0, group.size(), group) == 0) {
                diagnostics.add(
                    {origin.where,
                     fmt::format("{}: a model of kind {} has no {}", origin.written,
                                 EnumNames<WorldKind>::names[static_cast<std::size_t>(params.kind)],
                                 group.substr(0, group.size() - 1))});
            }
        }
    }
}

explore::WorldConfig world_config(const ExploreParams& params) {
    explore::WorldConfig config;
    config.hosts = params.kind == WorldKind::Free ? 1 : 2;
    config.vfs = params.world.vfs;
    config.commands = params.world.commands;
    config.queue_entries = params.world.queue_entries;
    config.completion_entries = params.world.completion_entries;
    config.state_pieces = params.world.state_pieces;
    config.features = params.world.features.flags;
    config.faults = params.world.faults.bits;
    config.fault_budget = params.world.fault_budget;
    config.resuming = params.free.resuming;
    config.return_path = params.migration.return_path;
    config.switchover_ack = params.migration.switchover_ack;
    config.free_verdicts = params.migration.free_verdicts;
    config.exact_calls = params.migration.exact_calls;
    config.completes = config.hosts == 1 ? params.free.completes : params.migration.completes;
    config.admin_commands = params.free.admin_commands;
    config.log = params.world.log;
    return config;
}

explore::LogConfig log_config(const LogParams& params) {
    explore::LogConfig config;
    config.entries = params.entries;
    config.batch = params.batch;
    config.blocks = params.blocks;
    config.commands = params.commands;
    config.polled = params.polled;
    config.dudmq = params.dudmq;
    config.contiguous = params.contiguous;
    config.merge = params.merge;
    config.abort = params.abort;
    return config;
}

explore::MemoryConfig memory_config(const MemoryParams& params) {
    explore::MemoryConfig config;
    config.pages = params.pages;
    config.commands = params.commands;
    config.descriptors = params.descriptors;
    config.coarse = params.coarse;
    config.abort = params.abort;
    return config;
}

std::string objection_to(const ExploreParams& params) {
    switch (params.kind) {
        case WorldKind::Log: return explore::objection(log_config(params.log));
        case WorldKind::Memory: return explore::objection(memory_config(params.memory));
        default: return explore::objection(world_config(params));
    }
}

/// Lays the profile, then single rows over the ratified standard.
void choose_rules(ExploreModel& model, const RuleOptions& options, Diagnostics& diagnostics) {
    const std::string& named =
        options.profile.empty() ? model.params.profile.text : options.profile;
    if (!named.empty()) {
        const Profile profile = load_profile(named);
        for (const Diagnostic& error : profile.errors) {
            diagnostics.add(error);
        }
        model.profile = profile.name;
        model.rules = profile.rules;
    }
    for (const spec::Id id : model.params.without.rows) model.rules.set_on(id, false);
    for (const spec::Id id : model.params.with.rows) model.rules.set_on(id, true);
    const auto choose = [&](const std::vector<std::string>& names, const char* option, bool on) {
        for (const std::string& name : names) {
            const Result<spec::Id> id = switchable_row(name);
            if (id) {
                model.rules.set_on(id.value(), on);
            } else {
                diagnostics.add(
                    {{"", fmt::format("{} {}", option, printable(name)), 0, 0}, id.error()});
            }
        }
    };
    choose(options.without, "--without", false);
    choose(options.with, "--with", true);
}

Result<std::string> read_file(const std::string& file) {
    errno = 0;
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> stream(std::fopen(file.c_str(), "rb"),
                                                                 &std::fclose);
    if (!stream) return Failure{"cannot be read: " + trace::system_words(errno)};
    std::string text(largest_file + 1, '\0');
    text.resize(std::fread(text.data(), 1, text.size(), stream.get()));
    if (std::ferror(stream.get()) != 0) {
        return Failure{"cannot be read: " + trace::system_words(errno)};
    }
    if (text.size() > largest_file) return Failure{"is larger than 1 MiB; expected a model"};
    return text;
}

}  // namespace

std::string ExploreModel::error_text() const {
    std::string all;
    for (const Diagnostic& error : errors) {
        all += error.text() + "\n";
    }
    return all;
}

ExploreModel load_model_text(std::string_view text, const std::string& name,
                             const RuleOptions& options) {
    ExploreModel model;
    model.name = name_of(name);
    model.text = text;
    const TomlText toml = parse_toml(text, name);
    if (!toml.ok) {
        model.errors.push_back(toml.error);
        return model;
    }
    Diagnostics diagnostics;
    Origins origins;
    Binder(schema_of<ExploreParams>(), &model.params, origins, diagnostics).bind_file(toml.root);
    if (diagnostics.empty()) {
        refuse_idle_groups(model.params, origins, diagnostics);
        choose_rules(model, options, diagnostics);
    }
    if (diagnostics.empty()) {
        const std::string objection = objection_to(model.params);
        if (!objection.empty()) diagnostics.add({{printable(name), "", 0, 0}, objection});
    }
    model.errors = diagnostics.sorted();
    return model;
}

ExploreModel load_model(const std::string& name_or_file, const RuleOptions& options) {
    for (const CommittedModel& each : committed_models()) {
        if (each.name == name_or_file) {
            return load_model_text(each.text, name_or_file, options);
        }
    }
    if (!ProfileName{name_or_file}.is_file()) {
        return failed(name_or_file,
                      unknown_name(name_or_file, model_names()) + ", or a file (NAME.toml)");
    }
    const Result<std::string> text = read_file(name_or_file);
    return text ? load_model_text(text.value(), name_or_file, options)
                : failed(name_or_file, text.error());
}

explore::SystemFactory world_of(const ExploreModel& model) { return world_of(model, model.rules); }

explore::SystemFactory world_of(const ExploreModel& model, const spec::Rules& rules) {
    LMSIM_ASSERT(model.ok());
    if (model.params.kind == WorldKind::Log) {
        return [config = log_config(model.params.log), rules] {
            return explore::make_log_world(config, rules);
        };
    }
    if (model.params.kind == WorldKind::Memory) {
        return [config = memory_config(model.params.memory), rules] {
            return explore::make_memory_world(config, rules);
        };
    }
    return explore::world_factory(world_config(model.params), rules);
}

std::unique_ptr<explore::System> plain_world_of(const ExploreModel& model) {
    return explore::make_world(world_config(model.params), model.rules);
}

}  // namespace lmsim::sim
