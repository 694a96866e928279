#include "model/explore/search/expander.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "model/assert.hpp"
#include "model/explore/search/full_set.hpp"

namespace lmsim::explore {

std::uint8_t* Strings::open(std::size_t most) {
    const std::size_t at = used();
    if (bytes.size() < at + most) {
        bytes.resize(2 * (at + most));
    }
    return bytes.data() + at;
}

void Strings::close(std::size_t length) {
    end.push_back(static_cast<std::uint32_t>(used() + length));
}

void Strings::clear() { end.clear(); }

void Slice::clear() {
    value.clear();
    origin.clear();
    state.clear();
    form.clear();
    fresh.clear();
    broken.clear();
    fresh_pages.clear();
    expanded = 0;
    transitions = 0;
    fresh_count = 0;
}

namespace {

/// Places for the fingerprints that a thread remembers.
constexpr std::size_t kept_places = 16'384;

}  // namespace

Expander::Expander(std::unique_ptr<System> system, const Delta& delta, const VisitedSet* visited)
    : system_(std::move(system)),
      delta_(delta),
      visited_(visited),
      bytes_(delta.state_bytes()),
      parent_(delta.padded_bytes(), 1),
      child_(delta.padded_bytes(), under_way),
      form_(delta.padded_bytes(), 1),
      kept_(kept_places),
      actions_(most_actions) {
    LMSIM_ASSERT(system_->state_bytes() == bytes_);
}

void Expander::expand(const Layer& layer, Slice& slice) {
    slice.clear();
    for (std::size_t i = 0; i < slice.pages; ++i) {
        const Page& page = layer.pages[slice.first_page + i];
        const std::uint8_t* data = page.bytes.get();
        for (std::uint32_t k = 0; k < page.count; ++k) {
            const std::size_t length = static_cast<std::size_t>(data[0]) | data[1] << 8;
            delta_.decode(data + page_length_bytes, length, parent_[0]);
            data += page_length_bytes + length;
            expand_state(page.first + k, slice);
        }
        slice.expanded += page.count;
    }
    while (settled_ != begun_) {
        settle(settled_++ % under_way, slice);
    }
}

void Expander::expand_state(StateId parent, Slice& slice) {
    const std::size_t count = system_->actions(parent_[0], actions_.data(), actions_.size());
    LMSIM_ASSERT(count <= actions_.size());
    for (std::size_t i = 0; i < count; ++i) {
        if (begun_ - settled_ == under_way) {
            settle(settled_++ % under_way, slice);
        }
        const std::size_t place = begun_ % under_way;
        std::uint8_t* const child = child_[place];
        std::memcpy(child, parent_[0], bytes_);
        const Slice::Origin origin{parent, actions_[i]};
        std::uint64_t fingerprint = 0;
        const Outcome outcome = visited_ == nullptr
                                    ? system_->apply(child, actions_[i])
                                    : system_->follow(child, actions_[i], fingerprint);
        ++slice.transitions;
        if (outcome.broken != nullptr) {
            slice.broken.push_back({origin, outcome.broken});
            continue;
        }
        pending_[place].origin = origin;
        if (visited_ != nullptr) {
            const std::uint64_t value = VisitedSet::mix(fingerprint);
            pending_[place].value = value;
            visited_->prefetch(value);
        }
        ++begun_;
    }
    judge_rest(parent, count, slice);
}

void Expander::judge_rest(StateId parent, std::size_t count, Slice& slice) {
    for (std::size_t i = 0; i < count; ++i) {
        if (system_->fair_class(parent_[0], actions_[i]) != unfair) {
            return;
        }
    }
    if (!system_->at_rest(parent_[0])) {
        slice.broken.push_back({{parent, {}}, nullptr});
    }
}

void Expander::settle(std::size_t place, Slice& slice) {
    if (visited_ != nullptr) {
        const std::uint64_t value = pending_[place].value;
        // Neighbours lead to the same states. What this thread kept before was of an earlier slice
        // or of this one, which comes first when states are entered: which of its followers are
        // left out here is up to chance, that they are is not.
        std::uint64_t& kept = kept_[value % kept_places];
        if (kept != value && !visited_->contains(value)) {
            kept = value;
            keep(place, value, slice);
        }
        return;
    }
    system_->canonical(child_[place], form_[0]);
    std::uint8_t* const out = slice.form.open(delta_.most_encoded());
    const std::size_t length = delta_.encode(form_[0], out);
    slice.form.close(length);
    keep(place, FullSet::value_of(out, length), slice);
}

void Expander::keep(std::size_t place, std::uint64_t value, Slice& slice) {
    slice.value.push_back(value);
    slice.origin.push_back(pending_[place].origin);
    slice.state.close(delta_.encode(child_[place], slice.state.open(delta_.most_encoded())));
}

}  // namespace lmsim::explore
