#pragma once

#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>

#include "model/wire/describe/describe.hpp"

namespace lmsim::cli {

/// A field's number as people write it: decimal, hexadecimal, text, a UUID.
std::string value_text(const wire::describe::Value& value);

/// Prints fields as they come; the rules that are broken stand below the block that breaks them.
class TextSink : public wire::describe::Sink {
  public:
    /// `brief`: one line for each block.
    TextSink(std::FILE* to, bool brief) : to_(to), brief_(brief) {}

    void group(const wire::describe::Group& group) override;
    void field(const wire::describe::Value& value) override;
    void broken(const wire::describe::Broken& broken) override;
    void note(std::size_t at, std::string_view text) override;
    void finish();
    std::size_t broken_count() const { return broken_; }

  private:
    void end_line();

    std::FILE* to_;
    bool brief_;
    bool open_line_ = false;
    std::size_t broken_ = 0;
};

/// Collects the same as JSON.
class JsonSink : public wire::describe::Sink {
  public:
    void group(const wire::describe::Group& group) override;
    void field(const wire::describe::Value& value) override;
    void broken(const wire::describe::Broken& broken) override;
    void note(std::size_t at, std::string_view text) override;

    nlohmann::ordered_json groups = nlohmann::ordered_json::array();
    nlohmann::ordered_json rules_broken = nlohmann::ordered_json::array();
    nlohmann::ordered_json notes = nlohmann::ordered_json::array();
};

/// "NVM Express Base Specification 2.3, 4.2.1, figure 96"
std::string source_of(spec::Id id);

}  // namespace lmsim::cli
