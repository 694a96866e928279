// What a job file means, key by key, as fio 3.33 reads it (fio(1)).
#include "sim/guest/fio/describe.hpp"
#include "sim/guest/fio/job.hpp"
#include "sim/guest/fio/keys.hpp"
#include "tests/catch.hpp"

using namespace lmsim::sim;
using namespace lmsim::sim::fio;

namespace {

JobFile parse(const std::string& text) { return parse_job_file("f.fio", text); }

Job job(const std::string& lines) { return parse("[a]\n" + lines + "\n").jobs.at(0); }

const BlockSizes& read_sizes(const Job& job) { return job.of(Direction::Read); }
const BlockSizes& write_sizes(const Job& job) { return job.of(Direction::Write); }

}  // namespace

TEST_CASE("fio job: the defaults are fio's") {
    const Job one = job("");
    CHECK(one.name == "a");
    CHECK((one.reads && !one.writes && !one.trims && !one.random));
    CHECK(read_sizes(one).min == 4096);
    CHECK(read_sizes(one).max == 4096);
    CHECK(one.depth == 1);
    CHECK(one.copies == 1);
    CHECK(one.read_percent == 50);
    CHECK(one.random_map);
    CHECK(one.think_blocks == 1);
    CHECK_FALSE(one.size.given);
}

TEST_CASE("fio job: globals apply to later sections only, and add up") {
    const JobFile file = parse(
        "[first]\n[global]\niodepth=4\nbs=8k\n[second]\nbs=16k\n[global]\niodepth=7\n[third]\n");
    REQUIRE(file.jobs.size() == 3);
    CHECK(file.jobs[0].depth == 1);
    CHECK(file.jobs[1].depth == 4);
    CHECK(read_sizes(file.jobs[1]).min == 16384);
    CHECK(file.jobs[2].depth == 7);
    CHECK(read_sizes(file.jobs[2]).min == 8192);
}

TEST_CASE("fio job: comments, blanks and line ends do not matter") {
    const JobFile file =
        parse("; c\r\n\r\n  [a]  # c\r\n  iodepth = 8 ; c\r\n#iodepth=9\r\n\tbs= 8k\r\n");
    CHECK(file.jobs.at(0).depth == 8);
    CHECK(read_sizes(file.jobs[0]).min == 8192);
}

TEST_CASE("fio job: units") {
    CHECK(job("size=1m").size.value == 1048576);
    CHECK(job("size=1MB").size.value == 1048576);
    CHECK(job("size=1MiB").size.value == 1000000);  // with kb_base=1024 the i swaps, fio(1)
    CHECK(job("size=1m\nkb_base=1000").size.value == 1000000);
    CHECK(job("size=1mib\nkb_base=1000").size.value == 1048576);
    CHECK(job("size=0x10000").size.value == 65536);
    CHECK(job("size=2t").size.value == 2199023255552);
    CHECK(job("size=65536b").size.value == 65536);
    CHECK(job("size=25%").size.percent);
    CHECK(job("runtime=10").runtime == 10_s);
    CHECK(job("runtime=1m").runtime == 60_s);
    CHECK(job("runtime=100ms").runtime == 100_ms);
    CHECK(job("timeout=2h").runtime == 7200_s);
    CHECK(job("thinktime=10").think_time == 10_us);
    CHECK(job("thinktime=10ms").think_time == 10_ms);
    CHECK(job("startdelay=3-5").start_delay_max == 5_s);
    CHECK(job("iodepth=1k").depth == 1024);
}

TEST_CASE("fio job: kinds of I/O") {
    const Job mixed = job("rw=randrw\nrwmixread=70");
    CHECK((mixed.mixed() && mixed.random));
    CHECK(mixed.read_percent == 70);
    CHECK(job("readwrite=readwrite\nrwmixwrite=70").read_percent == 30);
    CHECK(job("rw=randtrim").trims);
}

TEST_CASE("fio job: one, two or three block sizes") {
    const Job one = job("bs=8k");
    CHECK(one.of(Direction::Trim).min == 8192);
    const Job two = job("bs=8k,16k");
    CHECK(read_sizes(two).min == 8192);
    CHECK(write_sizes(two).min == 16384);
    CHECK(two.of(Direction::Trim).min == 16384);
    const Job second = job("bs=,16k");
    CHECK(read_sizes(second).min == 4096);
    CHECK(write_sizes(second).min == 16384);
    const Job first = job("bs=16k,");
    CHECK(read_sizes(first).min == 16384);
    CHECK(write_sizes(first).min == 4096);
    CHECK(write_sizes(job("bs=4k:8k")).min == 8192);
    const Job range = job("bsrange=4k-16k,64k-8k");
    CHECK(read_sizes(range).max == 16384);
    CHECK(write_sizes(range).min == 8192);
    CHECK(write_sizes(range).max == 65536);
}

TEST_CASE("fio job: a split by shares") {
    const Job split = job("bssplit=4k/10:64k/50:32k/40,8k/:16k");
    REQUIRE(read_sizes(split).split.size() == 3);
    CHECK(read_sizes(split).min == 4096);
    CHECK(read_sizes(split).max == 65536);
    CHECK(read_sizes(split).split[2].bytes == 65536);
    CHECK(write_sizes(split).split[0].percent == 50);
    CHECK(write_sizes(split).split[1].percent == 50);
    CHECK(job("bssplit=4k").of(Direction::Read).split[0].percent == 100);
}

