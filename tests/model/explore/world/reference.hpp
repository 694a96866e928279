#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <map>
#include <numeric>
#include <set>
#include <string>
#include <vector>

#include "model/explore/world/config.hpp"
#include "model/explore/world/state.hpp"
#include "model/pack.hpp"

// A search that is slow and plain, for counts that do not depend on the canonical form of
// model/explore/world: every field of a state is packed, but for what is cleared here.
namespace lmsim::explore::world::reference {

/// What is brought to one form.
enum Part : unsigned {
    counters = 1,  // become what can be told of them; without this there is no end
    stale = 2,     // what is over
    slots = 4,     // in an order
    rings = 8,     // of the PF and of its driver, from 0
    all = 15,
};

template <class W>
class Reference {
  public:
    Reference(const W& world, unsigned parts) : w_(world), parts_(parts) {
        for (std::uint8_t host = 0; host < W::hosts; ++host) {
            clear_counters(host);
            clear_stale(host);
            turn_rings(host);
            for (std::size_t f = 0; f <= W::vfs; ++f) {
                sort_slots(host, f);
            }
        }
        if constexpr (W::hosts == 2) {
            clear_journey();
        }
    }

    std::string key() const {
        std::string bytes(max_packed_size<W>(), '\0');
        auto* out = reinterpret_cast<std::uint8_t*>(&bytes[0]);
        bytes.resize(pack(w_, out, bytes.size()));
        return bytes;
    }

  private:
    bool brings(Part part) const { return (parts_ & part) != 0; }

    void clear_counters(std::uint8_t host) {
        Pf& pf = w_.pf[host];
        for (std::uint32_t& owner : pf.queue.owner) {
            owner = renamed(host, owner);
        }
        for (std::uint32_t& owner : pf.queue.waiter) {
            owner = renamed(host, owner);
        }
        std::fill(std::begin(pf.queue.generation), std::end(pf.queue.generation), 0);
        for (auto& c : w_.device[host].controller) {
            c.generation = 0;
        }
        for (std::size_t i = 0; i < W::vfs; ++i) {
            VfSide& side = w_.vf[host][i];
            auto& place = w_.monitor.vf.at(i).place[host];
            place.session_number = !place.session                                 ? 0
                                   : place.session_number == side.device.sessions ? 1
                                                                                  : 2;
            side.device.sessions = 0;
            side.flow.asked = 0;
        }
    }

    std::uint32_t renamed(std::uint8_t host, std::uint32_t owner) const {
        if (owner == 0) {
            return 0;
        }
        Request request = Request::of(owner);
        const host::VfioNvme& flow = w_.vf[host][request.vf].flow;
        request.asked = request.asked == static_cast<std::uint8_t>(flow.asked) &&
                                flow.step != host::FlowStep::Idle
                            ? 1
                            : 0;
        return request.owner();
    }

    void clear_stale(std::uint8_t host) {
        if (!brings(stale)) {
            return;
        }
        for (std::size_t f = 0; f <= W::vfs; ++f) {
            auto& c = w_.device[host].controller[f];
            std::fill(c.aer + c.aers, std::end(c.aer), 0);
            c.next_queue = 0;
            for (std::size_t i = 0; i < W::Bounds::slots; ++i) {
                clear_slot(host, f, i);
            }
        }
        for (std::size_t i = 0; i < W::vfs; ++i) {
            clear_side(w_.vf[host][i], loads(host, i));
        }
    }

    void clear_slot(std::uint8_t host, std::size_t function, std::size_t i) {
        using nvme::Stage;
        nvme::Slot& slot = w_.device[host].controller[function].slot[i];
        Pf& pf = w_.pf[host];
        nvme::Slot kept;
        kept.stage = slot.stage;
        kept.next = slot.next;
        if (slot.stage == Stage::Free) {
            slot = kept;
        } else if (slot.stage == Stage::Fetching) {
            kept.sqid = slot.sqid;
            slot = kept;
        } else if (function != 0 && slot.stage != Stage::Full) {
            slot.status = 0;
            slot.result = 0;
        }
        const bool fetching = slot.stage == Stage::Fetching;
        if (function == 0) {
            pf.fetches[i] = fetching ? pf.fetches[i] : 0;
            pf.data[i] = slot.stage == Stage::Free || fetching ? 0 : pf.data[i];
        } else if (!fetching) {
            w_.vf[host][function - 1].fetches[i] = 0;
        }
    }

