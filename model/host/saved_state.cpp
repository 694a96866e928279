#include "model/host/saved_state.hpp"

namespace lmsim::host {
namespace {

using spec::Id;
using vfio::Errno;
using Step = SavedState::Step;

struct Context {
    SavedState& saved;
    const spec::Rules& rules;
    Effects& effects;

    void tell(Hold what, SavedPart part, std::uint8_t flags = 0) {
        host::tell(effects, what, static_cast<std::uint64_t>(part), flags);
    }
    void submit(Step step, SavedPart to) {
        saved.step = step;
        Effect& effect = effects.push(EffectKind::Submit);
        effect.token = static_cast<std::uint64_t>(step);
        effect.address = static_cast<std::uint64_t>(to);
    }
    void reply(Errno error) {
        effects.push(EffectKind::Reply).token = static_cast<std::uint64_t>(error);
    }
};

/// The file and what it points to.
void release(Context& context) {
    if (context.saved.has_state) {
        context.tell(Hold::Give, SavedPart::State);
        context.saved.has_state = false;
    }
    context.tell(Hold::Give, SavedPart::File);
    if (context.saved.pf_bound) {
        context.tell(Hold::Give, SavedPart::PfData);
    }
    context.saved.step = Step::Idle;
}

void fail(Context& context) {
    release(context);
    context.reply(Errno::Io);
}

void begin(Context& context) {
    const bool looks = !context.rules.on(Id::RfcPfMayBeGone);
    if (!context.saved.pf_bound) {
        if (!looks) {
            tell(context.effects, Hold::Use, no_object);
        }
        return context.reply(Errno::NoDevice);
    }
    context.tell(Hold::Take, SavedPart::PfData);
    context.tell(Hold::Take, SavedPart::File);
    // The device writes 4096 bytes, however many there are.
    context.tell(Hold::Take, SavedPart::Formats,
                 context.rules.on(Id::RfcShortIdentify) ? hold::foreign : std::uint8_t{0});
    context.submit(Step::ReadFormats, SavedPart::Formats);
}

void formats_read(Context& context, bool well) {
    context.tell(Hold::Give, SavedPart::Formats);
    if (!well) {
        return fail(context);
    }
    context.tell(Hold::Take, SavedPart::Header);
    context.submit(Step::ReadHeader, SavedPart::Header);
}

void header_read(Context& context, bool well) {
    if (well) {
        const bool unset = context.rules.on(Id::RfcHeaderBeforeRead);
        context.tell(Hold::Use, unset ? SavedPart::None : SavedPart::Header);
    }
    context.tell(Hold::Give, SavedPart::Header);
    if (!well) {
        return fail(context);
    }
    context.tell(Hold::Take, SavedPart::State);
    context.saved.has_state = true;
    context.submit(Step::ReadState, SavedPart::State);
}

void state_read(Context& context, bool well) {
    if (well) {
        context.saved.step = Step::Open;
        return context.reply(Errno::Ok);
    }
    context.tell(Hold::Give, SavedPart::State);
    context.saved.has_state = context.rules.on(Id::RfcStateFreedTwice);
    fail(context);
}

void answered(Context& context, bool well) {
    switch (context.saved.step) {
        case Step::ReadFormats: return formats_read(context, well);
        case Step::ReadHeader: return header_read(context, well);
        case Step::ReadState: return state_read(context, well);
        case Step::Idle:
        case Step::Open: break;
    }
}

}  // namespace

void step(SavedState& saved, const SavedEvent& event, const spec::Rules& rules, Effects& effects) {
    Context context{saved, rules, effects};
    switch (event.kind) {
        case SavedEvent::Kind::Begin: begin(context); break;
        case SavedEvent::Kind::Answer: answered(context, event.well); break;
        case SavedEvent::Kind::Read: context.tell(Hold::Use, SavedPart::State); break;
        case SavedEvent::Kind::Close: release(context); break;
        case SavedEvent::Kind::PfGone: saved.pf_bound = false; break;
        case SavedEvent::Kind::PfBack: saved.pf_bound = true; break;
    }
}

}  // namespace lmsim::host
