#include "model/wire/describe/state_body.hpp"

namespace lmsim::wire::describe {

using spec::Id;

namespace {

constexpr Field own_fields[] = {
    {"CC", Id::OwnStateCc, Style::Hex},   {"CSTS", Id::OwnStateCsts, Style::Hex},
    {"AQA", Id::OwnStateAqa, Style::Hex}, {"Phase", Id::OwnStatePhase, Style::Flag},
    {"ASQ", Id::OwnStateAsq, Style::Hex}, {"ACQ", Id::OwnStateAcq, Style::Hex},
    {"SQ head", Id::OwnStateSqHead},      {"SQ tail", Id::OwnStateSqTail},
    {"CQ head", Id::OwnStateCqHead},      {"CQ tail", Id::OwnStateCqTail},
};
constexpr Block own_block = {"Registers and admin queue", Id::OwnStateSize, 0, own_fields};

constexpr Field feature_fields[] = {
    {"FID", Id::FeatureStateFid, Style::Hex},
    {"Value", Id::FeatureStateValue, Style::Hex},
};
constexpr Block feature_block = {"Feature value", Id::FeatureStateSize, 0, feature_fields};

constexpr Field aer_fields[] = {{"CID", Id::AerStateCid, Style::Hex}};
constexpr Block aer_block = {"Outstanding Asynchronous Event Request", Id::AerStateSize, 0,
                             aer_fields};

constexpr Field part_fields[] = {
    {"TYPE", Id::PartType, Style::Hex},
    {"OPT", Id::PartOptional, Style::Flag},
    {"LENGTH", Id::PartLength, Style::Decimal, says_dwords},
};
constexpr Block part_block = {"Part", Id::PartHeaderSize, 0, part_fields};

bool blocks(Walker& walker, const Block& block, std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) {
        if (!walker.block(block, i)) {
            return false;
        }
    }
    return true;
}

bool all_of(Walker& walker, const Block& block) {
    return blocks(walker, block, walker.left() / size_of(block, walker.rules()));
}

/// The payload of one part, to whose end the input is narrowed.
bool payload(Walker& walker, const View& header, bool (*queues)(Walker& walker, bool submission)) {
    const std::uint64_t type = header.get(Id::PartType);
    const auto is = [&](Id row) { return type == walker.rules().value(row); };
    bool well = true;
    if (is(Id::PartOwn)) {
        well = walker.block(own_block);
    } else if (is(Id::PartFeatures)) {
        well = all_of(walker, feature_block);
    } else if (is(Id::PartAers)) {
        well = all_of(walker, aer_block);
    } else if (is(Id::PartSqs) || is(Id::PartCqs)) {
        well = queues(walker, is(Id::PartSqs));
    } else {
        if (header.get(Id::PartOptional) == 0) {
            walker.broken(Id::PartUnknownOptional, header.where(Id::PartType),
                          "a part of type {:X}h is not known, and not optional", type);
        }
        return walker.skip_to(walker.end(), "A part that is not known");
    }
    return well && walker.zeros_to(walker.end());
}

}  // namespace

bool walk_own(Walker& walker, std::uint64_t features, std::uint64_t aers) {
    return walker.block(own_block) && blocks(walker, feature_block, features) &&
           blocks(walker, aer_block, aers);
}

bool walk_parts(Walker& walker, bool (*queues)(Walker& walker, bool submission)) {
    for (std::size_t i = 0; walker.left() != 0; ++i) {
        if (!walker.block(part_block, i)) {
            return false;
        }
        const View header = walker.last();
        const std::uint64_t length = (header.get(Id::PartLength) & 0xffffffff) * 4;
        if (length > walker.left()) {
            return walker.stop(Error::Truncated, header.where(Id::PartLength), Id::PartLength,
                               "a part of {} bytes, of which {} are there", length, walker.left());
        }
        const std::size_t before = walker.narrow(walker.at() + length);
        const bool well = payload(walker, header, queues);
        walker.widen(before);
        if (!well) {
            return false;
        }
    }
    return true;
}

}  // namespace lmsim::wire::describe
