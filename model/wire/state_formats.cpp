#include <cstring>

#include "model/wire/identify.hpp"
#include "model/wire/layout.hpp"

namespace lmsim::wire {

using spec::Id;

namespace {

std::size_t uuids_at(std::size_t version_count, const spec::Rules& rules) {
    return rules.value(Id::FormatsHeaderSize) + version_count * rules.value(Id::FormatsVersionSize);
}

}  // namespace

bool encode_state_formats(const std::uint16_t* versions, std::uint8_t version_count,
                          const Uuid* uuids, std::uint8_t uuid_count, std::uint8_t* to,
                          const spec::Rules& rules) {
    std::memset(to, 0, identify_size);
    const std::size_t version_size = rules.value(Id::FormatsVersionSize);
    const std::size_t uuid_size = rules.value(Id::FormatsUuidSize);
    LMSIM_ASSERT(version_size >= 2 && uuid_size >= 16);
    if (uuids_at(version_count, rules) + uuid_count * uuid_size > identify_size) {
        return false;
    }
    LayoutWriter writer(to, identify_size, rules);
    writer.set(Id::FormatsNv, version_count);
    writer.set(Id::FormatsNuuid, uuid_count);
    for (std::size_t i = 0; i < version_count; ++i) {
        store_le(to + uuids_at(i, rules), versions[i]);
    }
    for (std::size_t i = 0; i < uuid_count; ++i) {
        std::memcpy(to + uuids_at(version_count, rules) + i * uuid_size, uuids[i].data(), 16);
    }
    return true;
}

Result<StateFormatsView> StateFormatsView::parse(const std::uint8_t* data, std::size_t size,
                                                 const spec::Rules& rules) {
    LMSIM_ASSERT(rules.value(Id::FormatsVersionSize) >= 2 &&
                 rules.value(Id::FormatsUuidSize) >= 16);
    const std::size_t header = rules.value(Id::FormatsHeaderSize);
    if (size < header) {
        return Fault{Error::Truncated, size};
    }
    const LayoutReader reader(data, header, rules);
    StateFormatsView view;
    view.data_ = data;
    view.rules_ = &rules;
    view.version_count_ = reader.u8(Id::FormatsNv);
    view.uuid_count_ = reader.u8(Id::FormatsNuuid);
    const std::size_t needed =
        uuids_at(view.version_count_, rules) + view.uuid_count_ * rules.value(Id::FormatsUuidSize);
    if (size < needed) {
        return Fault{Error::Truncated, size};
    }
    return view;
}

std::uint16_t StateFormatsView::version(std::size_t index) const {
    LMSIM_ASSERT(index >= 1 && index <= version_count_);
    return load_le<std::uint16_t>(data_ + uuids_at(index - 1, *rules_));
}

Uuid StateFormatsView::uuid(std::size_t index) const {
    LMSIM_ASSERT(index >= 1 && index <= uuid_count_);
    const std::size_t uuid_size = rules_->value(Id::FormatsUuidSize);
    const std::size_t at = uuids_at(version_count_, *rules_) + (index - 1) * uuid_size;
    Uuid uuid;
    std::memcpy(uuid.data(), data_ + at, uuid.size());
    return uuid;
}

std::uint8_t StateFormatsView::find_version(std::uint16_t wanted) const {
    for (std::size_t index = 1; index <= version_count_; ++index) {
        if (version(index) == wanted) {
            return static_cast<std::uint8_t>(index);
        }
    }
    return 0;
}

std::uint8_t StateFormatsView::find_uuid(const Uuid& wanted) const {
    for (std::size_t index = 1; index <= uuid_count_; ++index) {
        if (uuid(index) == wanted) {
            return static_cast<std::uint8_t>(index);
        }
    }
    return 0;
}

}  // namespace lmsim::wire