TEST_CASE("fio job: a split or range beats a later bs, and the user is told") {
    const JobFile file = parse("[global]\nbssplit=4k/50:8k/50\n[a]\nbs=64k\n");
    CHECK(read_sizes(file.jobs.at(0)).max == 8192);
    REQUIRE(file.notes.size() == 1);
    CHECK(file.notes[0].where.line == 4);
}

TEST_CASE("fio job: rates per direction") {
    const Job one = job("rate=10m");
    CHECK(one.rate == PerDirection<std::uint64_t>{10485760, 10485760, 10485760});
    const Job write_only = job("rate=,500k");
    CHECK(write_only.rate[0] == 0);
    CHECK(write_only.rate[1] == 512000);
    CHECK(job("rate_iops=1k,2k").rate_iops[1] == 2048);
}

TEST_CASE("fio job: distributions") {
    CHECK(job("random_distribution=zipf").skew == 1'100'000);
    CHECK(job("random_distribution=pareto").skew == 200'000);
    const Job zipf = job("rw=randread\nrandom_distribution=zipf:0.95:0.25");
    CHECK(zipf.skew == 950'000);
    CHECK(zipf.center == 250'000);
    CHECK_FALSE(zipf.random_map);
    CHECK(job("random_distribution=random").random_map);
    CHECK_FALSE(job("norandommap").random_map);
    CHECK(job("norandommap=0").random_map);
}

TEST_CASE("fio job: keys without meaning here are listed with their place") {
    const JobFile file = parse(
        "[global]\nioengine=libaio\ngroup_reporting\n[a]\nfilename=/dev/nvme0n1\ndirect=1\n"
        "write_bw_log=x\nfilename=0000\\:01\\:00.0\n");
    REQUIRE(file.ignored.size() == 6);
    CHECK(file.ignored[1].key == "group_reporting");
    CHECK(file.ignored[1].where.line == 3);
    CHECK(file.ignored[2].value == "/dev/nvme0n1");
    CHECK(file.notes.empty());
}

TEST_CASE("fio job: a filename tells which namespace, where there are several") {
    const auto device = [](const std::string& name) {
        return parse("[a]\nfilename=" + name + "\n").jobs[0].device;
    };
    CHECK(device("/dev/nvme0n1") == 1);
    CHECK(device("/dev/nvme12n16") == 16);
    CHECK(device("nvme0n2") == 2);
    for (const char* name : {"/dev/sda", "0000\\:01\\:00.0", "/dev/nvme0", "/dev/nvmen1",
                             "/dev/nvme0n", "/dev/nvme0n1p2", "/dev/ng0n1", "nvme0n123456"}) {
        CHECK(device(name) == 0);
    }
    CHECK(parse("[global]\nfilename=/dev/nvme0n3\n[a]\n").jobs[0].device == 3);
}

TEST_CASE("fio job: a value that changes nothing makes an unsupported key harmless") {
    const JobFile file = parse("[a]\nverify=0\nnrfiles=1\nzonemode=none\niodepth_batch=1\n");
    CHECK(file.ignored.size() == 4);
    CHECK(parse("[a]\nstonewall\n[b]\nstonewall=0\n").jobs.size() == 2);
}

TEST_CASE("fio job: what fio would do otherwise is noted") {
    CHECK(parse("[a]\niodepth=8\n").notes.size() == 1);  // its default engine is synchronous
    CHECK(parse("[a]\niodepth=8\nioengine=io_uring\n").notes.empty());
    CHECK(parse("[a]\nbuffered=1\n").notes.size() == 1);
    CHECK(parse("[a]\ndirect=0\n").notes.size() == 1);
    const JobFile aligned = parse("[a]\nrw=randread\nba=8k\n");
    CHECK(aligned.notes.size() == 1);
    CHECK_FALSE(aligned.jobs[0].random_map);
}

TEST_CASE("fio job: every known key has one class and a canonical name") {
    for (const std::string_view name : key_names()) {
        const Key* key = find_key(name);
        REQUIRE(key != nullptr);
        CHECK(key->name == name);
        CHECK(find_key(key->canonical) != nullptr);
        CHECK((key->use == KeyClass::Unsupported) == !key->why.empty());
    }
    CHECK(find_key("iodept") == nullptr);
}

TEST_CASE("fio job: the shipped example reads without a note") {
    const JobFile file = load_job_file(LMSIM_SOURCE_DIR "/scenarios/jobs/mixed.fio");
    CHECK(file.jobs.size() == 3);
    CHECK(file.notes.empty());
}

TEST_CASE("fio job: a description has effective values, ignored keys and notes") {
    const std::string text = lmsim::sim::fio::format(describe(
        parse("[a]\nrw=randrw\nbs=4k,8k\niodepth=8\nsize=50%\nrandom_distribution=zipf:1.2\n"
              "thinktime=5\nrate=1m\nname=x\nloops=2\n")));
    CHECK(text ==
          "fio job file f.fio\n"
          "  [a]\n"
          "    rw = randrw\n"
          "    rwmixread = 50\n"
          "    bs.read = 4KiB\n"
          "    rate.read = 1MiB/s\n"
          "    bs.write = 8KiB\n"
          "    rate.write = 1MiB/s\n"
          "    iodepth = 8\n"
          "    numjobs = 1\n"
          "    random_distribution = zipf:1.2\n"
          "    size = 50%\n"
          "    loops = 2\n"
          "    thinktime = 5us\n"
          "    thinktime_blocks = 1\n"
          "    time_based = 0\n"
          "  ignored, no meaning here: name=x (f.fio:9)\n"
          "  note: f.fio:4: fio's engine psync keeps one I/O outstanding; job \"a\" is simulated "
          "with iodepth=8\n");
}
