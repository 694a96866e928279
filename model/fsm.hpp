#pragma once

// The only file that names Boost.MSM, so that another back end can replace it. Include it only in
// the .cpp that dispatches: it costs two to five seconds per translation unit.

// MSM's own includes are deprecated ones: no note about them in every build.
#define BOOST_ALLOW_DEPRECATED_HEADERS
#define BOOST_BIND_GLOBAL_PLACEHOLDERS
#include <array>
#include <boost/mpl/push_back.hpp>
#include <boost/mpl/vector.hpp>
#include <boost/msm/back/state_machine.hpp>
#include <boost/msm/front/functor_row.hpp>
#include <boost/msm/front/state_machine_def.hpp>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "model/arc.hpp"
#include "model/assert.hpp"
#include "model/spec/rules.hpp"
#include "model/step.hpp"

namespace lmsim::fsm {

/// What actions and guards see. A machine may have its own type instead, with a member `rules`.
template <class StateType>
struct Context {
    StateType& state;
    const spec::Rules& rules;
    Effects& effects;
};

/// A state of a machine: `struct STOP : fsm::State<1> { static constexpr auto name = "STOP"; };`.
/// Code is the byte that stands for it, in the packed state and in traces.
template <std::uint8_t Code>
struct State : boost::msm::front::state<> {
    static constexpr std::uint8_t code = Code;
};

/// No action, no guard, or (as a target) an internal row that stays where it is.
struct None {
    static constexpr std::string_view name = "";
};

/// The action that MSM calls when a row is taken.
template <class RowType>
struct Take;
/// The guard that MSM asks whether a row may be taken.
template <class RowType>
struct Enabled;
/// The state that a row leads to.
template <class RowType>
struct TargetOf;

/// A row of a table. It does not exist while rules.on(Rule) is false. Action and Guard are functors
/// with a `name`: void operator()(Context&, const Event&) const and bool operator()(const Context&,
/// const Event&) const. Rows with the same source and event are tried in the order of the table.
template <spec::Id Rule, class Source_, class Event_, class Target_, class Action_ = None,
          class Guard_ = None>
struct Row {
    using Source = Source_;
    using Event = Event_;
    using Target = std::conditional_t<std::is_same_v<Target_, None>, Source_, Target_>;
    using Action = Action_;
    using Guard = Guard_;
    static constexpr spec::Id rule = Rule;
    static constexpr bool internal = std::is_same_v<Target_, None>;
    using Functor =
        boost::msm::front::Row<Source, Event,
                               std::conditional_t<internal, boost::msm::front::none, Target>,
                               Take<Row>, Enabled<Row>>;
};

/// The rows of a machine, in order.
template <class... RowTypes>
struct Rows {
    static constexpr std::size_t size = sizeof...(RowTypes);
    static_assert(size <= 50, "split the machine: larger tables need other defines in Boost.MPL");
};

/// Calls visit(RowType{}) for each row, in order: the compile-time walk over a table.
template <class... RowTypes, class Visitor>
constexpr void for_each_row(Rows<RowTypes...>, Visitor&& visit) {
    (visit(RowTypes{}), ...);
}

/// The row as data; one object per table and row type in the program, so that its address
/// identifies it.
template <class Table, class RowType>
inline constexpr Arc arc_of{
    RowType::Source::name, RowType::Event::name, RowType::Target::name, RowType::Action::name,
    RowType::Guard::name,  RowType::rule,        RowType::Source::code, RowType::Target::code,
    RowType::internal,     Table::name};

template <class RowType>
struct Take {
    template <class Event, class Fsm, class Source, class Target>
    void operator()(const Event& event, Fsm& fsm, Source&, Target&) const {
        fsm.taken = &arc_of<typename Fsm::Table, RowType>;
        if constexpr (!std::is_same_v<typename RowType::Action, None>) {
            typename RowType::Action{}(*fsm.context, event);
        }
    }
};

template <class RowType>
struct Enabled {
    template <class Event, class Fsm, class Source, class Target>
    bool operator()(const Event& event, Fsm& fsm, Source&, Target&) const {
        const auto& context = *fsm.context;
        if (!context.rules.on(RowType::rule)) {
            return false;
        }
        if constexpr (!std::is_same_v<typename RowType::Guard, None>) {
            return typename RowType::Guard{}(context, event);
        }
        return true;
    }
};

namespace detail {

// MSM tries the rows of a (state, event) pair from the last to the first: hand them over reversed.
template <class... Functors>
struct Reversed {
    using type = boost::mpl::vector<>;
};
template <class First, class... Rest>
struct Reversed<First, Rest...> {
    using type = typename boost::mpl::push_back<typename Reversed<Rest...>::type,
                                                typename First::Functor>::type;
};

template <class TableType>
struct FrontEnd : boost::msm::front::state_machine_def<FrontEnd<TableType>> {
    using Table = TableType;
    using no_message_queue = int;
    using no_exception_thrown = int;
    using initial_state = typename Table::Initial;

