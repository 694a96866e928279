// The same jobs run by the real fio (engine null, --write_iolog) and by the generators: the mixes
// must agree within five standard deviations, the sequential ones I/O by I/O.
#include <stdlib.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <map>
#include <set>

#include "tests/sim/guest/fio/run_source.hpp"

using namespace lmsim::sim;
using namespace lmsim::sim::fio;
using namespace lmsim::tests;

namespace {

struct Folder {
    Folder() {
        char name[] = "/tmp/lmsim-fio-XXXXXX";
        REQUIRE(mkdtemp(name) != nullptr);
        path = name;
    }
    ~Folder() { static_cast<void>(std::system(("rm -rf " + path).c_str())); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    std::string path;
};

bool have_fio() {
    if (std::system("fio --version > /dev/null 2>&1") == 0) return true;
    WARN("fio is not installed: skipped (the package is called fio)");
    return false;
}

/// The logs that fio writes when it runs a job for each of these texts, all in one process.
std::vector<std::string> logs_by_fio(const Folder& folder, const std::vector<std::string>& jobs,
                                     const std::string& engine = "null") {
    std::vector<std::string> logs;
    std::ofstream file(folder.path + "/job.fio");
    for (const std::string& lines : jobs) {
        const std::string name = "log" + std::to_string(logs.size());
        file << "[" << name << "]\n"
             << lines << "\nioengine=" << engine << "\nwrite_iolog=" << name << "\n";
        logs.push_back(folder.path + "/" + name);
    }
    file.close();
    REQUIRE(std::system(("cd " + folder.path + " && fio --output=out job.fio").c_str()) == 0);
    return logs;
}

std::string log_by_fio(const Folder& folder, const std::string& lines,
                       const std::string& engine = "null") {
    return logs_by_fio(folder, {lines}, engine).at(0);
}

struct Mix {
    std::size_t ios = 0;
    std::size_t reads = 0;
    std::uint64_t bytes = 0;
    std::uint64_t furthest = 0;
    std::size_t in_sequence = 0;  // begins where the last of its kind ended
    std::map<std::pair<int, std::uint64_t>, std::size_t> sizes;  // by operation and length
    std::map<std::uint64_t, std::size_t> visits;
    std::vector<Op> ops;

    void add(const Io& io) {
        ops.push_back(io.op);
        if (io.op == Op::Flush) return;
        ++ios;
        reads += io.op == Op::Read ? 1 : 0;
        bytes += io.length;
        furthest = std::max(furthest, io.offset + io.length);
        in_sequence += io.offset == ends_[io.op] ? 1 : 0;
        ends_[io.op] = io.offset + io.length;
        ++sizes[{static_cast<int>(io.op), io.length}];
        ++visits[io.offset];
    }

    /// Share of the I/Os that go to the `most` hottest places.
    double hottest(std::size_t most) const {
        std::vector<std::size_t> counts;
        for (const auto& [offset, count] : visits) counts.push_back(count);
        std::sort(counts.rbegin(), counts.rend());
        std::size_t sum = 0;
        for (std::size_t i = 0; i < std::min(most, counts.size()); ++i) sum += counts[i];
        return static_cast<double>(sum) / static_cast<double>(ios);
    }

