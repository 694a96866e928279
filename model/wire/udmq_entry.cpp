#include <cstring>
#include <tuple>

#include "model/wire/cdq.hpp"
#include "model/wire/layout.hpp"

namespace lmsim::wire {

using spec::Id;

namespace {

constexpr Id entry_fields[] = {Id::UdmqNsid, Id::UdmqNlb,  Id::UdmqSlba,  Id::UdmqCdqp,
                               Id::UdmqEsa,  Id::UdmqDlba, Id::UdmqLbacir};
constexpr Id esa_rows[] = {Id::EsaOrdinary, Id::EsaFirst, Id::EsaStopped, Id::EsaSuspended,
                           Id::EsaFull};
constexpr Id lbacir_rows[] = {Id::LbacirRange, Id::LbacirNamespace, Id::LbacirNone};

/// Which of the rows has this value; N if none.
template <std::size_t N>
std::size_t index_of(std::uint64_t value, const Id (&rows)[N], const spec::Rules& rules) {
    std::size_t i = 0;
    while (i < N && value != rules.value(rows[i])) {
        ++i;
    }
    return i;
}

/// As store_bits(), without going over the bytes: every logged command pays for it.
inline void put(UdmqWords& to, spec::Place place, std::uint64_t value) {
    constexpr std::uint32_t bits = 64;
    if (place.bit + place.width > bits * 4 || place.width > bits) {
        return;
    }
    if (place.width < bits) {
        value &= (std::uint64_t{1} << place.width) - 1;
    }
    const std::uint32_t shift = place.bit % bits;
    to.word[place.bit / bits] |= value << shift;
    if (shift + place.width > bits) {
        to.word[place.bit / bits + 1] |= value >> (bits - shift);
    }
}

/// The inverse of put().
inline std::uint64_t take(const UdmqWords& from, spec::Place place) {
    constexpr std::uint32_t bits = 64;
    if (place.bit + place.width > bits * 4 || place.width > bits) {
        return 0;
    }
    const std::uint32_t shift = place.bit % bits;
    std::uint64_t value = from.word[place.bit / bits] >> shift;
    if (shift + place.width > bits) {
        value |= from.word[place.bit / bits + 1] << (bits - shift);
    }
    return place.width < bits ? value & ((std::uint64_t{1} << place.width) - 1) : value;
}

/// An entry as words, as far as it goes.
UdmqWords load(const std::uint8_t* data, std::size_t size) {
    std::uint8_t bytes[sizeof(UdmqWords::word)] = {};
    std::memcpy(bytes, data, size < sizeof(bytes) ? size : sizeof(bytes));
    UdmqWords words;
    for (std::size_t i = 0; i < 4; ++i) {
        words.word[i] = load_le<std::uint64_t>(bytes + 8 * i);
    }
    return words;
}

/// The combinations that figure 177 excludes.
bool excluded(const UdmqEntry& entry, std::uint64_t nlb, const spec::Rules& rules) {
    if (entry.lbacir == Lbacir::Range) {
        return false;
    }
    const bool names_lbas = entry.nsid != 0 || nlb != 0;
    return (rules.on(Id::UdmqOrdinaryHasRange) && entry.esa == Esa::Ordinary) ||
           (rules.on(Id::UdmqNoRangeNoSlba) && entry.slba != 0) ||
           (rules.on(Id::UdmqNoneHasNoNamespace) && entry.lbacir == Lbacir::None && names_lbas);
}

}  // namespace

bool operator==(const UdmqEntry& a, const UdmqEntry& b) {
    const auto tie = [](const UdmqEntry& e) {
        return std::tie(e.nsid, e.slba, e.blocks, e.esa, e.lbacir, e.deallocated, e.phase);
    };
    return tie(a) == tie(b);
}

UdmqWords to_words(const UdmqEntry& entry, const spec::Rules& rules) {
    UdmqWords words;
    put(words, rules.place(Id::UdmqNsid), entry.nsid);
    put(words, rules.place(Id::UdmqNlb), entry.blocks == 0 ? 0 : entry.blocks - 1);
    put(words, rules.place(Id::UdmqSlba), entry.slba);
    put(words, rules.place(Id::UdmqCdqp), entry.phase ? 1 : 0);
    put(words, rules.place(Id::UdmqEsa), rules.value(esa_rows[static_cast<int>(entry.esa)]));
    put(words, rules.place(Id::UdmqDlba), entry.deallocated ? 1 : 0);
    put(words, rules.place(Id::UdmqLbacir),
        rules.value(lbacir_rows[static_cast<int>(entry.lbacir)]));
    return words;
}

void encode(const UdmqEntry& entry, std::uint8_t* to, const spec::Rules& rules) {
    const UdmqWords words = to_words(entry, rules);
    std::uint8_t bytes[sizeof(words.word)];
    for (std::size_t i = 0; i < 4; ++i) {
        store_le(bytes + 8 * i, words.word[i]);
    }
    const std::size_t size = udmq_entry_size(rules);
    std::memset(to, 0, size);
    std::memcpy(to, bytes, size < sizeof(bytes) ? size : sizeof(bytes));
}

bool udmq_phase_anywhere(const std::uint8_t* entry, const spec::Rules& rules) {
    return LayoutReader(entry, udmq_entry_size(rules), rules).flag(Id::UdmqCdqp);
}

UdmqReader::UdmqReader(const spec::Rules& rules) : rules_(&rules), size_(udmq_entry_size(rules)) {
    for (const Id field : entry_fields) {
        put(fields_, rules.place(field), ~std::uint64_t{0});
    }
}

/// Is a bit set that no field holds? Where is for find_reserved() to say: a host looks at every
/// entry, and finds none.
bool UdmqReader::has_reserved(const UdmqWords& words) const {
    std::uint64_t rest = 0;
    for (std::size_t i = 0; i < 4; ++i) {
        rest |= words.word[i] & ~fields_.word[i];
    }
    return rest != 0;
}

Result<UdmqEntry> UdmqReader::decode(const std::uint8_t* data, std::size_t size) const {
    const spec::Rules& rules = *rules_;
    if (size < size_) {
        return Fault{Error::Truncated, size};
    }
    const UdmqWords words = load(data, size_);
    if (size_ > sizeof(words.word) || has_reserved(words)) {
        const Fault reserved = find_reserved(data, size_, entry_fields, rules);
        if (reserved.error != Error::None) {
            return reserved;
        }
    }
    const auto get = [&](Id field) { return take(words, rules.place(field)); };
    const std::size_t esa = index_of(get(Id::UdmqEsa), esa_rows, rules);
    const std::size_t lbacir = index_of(get(Id::UdmqLbacir), lbacir_rows, rules);
    if (esa == std::size(esa_rows)) {
        return Fault{Error::Reserved, rules.offset(Id::UdmqEsa)};
    }
    if (lbacir == std::size(lbacir_rows)) {
        return Fault{Error::Reserved, rules.offset(Id::UdmqLbacir)};
    }
    UdmqEntry entry;
    entry.nsid = static_cast<std::uint32_t>(get(Id::UdmqNsid));
    entry.slba = get(Id::UdmqSlba);
    entry.esa = static_cast<Esa>(esa);
    entry.lbacir = static_cast<Lbacir>(lbacir);
    entry.deallocated = get(Id::UdmqDlba) != 0;
    entry.phase = get(Id::UdmqCdqp) != 0;
    const std::uint64_t nlb = get(Id::UdmqNlb);
    if (excluded(entry, nlb, rules)) {
        return Fault{Error::OutOfRange, rules.offset(Id::UdmqLbacir)};
    }
    entry.blocks = entry.lbacir == Lbacir::Range ? nlb + 1 : 0;
    return entry;
}

Result<UdmqEntry> decode_udmq_entry(const std::uint8_t* data, std::size_t size,
                                    const spec::Rules& rules) {
    return UdmqReader(rules).decode(data, size);
}

Result<UdmqView> UdmqView::parse(const std::uint8_t* data, std::size_t size,
                                 const spec::Rules& rules) {
    const std::size_t entry = udmq_entry_size(rules);
    if (entry == 0 || size == 0 || size % entry != 0) {
        return Fault{Error::SizeMismatch, size};
    }
    UdmqView view;
    view.data_ = data;
    view.rules_ = &rules;
    view.slots_ = size / entry;
    return view;
}

const std::uint8_t* UdmqView::at(std::size_t slot) const {
    LMSIM_ASSERT(slot < slots_);
    return data_ + slot * udmq_entry_size(*rules_);
}

Result<UdmqEntry> UdmqView::operator[](std::size_t slot) const {
    return decode_udmq_entry(at(slot), udmq_entry_size(*rules_), *rules_);
}

}  // namespace lmsim::wire
