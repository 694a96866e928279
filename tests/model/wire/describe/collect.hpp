#pragma once

#include <string>
#include <vector>

#include "model/spec/table.hpp"
#include "model/wire/describe/describe.hpp"

namespace lmsim::tests {

/// All that a description said, as text that a test can compare.
class Collect : public wire::describe::Sink {
  public:
    void group(const wire::describe::Group& group) override {
        const bool one = group.index == wire::describe::no_index;
        text += std::string(group.title) + (one ? "" : " " + std::to_string(group.index)) + "\n";
    }
    void field(const wire::describe::Value& value) override {
        wire::describe::Text meaning;
        value.meaning(meaning);
        text += "  " + std::to_string(value.place.bit) + "+" + std::to_string(value.place.width) +
                " " + std::string(value.field->name) + " " + std::to_string(value.number);
        text += meaning.empty() ? "\n" : " " + std::string(meaning.view()) + "\n";
    }
    void broken(const wire::describe::Broken& broken) override {
        const std::string_view name = spec::row(broken.rule).name;
        rules.push_back(std::string(name) + "@" + std::to_string(broken.at));
    }
    void note(std::size_t at, std::string_view what) override {
        notes.push_back(std::to_string(at) + " " + std::string(what));
    }

    std::string text;
    std::vector<std::string> rules;  // "LM-SUSP-41@46"
    std::vector<std::string> notes;
};

using Bytes = std::vector<std::uint8_t>;

struct Described : Collect {
    wire::describe::Outcome outcome;
};

/// Describes bytes as the structure of this name.
inline Described described(const char* name, const Bytes& bytes,
                           const spec::Rules& rules = spec::Rules()) {
    Described result;
    const wire::describe::Structure* structure = wire::describe::find_structure(name);
    LMSIM_ASSERT(structure != nullptr);
    result.outcome =
        wire::describe::describe(*structure, {bytes.data(), bytes.size(), &rules}, result);
    return result;
}

}  // namespace lmsim::tests