  private:
    std::map<Op, std::uint64_t> ends_;
};

struct Both {
    Mix theirs;
    Mix ours;
};

std::vector<Both> run_all(const std::vector<std::string>& jobs) {
    const Folder folder;
    const auto logs = logs_by_fio(folder, jobs);
    std::vector<Both> out(jobs.size());
    for (std::size_t job = 0; job < jobs.size(); ++job) {
        for (const LoggedIo& io : load_iolog(logs[job]).ios) {
            out[job].theirs.add({io.offset, io.length, io.op});
        }
        for (const Step& step : run_job(jobs[job], 1_us)) out[job].ours.add(step.io);
    }
    return out;
}

Both run_both(const std::string& lines) { return run_all({lines}).at(0); }

/// Two shares of samples of these sizes, five standard deviations apart at most.
void check_share(double a, std::size_t of_a, double b, std::size_t of_b, double slack = 0) {
    const double p = (a + b) / 2;
    const double sigma =
        std::sqrt(p * (1 - p) * (1 / static_cast<double>(of_a) + 1 / static_cast<double>(of_b)));
    INFO("fio " << a << ", here " << b);
    CHECK(std::abs(a - b) <= 5 * sigma + slack);
}

double share(std::size_t part, std::size_t whole) {
    return static_cast<double>(part) / static_cast<double>(whole);
}

void check_mix(const Both& both) {
    const Mix& a = both.theirs;
    const Mix& b = both.ours;
    check_share(share(a.reads, a.ios), a.ios, share(b.reads, b.ios), b.ios);
    for (const auto& [kind, count] : a.sizes) {
        const auto found = b.sizes.find(kind);
        INFO("operation " << kind.first << ", length " << kind.second);
        const std::size_t mine = found == b.sizes.end() ? 0 : found->second;
        check_share(share(count, a.ios), a.ios, share(mine, b.ios), b.ios, 0.002);
    }
    CHECK(share(b.ios, a.ios) == Approx(1).epsilon(0.1));
}

}  // namespace

TEST_CASE("fio peer: sequential jobs are the same, I/O by I/O") {
    if (!have_fio()) return;
    const std::vector<std::string> jobs = {"rw=write\nbs=16k\nsize=1m\noffset=1m\nfsync=4",
                                           "rw=read\nsize=200k",
                                           "rw=trim\nbs=64k\nsize=1m",
                                           "rw=read\nsize=64k\nloops=3",
                                           "rw=read\nbs=4k\nsize=64k\nio_size=160k",
                                           "rw=write\nsize=64k\nfsync=3\nfdatasync=2",
                                           "rw=read\nbs=8k,16k\nsize=1m\nnumber_ios=7"};
    const Folder folder;
    const auto logs = logs_by_fio(folder, jobs);
    for (std::size_t job = 0; job < jobs.size(); ++job) {
        const IoLog log = load_iolog(logs[job]);
        const auto steps = run_job(jobs[job], 1_us);
        INFO(jobs[job]);
        REQUIRE(steps.size() == log.ios.size());
        for (std::size_t i = 0; i < steps.size(); ++i) {
            CHECK(steps[i].io.op == log.ios[i].op);
            CHECK(steps[i].io.offset == log.ios[i].offset);
            CHECK(steps[i].io.length == log.ios[i].length);
        }
    }
}

TEST_CASE("fio peer: a random mix has the same shares and visits each block once") {
    if (!have_fio()) return;
    const Both both = run_both("rw=randrw\nrwmixread=70\nbs=4k\nsize=32m");
    check_mix(both);
    for (const Mix* mix : {&both.theirs, &both.ours}) {
        CHECK(mix->ios == 8192);
        CHECK(mix->visits.size() == 8192);
        CHECK(mix->furthest == 32 << 20);
        CHECK(mix->in_sequence < 50);
    }
}

TEST_CASE("fio peer: splits and ranges have the same shares in each direction") {
    if (!have_fio()) return;
    const std::vector<std::string> jobs = {
        "rw=randrw\nrwmixread=60\nbssplit=4k/50:16k/30:64k/,8k/25:32k/75\nnorandommap\nsize=128m",
        "rw=randread\nbssplit=4k/20:8k/30\nnorandommap\nsize=64m",
        "rw=randwrite\nbsrange=4k-32k\nnorandommap\nsize=64m",
        "rw=rw\nrwmixread=25\nbsrange=8k-24k\nsize=64m"};
    const auto all = run_all(jobs);
    for (std::size_t i = 0; i < jobs.size(); ++i) {
        INFO(jobs[i]);
        check_mix(all[i]);
    }
}

TEST_CASE("fio peer: mixed sequential I/O walks in both directions") {
    if (!have_fio()) return;
    const Both both = run_both("rw=rw\nrwmixread=70\nbs=4k\nsize=32m");
    check_mix(both);
    CHECK(both.theirs.in_sequence == both.theirs.ios);
    CHECK(both.ours.in_sequence == both.ours.ios);
    CHECK(both.theirs.bytes == both.ours.bytes);
}

TEST_CASE("fio peer: hot blocks of zipf and pareto are as hot") {
    if (!have_fio()) return;
    const std::vector<std::string> distributions = {"zipf:1.2", "zipf:0.8", "pareto:0.2"};
    std::vector<std::string> jobs;
    for (const std::string& distribution : distributions) {
        jobs.push_back("rw=randread\nsize=16m\nio_size=128m\nrandom_distribution=" + distribution);
    }
    const auto all = run_all(jobs);
    for (std::size_t i = 0; i < all.size(); ++i) {
        const Both& both = all[i];
        INFO(distributions[i]);
        CHECK(both.theirs.ios == both.ours.ios);
        for (const std::size_t most : {1, 10, 100, 1000}) {
            // fio's zipf is an approximation.
            check_share(both.theirs.hottest(most), both.theirs.ios, both.ours.hottest(most),
                        both.ours.ios, 0.03);
        }
    }
}

TEST_CASE("fio peer: partly sequential jobs are as sequential") {
    if (!have_fio()) return;
    const Both both = run_both("rw=randread\nsize=32m\nnorandommap\npercentage_random=40");
    CHECK(both.theirs.ios == both.ours.ios);
    check_share(share(both.theirs.in_sequence, both.theirs.ios), both.theirs.ios,
                share(both.ours.in_sequence, both.ours.ios), both.ours.ios);
}

TEST_CASE("fio peer: rates give the same counts") {
    if (!have_fio()) return;
    const Both both =
        run_both("rw=randrw\nsize=32m\nnorandommap\nrate_iops=400,200\ntime_based\nruntime=1");
    CHECK(both.ours.ios == 600);
    CHECK(both.theirs.ios < 660);  // fewer if the machine is busy
    check_share(share(both.theirs.reads, both.theirs.ios), both.theirs.ios,
                share(both.ours.reads, both.ours.ios), both.ours.ios, 0.02);
}

TEST_CASE("fio peer: a log that fio just wrote is read whole") {
    if (!have_fio()) return;
    const Folder folder;
    const IoLog log = load_iolog(
        log_by_fio(folder, "rw=randrw\nsize=16m\nbs=16k\nfsync=32\nthinktime=100", "psync"));
    CHECK(log.version == 3);
    CHECK(log.files.size() == 1);
    CHECK(log.size == 16 << 20);
    const Sources sources = make_sources(log, {}, gigabyte);
    const auto steps = run(*sources[0], 1_us);
    CHECK(steps.size() == log.ios.size());
    // 1024 I/Os with 100 us of thought between them.
    CHECK(steps.back().at > 100_ms);
}

TEST_CASE("fio peer: a log over several files is laid out") {
    if (!have_fio()) return;
    const Folder folder;
    const IoLog log = load_iolog(log_by_fio(folder, "rw=randread\nsize=64k\nnrfiles=2"));
    REQUIRE(log.files.size() == 2);
    CHECK(log.ios.size() == 16);
    CHECK(log.files[1].base == 1 << 20);
    CHECK(log.size == (1 << 20) + 32768);
}

TEST_CASE("fio peer: a log that two copies wrote together is refused") {
    if (!have_fio()) return;
    const Folder folder;
    const std::string path = log_by_fio(folder, "rw=read\nsize=16k\nnumjobs=2");
    std::string message;
    try {
        load_iolog(path);
    } catch (const InputError& error) {
        message = error.what();
    }
    CHECK(message.find("several fio jobs in one file") != std::string::npos);
}

TEST_CASE("fio peer: every job here is one that fio takes, and the other way round") {
    if (!have_fio()) return;
    const Folder folder;
    const auto fio_takes = [&](const std::string& lines) {
        std::ofstream(folder.path + "/job.fio") << "[a]\nioengine=null\nsize=1m\n" << lines << "\n";
        return std::system(
                   ("fio --parse-only " + folder.path + "/job.fio > /dev/null 2>&1").c_str()) == 0;
    };
    CHECK(fio_takes("bs=,8k\nrate=,1m\nbssplit=4k/:8k,16k"));
    CHECK(fio_takes("random_distribution=zipf:1.1:0.5\nthinktime_blocks_type=issue"));
    CHECK(std::system("cd " LMSIM_SOURCE_DIR " && fio --parse-only --filename=/dev/null "
                      "scenarios/jobs/mixed.fio > /dev/null 2>&1") == 0);
    for (const char* wrong : {"iodepth=0", "rw=randreed", "nosuchkey=1", "rwmixread=101",
                              "random_distribution=zipf:1.0", "random_distribution=pareto:1.5"}) {
        INFO(wrong);
        CHECK_FALSE(fio_takes(wrong));
    }
}
