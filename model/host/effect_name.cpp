#include "model/host/effect_name.hpp"

#include "model/host/vmm/engine.hpp"

namespace lmsim::host::effect {

namespace {

std::string spaced(std::string_view place, std::string_view what) {
    std::string name(place);
    name += ' ';
    name += what;
    return name;
}

std::string place(std::string_view where, std::string_view part) {
    std::string name(where);
    name += '.';
    name += part;
    return name;
}

std::string vf_word(int vf) { return "vf" + std::to_string(vf); }

std::string with_device(std::string name, int device) {
    return device < 0 ? name : spaced(name, vf_word(device));
}

}  // namespace

std::string_view host_word(unsigned host) { return host == 0 ? "source" : "destination"; }

std::string_view command_word(FlowStep step) {
    switch (step) {
        case FlowStep::Notify: return "Suspend Notification";
        case FlowStep::Suspend: return "Suspend";
        case FlowStep::ReadHeader:
        case FlowStep::ReadState: return "Get Controller State";
        case FlowStep::LoadState: return "Set Controller State";
        case FlowStep::Resume: return "Resume";
        case FlowStep::Idle: break;
    }
    return "";
}

std::string of_vf(unsigned host, unsigned vf, std::string_view what) {
    return spaced(place(host_word(host), vf_word(static_cast<int>(vf))), what);
}

std::string of_command(unsigned host, unsigned vf, FlowStep step, std::string_view what) {
    return spaced(of_vf(host, vf, command_word(step)), what);
}

std::string of_pf(unsigned host, std::string_view what) {
    return spaced(place(host_word(host), "pf"), what);
}

std::string of_guest(unsigned vf, std::string_view what) {
    return spaced(place("guest", vf_word(static_cast<int>(vf))), what);
}

std::string of_vmm(unsigned host, std::string_view what) {
    return spaced(place(host_word(host), "vmm"), what);
}

std::string of_call(unsigned host, vmm::Call call, vmm::Message message, int device) {
    std::string name = of_vmm(host, vmm::to_string(call));
    if (call == vmm::Call::SendMessage) {
        name = spaced(name, vmm::to_string(message));
    }
    return with_device(std::move(name), device);
}

std::string of_message(unsigned host, vmm::Message message, int device) {
    return with_device(spaced(of_vmm(host, "Receives"), vmm::to_string(message)), device);
}

}  // namespace lmsim::host::effect
