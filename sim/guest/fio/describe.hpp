#pragma once

#include <string>
#include <vector>

#include "sim/guest/fio/iolog.hpp"
#include "sim/guest/fio/job.hpp"

namespace lmsim::sim::fio {

/// A workload in words, for results and the terminal.
struct Description {
    /// A job in words.
    struct Job {
        std::string name;
        std::vector<std::pair<std::string, std::string>> values;  // effective, in a fixed order
    };

    /// A key without a meaning here.
    struct Ignored {
        std::string key;
        std::string value;
        std::string where;  // "file:line"
    };
    std::string source;  // "fio job file jobs.fio"
    std::vector<Job> jobs;
    std::vector<Ignored> ignored;
    std::vector<std::string> notes;  // "file:line: ..."
};

Description describe(const JobFile& file);
Description describe(const IoLog& log);

/// All of it as lines.
std::string format(const Description& description);

}  // namespace lmsim::sim::fio
