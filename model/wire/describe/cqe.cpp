#include "model/wire/describe/cqe.hpp"

#include "model/spec/table.hpp"
#include "model/wire/cdq.hpp"
#include "model/wire/cqe.hpp"

namespace lmsim::wire::describe {

using spec::Id;

namespace {

const char* status_type(std::uint64_t sct) {
    constexpr const char* names[] = {"generic",      "command specific", "media and data integrity",
                                     "path related", "reserved",         "reserved",
                                     "reserved",     "vendor specific"};
    return names[sct & 7];
}

void says_status_type(const Value& value, Text& text) { text.add("{}", status_type(value.number)); }

void says_phase(const Value& value, Text& text) {
    text.add("{}", value.number != 0 ? "written in an odd pass" : "written in an even pass");
}

// Counts the Status rows, so that looking for one does not go over all rows.
constexpr std::size_t count_status_rows() {
    std::size_t count = 0;
    for (const spec::Row& row : spec::table) count += row.kind == spec::Kind::Status ? 1 : 0;
    return count;
}
struct StatusRows {
    Id ids[count_status_rows()];
};
constexpr StatusRows find_status_rows() {
    StatusRows rows{};
    std::size_t count = 0;
    for (const spec::Row& row : spec::table) {
        if (row.kind == spec::Kind::Status) rows.ids[count++] = row.id;
    }
    return rows;
}
constexpr StatusRows status_rows = find_status_rows();

void says_status_code(const Value& value, Text& text) {
    const spec::Place sct = value.rules->place(Id::CqeSct);
    if (sct.end_byte() > Cqe::size) {
        return;
    }
    // A field is only told of an entry that is there as a whole.
    const std::uint8_t* entry = value.bytes - value.rules->place(Id::CqeSc).byte();
    const auto status = static_cast<std::uint16_t>(value.number | load_bits(entry, sct) << 8);
    const Id row = status_row(status, *value.rules);
    text.add("{}", row != Id::Count ? spec::row(row).title : "unknown status");
}

constexpr Field dwords[] = {{"DW0", Id::CqeDw0, Style::Hex}, {"DW1", Id::CqeDw1, Style::Hex}};
constexpr Field csup_field[] = {{"CSUP", Id::GetStateCsup, Style::Flag}};
constexpr Field common[] = {
    {"SQHD", Id::CqeSqhd},
    {"SQID", Id::CqeSqid},
    {"CID", Id::CqeCid, Style::Hex},
    {"P", Id::CqePhase, Style::Flag, says_phase},
    {"SC", Id::CqeSc, Style::Hex, says_status_code},
    {"SCT", Id::CqeSct, Style::Hex, says_status_type},
    {"CRD", Id::CqeCrd},
    {"M", Id::CqeMore, Style::Flag},
    {"DNR", Id::CqeDnr, Style::Flag},
};

constexpr Id event_type_rows[] = {Id::EventTypeOneShot};
constexpr Codes event_type_codes = {event_type_rows};
void says_event(const Value& value, Text& text) {
    // What the information means depends on the type, which stands in the same entry.
    const std::uint8_t* entry = value.bytes - value.rules->place(Id::EventInformation).byte();
    const spec::Place type = value.rules->place(Id::EventType);
    if (type.end_byte() > Cqe::size ||
        load_bits(entry, type) != value.rules->value(Id::EventTypeOneShot)) {
        return;
    }
    for (const Id event : {Id::EventCdqTailPointer, Id::EventCdqFullError}) {
        if (value.number == value.rules->value(event)) text.add("{}", short_title(event));
    }
}
constexpr Field event_fields[] = {
    {"Type", Id::EventType, Style::Decimal, nullptr, &event_type_codes},
    {"Information", Id::EventInformation, Style::Hex, says_event},
    {"Log page", Id::EventLogPage, Style::Hex},
    {"CDQID", Id::EventCdqid},
};
constexpr Field created_fields[] = {{"CDQID", Id::CdqCreatedCdqid}};
constexpr Field feature_fields[] = {{"CDQID", Id::CdqGotCdqid},
                                    {"ETPT", Id::CdqGotEtpt, Style::Flag}};
constexpr Field capability_fields[] = {{"SVBL", Id::CapabilitySaveable, Style::Flag},
                                       {"NSSPEC", Id::CapabilityOfNamespace, Style::Flag},
                                       {"CHANG", Id::CapabilityChangeable, Style::Flag}};
constexpr Field modified_fields[] = {{"NRM", Id::VirtualizationNrm}};
constexpr Field hint_fields[] = {{"MRTG", Id::TrackMrtg}, {"NMRTD", Id::TrackNmrtd}};

void check_status(Walker& walker, const View& view) {
    const std::uint64_t sct = view.get(Id::CqeSct);
    if (sct >= 4 && sct <= 6) {
        walker.broken(Id::ReservedFieldValue, view.where(Id::CqeSct), "SCT = {} is reserved", sct);
    }
}

// An entry whose DW0 and DW1 hold `fields`.
constexpr Block completion(std::string_view title, Fields fields) {
    return {title, Id::Count, Cqe::size, fields, Rest::Reserved, check_status, {common}};
}

}  // namespace

Id status_row(std::uint16_t status, const spec::Rules& rules) {
    for (const Id row : status_rows.ids) {
        if (rules.value(row) == status) {
            return row;
        }
    }
    return Id::Count;
}

const Block cqe_block = completion("Completion queue entry", dwords);
const Block cqe_event_block =
    completion("Completion of an Asynchronous Event Request", event_fields);
const Block cqe_get_state_block = completion("Completion of Get Controller State", csup_field);
const Block cqe_create_cdq_block =
    completion("Completion of Controller Data Queue, Create", created_fields);
const Block cqe_get_cdq_block =
    completion("Completion of Get Features, Controller Data Queue", feature_fields);
const Block cqe_capabilities_block =
    completion("Completion of Get Features, supported capabilities", capability_fields);
const Block cqe_virtualization_block =
    completion("Completion of Virtualization Management", modified_fields);
const Block cqe_track_memory_block =
    completion("Completion of Track Memory Changes, Not Enough Resources", hint_fields);

void cqe_event_evidence(const Input& input, Evidence& evidence) {
    if (input.size != Cqe::size) {
        evidence.points = -60;
        return evidence.because.add("it is not one entry");
    }
    const Cqe cqe = decode_cqe(input.data);
    const AerResult event = decode_aer_result(cqe, *input.rules);
    const bool known = cqe.status == 0 && (event.is(CdqEvent::TailPointer, *input.rules) ||
                                           event.is(CdqEvent::FullError, *input.rules));
    evidence.points = known ? 30 : -60;
    evidence.because.add("DW0 is {}that of a one-shot event of CDQ {}", known ? "" : "not ",
                         event.cdqid);
}

void cqe_evidence(const Input& input, Evidence& evidence) {
    if (input.size == 0 || input.size % Cqe::size != 0) {
        evidence.points = -60;
        return evidence.because.add("its size is not a multiple of 16 bytes");
    }
    if (all_zero(input.data, input.size)) {
        return;
    }
    const std::size_t count = input.size / Cqe::size;
    std::size_t known = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const View view{input.data + i * Cqe::size, Cqe::size, i * Cqe::size, input.rules};
        const auto status =
            static_cast<std::uint16_t>(view.get(Id::CqeSc) | view.get(Id::CqeSct) << 8);
        // Success is what any zeros say.
        known += status_row(status, *input.rules) != Id::Count ? 1 : 0;
    }
    evidence.points = known == count ? (count == 1 ? 15 : 5) : -40;
    evidence.because.add("{} of {} entries of 16 bytes have known statuses", known, count);
}

}  // namespace lmsim::wire::describe
