#include "sim/check/session_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>

#include "model/check/describe.hpp"
#include "model/check/monitor.hpp"
#include "sim/check/session_watch.hpp"

namespace lmsim::sim {

std::vector<const check::Invariant*> session_invariants() {
    using check::Inv;
    std::vector<const check::Invariant*> all;
    for (const Inv one : {Inv::CompletesOnce, Inv::CompletesAtAll, Inv::CompletesOnOneSide,
                          Inv::TakenWasPosted, Inv::SuspendedWritesNothing}) {
        all.push_back(check::invariant(one));
    }
    return all;
}

bool is_session(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::string line(256, '\0');
    file.read(line.data(), static_cast<std::streamsize>(line.size()));
    return line.find("\"lmsim/session/") != std::string::npos;
}

namespace {

void judge(SessionWatch& watch, SessionVerdict& verdict) {
    auto& all = watch.observations();
    std::stable_sort(all.begin(), all.end(),
                     [](const auto& a, const auto& b) { return a.effective < b.effective; });
    std::vector<check::Monitor<check::WideBounds>> monitors(watch.users());
    const spec::Rules rules;
    for (const SessionObservation& one : all) {
        const check::Invariant* broken = one.broken;
        if (broken == nullptr) {
            broken = check::step(monitors[one.user], one.seen, rules);
        }
        if (broken == nullptr) {
            continue;
        }
        const std::string words = one.words.empty() ? check::describe(one.seen) : one.words;
        add_breach(verdict.breaches, {broken, one.at, one.line, words, 1});
    }
}

}  // namespace

Result<SessionVerdict> check_session(const std::string& path) {
    auto opened = record::SessionReader::open(path);
    if (!opened) {
        return Failure{opened.error()};
    }
    record::SessionReader& reader = opened.value();
    SessionVerdict verdict;
    verdict.header = reader.header();
    SessionWatch watch(reader.header());
    record::SessionLine line;
    while (reader.next(line)) {
        watch.take(line);
    }
    if (!reader.error().empty() && !reader.cut_short()) {
        return Failure{reader.error()};
    }
    verdict.cut_short = reader.cut_short();
    verdict.lines = reader.line();
    verdict.submitted = watch.submitted();
    verdict.completed = watch.completed();
    verdict.suspended = watch.suspended();
    verdict.taken_over = watch.taken_over();
    verdict.unfollowed = watch.unfollowed();
    judge(watch, verdict);
    return verdict;
}

}  // namespace lmsim::sim
