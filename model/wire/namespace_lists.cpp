#include "model/wire/namespace_lists.hpp"

#include <cstring>

#include "model/wire/identify.hpp"
#include "model/wire/layout.hpp"

namespace lmsim::wire {

using spec::Id;

NamespaceListWriter::NamespaceListWriter(std::uint8_t* to, const spec::Rules& rules)
    : to_(to), rules_(rules) {
    std::memset(to, 0, identify_size);
}

bool NamespaceListWriter::add(std::uint32_t nsid) {
    const std::size_t entry = rules_.value(Id::NamespaceListEntrySize);
    if (count_ >= rules_.value(Id::NamespaceListMax) || (count_ + 1) * entry > identify_size) {
        return false;
    }
    store_le(to_ + count_++ * entry, nsid);
    return true;
}

Result<NamespaceListView> NamespaceListView::parse(const std::uint8_t* data, std::size_t size,
                                                   const spec::Rules& rules) {
    NamespaceListView view;
    view.data_ = data;
    view.entry_size_ = rules.value(Id::NamespaceListEntrySize);
    if (size < identify_size) {
        return Fault{Error::Truncated, size};
    }
    std::uint32_t last = 0;
    while (view.count_ < rules.value(Id::NamespaceListMax) &&
           (view.count_ + 1) * view.entry_size_ <= identify_size) {
        const std::size_t at = view.count_ * view.entry_size_;
        const auto nsid = load_le<std::uint32_t>(data + at);
        if (nsid == 0) {
            break;
        }
        if (nsid <= last) {
            return Fault{Error::NotAscending, at};
        }
        last = nsid;
        ++view.count_;
    }
    return view;
}

std::uint32_t NamespaceListView::operator[](std::size_t i) const {
    LMSIM_ASSERT(i < count_);
    return load_le<std::uint32_t>(data_ + i * entry_size_);
}

ControllerListWriter::ControllerListWriter(std::uint8_t* to, const spec::Rules& rules)
    : to_(to), rules_(rules) {
    std::memset(to, 0, identify_size);
}

bool ControllerListWriter::add(std::uint16_t cntlid) {
    const std::size_t entry = rules_.value(Id::ControllerListEntrySize);
    const std::size_t at = rules_.value(Id::ControllerListHeaderSize) + count_ * entry;
    if (count_ >= rules_.value(Id::ControllerListMax) || at + entry > identify_size) {
        return false;
    }
    store_le(to_ + at, cntlid);
    LayoutWriter(to_, identify_size, rules_).set(Id::ControllerListCount, ++count_);
    return true;
}

Result<ControllerListView> ControllerListView::parse(const std::uint8_t* data, std::size_t size,
                                                     const spec::Rules& rules) {
    ControllerListView view;
    const std::size_t header = rules.value(Id::ControllerListHeaderSize);
    if (size < header) {
        return Fault{Error::Truncated, size};
    }
    view.data_ = data + header;
    view.entry_size_ = rules.value(Id::ControllerListEntrySize);
    view.count_ = LayoutReader(data, size, rules).u16(Id::ControllerListCount);
    if (view.count_ > rules.value(Id::ControllerListMax)) {
        return Fault{Error::TooMany, rules.offset(Id::ControllerListCount)};
    }
    if (size < header + view.count_ * view.entry_size_) {
        return Fault{Error::Truncated, size};
    }
    for (std::size_t i = 1; i < view.count_; ++i) {
        if (view[i] <= view[i - 1]) {
            return Fault{Error::NotAscending, header + i * view.entry_size_};
        }
    }
    return view;
}

std::uint16_t ControllerListView::operator[](std::size_t i) const {
    LMSIM_ASSERT(i < count_);
    return load_le<std::uint16_t>(data_ + i * entry_size_);
}

namespace {

// visit(row of the type, is it there, bytes, how many): the order on the wire.
template <class List, class Visitor>
void each_identifier(List& list, Visitor&& visit) {
    visit(Id::NidtEui64, list.has_eui64, list.eui64.data(), list.eui64.size());
    visit(Id::NidtNguid, list.has_nguid, list.nguid.data(), list.nguid.size());
    visit(Id::NidtUuid, list.has_uuid, list.uuid.data(), list.uuid.size());
    visit(Id::NidtCsi, list.has_csi, &list.csi, sizeof list.csi);
}

}  // namespace

bool operator==(const NamespaceDescriptors& a, const NamespaceDescriptors& b) {
    const spec::Rules rules = spec::Rules::ratified();
    std::uint8_t left[identify_size];
    std::uint8_t right[identify_size];
    encode(a, left, rules);
    encode(b, right, rules);
    return std::memcmp(left, right, identify_size) == 0;
}

void encode(const NamespaceDescriptors& list, std::uint8_t* to, const spec::Rules& rules) {
    std::memset(to, 0, identify_size);
    const std::size_t header = rules.value(Id::NidHeaderSize);
    std::size_t at = 0;
    each_identifier(list,
                    [&](Id type, bool present, const std::uint8_t* bytes, std::size_t length) {
                        if (!present || at + header + length > identify_size) {
                            return;
                        }
                        LayoutWriter writer(to + at, header, rules);
                        writer.set(Id::NidNidt, rules.value(type));
                        writer.set(Id::NidNidl, length);
                        std::memcpy(to + at + header, bytes, length);
                        at += header + length;
                    });
}

Result<NamespaceDescriptors> decode_namespace_descriptors(const std::uint8_t* data,
                                                          std::size_t size,
                                                          const spec::Rules& rules) {
    if (size < identify_size) {
        return Fault{Error::Truncated, size};
    }
    const std::size_t header = rules.value(Id::NidHeaderSize);
    NamespaceDescriptors list;
    Fault fault;
    for (std::size_t at = 0; at + header <= identify_size;) {
        const LayoutReader reader(data + at, header, rules);
        const std::size_t length = reader.u8(Id::NidNidl);
        if (length == 0) {
            break;
        }
        if (at + header + length > identify_size) {
            return Fault{Error::Truncated, at};
        }
        each_identifier(list, [&](Id type, bool& present, std::uint8_t* to, std::size_t room) {
            if (fault.error != Error::None || reader.u8(Id::NidNidt) != rules.value(type)) {
                return;
            }
            if (length != room || present) {
                fault = {present ? Error::TooMany : Error::SizeMismatch, at};
                return;
            }
            present = true;
            std::memcpy(to, data + at + header, room);
        });
        if (fault.error != Error::None) {
            return fault;
        }
        at += header + length;
    }
    return list;
}

}  // namespace lmsim::wire
