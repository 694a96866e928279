#include "model/wire/describe/walker.hpp"

#include <cstring>

#include "model/wire/bits.hpp"

namespace lmsim::wire::describe {

using spec::Id;

namespace {

constexpr std::size_t largest_block = 4096;

}  // namespace

bool all_zero(const std::uint8_t* data, std::size_t size) {
    return size == 0 || (data[0] == 0 && std::memcmp(data, data + 1, size - 1) == 0);
}

bool Walker::block(const Block& block, std::size_t index) {
    if (stopped()) {
        return false;
    }
    const std::size_t size = size_of(block, rules_);
    const std::size_t there = size < left() ? size : left();
    last_ = {data_ + at_, there, at_, &rules_};
    if (there != 0 || size == 0) {
        sink_.group({block.title, index, at_, size});
        fields(block, last_);
    }
    at_ += there;
    if (there < size) {
        return stop(Error::Truncated, end_, Id::Count, "{} takes {} bytes, {} are there",
                    block.title, size, there);
    }
    rest(block, last_);
    if (block.check != nullptr) {
        block.check(*this, last_);
    }
    return !stopped();
}

void Walker::fields(const Block& block, const View& view) {
    for (const Field& field : block.fields) {
        this->field(field, view);
    }
    for (const Fields& list : block.more) {
        for (const Field& field : list) {
            this->field(field, view);
        }
    }
}

void Walker::field(const Field& field, const View& view) {
    const spec::Place place = place_of(field, rules_);
    if (place.end_byte() > view.size) {
        return;  // cut off, or moved out of the block by a dialect
    }
    Value value;
    value.field = &field;
    value.place = {static_cast<std::uint32_t>(view.at * 8 + place.bit), place.width};
    value.number = load_bits(view.data, place);
    value.bytes = view.data + place.byte();
    value.size = place.end_byte() - place.byte();
    value.rules = &rules_;
    if (field.style < Style::Ascii) {
        value.beyond_64_bits =
            place.width > 64 && place.width <= 128 && !upper_bits_zero(view.data, place);
    }
    sink_.field(value);
    if (field.codes == nullptr || field.codes->breaks == Id::Count ||
        value.number >= field.codes->vendor) {
        return;
    }
    for (const Id code : field.codes->rows) {
        if (value.number == rules_.value(code)) {
            return;
        }
    }
    broken(field.codes->breaks, view.at + place.byte(), "{} = {:#x} is reserved", field.name,
           value.number);
}

void Walker::rest(const Block& block, const View& view) {
    if (view.size > largest_block) {
        return;  // a dialect's
    }
    std::uint8_t rest[largest_block];
    std::memcpy(rest, view.data, view.size);
    const auto clear = [&](const Fields& list) {
        for (const Field& field : list) {
            const spec::Place place = place_of(field, rules_);
            if (place.end_byte() <= view.size) {
                store_bits(rest, place, 0);
            }
        }
    };
    clear(block.fields);
    for (const Fields& list : block.more) {
        clear(list);
    }
    if (!all_zero(rest, view.size)) {
        tell_rest(block, rest, view);
    }
}

void Walker::tell_rest(const Block& block, const std::uint8_t* rest, const View& view) {
    std::size_t count = 0;
    std::size_t first = view.size;
    for (std::size_t i = 0; i < view.size; ++i) {
        if (rest[i] == 0) {
            continue;
        }
        ++count;
        first = first < i ? first : i;
        if (block.rest == Rest::Undescribed) {
            continue;
        }
        std::size_t to = i;
        while (to + 1 < view.size && rest[to + 1] != 0) ++to;
        if (to == i) {
            broken(Id::ReservedIsZero, view.at + i, "reserved bits {:#04x} of byte {} are set",
                   rest[i], view.at + i);
        } else {
            broken(Id::ReservedIsZero, view.at + i, "reserved bits in bytes {} to {} are set",
                   view.at + i, view.at + to);
        }
        i = to;
    }
    if (block.rest == Rest::Undescribed) {
        note(view.at + first, "{} bytes that are not 0 are not described, the first at {}", count,
             view.at + first);
    }
}

void Walker::entries(const Block& block) {
    const std::size_t size = size_of(block, rules_);
    if (size == 0) {
        return;
    }
    std::size_t used = end_;  // up to the last byte that is not 0
    while (used > at_ && data_[used - 1] == 0) --used;
    for (std::size_t i = 0; at_ < end_; ++i) {
        const std::size_t same = left() / size;
        if (at_ >= used && i != 0 && same > 1) {
            note(at_, "entries {} to {} are all 0", i, i + same - 1);
            at_ += same * size;
            continue;
        }
        if (!this->block(block, i)) {
            return;
        }
    }
}

bool Walker::skip_to(std::size_t to, std::string_view title) {
    if (stopped()) {
        return false;
    }
    const std::size_t stop_at = to < end_ ? to : end_;
    if (stop_at > at_) {
        sink_.group({title, no_index, at_, stop_at - at_});
        note(at_, "{} bytes, {}", stop_at - at_,
             all_zero(data_ + at_, stop_at - at_) ? "all 0" : "not described");
        at_ = stop_at;
    }
    return to <= end_ ||
           stop(Error::Truncated, end_, Id::Count, "{} goes on to byte {}", title, to);
}

bool Walker::zeros_to(std::size_t to) {
    if (stopped()) {
        return false;
    }
    const std::size_t stop_at = to < end_ ? to : end_;
    while (at_ < stop_at && data_[at_] == 0) ++at_;
    if (at_ < stop_at) {
        broken(Id::ReservedIsZero, at_, "the bytes up to {} are reserved, {} is not 0", stop_at - 1,
               at_);
        at_ = stop_at;
    }
    return to <= end_ || stop(Error::Truncated, end_, Id::Count, "it goes on to byte {}", to);
}

Outcome Walker::finish() {
    outcome_.end = at_;
    return outcome_;
}

}  // namespace lmsim::wire::describe
