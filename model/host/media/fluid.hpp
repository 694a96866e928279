#pragma once

#include <cstdint>
#include <vector>

/// A copy of media by rates: how many granules a guest changes while they are copied, as counts,
/// whatever their number. Integers alone: the same answer everywhere.
namespace lmsim::host::media {

/// A probability, or any share of one: 2^63 is 1.
using Q63 = std::uint64_t;
constexpr Q63 q63_one = std::uint64_t{1} << 63;

/// part / whole, at most 1.
Q63 ratio(std::uint64_t part, std::uint64_t whole);
Q63 times(Q63 a, Q63 b);
/// base^n, within n * 2^-62.
Q63 power(Q63 base, std::uint64_t n);
std::uint64_t share_of(std::uint64_t whole, Q63 share);

/// Random writes to a stretch of the media, all of it alike.
struct Writer {
    std::uint64_t first = 0;        // granule, over all namespaces one after the other
    std::uint64_t granules = 0;     // of the stretch
    std::uint64_t per_write = 1;    // granules that one write changes
    std::uint64_t milli_per_s = 0;  // writes
    bool each_once = false;         // nothing twice before all is written (fio's random map)
};

/// How many writes that makes in so long.
std::uint64_t writes_in(const Writer& writer, std::int64_t ps);
/// The share of the stretch that no write hits in so long: (1 - g/S)^(w t).
Q63 spared(const Writer& writer, std::int64_t ps);
/// Granules that are written in so long: S(1 - (1 - g/S)^(w t)).
std::uint64_t expected_unique(const Writer& writer, std::int64_t ps);

/// A stretch of the media whose granules are all alike: the same writers.
struct Stretch {
    std::uint64_t first = 0;
    std::uint64_t granules = 0;
    std::uint64_t round = 0;    // of these, in the round at hand
    std::uint64_t changed = 0;  // have changed since they were copied
};

/// The state of a copy: what is left of the round, and what has changed.
class Fluid {
  public:
    /// `granules` in all; no stretch goes over one of `borders`.
    Fluid(std::uint64_t granules, std::vector<Writer> writers,
          std::vector<std::uint64_t> borders = {});

    /// These are in the round at hand: a first copy.
    void want(std::uint64_t first, std::uint64_t granules);
    std::uint64_t round() const;
    std::uint64_t changed() const;
    const std::vector<Stretch>& stretches() const { return stretches_; }
    const std::vector<Writer>& writers() const { return writers_; }

    /// The round at hand runs to its end at this rate; what changed becomes the next one. Returns
    /// how long it took. The granules are copied in their order.
    std::int64_t run_round(std::uint64_t granules_per_s, std::int64_t overhead_ps);
    /// The guest writes for so long and nothing is copied.
    void wait(std::int64_t ps);

  private:
    Q63 untouched(const Stretch& stretch, std::int64_t ps) const;
    Q63 mean_untouched(const Stretch& stretch, std::int64_t from, std::int64_t to) const;

    std::vector<Writer> writers_;
    std::vector<Stretch> stretches_;
};

}  // namespace lmsim::host::media