    /// A command that the PF has still to fetch, or its data.
    bool loads(std::uint8_t host, std::size_t vf) const {
        const host::ProofPfQueue& queue = w_.pf[host].queue;
        bool any = false;
        const auto look = [&](std::uint32_t owner) {
            const Request request = Request::of(owner);
            any = any || (request.vf == vf &&
                          request.step == static_cast<std::uint8_t>(host::FlowStep::LoadState));
        };
        std::for_each(std::begin(queue.owner), std::end(queue.owner), look);
        for (std::size_t i = 0; i < queue.waiting; ++i) {
            look(queue.waiter[(queue.waiting_head + i) % host::ProofPfQueue::waiters]);
        }
        return any;
    }

    static void clear_side(VfSide& side, bool loads) {
        host::VfioNvme& flow = side.flow;
        vfio::DeviceState& device = side.device;
        if (flow.step == host::FlowStep::Idle) {
            flow.arc = 0;
            flow.to = vfio::MigState::RUNNING;
            flow.offset = 0;
        } else {
            flow.arc = flow.arc == device.hop ? 1 : 0;
        }
        const bool moves = flow.step == host::FlowStep::ReadHeader ||
                           flow.step == host::FlowStep::ReadState ||
                           flow.step == host::FlowStep::LoadState;
        const bool saving = device.session == vfio::Session::Saving;
        const bool open = device.session == vfio::Session::Resuming ||
                          (saving && device.state == vfio::MigState::STOP_COPY);
        if (!moves && !open && !loads) {
            flow.size = 0;
            side.buffer = 0;
        }
        side.read = side.read && saving;
        side.ended = side.ended && saving;
        device.hop = device.hop != 0 ? 1 : 0;
    }

    /// Positions on the PF's rings from 0, those who wait for a tag from 0.
    void turn_rings(std::uint8_t host) {
        if (!brings(rings)) {
            return;
        }
        auto& c = w_.device[host].controller[0];
        Pf& pf = w_.pf[host];
        host::ProofPfQueue& queue = pf.queue;
        std::rotate(queue.waiter, queue.waiter + queue.waiting_head, std::end(queue.waiter));
        std::fill(queue.waiter + queue.waiting, std::end(queue.waiter), 0);
        queue.waiting_head = 0;
        const std::uint32_t head = c.sq[0].head;
        std::rotate(pf.sq, pf.sq + head, std::end(pf.sq));
        pf.sq_tail = static_cast<std::uint8_t>((pf.sq_tail + pf_ring - head) % pf_ring);
        c.sq[0].tail = (c.sq[0].tail + pf_ring - head) % pf_ring;
        c.sq[0].head = 0;
        std::fill(pf.sq + pf.sq_tail, std::end(pf.sq), 0);
        PfCompletion list[pf_ring];
        std::size_t size = 0;
        for (std::uint8_t at = pf.cq_head, phase = pf.cq_phase;
             size < pf_ring && pf.cq[at].phase == phase; ++size) {
            list[size] = pf.cq[at];
            list[size].phase = 1;
            at = static_cast<std::uint8_t>((at + 1) % pf_ring);
            phase ^= at == 0 ? 1 : 0;
        }
        std::copy(list, list + pf_ring, pf.cq);
        c.cq[0].tail = (c.cq[0].tail + pf_ring - c.cq[0].head) % pf_ring;
        c.cq[0].head = 0;
        c.cq[0].phase = 1;
        pf.cq_head = 0;
        pf.cq_phase = 1;
    }

