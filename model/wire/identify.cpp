#include "model/wire/identify.hpp"

#include <cstring>
#include <type_traits>

#include "model/wire/layout.hpp"

namespace lmsim::wire {

using spec::Id;

namespace {

// One list for encode, decode and comparison. OACS and HMLMS overlap and are done by hand.
template <class Page, class Visitor>
void page_fields(Page& page, Visitor&& visit) {
    visit(Id::IdVid, page.vid);
    visit(Id::IdSsvid, page.ssvid);
    visit(Id::IdRab, page.rab);
    visit(Id::IdCmic, page.cmic);
    visit(Id::IdMdts, page.mdts);
    visit(Id::IdIeee, page.ieee);
    visit(Id::IdCntlid, page.cntlid);
    visit(Id::IdVer, page.ver);
    visit(Id::IdRtd3r, page.rtd3r);
    visit(Id::IdRtd3e, page.rtd3e);
    visit(Id::IdOaes, page.oaes);
    visit(Id::IdCtratt, page.ctratt);
    visit(Id::IdCntrltype, page.cntrltype);
    visit(Id::IdAcl, page.acl);
    visit(Id::IdAerl, page.aerl);
    visit(Id::IdFrmw, page.frmw);
    visit(Id::IdLpa, page.lpa);
    visit(Id::IdElpe, page.elpe);
    visit(Id::IdNpss, page.npss);
    visit(Id::IdWctemp, page.wctemp);
    visit(Id::IdCctemp, page.cctemp);
    visit(Id::IdKas, page.kas);
    visit(Id::IdPsd0Mp, page.psd0_mp);
    visit(Id::IdHmpre, page.hmpre);
    visit(Id::IdTnvmcap, page.tnvmcap);
    visit(Id::IdUnvmcap, page.unvmcap);
    visit(Id::IdSanicap, page.sanicap);
    visit(Id::IdSqes, page.sqes);
    visit(Id::IdCqes, page.cqes);
    visit(Id::IdMaxcmd, page.maxcmd);
    visit(Id::IdNn, page.nn);
    visit(Id::IdOncs, page.oncs);
    visit(Id::IdFna, page.fna);
    visit(Id::IdVwc, page.vwc);
    visit(Id::IdAwun, page.awun);
    visit(Id::IdAwupf, page.awupf);
    visit(Id::IdSgls, page.sgls);
    visit(Id::IdMnan, page.mnan);
    visit(Id::IdCmmrtd, page.cmmrtd);
    visit(Id::IdNmmrtd, page.nmmrtd);
    visit(Id::IdMinmrtg, page.minmrtg);
    visit(Id::IdMaxmrtg, page.maxmrtg);
    visit(Id::IdTrattr, page.trattr);
    visit(Id::IdMcudmq, page.mcudmq);
    visit(Id::IdMnsudmq, page.mnsudmq);
    visit(Id::IdMcmr, page.mcmr);
    visit(Id::IdNmcmr, page.nmcmr);
    visit(Id::IdMcdqpc, page.mcdqpc);
    visit(Id::EnsaTemplate, page.ensa_template);
    visit(Id::EnsaMigration, page.ensa_migration);
}

template <class Page, class Visitor>
void text_fields(Page& page, Visitor&& visit) {
    visit(Id::IdSn, page.sn);
    visit(Id::IdMn, page.mn);
    visit(Id::IdFr, page.fr);
    visit(Id::IdSubnqn, page.subnqn);
}

// HMLMS stands inside OACS: its row counts from OACS.
spec::Place hmlms_place(const spec::Rules& rules) {
    const spec::Place inner = rules.place(Id::IdOacsHmlms);
    return {rules.place(Id::IdOacs).bit + inner.bit, inner.width};
}

// True if `place` lies within a page; a dialect may have moved it out.
bool inside_page(spec::Place place) { return place.end_byte() <= identify_size; }

}  // namespace

bool operator==(const IdentifyController& a, const IdentifyController& b) {
    const spec::Rules rules;
    std::uint8_t left[identify_size];
    std::uint8_t right[identify_size];
    encode(a, left, rules);
    encode(b, right, rules);
    return std::memcmp(left, right, identify_size) == 0;
}

void encode(const IdentifyController& page, std::uint8_t* to, const spec::Rules& rules) {
    std::memset(to, 0, identify_size);
    LayoutWriter writer(to, identify_size, rules);
    text_fields(page, [&](Id id, const auto& text) {
        const spec::Place place = rules.place(id);
        const std::size_t room = place.width / 8U;
        if (inside_page(place) && room <= text.size()) {
            std::memcpy(to + place.byte(), text.data(), room);
        }
    });
    page_fields(page, [&](Id id, const auto& member) { writer.set(id, member); });
    writer.set(Id::IdOacs, page.oacs);
    if (inside_page(hmlms_place(rules))) {
        store_bits(to, hmlms_place(rules), page.hmlms ? 1 : 0);
    }
}

Result<IdentifyController> decode_identify_controller(const std::uint8_t* data, std::size_t size,
                                                      const spec::Rules& rules) {
    if (size < identify_size) {
        return Fault{Error::Truncated, size};
    }
    const LayoutReader reader(data, identify_size, rules);
    IdentifyController page;
    text_fields(page, [&](Id id, auto& text) {
        const spec::Place place = rules.place(id);
        const std::size_t room = place.width / 8U;
        if (inside_page(place) && room <= text.size()) {
            std::memcpy(text.data(), data + place.byte(), room);
        }
    });
    page_fields(page, [&](Id id, auto& member) {
        member = static_cast<std::remove_reference_t<decltype(member)>>(reader.get(id));
    });
    const spec::Place hmlms = hmlms_place(rules);
    page.hmlms = inside_page(hmlms) && load_bits(data, hmlms) != 0;
    page.oacs = reader.u16(Id::IdOacs);
    const std::uint32_t inner = rules.place(Id::IdOacsHmlms).bit;
    if (inner < 16) {
        page.oacs = static_cast<std::uint16_t>(page.oacs & ~(1U << inner));
    }
    return page;
}

bool operator==(const SecondaryController& a, const SecondaryController& b) {
    return a.scid == b.scid && a.pcid == b.pcid && a.online == b.online && a.vfn == b.vfn &&
           a.nvq == b.nvq && a.nvi == b.nvi;
}

SecondaryListWriter::SecondaryListWriter(std::uint8_t* to, const spec::Rules& rules)
    : to_(to), rules_(rules) {
    std::memset(to, 0, identify_size);
}

bool SecondaryListWriter::add(const SecondaryController& entry) {
    const std::size_t entry_size = rules_.value(Id::SecondaryEntrySize);
    const std::size_t at = rules_.value(Id::SecondaryHeaderSize) + count_ * entry_size;
    if (count_ >= rules_.value(Id::SecondaryMaxEntries) || at + entry_size > identify_size) {
        return false;
    }
    LayoutWriter writer(to_ + at, entry_size, rules_);
    writer.set(Id::SecondaryScid, entry.scid);
    writer.set(Id::SecondaryPcid, entry.pcid);
    writer.set_flag(Id::SecondaryOls, entry.online);
    writer.set(Id::SecondaryVfn, entry.vfn);
    writer.set(Id::SecondaryNvq, entry.nvq);
    writer.set(Id::SecondaryNvi, entry.nvi);
    ++count_;
    LayoutWriter(to_, rules_.value(Id::SecondaryHeaderSize), rules_)
        .set(Id::SecondaryNument, count_);
    return true;
}

Result<SecondaryListView> SecondaryListView::parse(const std::uint8_t* data, std::size_t size,
                                                   const spec::Rules& rules) {
    const std::size_t header = rules.value(Id::SecondaryHeaderSize);
    if (size < header) {
        return Fault{Error::Truncated, size};
    }
    SecondaryListView view;
    view.data_ = data;
    view.rules_ = &rules;
    view.count_ = LayoutReader(data, header, rules).u8(Id::SecondaryNument);
    if (view.count_ > rules.value(Id::SecondaryMaxEntries)) {
        return Fault{Error::TooMany, rules.offset(Id::SecondaryNument)};
    }
    if (size < header + view.count_ * rules.value(Id::SecondaryEntrySize)) {
        return Fault{Error::Truncated, size};
    }
    return view;
}

SecondaryController SecondaryListView::operator[](std::size_t i) const {
    LMSIM_ASSERT(i < count_);
    const std::size_t entry_size = rules_->value(Id::SecondaryEntrySize);
    const std::size_t at = rules_->value(Id::SecondaryHeaderSize) + i * entry_size;
    const LayoutReader reader(data_ + at, entry_size, *rules_);
    return {reader.u16(Id::SecondaryScid), reader.u16(Id::SecondaryPcid),
            reader.flag(Id::SecondaryOls), reader.u16(Id::SecondaryVfn),
            reader.u16(Id::SecondaryNvq),  reader.u16(Id::SecondaryNvi)};
}

}  // namespace lmsim::wire
