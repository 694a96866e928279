#pragma once

#include <string_view>

#include "model/fsm.hpp"
#include "model/host/vmm/machines.hpp"

// Names shared by the tables of this folder; for their .cpp only.
namespace lmsim::host::vmm::table {

using spec::Id;

/// The machines only move: what a state asks for stands where the state is entered.
struct Context {
    const spec::Rules& rules;
};

struct Begin {
    static constexpr std::string_view name = "begin";
};
struct Next {
    static constexpr std::string_view name = "next";
};
struct More {
    static constexpr std::string_view name = "more";
};
struct Again {
    static constexpr std::string_view name = "again";
};
struct Exact {
    static constexpr std::string_view name = "exact";
};
struct Ready {
    static constexpr std::string_view name = "ready";
};
struct Skip {
    static constexpr std::string_view name = "skip";
};
struct Quota {
    static constexpr std::string_view name = "quota";
};
struct Recover {
    static constexpr std::string_view name = "recover";
};
struct Fail {
    static constexpr std::string_view name = "fail";
};

/// A state of machine `Enum`.
template <class Enum, Enum Value>
struct StateOf : fsm::State<static_cast<std::uint8_t>(Value)> {};

template <class Table>
const fsm::Arc* dispatch(std::uint8_t& state, Move move, const spec::Rules& rules) {
    using Machine = fsm::Machine<Table>;
    Context context{rules};
    const auto take = [&](auto event) { return Machine::dispatch(state, context, event); };
    switch (move) {
        case Move::Begin: return take(Begin{});
        case Move::Next: return take(Next{});
        case Move::More: return take(More{});
        case Move::Again: return take(Again{});
        case Move::Exact: return take(Exact{});
        case Move::Ready: return take(Ready{});
        case Move::Skip: return take(Skip{});
        case Move::Quota: return take(Quota{});
        case Move::Recover: return take(Recover{});
        case Move::Fail: return take(Fail{});
    }
    return nullptr;
}

}  // namespace lmsim::host::vmm::table

/// Declares the state type `symbol` of machine `machine`: the enumerator's name is its name.
#define LMSIM_VMM_STATE(machine, symbol)                                           \
    struct symbol : ::lmsim::host::vmm::table::StateOf<machine, machine::symbol> { \
        static constexpr std::string_view name = #symbol;                          \
    }