    template <class RowsType>
    struct Vector;
    template <class... RowTypes>
    struct Vector<Rows<RowTypes...>> : Reversed<RowTypes...> {};
    struct transition_table : Vector<typename Table::Rows>::type {};

    template <class Fsm, class Event>
    void no_transition(const Event&, Fsm&, int) {}  // an event that no row takes is an answer

    typename Table::Context* context = nullptr;
    const Arc* taken = nullptr;
};

template <class Table, class RowsType>
struct Arcs;
template <class Table, class... RowTypes>
struct Arcs<Table, Rows<RowTypes...>> {
    static constexpr std::array<const Arc*, sizeof...(RowTypes)> list{&arc_of<Table, RowTypes>...};
};

}  // namespace detail

/// A machine over a table: `struct Table { static constexpr std::string_view name = ...; using
/// Context = ...; using Initial = ...; using Rows = fsm::Rows<...>; };`. It holds nothing: its
/// state is one byte that the caller keeps.
template <class Table>
class Machine {
    using Back = boost::msm::back::state_machine<detail::FrontEnd<Table>>;

    template <class StateType>
    static constexpr std::uint8_t number_of =
        boost::msm::back::get_state_id<typename Back::stt, StateType>::value;
    static constexpr std::uint8_t no_state = 0xff;

  public:
    using Rows = typename Table::Rows;
    using Context = typename Table::Context;
    static constexpr std::uint8_t initial = Table::Initial::code;

    /// Moves `state` as the table says. Returns the row taken, nullptr when none took the event (no
    /// row, rule off, or guard false), in which case nothing changed.
    template <class Event>
    static const Arc* dispatch(std::uint8_t& state, Context& context, const Event& event) {
        LMSIM_ASSERT(state < code_count && numbers[state] != no_state);
        Back machine;
        machine.context = &context;
        int& active = const_cast<int&>(*machine.current_state());
        active = numbers[state];
        machine.process_event(event);
        if (machine.taken != nullptr) {
            state = machine.taken->to;
        }
        return machine.taken;
    }

    /// All rows, for diagrams, coverage and diffs.
    static constexpr ArcList arcs() {
        return {detail::Arcs<Table, Rows>::list.data(), detail::Arcs<Table, Rows>::list.size(),
                initial};
    }

  private:
    static constexpr std::size_t code_count = [] {
        std::size_t count = std::size_t{initial} + 1;
        for_each_row(Rows{}, [&count](auto row) {
            using RowType = decltype(row);
            for (const std::size_t code : {RowType::Source::code, RowType::Target::code}) {
                count = code < count ? count : code + 1;
            }
        });
        return count;
    }();

    // MSM numbers states by their first appearance in the table: never let that number out.
    static constexpr auto numbers = [] {
        std::array<std::uint8_t, code_count> result{};
        for (std::uint8_t& number : result) {
            number = no_state;
        }
        for_each_row(Rows{}, [&result](auto row) {
            using Source = typename decltype(row)::Source;
            using Target = typename decltype(row)::Target;
            result[Source::code] = number_of<Source>;
            result[Target::code] = number_of<Target>;
        });
        return result;
    }();

    static constexpr bool codes_are_unique = [] {
        bool unique = true;
        for_each_row(Rows{}, [&unique](auto row) {
            using Source = typename decltype(row)::Source;
            using Target = typename decltype(row)::Target;
            unique = unique && numbers[Source::code] == number_of<Source> &&
                     numbers[Target::code] == number_of<Target>;
        });
        return unique;
    }();
    static_assert(codes_are_unique, "two states of one machine share a code");
};

}  // namespace lmsim::fsm
