#include "model/explore/search/search.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <utility>

#include "model/assert.hpp"
#include "model/explore/search/expander.hpp"
#include "model/explore/search/full_set.hpp"
#include "model/explore/search/team.hpp"

namespace lmsim::explore {

namespace {

// Fixed, so that what a search that ends early has seen does not depend on the number of threads.
constexpr std::uint32_t slice_states = 64;
constexpr std::uint64_t chunk_states = 8192;

std::vector<std::uint8_t> initial_state(System& system) {
    StateBuffers state(system.state_bytes(), 1);
    system.initial(state[0]);
    return {state[0], state[0] + system.state_bytes()};
}

/// One search. Each chunk of the frontier is expanded in slices by whoever is free; then each
/// thread enters the states of its shards in the order of the slices; then the new states get
/// their numbers in that order. So nothing depends on who was faster.
class Search {
  public:
    Search(const SystemFactory& make, const SearchOptions& options);

    SearchReport run();

  private:
    void seed();
    bool may_go_on();
    std::size_t cut_chunk(std::size_t page);
    void expand_chunk();
    void enter_states();
    void enter_states_of(unsigned member);
    void number_states();
    void store_states(Slice& slice);
    void collect_violations(const Slice& slice);
    Violation violation_of(const Slice::Broken& broken) const;
    void end_chunk(std::size_t first_page, std::size_t last_page);
    std::uint64_t known_bytes() const;
    std::uint64_t all_bytes() const;
    void for_each_slice(const std::function<void(Slice&, unsigned)>& work);

