#include "sim/pin/pin.hpp"

#include <algorithm>
#include <map>

#include "model/host/effect_name.hpp"
#include "sim/core/text.hpp"

namespace lmsim::sim {

namespace {

/// Finds what is wrong with one name after the other.
class NameCheck {
  public:
    NameCheck(unsigned vfs, bool migrates)
        : known_(known_effects(vfs)), vfs_(vfs), migrates_(migrates) {
        for (const KnownEffect& one : known_) {
            by_name_[one.name] = &one;
        }
    }

    /// Empty if nothing is.
    std::string check(const std::string& text) const {
        const Result<Occurrence> read = read_occurrence(text);
        if (!read) {
            return read.error();
        }
        const std::string& name = read.value().effect;
        if (name.empty()) {
            return "no effect; expected a name such as \"source.vf0 Suspend Executed\"";
        }
        const auto found = by_name_.find(name);
        if (found == by_name_.end()) {
            return unknown(name);
        }
        if (found->second->user && migrates_) {
            return in_quotes(name) +
                   " is what a user does in place of a VMM; expected run.migrate "
                   "= false, or something else";
        }
        return {};
    }

    bool is_wish(const std::string& name) const {
        const auto found = by_name_.find(name);
        return found != by_name_.end() && found->second->wish;
    }

  private:
    /// A VF that is not there is told as that: the nearest name would be of another one.
    std::string unknown(const std::string& name) const {
        const std::size_t at = name.find("vf");
        std::size_t end = at == std::string::npos ? at : at + 2;
        while (end < name.size() && name[end] >= '0' && name[end] <= '9') {
            ++end;
        }
        if (end != std::string::npos && end > at + 2 && end < at + 9) {
            const unsigned long vf = std::stoul(name.substr(at + 2, end - at - 2));
            const std::string first = name.substr(0, at + 2) + "0" + name.substr(end);
            if (vf >= vfs_ && by_name_.count(first) != 0) {
                return "there is no VF " + std::to_string(vf) + "; expected 0 to " +
                       std::to_string(vfs_ - 1);
            }
        }
        std::vector<std::string> names;
        for (const KnownEffect& one : known_) {
            names.push_back(one.name);
        }
        const std::string near = nearest(name, names);
        return "there is no effect " + in_quotes(name) +
               (near.empty() ? "; docs/explore.md has their names"
                             : "; did you mean \"" + near + "\"?");
    }

    std::vector<KnownEffect> known_;
    std::map<std::string, const KnownEffect*> by_name_;
    unsigned vfs_;
    bool migrates_;
};

/// What has to come before an effect: what its pins say, and the one before it of the same name.
std::vector<Occurrence> before(const std::vector<Pin>& pins, const Occurrence& effect) {
    std::vector<Occurrence> list;
    for (const Pin& pin : pins) {
        if (pin.effect == effect) {
            list.push_back(pin.after);
        }
    }
    if (effect.nth > 1) {
        list.push_back({effect.effect, effect.nth - 1});
    }
    return list;
}

/// The effects that wait for each other in a circle, from `first` back to it; empty if none do.
std::vector<Occurrence> circle_from(const std::vector<Pin>& pins, const Occurrence& first) {
    std::map<Occurrence, Occurrence> who_waits;  // for it
    std::vector<Occurrence> open{first};
    while (!open.empty()) {
        const Occurrence now = open.back();
        open.pop_back();
        for (const Occurrence& earlier : before(pins, now)) {
            if (earlier == first) {
                std::vector<Occurrence> way{first, now};
                while (!(way.back() == first)) {
                    way.push_back(who_waits.at(way.back()));
                }
                std::reverse(way.begin(), way.end());
                return way;
            }
            if (who_waits.emplace(earlier, now).second) {
                open.push_back(earlier);
            }
        }
    }
    return {};
}

void check_circles(const std::vector<Pin>& pins, std::vector<PinProblem>& out) {
    for (std::size_t i = 0; i < pins.size(); ++i) {
        const std::vector<Occurrence> way = circle_from(pins, pins[i].effect);
        if (way.empty()) {
            continue;
        }
        std::string text = in_quotes(way[0].text()) + " waits for " + in_quotes(way[1].text());
        for (std::size_t j = 2; j < way.size(); ++j) {
            text += ", which waits for " + in_quotes(way[j].text());
        }
        out.push_back({i, "after", text + ": none of it can ever happen"});
        return;  // the others are the same circle, or can be told next time
    }
}

}  // namespace

std::vector<PinProblem> check_pins(const std::vector<PinParams>& pins, unsigned vfs,
                                   bool migrates) {
    std::vector<PinProblem> problems;
    if (pins.empty()) {
        return problems;
    }
    const NameCheck names(vfs, migrates);
    for (std::size_t i = 0; i < pins.size(); ++i) {
        const std::string effect = names.check(pins[i].effect);
        const std::string after = names.check(pins[i].after);
        if (!effect.empty()) {
            problems.push_back({i, "effect", effect});
        } else if (read_occurrence(pins[i].effect).value().effect == host::effect::begins) {
            problems.push_back({i, "effect", "the beginning waits for nothing"});
        }
        if (!after.empty()) {
            problems.push_back({i, "after", after});
        } else if (names.is_wish(read_occurrence(pins[i].after).value().effect)) {
            const Occurrence wish = read_occurrence(pins[i].after).value();
            const auto made = [&](const PinParams& other) {
                const Result<Occurrence> effect = read_occurrence(other.effect);
                return effect && effect.value() == wish;
            };
            if (std::none_of(pins.begin(), pins.end(), made)) {
                problems.push_back({i, "after",
                                    "nobody does " + in_quotes(pins[i].after) +
                                        " by himself; expected a pin with this effect, too"});
            }
        }
    }
    if (problems.empty()) {
        check_circles(read_pins(pins, vfs), problems);
    }
    return problems;
}

std::vector<Pin> read_pins(const std::vector<PinParams>& pins, unsigned vfs) {
    const NameCheck names(vfs, false);
    std::vector<Pin> read;
    for (const PinParams& pin : pins) {
        Pin one{read_occurrence(pin.effect).value(), read_occurrence(pin.after).value(),
                pin.delay.ps, false};
        one.wish = names.is_wish(one.effect.effect);
        read.push_back(std::move(one));
    }
    return read;
}

}  // namespace lmsim::sim
