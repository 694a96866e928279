#include <algorithm>

#include "model/wire/describe/walker.hpp"

namespace lmsim::wire::describe {

namespace {

/// Counts what speaks against a structure.
class Judge : public Sink {
  public:
    void broken(const Broken&) override { ++broken_; }
    void note(std::size_t, std::string_view) override { ++notes_; }
    bool words() const override { return false; }
    std::size_t count() const { return broken_; }
    std::size_t notes() const { return notes_; }

  private:
    std::size_t broken_ = 0;
    std::size_t notes_ = 0;  // mostly bytes that nothing describes
};

void judge(const Structure& structure, const Input& input, Candidate& candidate) {
    candidate.structure = &structure;
    Evidence evidence;
    structure.evidence(input, evidence);
    candidate.because = evidence.because;
    candidate.points = 20 + evidence.points;
    if (candidate.points < 0) {
        return;  // not worth a walk
    }
    Judge sink;
    candidate.outcome = describe(structure, input, sink);
    candidate.broken = sink.count();
    candidate.points -= 6 * static_cast<int>(std::min<std::size_t>(sink.count(), 8));
    candidate.points -= 2 * static_cast<int>(std::min<std::size_t>(sink.notes(), 4));
    Text& because = candidate.because;
    const char* separator = because.empty() ? "" : "; ";
    if (!candidate.outcome.ok()) {
        candidate.points -= candidate.outcome.error == Error::Truncated ? 15 : 40;
        because.add("{}it stops at byte {}", separator, candidate.outcome.at);
        return;
    }
    const std::size_t end = candidate.outcome.end;
    if (end == input.size) {
        candidate.points += 20;
        because.add("{}it takes all {} bytes", separator, input.size);
    } else {
        const bool zeros = all_zero(input.data + end, input.size - end);
        candidate.points += zeros ? 5 : -25;
        because.add("{}it takes {} of {} bytes{}", separator, end, input.size,
                    zeros ? ", the others are 0" : "");
    }
    if (sink.count() == 0) {
        candidate.points += 10;
        because.add(" and breaks no rule");
    } else {
        because.add(" and breaks {} rules", sink.count());
    }
}

}  // namespace

Outcome describe(const Structure& structure, const Input& input, Sink& sink) {
    Walker walker(input, sink);
    if (input.size == 0) {
        walker.stop(Error::Truncated, 0, spec::Id::Count, "there is no input");
        return walker.finish();
    }
    structure.walk(walker);
    return walker.finish();
}

void guess(const Input& input, std::string_view family, Guess& result) {
    result.count = 0;
    for (const Structure& structure : structures()) {
        const bool wanted = family.empty() || structure.family == family;
        if (!wanted || structure.evidence == nullptr || result.count == max_candidates) {
            continue;
        }
        Candidate candidate;
        judge(structure, input, candidate);
        // Keeps the likeliest first; of equals, the one listed first.
        std::size_t place = result.count++;
        for (; place > 0 && result.candidates[place - 1].points < candidate.points; --place) {
            result.candidates[place] = result.candidates[place - 1];
        }
        result.candidates[place] = candidate;
    }
}

}  // namespace lmsim::wire::describe
