#include "model/wire/vendor_area.hpp"

#include "model/wire/bits.hpp"
#include "model/wire/describe/controller_state.hpp"

namespace lmsim::wire::describe {

using spec::Id;

namespace {

struct AreaFields {
    static constexpr std::size_t capacity = 32;
    Field fields[capacity];
    std::size_t count = 0;

    constexpr void add(std::string_view name, std::size_t at, std::size_t size, Style style) {
        Field& field = fields[count++];
        field.name = name;
        field.row = Id::Count;
        field.style = style;
        field.fixed = {static_cast<std::uint32_t>(at * 8), static_cast<std::uint16_t>(size * 8)};
    }
};

AreaFields make_fields() {
    AreaFields list;
    list.add("magic", 0, 4, Style::Ascii);
    list.add("version", 4, 2, Style::Decimal);
    list.add("length", vendor_area_length_at, 4, Style::Decimal);
    const VendorArea area;
    visit_vendor_area(area, [&](const char* name, std::size_t at, const auto& member) {
        list.add(name, at, sizeof(member), sizeof(member) > 2 ? Style::Hex : Style::Decimal);
    });
    list.add("CQ phase", vendor_area_phase_at, 1, Style::Decimal);
    return list;
}

Block area_block() {
    static const AreaFields list = make_fields();
    Block block;
    block.title = "Vendor area of lmsim";
    block.size = vendor_area_header;
    block.fields.data = list.fields;
    block.fields.size = list.count;
    return block;
}

const Field cid_field[] = {{"CID", Id::Count, Style::Hex, nullptr, nullptr, Id::Count, {0, 16}}};
const Block cid_block = {"Outstanding Asynchronous Event Request", Id::Count, 2, cid_field};

}  // namespace

void walk_vendor_area(Walker& walker) {
    const std::size_t begin = walker.at();
    if (!walker.block(area_block())) {
        return;
    }
    const std::uint8_t* area = walker.data() + begin;
    const auto length = load_le<std::uint32_t>(area + vendor_area_length_at);
    // The whole area as its decoder sees it, or the first thing that the decoder does not accept.
    const std::size_t size = length < walker.end() - begin ? length : walker.end() - begin;
    const Result<VendorArea> decoded = decode_vendor_area(area, size);
    if (!decoded) {
        walker.stop(decoded.error(), begin + decoded.at(), Id::Count, "{}",
                    to_string(decoded.error()));
        return;
    }
    for (std::size_t i = 0; i < decoded->aer_count && walker.block(cid_block, i); ++i) {
    }
    walker.zeros_to(begin + size);
}

void vendor_area_evidence(const Input& input, Evidence& evidence) {
    const bool magic = input.size >= 4 && load_le<std::uint32_t>(input.data) == vendor_area_magic;
    evidence.points = magic ? 60 : -100;
    evidence.because.add("{}", magic ? "it begins with LMVA" : "it does not begin with LMVA");
}

}  // namespace lmsim::wire::describe
