#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sim/core/event_queue.hpp"
#include "tools/runs/figures.hpp"

namespace lmsim::runs {

/// A time and what had it.
struct NamedTime {
    std::string name;
    sim::Ps time = 0;
};

/// What of a key is short: "hosts.both.device.vfs" is "vfs", unless another one ends so. As the
/// report's scripts write it.
std::string short_key(const std::string& key, const std::vector<std::string>& all);

/// The shortest and the longest downtime in a sentence; nothing without at least two. `others` did
/// not complete.
std::string span_text(const std::vector<NamedTime>& times, std::size_t others, bool several_seeds);

/// The rows of results.csv, and what a report makes of them.
class SweepTable {
  public:
    using Json = nlohmann::ordered_json;
    using Row = std::vector<std::string>;

    SweepTable() = default;
    /// `csv` as ResultTable::csv() writes it.
    explicit SweepTable(const std::string& csv);

    /// Is it a sweep's, with as many cells in each row as there are titles?
    bool whole() const;
    const Row& titles() const { return titles_; }
    const std::vector<Row>& rows() const { return rows_; }
    bool several_seeds() const;

    /// What varies: keys with their values, in the order in which they come.
    Json axes() const;
    /// Percentiles over the seeds of each combination, by nearest rank.
    Json points() const;
    /// How many runs came to which end, and what is wrong with those that have none.
    Json summary() const;
    /// The median downtime of each combination of which a migration completed.
    std::vector<NamedTime> downtimes() const;
    /// The sentence of the report.
    std::string headline() const;
    /// A line for each combination: downtime and total time.
    std::string markdown() const;

  private:
    struct Point {
        Row at;
        std::vector<const Row*> rows;
    };
    std::vector<Point> grouped() const;
    std::string cell(const Row& row, std::string_view title) const;
    std::size_t count(const std::vector<const Row*>& rows, std::string_view status) const;
    std::vector<const Row*> completed(const std::vector<const Row*>& rows) const;
    std::vector<std::int64_t> values(const std::vector<const Row*>& rows,
                                     const Figure& figure) const;
    Json stats(const std::vector<const Row*>& rows) const;
    std::string name_of(const Row& at) const;

    Row titles_;
    std::vector<Row> rows_;
    bool headed_ = false;  // with the titles of a sweep
    std::size_t keys_ = 0;
    std::vector<std::map<std::string, std::size_t>> places_;  // of each key its values
};

}  // namespace lmsim::runs
