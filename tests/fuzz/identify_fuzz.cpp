#include "model/wire/identify.hpp"

#include <cstring>

#include "model/wire/lba_status.hpp"
#include "model/wire/log_page.hpp"
#include "model/wire/namespace_lists.hpp"
#include "tests/fuzz/checking_sink.hpp"

using namespace lmsim;
using namespace lmsim::wire;
using fuzz::rules;

namespace {

void controller(const std::uint8_t* page) {
    const auto once = decode_identify_controller(page, identify_size, rules());
    FUZZ_CHECK(once.ok());
    std::uint8_t bytes[identify_size];
    encode(*once, bytes, rules());
    const auto twice = decode_identify_controller(bytes, identify_size, rules());
    std::uint8_t again[identify_size];
    encode(*twice, again, rules());
    FUZZ_CHECK(std::memcmp(bytes, again, identify_size) == 0);
}

void secondary_list(const std::uint8_t* data, std::size_t size) {
    const auto list = SecondaryListView::parse(data, size, rules());
    if (!list) {
        FUZZ_CHECK(list.at() <= size);
        return;
    }
    std::uint8_t bytes[identify_size];
    SecondaryListWriter writer(bytes, rules());
    for (std::size_t i = 0; i < list->count(); ++i) FUZZ_CHECK(writer.add((*list)[i]));
    const auto again = SecondaryListView::parse(bytes, identify_size, rules());
    FUZZ_CHECK(again && again->count() == list->count());
    for (std::size_t i = 0; i < list->count(); ++i) FUZZ_CHECK((*again)[i] == (*list)[i]);
}

void state_formats(const std::uint8_t* data, std::size_t size) {
    const auto formats = StateFormatsView::parse(data, size, rules());
    if (!formats) {
        FUZZ_CHECK(formats.at() <= size);
        return;
    }
    for (std::size_t i = 1; i <= formats->version_count(); ++i) {
        const std::uint8_t found = formats->find_version(formats->version(i));
        FUZZ_CHECK(found >= 1 && found <= i);
    }
    for (std::size_t i = 1; i <= formats->uuid_count(); ++i) {
        const std::uint8_t found = formats->find_uuid(formats->uuid(i));
        FUZZ_CHECK(found >= 1 && found <= i);
    }
}

template <class Page, class Decode>
void settles(const std::uint8_t* page, Decode&& decode) {
    const Result<Page> once = decode(page);
    if (!once) {
        return;
    }
    std::uint8_t bytes[identify_size];
    encode(*once, bytes, rules());
    const Result<Page> twice = decode(bytes);
    FUZZ_CHECK(twice && *twice == *once);
}

void namespaces(const std::uint8_t* page) {
    settles<IdentifyNamespace>(page, [](const std::uint8_t* data) {
        return decode_identify_namespace(data, identify_size, rules());
    });
    settles<IndependentNamespace>(page, [](const std::uint8_t* data) {
        return decode_independent_namespace(data, identify_size, rules());
    });
    settles<IdentifyControllerNvm>(page, [](const std::uint8_t* data) {
        return decode_identify_controller_nvm(data, identify_size, rules());
    });
}

void lists(const std::uint8_t* page, const std::uint8_t* data, std::size_t size) {
    settles<NamespaceDescriptors>(page, [](const std::uint8_t* from) {
        return decode_namespace_descriptors(from, identify_size, rules());
    });
    const auto cut = decode_namespace_descriptors(data, size, rules());
    FUZZ_CHECK(cut.ok() || cut.at() <= size);
    const auto nsids = NamespaceListView::parse(page, identify_size, rules());
    if (nsids && nsids->count() != 0) {
        FUZZ_CHECK((*nsids)[nsids->count() - 1] != 0);
    }
    const auto cntlids = ControllerListView::parse(page, identify_size, rules());
    FUZZ_CHECK(!cntlids || cntlids->count() < identify_size);
    const auto status = LbaStatusView::parse(data, size, rules());
    for (std::size_t i = 0; status && i < status->count(); ++i) {
        const LbaRange range = (*status)[i];
        FUZZ_CHECK(range.blocks == (*status)[i].blocks);
    }
}

/// Log pages: what is read is what encode gives back to be read again.
void logs(const std::uint8_t* data, std::size_t size, std::uint8_t code) {
    const auto health = decode_health(data, size, rules());
    FUZZ_CHECK(health.ok() || health.at() == size);
    if (health) {
        std::uint8_t bytes[largest_log] = {};
        encode(*health, bytes, sizeof bytes, rules());
        const auto again = decode_health(bytes, sizeof bytes, rules());
        FUZZ_CHECK(again && again->dur == health->dur && again->tsen == health->tsen);
    }
    const auto error = decode_error_entry(data, size, rules());
    FUZZ_CHECK(error.ok() || error.at() == size);
    const auto slots = decode_firmware_slots(data, size, rules());
    FUZZ_CHECK(slots.ok() || slots.at() == size);
    FUZZ_CHECK(!slots || slots->cafs < 8);
    const auto effect = decode_command_effect((code & 1) != 0, code, data, size, rules());
    FUZZ_CHECK(!effect || effect->cse < 8);
    const auto feature = decode_feature_effect(code, data, size, rules());
    const auto log = decode_supported_log(code, data, size, rules());
    FUZZ_CHECK(feature.ok() == log.ok());
}

}  // namespace

// The first byte selects what else is done; a page is what follows, at an offset, in zeros.
FUZZ_TARGET(identify, 160) {
    if (size < 3) {
        return;
    }
    const std::uint8_t what = data[0];
    const std::size_t offset = data[1] * 16U;
    data += 2;
    size -= 2;
    std::uint8_t page[identify_size] = {};
    const std::size_t count = size < identify_size - offset ? size : identify_size - offset;
    std::memcpy(page + offset, data, count);
    static const auto pages = fuzz::family("identify");
    if (what % 16U < pages.size()) {
        const auto& structure = *pages[what % 16U];
        fuzz::CheckingSink whole(identify_size);
        describe_as(structure, page, identify_size, whole);
        fuzz::CheckingSink cut(size);
        describe_as(structure, data, size, cut);
    }
    switch (what / 16 % 8) {
        case 0: return controller(page);
        case 1: return secondary_list(page, identify_size);
        case 2: return secondary_list(data, size);
        case 3: return state_formats(page, identify_size);
        case 4: return state_formats(data, size);
        case 5: return namespaces(page);
        case 6: return lists(page, data, size);
        default: logs(data, size, data[0]); return logs(page, identify_size, data[0]);
    }
}
