#include "model/wire/state_body.hpp"

#include "model/wire/layout.hpp"

namespace lmsim::wire {

using spec::Id;

namespace {

constexpr std::size_t whole_dwords(std::size_t bytes) { return (bytes + 3) / 4 * 4; }

/// The features whose values a state holds, and where a controller's part keeps each.
struct FeatureCell {
    Id fid;
    std::uint32_t VendorArea::*value;
};
constexpr FeatureCell feature_cells[] = {
    {Id::FeatureNumberOfQueues, &VendorArea::number_of_queues},
    {Id::FeatureAsyncEventConfig, &VendorArea::async_event_config},
    {Id::FeatureInterruptCoalescing, &VendorArea::interrupt_coalescing},
    {Id::FeatureVolatileWriteCache, &VendorArea::volatile_write_cache},
};
constexpr std::uint16_t feature_count = sizeof feature_cells / sizeof feature_cells[0];

/// The numbers of a controller's part but for its phase tag, which is a flag.
template <class Own, class Visitor>
void visit_own(Own& own, Visitor&& visit) {
    visit(Id::OwnStateCc, own.cc);
    visit(Id::OwnStateCsts, own.csts);
    visit(Id::OwnStateAqa, own.aqa);
    visit(Id::OwnStateAsq, own.asq);
    visit(Id::OwnStateAcq, own.acq);
    visit(Id::OwnStateSqHead, own.admin_sq_head);
    visit(Id::OwnStateSqTail, own.admin_sq_tail);
    visit(Id::OwnStateCqHead, own.admin_cq_head);
    visit(Id::OwnStateCqTail, own.admin_cq_tail);
}

/// A kind of piece: its part's TYPE, the size of one entry, and where a map keeps what it knows.
struct Piece {
    Id type;
    Id entry_size;
    std::size_t StateMap::*at;
    std::uint16_t StateMap::*count;  // nullptr: there is one
};
constexpr Piece pieces[] = {
    {Id::PartOwn, Id::OwnStateSize, &StateMap::own_at, nullptr},
    {Id::PartFeatures, Id::FeatureStateSize, &StateMap::features_at, &StateMap::features},
    {Id::PartAers, Id::AerStateSize, &StateMap::aers_at, &StateMap::aers},
    {Id::PartSqs, Id::SqStateSize, &StateMap::sqs_at, &StateMap::sqs},
    {Id::PartCqs, Id::CqStateSize, &StateMap::cqs_at, &StateMap::cqs},
};

bool of_queues(const Piece& piece) {
    return piece.type == Id::PartSqs || piece.type == Id::PartCqs;
}

std::size_t bytes_of(const StateMap& map, const Piece& piece, const spec::Rules& rules) {
    const std::size_t entry = rules.value(piece.entry_size);
    return piece.count == nullptr ? entry : map.*piece.count * entry;
}

/// Places the pieces one behind the other: as parts of whole dwords, or closely.
void place_pieces(StateMap& map, const spec::Rules& rules) {
    std::size_t at = rules.value(Id::NvmeStateHeaderSize);
    for (const Piece& piece : pieces) {
        if (map.body == StateBody::Queues && !of_queues(piece)) {
            continue;
        }
        if (map.body == StateBody::Parts) {
            at += rules.value(Id::PartHeaderSize);
        }
        map.*piece.at = at;
        at += bytes_of(map, piece, rules);
        if (map.body == StateBody::Parts) {
            at = whole_dwords(at);
        }
    }
    map.size = whole_dwords(at);
}

const Piece* find_piece(std::uint64_t type, const spec::Rules& rules) {
    for (const Piece& piece : pieces) {
        if (type == rules.value(piece.type)) {
            return &piece;
        }
    }
    return nullptr;
}

/// Takes the part whose payload is at `at`.
Error take_part(StateMap& map, const Piece& piece, std::size_t at, std::uint64_t bytes,
                const spec::Rules& rules) {
    if (map.*piece.at != 0) {
        return Error::SizeMismatch;  // it was there already
    }
    map.*piece.at = at;
    const std::size_t entry = rules.value(piece.entry_size);
    if (piece.count == nullptr) {
        map.has_own = true;
        return bytes < entry ? Error::Truncated : Error::None;
    }
    const std::uint64_t count = bytes / entry;
    if (count > 0xffff) {
        return Error::TooMany;
    }
    map.*piece.count = static_cast<std::uint16_t>(count);
    return whole_dwords(count * entry) == bytes ? Error::None : Error::SizeMismatch;
}

Result<StateMap> find_parts(const std::uint8_t* data, std::size_t size, const spec::Rules& rules) {
    StateMap map;
    map.body = StateBody::Parts;
    const std::size_t header = rules.value(Id::PartHeaderSize);
    std::size_t at = rules.value(Id::NvmeStateHeaderSize);
    while (at < size) {
        if (size - at < header) {
            return Fault{Error::Truncated, size};
        }
        const LayoutReader reader(data + at, header, rules);
        const std::uint64_t bytes = std::uint64_t{reader.u32(Id::PartLength)} * 4;
        if (bytes > size - at - header) {
            return Fault{Error::Truncated, size};
        }
        if (const Piece* piece = find_piece(reader.get(Id::PartType), rules)) {
            const Error error = take_part(map, *piece, at + header, bytes, rules);
            if (error != Error::None) {
                return Fault{error, at};
            }
        } else if (!reader.flag(Id::PartOptional) || !rules.on(Id::PartUnknownOptional)) {
            return Fault{Error::Reserved, at};
        }
        at += header + bytes;
    }
    map.size = size;
    return map;
}

}  // namespace

StateBody state_body(bool version0, const spec::Rules& rules) {
    const std::uint32_t body = rules.value(Id::NvmeStateBody);
    if (version0 || body == 0) {
        return StateBody::Queues;
    }
    return body == 1 ? StateBody::Controller : StateBody::Parts;
}

StateMap lay_out(StateBody body, std::uint16_t sqs, std::uint16_t cqs, std::uint16_t aers,
                 const spec::Rules& rules) {
    StateMap map;
    map.body = body;
    map.has_own = body != StateBody::Queues;
    map.features = map.has_own ? feature_count : std::uint16_t{0};
    map.aers = map.has_own ? aers : std::uint16_t{0};
    map.sqs = sqs;
    map.cqs = cqs;
    place_pieces(map, rules);
    return map;
}

Result<StateMap> find_pieces(StateBody body, const std::uint8_t* data, std::size_t size,
                             const spec::Rules& rules) {
    StateMap map;
    if (body == StateBody::Parts) {
        const Result<StateMap> found = find_parts(data, size, rules);
        if (!found) {
            return found;
        }
        map = *found;
    } else {
        const LayoutReader reader(data, rules.value(Id::NvmeStateHeaderSize), rules);
        map.body = body;
        map.sqs = reader.u16(Id::NvmeStateNiosq);
        map.cqs = reader.u16(Id::NvmeStateNiocq);
        map.has_own = body == StateBody::Controller;
        map.features = map.has_own ? reader.u16(Id::NvmeStateNfea) : std::uint16_t{0};
        map.aers = map.has_own ? reader.u16(Id::NvmeStateNaer) : std::uint16_t{0};
        place_pieces(map, rules);
    }
    if (size != map.size) {
        return size < map.size ? Fault{Error::Truncated, size}
                               : Fault{Error::SizeMismatch, map.size};
    }
    if (map.aers > VendorArea::max_aers) {
        return Fault{Error::TooMany, map.aers_at};
    }
    return map;
}

void write_frames(const StateMap& map, std::uint8_t* to, const spec::Rules& rules) {
    if (map.body != StateBody::Parts) {
        return;
    }
    const std::size_t header = rules.value(Id::PartHeaderSize);
    for (const Piece& piece : pieces) {
        LayoutWriter writer(to + map.*piece.at - header, header, rules);
        writer.set(Id::PartType, rules.value(piece.type));
        writer.set(Id::PartLength, whole_dwords(bytes_of(map, piece, rules)) / 4);
    }
}

void write_own(const StateMap& map, const VendorArea& own, std::uint8_t* to,
               const spec::Rules& rules) {
    LMSIM_ASSERT(map.has_own && map.aers == own.aer_count);
    LayoutWriter writer(to + map.own_at, rules.value(Id::OwnStateSize), rules);
    visit_own(own, [&writer](Id id, auto member) { writer.set(id, member); });
    writer.set_flag(Id::OwnStatePhase, own.admin_cq_phase);
    const std::size_t feature_size = rules.value(Id::FeatureStateSize);
    for (std::size_t i = 0; i < feature_count; ++i) {
        LayoutWriter feature(to + map.features_at + i * feature_size, feature_size, rules);
        feature.set(Id::FeatureStateFid, rules.value(feature_cells[i].fid));
        feature.set(Id::FeatureStateValue, own.*feature_cells[i].value);
    }
    const std::size_t aer_size = rules.value(Id::AerStateSize);
    for (std::size_t i = 0; i < map.aers; ++i) {
        LayoutWriter aer(to + map.aers_at + i * aer_size, aer_size, rules);
        aer.set(Id::AerStateCid, own.aer_cids[i]);
    }
}

Result<VendorArea> read_own(const StateMap& map, const std::uint8_t* data,
                            const spec::Rules& rules) {
    VendorArea own;
    LMSIM_ASSERT(map.has_own);
    const LayoutReader reader(data + map.own_at, rules.value(Id::OwnStateSize), rules);
    visit_own(own, [&reader](Id id, auto& member) {
        member = static_cast<std::remove_reference_t<decltype(member)>>(reader.get(id));
    });
    own.admin_cq_phase = reader.flag(Id::OwnStatePhase);
    const std::size_t feature_size = rules.value(Id::FeatureStateSize);
    for (std::size_t i = 0; i < map.features; ++i) {
        const std::size_t at = map.features_at + i * feature_size;
        const LayoutReader feature(data + at, feature_size, rules);
        bool known = false;
        for (const FeatureCell& cell : feature_cells) {
            if (feature.get(Id::FeatureStateFid) == rules.value(cell.fid)) {
                own.*cell.value = feature.u32(Id::FeatureStateValue);
                known = true;
            }
        }
        if (!known) {
            return Fault{Error::OutOfRange, at};  // its value would be lost
        }
    }
    own.aer_count = map.aers;
    const std::size_t aer_size = rules.value(Id::AerStateSize);
    for (std::size_t i = 0; i < map.aers; ++i) {
        const LayoutReader aer(data + map.aers_at + i * aer_size, aer_size, rules);
        own.aer_cids[i] = aer.u16(Id::AerStateCid);
    }
    return own;
}

}  // namespace lmsim::wire
