#include "tools/runs/figure_row.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "sim/metrics/result_fields.hpp"
#include "tools/runs/figures.hpp"

namespace lmsim::runs {

namespace {

using sim::Ps;
namespace metrics = sim::metrics;

/// A key of result.json with those below it, and the columns that have its value.
struct KeyNode {
    std::string key;
    std::vector<std::size_t> columns;
    std::vector<KeyNode> inside;

    KeyNode& at(const std::string& name) {
        const auto known = std::find_if(inside.begin(), inside.end(),
                                        [&](const KeyNode& node) { return node.key == name; });
        return known != inside.end() ? *known : inside.emplace_back(KeyNode{name, {}, {}});
    }
};

/// A figure that is no value of result.json, but made of some.
enum class Made : std::uint8_t { PartSum, OfVf, Parties, Texts };
struct MadeFigure {
    std::size_t column;
    Made made;
    std::string what;
};

/// Where each figure comes from.
struct FigurePlan {
    KeyNode root;
    std::vector<MadeFigure> made;
    std::vector<std::size_t> downtime;  // columns that a guest which never stood still has not

    FigurePlan() {
        const std::pair<const char*, Made> sources[] = {{"part:", Made::PartSum},
                                                        {"vf:", Made::OfVf},
                                                        {"access:", Made::Parties},
                                                        {"list:", Made::Texts}};
        for (std::size_t i = 0; i < figures().size(); ++i) {
            const Figure& figure = figures()[i];
            if (is_downtime(figure)) downtime.push_back(i);
            const auto source = std::find_if(
                std::begin(sources), std::end(sources),
                [&](const auto& each) { return figure.source.rfind(each.first, 0) == 0; });
            if (source != std::end(sources)) {
                made.push_back({i, source->second,
                                figure.source.substr(std::string_view(source->first).size())});
                continue;
            }
            KeyNode* node = &root;
            for (std::size_t from = 1; from <= figure.source.size();) {
                const std::size_t end =
                    std::min(figure.source.find('/', from), figure.source.size());
                node = &node->at(figure.source.substr(from, end - from));
                from = end + 1;
            }
            node->columns.push_back(i);
        }
        LearnOrder order(root);
        metrics::result_fields(order, metrics::Result{});
    }

  private:
    /// Sorts the keys of a node as they come in result.json, so that nobody has to search.
    class LearnOrder {
      public:
        explicit LearnOrder(KeyNode& node) : node_(node) {}

        // clang-format off
        template <class... A> void text(const char* key, const A&...) { meet(key); }
        template <class... A> void constant(const char* key, const A&...) { meet(key); }
        template <class... A> void texts(const char* key, const A&...) { meet(key); }
        template <class... A> void flag(const char* key, const A&...) { meet(key); }
        template <class... A> void count(const char* key, const A&...) { meet(key); }
        template <class... A> void time(const char* key, const A&...) { meet(key); }
        template <class... A> void number(const char* key, const A&...) { meet(key); }
        template <class... A> void share(const char* key, const A&...) { meet(key); }
        template <class... A> void hash(const char* key, const A&...) { meet(key); }
        template <class... A> void device(const char* key, const A&...) { meet(key); }
        template <class... A> void maybe_count(const char* key, const A&...) { meet(key); }
        template <class... A> void choice(const char* key, const A&...) { meet(key); }
        // clang-format on
        template <class Fields>
        void object(const char* key, const char*, const Fields& fields) {
            if (KeyNode* node = meet(key)) {
                LearnOrder inner(*node);
                fields(inner);
            }
        }
        template <class T, class Fields>
        void optional(const char* key, const std::optional<T>&, const char*, const Fields& fields) {
            object(key, "", [&](auto& inner) { fields(inner, T{}); });
        }
        template <class T, class Fields>
        void list(const char* key, const std::vector<T>&, const char*, const Fields& fields) {
            KeyNode* node = meet(key);
            if (node != nullptr && !node->inside.empty()) {
                LMSIM_ASSERT(node->inside.size() == 1 && node->inside[0].key == "0");
                LearnOrder inner(node->inside[0]);
                fields(inner, T{});
            }
        }