    /// Slots by what they hold; whoever names one then names its new place.
    void sort_slots(std::uint8_t host, std::size_t function) {
        if (!brings(slots)) {
            return;
        }
        constexpr std::size_t count = W::Bounds::slots;
        auto& c = w_.device[host].controller[function];
        std::uint8_t* const fetches =
            function == 0 ? w_.pf[host].fetches : w_.vf[host][function - 1].fetches;
        Token none[count] = {};
        Token* const data = function == 0 ? w_.pf[host].data : none;
        std::vector<std::string> name(count);
        for (std::size_t i = 0; i < count; ++i) {
            nvme::Slot slot = c.slot[i];
            slot.next = 0;
            std::uint8_t bytes[sizeof slot];
            name[i].assign(reinterpret_cast<char*>(bytes), pack(slot, bytes, sizeof bytes));
            name[i] += std::to_string(fetches[i]) + " " + std::to_string(data[i]) + " " +
                       std::to_string(turn(c, i));
        }
        std::size_t order[count];
        std::iota(order, order + count, std::size_t{0});
        std::stable_sort(order, order + count,
                         [&name](std::size_t a, std::size_t b) { return name[a] < name[b]; });
        std::uint32_t to[count + 1] = {};
        auto sorted = c;
        std::uint8_t new_fetches[count];
        Token new_data[count];
        for (std::size_t i = 0; i < count; ++i) {
            to[order[i] + 1] = static_cast<std::uint32_t>(i) + 1;
            sorted.slot[i] = c.slot[order[i]];
            new_fetches[i] = fetches[order[i]];
            new_data[i] = data[order[i]];
        }
        for (nvme::Slot& slot : sorted.slot) {
            slot.next = slot.stage == nvme::Stage::Full ? to[slot.next] : 0;
        }
        sorted.free_slot = 0;
        for (nvme::Cq& cq : sorted.cq) {
            cq.waiting = to[cq.waiting];
            cq.waiting_last = cq.waiting == 0 ? 0 : to[cq.waiting_last];
        }
        c = sorted;
        std::copy(new_fetches, new_fetches + count, fetches);
        std::copy(new_data, new_data + count, data);
        for (std::size_t vf = 1; function == 0 && vf <= W::vfs; ++vf) {
            auto& suspender = w_.device[host].controller[vf].suspender;
            suspender = to[suspender];
        }
    }

    template <class Controller>
    static unsigned turn(const Controller& c, std::size_t slot) {
        for (const nvme::Cq& cq : c.cq) {
            unsigned number = 1;
            for (std::uint32_t at = cq.waiting; at != 0; at = c.slot[at - 1].next, ++number) {
                if (at == slot + 1) {
                    return number;
                }
            }
        }
        return 0;
    }

    static void clear_flow(host::vmm::Flow& flow) {
        if (flow.set == 0) {
            flow.wanted = vfio::MigState::ERROR;
            flow.recover = vfio::MigState::ERROR;
            flow.set_error = 0;
        }
    }

    void clear_journey() {
        auto& source = w_.journey().source.control;
        source.transferred = 0;
        source.window_start_bytes = 0;
        source.expected_downtime_ms = 0;
        source.ram_pages = 0;
        source.last_sync_bytes = 0;
        source.period_pages = 0;
        source.pages_rate = 0;
        source.syncs = 0;
        source.pending = 0;
        if (brings(stale)) {
            clear_flow(source.flow);
            clear_flow(w_.journey().destination.control.flow);
        }
    }

    W w_;
    unsigned parts_;
};

using Form = std::vector<std::uint8_t>;

struct Counts {
    std::size_t states = 0;
    std::size_t transitions = 0;
    std::size_t classes = 0;  // by System::canonical()
    bool broken = false;      // an invariant fell
    bool alike = true;        // states of one class lead to the same classes
};

/// Breadth-first over the keys of `parts`. No further from where an invariant falls.
template <class W>
Counts count(const WorldConfig& config, const spec::Rules& rules, unsigned parts) {
    const auto system = make_world(config, rules);
    const std::size_t size = system->state_bytes();
    LMSIM_ASSERT(size == sizeof(W));
    std::vector<Form> states(1, Form(size));
    std::map<std::string, std::size_t> known;
    std::map<Form, std::set<Form>> classes;
    Counts counts;
    const auto key = [&](const Form& state) {
        W w;
        std::memcpy(static_cast<void*>(&w), state.data(), sizeof w);
        return Reference<W>(w, parts).key();
    };
    const auto form_of = [&](const Form& state) {
        Form form(size);
        system->canonical(state.data(), form.data());
        return form;
    };
    system->initial(states[0].data());
    known.emplace(key(states[0]), 0);
    for (std::size_t at = 0; at < states.size(); ++at) {
        Action actions[256];
        const std::size_t enabled = system->actions(states[at].data(), actions, 256);
        std::set<Form> next_forms;
        for (std::size_t i = 0; i < enabled; ++i) {
            Form next = states[at];
            ++counts.transitions;
            if (system->apply(next.data(), actions[i]).broken != nullptr) {
                counts.broken = true;
                continue;
            }
            next_forms.insert(form_of(next));
            if (known.emplace(key(next), states.size()).second) {
                states.push_back(next);
            }
        }
        const auto first = classes.emplace(form_of(states[at]), next_forms);
        counts.alike = counts.alike && (first.second || first.first->second == next_forms);
    }
    counts.states = states.size();
    counts.classes = classes.size();
    return counts;
}

}  // namespace lmsim::explore::world::reference
