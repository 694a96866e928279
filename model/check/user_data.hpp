#pragma once

#include "model/check/place.hpp"

namespace lmsim::check {

/// Changes of a VF's user data that the host has not heard of.
template <class Bounds>
struct UserData {
    bool logging = false;
    typename Bounds::Blocks pending;

    /// Member by member, as StateTransfer::clear().
    void clear() {
        logging = false;
        pending.clear();
    }

    template <class Visitor, class Self>
    static constexpr void fields(Visitor& visit, Self& self) {
        visit(self.logging, self.pending);
    }
};

template <class Bounds>
void on_user_data(UserData<Bounds>& data, const Observation& o) {
    switch (o.what) {
        case What::Changed:
            if (data.logging) {
                data.pending.add(o.value, o.value2);
            }
            return;
        case What::Logged:
            // Who takes the entry copies what is there then: all changes so far.
            if (o.value2 == 0) {
                data.pending.clear();
            } else {
                data.pending.remove(o.value, o.value2);
            }
            return;
        default:
            data.logging = o.what == What::LogStarts;
            data.pending.clear();
            return;
    }
}

}  // namespace lmsim::check
