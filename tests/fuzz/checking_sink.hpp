#pragma once

#include <string_view>
#include <vector>

#include "model/wire/describe/describe.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace lmsim::fuzz {

/// Reads all that it is told, so that a sanitizer sees what is not there, and checks that nothing
/// lies beyond the input. Formatting is most of the time: every eighth meaning is asked for, and
/// the sentences of about one input in eight.
class CheckingSink : public wire::describe::Sink {
  public:
    explicit CheckingSink(std::size_t size) : size_(size) {}

    void group(const wire::describe::Group& group) override {
        FUZZ_CHECK(group.at <= size_);
        ++groups;
    }
    void field(const wire::describe::Value& value) override {
        FUZZ_CHECK(value.place.end_byte() <= size_);
        for (std::size_t i = 0; i < value.size; ++i) sum += value.bytes[i];
        if ((++fields_ & 7) == 0) {
            wire::describe::Text text;
            value.meaning(text);
            sum += text.view().size();
        }
    }
    void broken(const wire::describe::Broken& broken) override {
        FUZZ_CHECK(broken.at < size_);
        FUZZ_CHECK(broken.rule != spec::Id::Count);
        ++rules_broken;
        sum += broken.what.size();
    }
    void note(std::size_t at, std::string_view text) override {
        FUZZ_CHECK(at <= size_);
        sum += text.size();
    }

    bool words() const override { return words_; }
    void let_words(bool words) { words_ = words; }

    std::size_t groups = 0;
    std::size_t rules_broken = 0;
    std::uint64_t sum = 0;

  private:
    std::size_t size_;
    std::uint32_t fields_ = 0;
    bool words_ = true;
};

/// Describes the input as the structure of this name.
inline wire::describe::Outcome describe_as(const wire::describe::Structure& structure,
                                           const std::uint8_t* data, std::size_t size,
                                           CheckingSink& sink,
                                           const spec::Rules& in_force = rules()) {
    sink.let_words(size != 0 && data[size / 2] % 8 == 5);  // not 0: many bytes are
    const wire::describe::Outcome outcome =
        wire::describe::describe(structure, {data, size, &in_force}, sink);
    FUZZ_CHECK(outcome.end <= size && outcome.at <= size);
    return outcome;
}

/// The structures of this family.
inline std::vector<const wire::describe::Structure*> family(std::string_view name) {
    std::vector<const wire::describe::Structure*> found;
    for (const auto& structure : wire::describe::structures()) {
        if (structure.family == name) {
            found.push_back(&structure);
        }
    }
    FUZZ_CHECK(!found.empty());
    return found;
}

inline const wire::describe::Structure& structure(const char* name) {
    const wire::describe::Structure* found = wire::describe::find_structure(name);
    FUZZ_CHECK(found != nullptr);
    return *found;
}

}  // namespace lmsim::fuzz
