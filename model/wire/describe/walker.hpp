#pragma once

#include "model/wire/describe/describe.hpp"

namespace lmsim::wire::describe {

/// Goes over the input once, block by block, and tells the sink. After a stop it does nothing.
class Walker {
  public:
    Walker(const Input& input, Sink& sink)
        : data_(input.data), end_(input.size), rules_(*input.rules), sink_(sink) {}

    const spec::Rules& rules() const { return rules_; }
    const std::uint8_t* data() const { return data_; }
    std::size_t at() const { return at_; }
    std::size_t end() const { return end_; }
    std::size_t left() const { return end_ - at_; }
    bool stopped() const { return !outcome_.ok(); }

    /// Describes the next bytes as a block; if there are too few, as much of it as is there, and
    /// stops. Returns whether to go on. `last()` is the block afterwards.
    bool block(const Block& block, std::size_t index = no_index);
    const View& last() const { return last_; }

    /// Blocks up to the end of the input; zeros at the end are told in one note. Stops at an entry
    /// that is cut short.
    void entries(const Block& block);

    /// Notes the bytes up to `to` (as far as they are there) under a title.
    bool skip_to(std::size_t to, std::string_view title);

    /// The bytes up to `to` are 0, or break a rule.
    bool zeros_to(std::size_t to);

    /// Narrows the input to the bytes before `end`; widen with the value returned.
    std::size_t narrow(std::size_t end) {
        const std::size_t before = end_;
        end_ = end < end_ ? end : end_;
        return before;
    }
    void widen(std::size_t end) { end_ = end; }

    template <class... Args>
    void broken(spec::Id rule, std::size_t at, fmt::format_string<Args...> format, Args&&... args) {
        if (rules_.on(rule)) {
            breaks(rule, at, format, std::forward<Args>(args)...);
        }
    }
    /// The same, of a rule that is broken whether or not its row is on: a switch that is off.
    template <class... Args>
    void breaks(spec::Id rule, std::size_t at, fmt::format_string<Args...> format, Args&&... args) {
        Text text;
        if (sink_.words()) text.add(format, std::forward<Args>(args)...);
        sink_.broken({rule, at, text.view()});
    }
    template <class... Args>
    void note(std::size_t at, fmt::format_string<Args...> format, Args&&... args) {
        Text text;
        if (sink_.words()) text.add(format, std::forward<Args>(args)...);
        sink_.note(at, text.view());
    }
    /// From `at` on the input makes no sense. Always false.
    template <class... Args>
    bool stop(Error error, std::size_t at, spec::Id rule, fmt::format_string<Args...> format,
              Args&&... args) {
        if (outcome_.ok()) {
            outcome_.error = error;
            outcome_.at = at;
            outcome_.rule = rule;
            outcome_.why.add(format, std::forward<Args>(args)...);
        }
        return false;
    }

    Outcome finish();

  private:
    void fields(const Block& block, const View& view);
    void field(const Field& field, const View& view);
    void rest(const Block& block, const View& view);
    void tell_rest(const Block& block, const std::uint8_t* rest, const View& view);

    const std::uint8_t* data_;
    std::size_t end_;
    const spec::Rules& rules_;
    Sink& sink_;
    std::size_t at_ = 0;
    View last_;
    Outcome outcome_;
};

bool all_zero(const std::uint8_t* data, std::size_t size);

/// One block: the walk of most structures.
template <const Block& block>
void walk_block(Walker& walker) {
    walker.block(block);
}

/// As many blocks as there are.
template <const Block& block>
void walk_entries(Walker& walker) {
    walker.entries(block);
}

/// A header whose field `count` says how many blocks follow.
template <const Block& head, spec::Id count, const Block& entry>
void walk_counted(Walker& walker) {
    if (walker.block(head)) {
        const std::uint64_t entries = walker.last().get(count);
        for (std::uint64_t i = 0; i < entries && walker.block(entry, i); ++i) {
        }
    }
}

}  // namespace lmsim::wire::describe
