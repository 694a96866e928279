#include "model/explore/world/describe.hpp"

#include "model/host/vmm/engine.hpp"

namespace lmsim::explore::world {

std::string host_name(unsigned host, unsigned hosts) {
    return hosts == 1 ? "host" : host == check::source ? "source" : "destination";
}

std::string request_name(std::uint32_t owner) {
    if (owner == 0) {
        return "a command of nobody";
    }
    const Request request = Request::of(owner);
    const std::string vf = " of VF " + std::to_string(request.vf);
    const std::string piece = " piece " + std::to_string(request.piece);
    switch (static_cast<host::FlowStep>(request.step)) {
        case host::FlowStep::Notify: return "Suspend notification" + vf;
        case host::FlowStep::Suspend: return "Suspend" + vf;
        case host::FlowStep::ReadHeader: return "Get Controller State" + vf + " header";
        case host::FlowStep::ReadState: return "Get Controller State" + vf + piece;
        case host::FlowStep::LoadState: return "Set Controller State" + vf + piece;
        case host::FlowStep::Resume: return "Resume" + vf;
        case host::FlowStep::Idle: break;
    }
    return "?";
}

std::string command_name(unsigned command) {
    return (command % 2 == 0 ? "write " : "read ") + std::to_string(command);
}

std::string admin_command_name(unsigned command) { return command == 0 ? "AER" : "Get Features"; }

std::string call_name(const Outstanding& call) {
    if (call.timer) {
        return "window over";
    }
    const auto what = static_cast<host::vmm::Call>(call.call);
    std::string text(host::vmm::to_string(what));
    if (what == host::vmm::Call::SendMessage) {
        text +=
            " " + std::string(host::vmm::to_string(static_cast<host::vmm::Message>(call.token2)));
    }
    return call.device == no_one ? text : text + " VF " + std::to_string(call.device);
}

std::string verdict_name(std::uint8_t chosen) {
    if ((chosen & verdict::quota) != 0) {
        return ", quota spent";
    }
    if ((chosen & verdict::ready) != 0) {
        return ", little enough is left";
    }
    return (chosen & verdict::exact) != 0 ? ", little seems left" : ", too much is left";
}

std::string parcel_name(const Parcel& parcel) {
    std::string text(host::vmm::to_string(parcel.message));
    if (parcel.device != no_one) {
        text += " VF " + std::to_string(parcel.device);
    }
    if (parcel.message == host::vmm::Message::DeviceData) {
        text += parcel.length == 0 ? ", end" : ", " + std::to_string(parcel.length) + " bytes";
    }
    return parcel.error == 0 ? text : text + ", error " + std::to_string(parcel.error);
}

std::string stage_name(nvme::Stage stage) {
    switch (stage) {
        case nvme::Stage::Fetching: return "entry fetched";
        case nvme::Stage::List: return "PRP list fetched";
        case nvme::Stage::DataIn: return "data fetched";
        case nvme::Stage::Executing: return "executed";
        case nvme::Stage::Media: return "media done";
        default: return "waits";
    }
}

}  // namespace lmsim::explore::world