      private:
        KeyNode* meet(const char* key) {
            for (std::size_t i = met_; i < node_.inside.size(); ++i) {
                if (node_.inside[i].key == key) {
                    std::swap(node_.inside[i], node_.inside[met_]);
                    return &node_.inside[met_++];
                }
            }
            return nullptr;
        }

        KeyNode& node_;
        std::size_t met_ = 0;
    };
};

const FigurePlan& figure_plan() {
    static const FigurePlan plan;
    return plan;
}

/// A cell that owns its text.
struct OwnCell {
    RowCell cell;
    std::string text;

    void set(std::int64_t value) { cell = {RowCell::Kind::Integer, value, 0, {}}; }
    void set(std::uint64_t value) { set(static_cast<std::int64_t>(value)); }
    void set(double value) { cell = {RowCell::Kind::Real, 0, value, {}}; }
    void set(std::string_view value) {
        text = value;
        cell = {RowCell::Kind::Text, 0, 0, {}};
    }
};

/// Walks through what result.json has and takes what figures want of it.
class FigureTaker {
  public:
    FigureTaker(const KeyNode& node, std::vector<OwnCell>& cells) : node_(node), cells_(cells) {}

    void constant(const char* key, const char* value, const char*) { take(key, value); }
    void text(const char* key, const std::string& value, const char*) { take(key, value); }
    void flag(const char* key, bool value, const char*) { take(key, value ? "true" : "false"); }
    void count(const char* key, std::uint64_t value, const char*) { take(key, value); }
    void time(const char* key, Ps value, const char*) { take(key, value); }
    void number(const char* key, double value, const char*) { take(key, value); }
    void share(const char* key, std::uint32_t ppm, const char*) { take(key, ppm / 1e6); }
    void hash(const char* key, std::uint64_t value, const char*) {
        if (const KeyNode* node = find(key)) give(*node, fmt::format("0x{:016x}", value));
    }
    void device(const char* key, metrics::Device value, const char*) {
        if (value == metrics::no_device) return static_cast<void>(find(key));
        take(key, static_cast<std::int64_t>(value));
    }
    void maybe_count(const char* key, std::optional<std::uint64_t> value, const char*) {
        if (!value) return static_cast<void>(find(key));
        take(key, *value);
    }
    void texts(const char* key, const std::vector<std::string>& values, const char*) {
        take(key, static_cast<std::uint64_t>(values.size()));
    }
    template <class Names, class Enum>
    void choice(const char* key, const Names& names, Enum value, const char*) {
        take(key, std::string_view(names.data()[static_cast<std::size_t>(value)]));
    }
    template <class Fields>
    void object(const char* key, const char*, const Fields& fields) {
        if (const KeyNode* node = find(key)) {
            FigureTaker inner(*node, cells_);
            fields(inner);
        }
    }
    template <class T, class Fields>
    void optional(const char* key, const std::optional<T>& value, const char*,
                  const Fields& fields) {
        const KeyNode* node = find(key);
        if (node != nullptr && value) {
            FigureTaker inner(*node, cells_);
            fields(inner, *value);
        }
    }
    template <class T, class Fields>
    void list(const char* key, const std::vector<T>& items, const char*, const Fields& fields) {
        const KeyNode* node = find(key);
        if (node == nullptr) return;
        give(*node, static_cast<std::uint64_t>(items.size()));
        if (!node->inside.empty() && !items.empty()) {
            FigureTaker inner(node->inside.front(), cells_);
            fields(inner, items.front());
        }
    }

  private:
    /// Keys come in the order that the plan has learnt.
    const KeyNode* find(const char* key) {
        if (next_ == node_.inside.size() || node_.inside[next_].key != key) return nullptr;
        return &node_.inside[next_++];
    }
    template <class T>
    void give(const KeyNode& node, const T& value) {
        for (const std::size_t column : node.columns) cells_[column].set(value);
    }
    template <class T>
    void take(const char* key, const T& value) {
        if (const KeyNode* node = find(key)) give(*node, value);
    }