    const SearchOptions& options_;
    const std::unique_ptr<System> first_;
    const Delta delta_;
    Team team_;
    VisitedSet visited_;
    FullSet full_;
    Trail trail_;
    std::vector<std::unique_ptr<Expander>> expanders_;
    Layer now_;
    Layer next_;
    std::uint64_t layer_ = 0;
    std::vector<Slice> slices_;
    std::size_t slice_count_ = 0;
    SearchReport report_;
};

Search::Search(const SystemFactory& make, const SearchOptions& options)
    : options_(options),
      first_(make()),
      delta_(initial_state(*first_), first_->of_numbers()),
      team_(options.jobs) {
    LMSIM_ASSERT(first_->state_bytes() <= 32767);
    for (unsigned member = 0; member < team_.members(); ++member) {
        expanders_.push_back(
            std::make_unique<Expander>(make(), delta_, options.exact ? nullptr : &visited_));
    }
}

void Search::seed() {
    StateBuffers state(delta_.padded_bytes(), 2);
    first_->initial(state[0]);
    if (options_.exact) {
        first_->canonical(state[0], state[1]);
        std::vector<std::uint8_t> form(delta_.most_encoded());
        const std::size_t length = delta_.encode(state[1], form.data());
        full_.insert(FullSet::value_of(form.data(), length), form.data(), length);
    } else {
        visited_.insert(VisitedSet::mix(first_->fingerprint(state[0])));
    }
    trail_.extend(1);
    trail_.set(0, 0, {});
    Page page;
    page.bytes.reset(new std::uint8_t[page_length_bytes]());
    page.size = page_length_bytes;
    page.count = 1;
    next_.add(std::move(page));
}

SearchReport Search::run() {
    seed();
    while (!next_.pages.empty() && report_.stop == Stop::None) {
        now_ = std::exchange(next_, {});
        report_.depth = layer_;
        std::size_t page = 0;
        while (page < now_.pages.size() && may_go_on()) {
            const std::size_t first = page;
            page = cut_chunk(page);
            expand_chunk();
            enter_states();
            number_states();
            end_chunk(first, page);
        }
        ++layer_;
    }
    report_.states = trail_.size();
    report_.depth = next_.pages.empty() ? report_.depth : layer_;
    report_.state_bytes = delta_.state_bytes();
    report_.known_bytes = known_bytes();
    report_.omission = options_.exact ? 0 : omission_probability(report_.states);
    return std::move(report_);
}

bool Search::may_go_on() {
    const std::uint64_t bytes = all_bytes();
    report_.peak_bytes = std::max(report_.peak_bytes, bytes);
    if (report_.stop == Stop::None && bytes > options_.memory_bytes) {
        report_.stop = Stop::Memory;
    }
    if (report_.stop == Stop::None && trail_.size() > options_.most_states) {
        report_.stop = Stop::States;
    }
    if (report_.stop == Stop::None && options_.progress) {
        const SearchProgress progress{trail_.size(), report_.expanded, report_.transitions, layer_,
                                      bytes};
        if (!options_.progress(progress)) {
            report_.stop = Stop::Interrupted;
        }
    }
    return report_.stop == Stop::None;
}

/// Shares out the next pages; returns the first page behind them.
std::size_t Search::cut_chunk(std::size_t page) {
    slice_count_ = 0;
    for (std::uint64_t states = 0; states < chunk_states && page < now_.pages.size();) {
        if (slice_count_ == slices_.size()) {
            slices_.emplace_back();
        }
        Slice& slice = slices_[slice_count_++];
        slice.first_page = page;
        std::uint32_t count = 0;
        while (count < slice_states && page < now_.pages.size()) {
            count += now_.pages[page++].count;
        }
        slice.pages = page - slice.first_page;
        states += count;
    }
    return page;
}

void Search::for_each_slice(const std::function<void(Slice&, unsigned)>& work) {
    std::atomic<std::size_t> taken{0};
    team_.run([&](unsigned member) {
        for (std::size_t i = taken++; i < slice_count_; i = taken++) {
            work(slices_[i], member);
        }
    });
}

void Search::expand_chunk() {
    for_each_slice(
        [this](Slice& slice, unsigned member) { expanders_[member]->expand(now_, slice); });
}

void Search::enter_states() {
    for (std::size_t i = 0; i < slice_count_; ++i) {
        slices_[i].fresh.resize(slices_[i].value.size());
    }
    team_.run([this](unsigned member) { enter_states_of(member); });
}

void Search::enter_states_of(unsigned member) {
    constexpr std::size_t ahead = 8;
    const unsigned members = team_.members();
    const auto mine = [&](std::uint64_t value) {
        return VisitedSet::shard_of(value) % members == member;
    };
    for (std::size_t s = 0; s < slice_count_; ++s) {
        Slice& slice = slices_[s];
        for (std::size_t i = 0; i < slice.value.size(); ++i) {
            if (i + ahead < slice.value.size() && mine(slice.value[i + ahead]) && !options_.exact) {
                visited_.prefetch(slice.value[i + ahead]);
            }
            const std::uint64_t value = slice.value[i];
            if (!mine(value)) {
                continue;
            }
            const bool fresh = options_.exact
                                   ? full_.insert(value, slice.form.data(i), slice.form.size(i))
                                   : visited_.insert(value);
            slice.fresh[i] = fresh ? 1 : 0;
        }
    }
}

void Search::number_states() {
    for_each_slice([](Slice& slice, unsigned) {
        slice.fresh_count = static_cast<std::uint64_t>(
            std::count(slice.fresh.begin(), slice.fresh.end(), std::uint8_t{1}));
    });
    const StateId before = trail_.size();
    StateId next = before;
    for (std::size_t i = 0; i < slice_count_; ++i) {
        slices_[i].first_fresh = next;
        next += slices_[i].fresh_count;
    }
    trail_.extend(next - before);
    for_each_slice([this](Slice& slice, unsigned) { store_states(slice); });
}

/// Copies the new states of a slice into pages of their size, and writes their trail.
void Search::store_states(Slice& slice) {
    StateId id = slice.first_fresh;
    std::size_t i = 0;
    while (id != slice.first_fresh + slice.fresh_count) {
        Page page;
        page.first = id;
        std::size_t end = i;
        for (; end < slice.fresh.size() && page.count < page_states; ++end) {
            if (slice.fresh[end] != 0) {
                page.size += slice.state.size(end) + page_length_bytes;
                ++page.count;
            }
        }
        page.bytes.reset(new std::uint8_t[page.size]);
        std::uint8_t* out = page.bytes.get();
        for (; i < end; ++i) {
            if (slice.fresh[i] == 0) {
                continue;
            }
            const std::uint32_t size = slice.state.size(i);
            out[0] = static_cast<std::uint8_t>(size);
            out[1] = static_cast<std::uint8_t>(size >> 8);
            std::memcpy(out + page_length_bytes, slice.state.data(i), size);
            out += page_length_bytes + size;
            trail_.set(id++, slice.origin[i].parent, slice.origin[i].action);
        }
        slice.fresh_pages.push_back(std::move(page));
    }
}

void Search::end_chunk(std::size_t first_page, std::size_t last_page) {
    for (std::size_t i = 0; i < slice_count_; ++i) {
        Slice& slice = slices_[i];
        report_.expanded += slice.expanded;
        report_.transitions += slice.transitions;
        for (Page& page : slice.fresh_pages) {
            next_.add(std::move(page));
        }
        collect_violations(slice);
    }
    report_.peak_bytes = std::max(report_.peak_bytes, all_bytes());
    for (std::size_t page = first_page; page < last_page; ++page) {
        now_.release(page);
    }
    if (!report_.violations.empty() && !options_.all_violations) {
        report_.stop = Stop::Violation;
    }
}

void Search::collect_violations(const Slice& slice) {
    for (const Slice::Broken& broken : slice.broken) {
        const auto same = [&](const Violation& v) { return v.invariant == broken.invariant; };
        if (std::none_of(report_.violations.begin(), report_.violations.end(), same)) {
            report_.violations.push_back(violation_of(broken));
        }
    }
}

Violation Search::violation_of(const Slice::Broken& broken) const {
    Violation violation;
    violation.steps = trail_.path(broken.origin.parent);
    violation.invariant = broken.invariant;
    if (broken.invariant == nullptr) {
        violation.kind = Violation::Kind::Deadlock;
    } else {
        violation.kind = Violation::Kind::Invariant;
        violation.steps.push_back(broken.origin.action);
    }
    return violation;
}

std::uint64_t Search::known_bytes() const {
    return (options_.exact ? full_.bytes() : visited_.bytes()) + trail_.bytes();
}

std::uint64_t Search::all_bytes() const {
    return known_bytes() + first_->bytes_elsewhere() + now_.bytes + next_.bytes;
}

}  // namespace

SearchReport search(const SystemFactory& make, const SearchOptions& options) {
    return Search(make, options).run();
}

}  // namespace lmsim::explore
