#include "sim/profile/profile.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdio>
#include <memory>

#include "model/spec/documents.hpp"
#include "model/vfio/uapi.hpp"
#include "sim/core/param_type.hpp"
#include "sim/core/text.hpp"
#include "sim/profile/reader.hpp"
#include "sim/scenario/toml.hpp"
#include "sim/trace/output_file.hpp"

namespace lmsim::sim {
namespace {

constexpr std::size_t largest_profile = 1U << 20U;
constexpr std::uint32_t longest_chain = 8;  // of profiles, each based on the next

Profile profile_failed(const std::string& file, const std::string& message) {
    Profile profile;
    profile.errors.push_back({{printable(file), "", 0, 0}, message});
    return profile;
}

std::string folder_of(const std::string& file) {
    const std::size_t slash = file.find_last_of('/');
    return slash == std::string::npos ? "" : file.substr(0, slash + 1);
}

/// "a/draft.toml" and "draft" name a profile "draft.toml" and "draft" until it names itself.
std::string profile_name(const std::string& file) { return file.substr(folder_of(file).size()); }

const KnownProfile* find_known(const std::string& name) {
    for (const KnownProfile& each : known_profiles()) {
        if (each.name == name) {
            return &each;
        }
    }
    return nullptr;
}

Profile load(const std::string& name, const std::string& folder, std::uint32_t depth);

Profile load_text(std::string_view text, const std::string& file, const std::string& folder,
                  std::uint32_t depth) {
    const TomlText parsed = parse_toml(text, file);
    Profile profile;
    if (!parsed.ok) {
        profile.errors.push_back(parsed.error);
        return profile;
    }
    for (const Value::Member& each : parsed.root.members) {
        if (each.name != "base" || each.value.type != Value::Type::Text) {
            continue;  // of another type: the reader says so
        }
        if (depth == longest_chain) {
            profile.errors.push_back(
                {each.value.where, fmt::format("base: more than {} profiles, each based on the "
                                               "next; is this one based on itself?",
                                               longest_chain)});
            return profile;
        }
        profile = load(each.value.text, folder, depth + 1);
        if (!profile.ok()) {
            profile.errors.insert(profile.errors.begin(),
                                  {each.value.where, fmt::format("base: {} cannot be used",
                                                                 in_quotes(each.value.text))});
            return profile;
        }
    }
    profile.name = profile_name(file);
    profile.title.clear();
    read_profile(parsed.root, profile);
    return profile;
}

Profile load_file(const std::string& file, std::uint32_t depth) {
    errno = 0;
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> stream(std::fopen(file.c_str(), "rb"),
                                                                 &std::fclose);
    if (!stream) {
        return profile_failed(file, "cannot be read: " + trace::system_words(errno));
    }
    std::string text(largest_profile + 1, '\0');
    text.resize(std::fread(text.data(), 1, text.size(), stream.get()));
    if (std::ferror(stream.get()) != 0) {
        return profile_failed(file, "cannot be read: " + trace::system_words(errno));
    }
    if (text.size() > largest_profile) {
        return profile_failed(file, "is larger than 1 MiB; expected a profile");
    }
    return load_text(text, file, folder_of(file), depth);
}

Profile load(const std::string& name, const std::string& folder, std::uint32_t depth) {
    if (const KnownProfile* known = find_known(name)) {
        return load_text(known->text, name, "", depth);
    }
    if (ProfileName{name}.is_file()) {
        return load_file(name.front() == '/' ? name : folder + name, depth);
    }
    const std::string near = nearest(name, profile_names());
    return profile_failed(name, fmt::format("there is no profile of this name{}; expected a file "
                                            "(NAME.toml), or one of {}",
                                            near.empty() ? "" : "; did you mean " + near + "?",
                                            joined(profile_names())));
}

}  // namespace

std::string Profile::error_text() const {
    std::string text;
    for (const Diagnostic& each : errors) {
        text += each.text() + "\n";
    }
    return text;
}

bool is_of_dialects_alone(const spec::Row& row) {
    return row.document == spec::document::LmsimDrafts ||
           row.document == spec::document::RfcVendor2022;
}

const Overlay* Profile::find(spec::Id id) const {
    const auto at = std::find_if(overlays.begin(), overlays.end(),
                                 [id](const Overlay& each) { return each.id == id; });
    return at == overlays.end() ? nullptr : &*at;
}

Profile load_profile_text(std::string_view text, const std::string& file) {
    return load_text(text, file, folder_of(file), 0);
}

Profile load_profile(const std::string& name_or_file) { return load(name_or_file, "", 0); }

std::uint8_t parse_features(const std::vector<std::string>& names, std::string& error) {
    const std::vector<std::string> known{"stop_copy", "p2p", "pre_copy"};
    std::uint8_t flags = vfio::STOP_COPY_FLAG;
    for (const std::string& name : names) {
        std::string low;
        for (const char c : name) {
            low += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        }
        if (low == "p2p") {
            flags |= vfio::P2P_FLAG;
        } else if (low == "pre_copy") {
            flags |= vfio::PRE_COPY_FLAG;
        } else if (low != "stop_copy") {
            const std::string near = nearest(low, known);
            error = fmt::format("no feature {}{}; there are {}", in_quotes(name),
                                near.empty() ? "" : "; did you mean " + near + "?", joined(known));
            return flags;
        }
    }
    return flags;
}

}  // namespace lmsim::sim
