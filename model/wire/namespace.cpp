#include "model/wire/namespace.hpp"

#include <cstring>
#include <type_traits>

#include "model/wire/identify.hpp"
#include "model/wire/layout.hpp"

namespace lmsim::wire {

using spec::Id;

namespace {

// One list for encode, decode and comparison of each structure.
template <class Page, class Visitor>
void each_field(Page& page, Visitor&& visit, const IdentifyNamespace*) {
    visit(Id::NsNsze, page.nsze);
    visit(Id::NsNcap, page.ncap);
    visit(Id::NsNuse, page.nuse);
    visit(Id::NsNsfeat, page.nsfeat);
    visit(Id::NsNlbaf, page.nlbaf);
    visit(Id::NsFlbas, page.flbas);
    visit(Id::NsMc, page.mc);
    visit(Id::NsDpc, page.dpc);
    visit(Id::NsDps, page.dps);
    visit(Id::NsNmic, page.nmic);
    visit(Id::NsDlfeat, page.dlfeat);
    visit(Id::NsNvmcap, page.nvmcap);
}

template <class Page, class Visitor>
void each_field(Page& page, Visitor&& visit, const IndependentNamespace*) {
    visit(Id::IndNsfeat, page.nsfeat);
    visit(Id::IndNmic, page.nmic);
    visit(Id::IndNrdy, page.ready);
}

template <class Page, class Visitor>
void each_field(Page& page, Visitor&& visit, const IdentifyControllerNvm*) {
    visit(Id::NvmVsl, page.vsl);
    visit(Id::NvmWzsl, page.wzsl);
    visit(Id::NvmWusl, page.wusl);
    visit(Id::NvmDmrl, page.dmrl);
    visit(Id::NvmDmrsl, page.dmrsl);
    visit(Id::NvmDmsl, page.dmsl);
    visit(Id::NvmRalbas, page.ralbas);
    visit(Id::NvmVer, page.ver);
    visit(Id::NvmLbamqf, page.lbamqf);
}

template <class Page>
void encode_fields(const Page& page, std::uint8_t* to, const spec::Rules& rules) {
    std::memset(to, 0, identify_size);
    LayoutWriter writer(to, identify_size, rules);
    each_field(
        page, [&](Id id, const auto& member) { writer.set(id, member); }, &page);
}

template <class Page>
void decode_fields(Page& page, const std::uint8_t* data, const spec::Rules& rules) {
    const LayoutReader reader(data, identify_size, rules);
    each_field(
        page,
        [&](Id id, auto& member) {
            member = static_cast<std::remove_reference_t<decltype(member)>>(reader.get(id));
        },
        static_cast<const Page*>(&page));
}

template <class Page>
Result<Page> decode_page(const std::uint8_t* data, std::size_t size, const spec::Rules& rules) {
    if (size < identify_size) {
        return Fault{Error::Truncated, size};
    }
    Page page;
    decode_fields(page, data, rules);
    return page;
}

template <class Page>
bool same(const Page& a, const Page& b) {
    const spec::Rules rules = spec::Rules::ratified();
    std::uint8_t left[identify_size];
    std::uint8_t right[identify_size];
    encode(a, left, rules);
    encode(b, right, rules);
    return std::memcmp(left, right, identify_size) == 0;
}

// An identifier is copied as it is: it is no number.
template <std::size_t N>
bool identifier_fits(Id id, const std::array<std::uint8_t, N>& bytes, const spec::Rules& rules) {
    const spec::Place place = rules.place(id);
    return place.end_byte() <= identify_size && place.width / 8U <= bytes.size();
}

// Where format `i` stands; identify_size or more if a dialect has moved it out of the page.
std::size_t format_at(std::size_t i, const spec::Rules& rules) {
    return rules.offset(Id::NsLbaf0) + i * rules.value(Id::LbafSize);
}

bool format_fits(std::size_t i, const spec::Rules& rules) {
    return i < rules.value(Id::NsMaxFormats) &&
           format_at(i, rules) + rules.value(Id::LbafSize) <= identify_size;
}

}  // namespace

bool operator==(const LbaFormat& a, const LbaFormat& b) {
    return a.ms == b.ms && a.lbads == b.lbads && a.rp == b.rp;
}

bool operator==(const IdentifyNamespace& a, const IdentifyNamespace& b) { return same(a, b); }

void encode(const IdentifyNamespace& page, std::uint8_t* to, const spec::Rules& rules) {
    encode_fields(page, to, rules);
    if (identifier_fits(Id::NsNguid, page.nguid, rules)) {
        std::memcpy(to + rules.offset(Id::NsNguid), page.nguid.data(),
                    rules.place(Id::NsNguid).width / 8U);
    }
    if (identifier_fits(Id::NsEui64, page.eui64, rules)) {
        std::memcpy(to + rules.offset(Id::NsEui64), page.eui64.data(),
                    rules.place(Id::NsEui64).width / 8U);
    }
    for (std::size_t i = 0; i < lba_formats && format_fits(i, rules); ++i) {
        LayoutWriter writer(to + format_at(i, rules), rules.value(Id::LbafSize), rules);
        writer.set(Id::LbafMs, page.lbaf[i].ms);
        writer.set(Id::LbafLbads, page.lbaf[i].lbads);
        writer.set(Id::LbafRp, page.lbaf[i].rp);
    }
}

Result<IdentifyNamespace> decode_identify_namespace(const std::uint8_t* data, std::size_t size,
                                                    const spec::Rules& rules) {
    if (size < identify_size) {
        return Fault{Error::Truncated, size};
    }
    IdentifyNamespace page;
    decode_fields(page, data, rules);
    if (identifier_fits(Id::NsNguid, page.nguid, rules)) {
        std::memcpy(page.nguid.data(), data + rules.offset(Id::NsNguid),
                    rules.place(Id::NsNguid).width / 8U);
    }
    if (identifier_fits(Id::NsEui64, page.eui64, rules)) {
        std::memcpy(page.eui64.data(), data + rules.offset(Id::NsEui64),
                    rules.place(Id::NsEui64).width / 8U);
    }
    for (std::size_t i = 0; i < lba_formats && format_fits(i, rules); ++i) {
        const LayoutReader reader(data + format_at(i, rules), rules.value(Id::LbafSize), rules);
        page.lbaf[i] = {reader.u16(Id::LbafMs), reader.u8(Id::LbafLbads), reader.u8(Id::LbafRp)};
    }
    return page;
}

bool operator==(const IndependentNamespace& a, const IndependentNamespace& b) { return same(a, b); }

void encode(const IndependentNamespace& page, std::uint8_t* to, const spec::Rules& rules) {
    encode_fields(page, to, rules);
}

Result<IndependentNamespace> decode_independent_namespace(const std::uint8_t* data,
                                                          std::size_t size,
                                                          const spec::Rules& rules) {
    return decode_page<IndependentNamespace>(data, size, rules);
}

bool operator==(const IdentifyControllerNvm& a, const IdentifyControllerNvm& b) {
    return same(a, b);
}

void encode(const IdentifyControllerNvm& page, std::uint8_t* to, const spec::Rules& rules) {
    encode_fields(page, to, rules);
}

Result<IdentifyControllerNvm> decode_identify_controller_nvm(const std::uint8_t* data,
                                                             std::size_t size,
                                                             const spec::Rules& rules) {
    return decode_page<IdentifyControllerNvm>(data, size, rules);
}

}  // namespace lmsim::wire
