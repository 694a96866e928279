#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/core/units.hpp"
#include "sim/guest/fio/error.hpp"

namespace lmsim::sim::fio {

/// fio's data directions; the index of every per-direction array.
enum class Direction : std::uint8_t { Read, Write, Trim };
constexpr std::size_t directions = 3;

template <class T>
using PerDirection = std::array<T, directions>;

enum class Distribution : std::uint8_t { Uniform, Zipf, Pareto };

/// An entry of bssplit: `percent` of the I/Os have `bytes`.
struct SizeShare {
    std::uint64_t bytes = 0;
    unsigned percent = 0;
};

/// Block sizes of one direction: one size (min == max), a range, or the shares of a split. As in
/// fio a split beats a range and a range beats bs=, wherever they stand.
struct BlockSizes {
    std::uint64_t fixed = 4096;  // bs=
    std::uint64_t min = 0;       // while parsing, 0: neither range nor split
    std::uint64_t max = 0;
    std::uint64_t align = 0;       // of random offsets; while parsing, 0: min
    std::vector<SizeShare> split;  // ascending percent, as fio orders them
};

/// A position or length that may be relative to the namespace.
struct Extent {
    std::uint64_t value = 0;  // bytes, or percent
    bool percent = false;
    bool given = false;
};

/// A section of a job file with its effective values ([global] and fio's defaults applied).
/// Sizes in bytes.
struct Job {
    std::string name;
    Where where;

    bool reads = true;
    bool writes = false;
    bool trims = false;
    bool random = false;
    PerDirection<BlockSizes> sizes;
    unsigned read_percent = 50;
    PerDirection<unsigned> random_percent{100, 100, 100};

    unsigned device = 0;  // number of the namespace that its filename names; 0: none

    unsigned depth = 1;
    unsigned copies = 1;  // numjobs

    Extent offset;
    Extent offset_increment;
    Extent size;
    Extent io_size;
    unsigned loops = 1;
    std::uint64_t number_ios = 0;  // 0: no limit

    bool random_map = true;
    Distribution distribution = Distribution::Uniform;
    std::uint64_t skew = 0;  // theta or h in millionths
    bool centered = false;
    std::uint64_t center = 0;  // millionths

    PerDirection<std::uint64_t> rate{};       // bytes/s; 0: no limit
    PerDirection<std::uint64_t> rate_iops{};  // 1/s, of the smallest block size; 0: no limit

    Time think_time;
    std::uint64_t think_blocks = 1;
    bool think_at_issue = false;

    bool time_based = false;
    Time runtime;  // 0: no limit
    Time ramp_time;
    Time start_delay;
    Time start_delay_max;

    unsigned fsync_every = 0;  // a flush after so many writes; 0: none
    unsigned fdatasync_every = 0;

    bool stonewall = false;  // only ever true for the first job, where it means nothing
    std::string engine = "psync";
    unsigned kb_base = 1024;

    /// Where each supported key was given, the last one winning: for errors found later.
    struct Given {
        std::string_view key;
        Where where;
    };
    std::vector<Given> given;

    bool mixed() const { return reads && writes; }
    bool uses(Direction direction) const;
    const BlockSizes& of(Direction direction) const;
    BlockSizes& of(Direction direction);

    /// Place of the last of `keys` given, or of the section.
    Where place(std::initializer_list<std::string_view> keys) const;
};

/// A key of the file that has no meaning for a simulated namespace.
struct IgnoredKey {
    std::string key;
    std::string value;
    Where where;
};

/// Something the user should know although the file is accepted.
struct Note {
    Where where;
    std::string text;
};

/// A job file of fio, as it was read.
struct JobFile {
    std::string path;
    std::vector<Job> jobs;
    std::vector<IgnoredKey> ignored;
    std::vector<Note> notes;
};

constexpr std::size_t job_file_limit = 1 << 20;
constexpr std::size_t jobs_limit = 1024;     // sections, and copies of one
constexpr std::size_t sources_limit = 4096;  // all copies of all sections
constexpr unsigned depth_limit = 65535;      // entries of an NVMe queue, one kept free
constexpr std::uint64_t block_size_limit = 1ULL << 30;

/// Parses a job file as fio 3.33 does (fio(1), "Job file format"). Throws InputError at the first
/// mistake: an unknown key, a value out of range, or a key that would change the workload and is
/// not supported. Bounded by job_file_limit.
JobFile load_job_file(const std::string& path);

/// The same from text; `name` stands for the file in messages.
JobFile parse_job_file(const std::string& name, std::string_view text);

}  // namespace lmsim::sim::fio
