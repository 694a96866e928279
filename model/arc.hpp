#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "model/spec/id.hpp"

namespace lmsim::fsm {

/// One row of a machine as data: what diagrams, coverage and diffs read. Names are those of the
/// types in the row; an absent action or guard is an empty name.
struct Arc {
    std::string_view source;
    std::string_view event;
    std::string_view target;
    std::string_view action;
    std::string_view guard;  // without the guard that every row has: its rule is on
    spec::Id rule{};
    std::uint8_t from = 0;     // the byte of the source state
    std::uint8_t to = 0;       // the byte of the target state, equal to `from` in an internal row
    bool internal = false;     // neither leaves nor enters a state
    std::string_view machine;  // the table's name
};

/// The number of what has one machine only.
constexpr std::uint16_t no_number = 0xffff;

/// Is told of each row that a machine takes, as it takes it: for traces and coverage. Nothing
/// depends on who listens.
class Watcher {
  public:
    /// `function` and `number` (QID, CDQID) say whose machine it is, where the step is of several.
    virtual void took(const Arc& arc, std::uint16_t function, std::uint16_t number) = 0;

  protected:
    ~Watcher() = default;
};

/// The arcs of one machine, in the order of its table. Lives as long as the program.
class ArcList {
  public:
    constexpr ArcList(const Arc* const* arcs, std::size_t size, std::uint8_t initial)
        : arcs_(arcs), size_(size), initial_(initial) {}

    /// Over a list of pointers, as if the arcs themselves stood in it.
    class Iterator {
      public:
        constexpr explicit Iterator(const Arc* const* at) : at_(at) {}
        constexpr const Arc& operator*() const { return **at_; }
        constexpr Iterator& operator++() {
            ++at_;
            return *this;
        }
        friend constexpr bool operator!=(Iterator a, Iterator b) { return a.at_ != b.at_; }

      private:
        const Arc* const* at_;
    };
    constexpr Iterator begin() const { return Iterator(arcs_); }
    constexpr Iterator end() const { return Iterator(arcs_ + size_); }
    constexpr std::size_t size() const { return size_; }
    constexpr const Arc& operator[](std::size_t i) const { return *arcs_[i]; }
    /// The machine's name, as in a trace.
    constexpr std::string_view machine() const { return arcs_[0]->machine; }
    /// The byte of the state that it begins in.
    constexpr std::uint8_t initial() const { return initial_; }

  private:
    const Arc* const* arcs_;
    std::size_t size_;
    std::uint8_t initial_;
};

}  // namespace lmsim::fsm
