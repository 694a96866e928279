#include "tools/cli/hw_rig.hpp"

#include <fmt/format.h>

#include <fstream>
#include <map>

#include "sim/core/text.hpp"
#include "tools/cli/interrupts.hpp"

namespace lmsim::cli {

namespace {

bool kept = false;
bool differed = false;

/// What the user typed.
std::string command_line() {
    std::ifstream file("/proc/self/cmdline", std::ios::binary);
    std::string text;
    for (std::string word; std::getline(file, word, '\0');) {
        text += (text.empty() ? "" : " ") + word;
    }
    return text;
}

/// As the user wants it, with what every verb asks for.
sim::RigRequest complete(const char* verb, const sim::RigRequest& request) {
    sim::RigRequest all = request;
    all.interrupted = was_interrupted;
    all.command = command_line();
    bool& failed = sim::is_replay(request) ? differed : kept;
    all.complain = [verb, &failed](const std::string& words) {
        fmt::print(stderr, "lmsim hw {}: {}\n", verb, words);
        failed = true;
    };
    return all;
}

/// What has been opened; or it says why not: nothing.
template <class Opened>
Opened or_complain(const char* verb, sim::Result<Opened> opened) {
    if (!opened) {
        fmt::print(stderr, "lmsim hw {}: {}\n", verb, opened.error());
        return {};
    }
    return std::move(opened.value());
}

}  // namespace

void add_access_option(CLI::App& verb, sim::vfio_kernel::Access& access) {
    using sim::vfio_kernel::Access;
    static const std::map<std::string, Access> names{
        {"auto", Access::Auto}, {"group", Access::Group}, {"cdev", Access::Cdev}};
    verb.add_option("--access", access,
                    "how VFIO gives devices away: group, cdev (iommufd), or auto: by cdev where "
                    "the kernel can")
        ->type_name("WAY")
        ->transform(CLI::CheckedTransformer(names));
}

void add_record_option(CLI::App& verb, std::string& file) {
    verb.add_option("--record", file,
                    "write all that is sent and comes back into this file: replay:FILE then takes "
                    "the device's place, and lmsim check judges it")
        ->type_name("FILE");
}

void add_rig_options(CLI::App& verb, sim::RigRequest& request) {
    verb.add_option("device", request.device,
                    "PCI address of the PF, or of a function alone; or vfio-user:PATH; or "
                    "replay:FILE, what --record has written")
        ->type_name("BDF")
        ->required();
    verb.add_option("--vf", request.vfs,
                    "PCI address of a function that is its VF without SR-IOV; may be repeated")
        ->type_name("BDF")
        ->allow_extra_args(false);
    add_shared_rig_options(verb, request);
}

void add_shared_rig_options(CLI::App& verb, sim::RigRequest& request) {
    const auto token = [](const std::string& text) {
        return sim::vfio_kernel::is_uuid(text) ? std::string()
                                               : fmt::format(
                                                     "{} is no UUID; expected one like "
                                                     "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001",
                                                     sim::in_quotes(text));
    };
    verb.add_option("--sriov", request.sriov,
                    "let the PF have so many VFs meanwhile, and drive them too")
        ->type_name("N");
    verb.add_option("--vf-token", request.vf_token,
                    "the UUID with which somebody else has the PF of this VF through VFIO")
        ->check(token)
        ->type_name("UUID");
    add_access_option(verb, request.access);
    add_record_option(verb, request.record);
}

std::unique_ptr<sim::Rig> open_or_complain(const char* verb, const sim::RigRequest& request) {
    catch_interrupts();
    return or_complain(verb, sim::open_rig(complete(verb, request)));
}

sim::Rigs open_or_complain(const char* verb, const sim::RigRequest& source,
                           const sim::RigRequest& destination) {
    catch_interrupts();
    return or_complain(verb, sim::open_rigs(complete(verb, source), complete(verb, destination)));
}

bool not_given_back() { return kept; }
bool replay_differed() { return differed; }

}  // namespace lmsim::cli
