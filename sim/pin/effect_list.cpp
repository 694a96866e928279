#include "sim/pin/effect_list.hpp"

#include <cctype>

#include "model/host/effect_name.hpp"
#include "model/host/vmm/engine.hpp"
#include "model/vfio/device.hpp"

namespace lmsim::sim {

namespace effect = host::effect;

namespace {

using host::vmm::Call;
using host::vmm::Message;

constexpr host::FlowStep steps[] = {host::FlowStep::Notify, host::FlowStep::Suspend,
                                    host::FlowStep::ReadState, host::FlowStep::LoadState,
                                    host::FlowStep::Resume};

/// Calls of a VMM on one device.
constexpr Call device_calls[] = {
    Call::SetDeviceState,  Call::ResetDevice,     Call::QueryStopCopySize, Call::QueryPrecopyInfo,
    Call::ReadDeviceBlock, Call::SendDeviceBlock, Call::SaveNonIterable,   Call::WriteDeviceBlock,
    Call::LoadNonIterable, Call::ReleaseDevice,   Call::StartThread,       Call::QueueDevicePacket};
constexpr Call other_calls[] = {Call::ResumeVcpus,     Call::DirtyLogStart,   Call::DirtyLogStop,
                                Call::RamSyncBitmap,   Call::RamSendSlice,    Call::PauseVcpus,
                                Call::BlockFlush,      Call::CloseChannel,    Call::LoadRam,
                                Call::SaveNonIterable, Call::LoadNonIterable, Call::SendState};
constexpr Message messages[] = {Message::Header,      Message::Ram,      Message::SwitchoverStart,
                                Message::NonIterable, Message::End,      Message::Ack,
                                Message::Shut,        Message::Begin,    Message::Setup,
                                Message::State,       Message::Complete, Message::Ok};
constexpr Message device_messages[] = {Message::DeviceData, Message::NonIterable};

class Collector {
  public:
    std::vector<KnownEffect> list;

    void happens(std::string name) { list.push_back({std::move(name), false, false}); }
    void wish(std::string name) { list.push_back({std::move(name), true, false}); }
    void user(std::string name) { list.push_back({std::move(name), true, true}); }

    void guest(unsigned vf) {
        happens(effect::of_guest(vf, effect::submitted));
        happens(effect::of_guest(vf, effect::completed));
    }

    void controller(unsigned host, unsigned vf) {
        for (const auto what : {effect::fetched, effect::read, effect::executed}) {
            happens(effect::of_vf(host, vf, what));
        }
        for (const host::FlowStep step : steps) {
            for (const auto what :
                 {effect::fetched, effect::read, effect::executed, effect::completed}) {
                happens(effect::of_command(host, vf, step, what));
            }
            wish(effect::of_command(host, vf, step, effect::refused));
            wish(effect::of_command(host, vf, step, effect::timed_out));
        }
        wish(effect::of_vf(host, vf, effect::reset));
    }

    void owner(unsigned vf) {
        for (unsigned to = 1; to < vfio::state_count; ++to) {
            user(effect::of_vf(0, vf,
                               std::string(effect::user_sets) +
                                   std::string(to_string(static_cast<vfio::MigState>(to)))));
        }
        user(effect::of_vf(0, vf, effect::user_reads));
        user(effect::of_vf(0, vf, effect::user_writes));
    }

    void vmm(unsigned host, unsigned vfs) {
        for (const Call call : other_calls) {
            happens(effect::of_call(host, call, Message::None, -1));
        }
        for (const Message message : messages) {
            happens(effect::of_call(host, Call::SendMessage, message, -1));
            happens(effect::of_message(host, message, -1));
        }
        for (unsigned vf = 0; vf < vfs; ++vf) {
            for (const Call call : device_calls) {
                happens(effect::of_call(host, call, Message::None, static_cast<int>(vf)));
            }
            for (const Message message : device_messages) {
                happens(effect::of_message(host, message, static_cast<int>(vf)));
            }
        }
    }
};

}  // namespace

std::vector<KnownEffect> known_effects(unsigned vfs) {
    Collector all;
    all.happens(std::string(effect::begins));
    for (unsigned vf = 0; vf < vfs; ++vf) {
        all.guest(vf);
        all.owner(vf);
    }
    for (unsigned host = 0; host < 2; ++host) {
        for (unsigned vf = 0; vf < vfs; ++vf) {
            all.controller(host, vf);
        }
        all.happens(effect::of_pf(host, effect::enabled));
        all.wish(effect::of_pf(host, effect::reset));
        all.vmm(host, vfs);
    }
    all.happens(effect::of_vmm(1, effect::finds_closed));
    all.wish(effect::of_vmm(0, effect::cancel));
    all.wish(std::string(effect::channel_cut));
    all.wish(std::string(effect::channel_damaged));
    return all.list;
}

namespace {

const char* ordinal_ending(unsigned n) {
    if (n % 100 >= 11 && n % 100 <= 13) {
        return "th";
    }
    switch (n % 10) {
        case 1: return "st";
        case 2: return "nd";
        case 3: return "rd";
        default: return "th";
    }
}

}  // namespace

std::string Occurrence::text() const {
    return nth == 1 ? effect : std::to_string(nth) + ordinal_ending(nth) + " " + effect;
}

Result<Occurrence> read_occurrence(const std::string& text) {
    Occurrence read;
    std::size_t digits = 0;
    while (digits < text.size() && std::isdigit(static_cast<unsigned char>(text[digits])) != 0) {
        ++digits;
    }
    if (digits == 0) {
        read.effect = text;
        return read;
    }
    const std::size_t space = text.find(' ', digits);
    const std::string ending =
        space == std::string::npos ? "" : text.substr(digits, space - digits);
    if (digits <= 6) {
        read.nth = static_cast<unsigned>(std::stoul(text.substr(0, digits)));
    }
    if (digits > 6 || read.nth == 0 || ending != ordinal_ending(read.nth)) {
        return Failure{"expected a count like \"2nd \" before the effect's name, up to 999999th"};
    }
    read.effect = text.substr(space + 1);
    return read;
}

}  // namespace lmsim::sim
