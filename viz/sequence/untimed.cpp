#include "viz/sequence/untimed.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "viz/diagram/escape.hpp"
#include "viz/sequence/escape.hpp"

namespace lmsim::viz {

namespace {

class Writer {
  public:
    explicit Writer(const UntimedChart& chart) : chart_(chart) {
        for (const UntimedChart::Row& row : chart.rows) {
            note_name(row.from);
            note_name(row.to);
        }
        if (names_.empty()) names_.emplace_back("model");
    }

    std::string text() {
        out_ = fmt::format("---\ntitle: \"{}\"\n---\nsequenceDiagram\n",
                           yaml_text(one_way(chart_.title)));
        line("accDescr: " + message(chart_.description));
        for (std::size_t i = 0; i < names_.size(); ++i) {
            line(fmt::format("participant p{} as {}", i, message(names_[i])));
        }
        for (std::size_t i = 0; i < chart_.rows.size(); ++i) {
            if (i == chart_.cycle && i != 0) line("loop for ever");
            row(chart_.rows[i], i + 1);
        }
        if (chart_.cycle != 0 && chart_.cycle < chart_.rows.size()) line("end");
        return out_;
    }

  private:
    static std::string message(const std::string& text) { return mermaid_message(one_way(text)); }

    void note_name(const std::string& name) {
        if (!name.empty() && std::find(names_.begin(), names_.end(), name) == names_.end()) {
            names_.push_back(name);
        }
    }
    std::string id(const std::string& name) const {
        const auto at = std::find(names_.begin(), names_.end(), name);
        return fmt::format("p{}", at == names_.end() ? 0 : at - names_.begin());
    }
    void line(const std::string& text) { out_ += "    " + text + "\n"; }

    void row(const UntimedChart::Row& row, std::size_t number) {
        const std::string text = message(fmt::format("{}  {}", number, row.text));
        if (row.bad) line("rect rgb(249, 220, 217)");
        if (row.to.empty()) {
            line(fmt::format("Note over {}: {}", id(row.from), text));
        } else {
            line(fmt::format("{}->>{}: {}", id(row.from), id(row.to), text));
        }
        if (row.bad) line("end");
    }

    const UntimedChart& chart_;
    std::vector<std::string> names_;
    std::string out_;
};

}  // namespace

std::string untimed_mermaid(const UntimedChart& chart) { return Writer(chart).text(); }

}  // namespace lmsim::viz