    const KeyNode& node_;
    std::vector<OwnCell>& cells_;
    std::size_t next_ = 0;
};

std::int64_t sum_of_part(const std::string& name, const metrics::Result& result) {
    std::int64_t sum = 0;
    for (const metrics::PartTime& each : result.downtime.parts) {
        sum += metrics::name(each.label.part) == name ? each.ps : 0;
    }
    return sum;
}

/// "last:ready_ps" is the only one that a figure asks for.
void take_of_vf(const metrics::Result& result, OwnCell& cell) {
    for (const metrics::VfOrder& one : metrics::first_median_last(result.vfs)) {
        if (one.place == "last") cell.set(one.vf.ready);
    }
}

std::string parties_of(const std::string& asset, const metrics::HostResult& host) {
    std::string text;
    for (const host::Grant& grant : host.access) {
        const std::string_view access = host::access_names[static_cast<std::size_t>(grant.access)];
        if (host::asset_names[static_cast<std::size_t>(grant.asset)] == asset && access != "-") {
            text += fmt::format("{}{} ({})", text.empty() ? "" : ", ",
                                host::party_names[static_cast<std::size_t>(grant.party)], access);
        }
    }
    return text.empty() ? "nobody" : text;
}

std::string texts_of(const std::string& list, const metrics::HostResult& host) {
    std::string text;
    const auto add = [&text](std::string_view more) {
        text += (text.empty() ? "" : "; ") + std::string(more);
    };
    if (list == "/host/cannot:what") {
        for (const host::Lack& lack : host.cannot) add(lack.what);
    } else {
        LMSIM_ASSERT(list == "/host/left_out:text");
        for (const metrics::LeftOut& left : host.left_out) add(left.text);
    }
    return text;
}

void make(const MadeFigure& figure, const metrics::Result& result, OwnCell& cell) {
    switch (figure.made) {
        case Made::PartSum: return cell.set(sum_of_part(figure.what, result));
        case Made::OfVf: return take_of_vf(result, cell);
        case Made::Parties: return cell.set(parties_of(figure.what, result.host));
        case Made::Texts: return cell.set(texts_of(figure.what, result.host));
    }
}

template <class T>
void append_raw(std::string& out, const T& value) {
    char bytes[sizeof(T)];
    std::memcpy(bytes, &value, sizeof(T));
    out.append(bytes, sizeof(T));
}

}  // namespace

void append_figures(const metrics::Result& result, std::string& out) {
    static thread_local std::vector<OwnCell> cells;
    cells.resize(figures().size());
    for (OwnCell& each : cells) each.cell.kind = RowCell::Kind::Null;
    const FigurePlan& plan = figure_plan();
    FigureTaker taker(plan.root, cells);
    metrics::result_fields(taker, result);
    for (const MadeFigure& each : plan.made) make(each, result, cells[each.column]);
    if (result.outcome != sim::Outcome::Completed && result.downtime.total == 0) {
        for (const std::size_t column : plan.downtime)
            cells[column].cell.kind = RowCell::Kind::Null;
    }
    for (const OwnCell& each : cells) {
        out += static_cast<char>(each.cell.kind);
        switch (each.cell.kind) {
            case RowCell::Kind::Null: break;
            case RowCell::Kind::Integer: append_raw(out, each.cell.integer); break;
            case RowCell::Kind::Real: append_raw(out, each.cell.real); break;
            case RowCell::Kind::Text:
                append_raw(out, static_cast<std::uint32_t>(each.text.size()));
                out += each.text;
                break;
        }
    }
}

template <class T>
T CellReader::take() {
    LMSIM_ASSERT(rest_.size() >= sizeof(T));
    T value;
    std::memcpy(&value, rest_.data(), sizeof(T));
    rest_.remove_prefix(sizeof(T));
    return value;
}

RowCell CellReader::next() {
    RowCell cell;
    if (rest_.empty()) return cell;
    cell.kind = static_cast<RowCell::Kind>(take<std::uint8_t>());
    switch (cell.kind) {
        case RowCell::Kind::Null: break;
        case RowCell::Kind::Integer: cell.integer = take<std::int64_t>(); break;
        case RowCell::Kind::Real: cell.real = take<double>(); break;
        case RowCell::Kind::Text: {
            const std::size_t size = take<std::uint32_t>();
            LMSIM_ASSERT(rest_.size() >= size);
            cell.text = rest_.substr(0, size);
            rest_.remove_prefix(size);
            break;
        }
    }
    return cell;
}

}  // namespace lmsim::runs
