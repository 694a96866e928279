#pragma once

#include <memory>
#include <string>
#include <vector>

#include "model/wire/identify.hpp"
#include "sim/hw/calibrate_bench.hpp"

namespace lmsim::sim::hw {

/// The measuring of all kinds, one after the other. All that returns text returns what is wrong, or
/// nothing; a kind that the device refuses is none of that.
class Measurement {
  public:
    Measurement(Rig& rig, const CalibrateOptions& options);
    std::string run();
    Calibration take() { return std::move(result_); }

  private:
    /// One sample of each of the kinds that are measured together. `refused`: in words, if the
    /// device does not do it.
    struct Sample {
        std::vector<Ps> took;
        std::string refused;
    };
    using Each = std::function<std::string(Sample&)>;
    /// Warm-up, then as many samples as there are to be, `most` at most; each kind has its own
    /// place in took.
    std::string sample(const std::vector<std::string>& kinds, const Each& each,
                       std::uint64_t bytes = 0, std::uint32_t most = UINT32_MAX);
    void leave_out(const std::vector<std::string>& kinds, const std::string& why,
                   std::uint64_t bytes = 0);
    /// Runs a command; false if it was refused (then the sample says so) or if there is an error.
    bool command(Bench& bench, std::uint16_t queue, const wire::Sqe& sqe, const char* what,
                 Sample& sample, Done& done, std::string& error);
    /// The same, of the admin queue and with its latency as the next sample.
    bool timed(Bench& bench, const wire::Sqe& sqe, const char* what, Sample& sample,
               std::string& error);

    std::string open();
    std::string bring_online();
    std::string assign(const wire::SecondaryController& vf, std::uint16_t count);
    std::string find_facts();
    std::string find_namespace();
    std::string identify(Bench& bench, spec::Id cns, std::uint32_t nsid = 0);
    const std::uint8_t* page(Bench& bench) { return bench.bytes(bench.page(), page_size); }

    // calibrate.cpp
    std::string registers();
    std::string identifies();
    std::string features();
    std::string find_feature(std::uint8_t& fid, std::uint32_t& value);
    std::string queues();
    std::string enabling();
    std::string resetting();

    // calibrate_io.cpp
    std::string io();
    std::string transfers(bool write, std::uint64_t bytes);
    std::string flushes();
    std::string depth(bool write, std::uint64_t bytes);
    std::string fill(Throughput& result, bool write);
    std::string interrupts(std::uint64_t bytes);
    wire::Sqe transfer(bool write, std::uint64_t bytes, std::uint32_t slot);
    std::string why_not(std::uint64_t bytes) const;

    // calibrate_migration.cpp
    std::string migration();
    std::string move_state();
    bool get_whole_state(Sample& sample, std::string& error);
    bool set_whole_state(Sample& sample, std::string& error);
    wire::Sqe with_data(wire::Sqe sqe, std::uint64_t bytes);
    std::string change_logs();
    std::string memory_tracking();

    Rig& rig_;
    const CalibrateOptions& options_;
    Calibration result_;
    std::unique_ptr<Bench> pf_;  // of several functions
    std::unique_ptr<Bench> own_;
    Bench* target_ = nullptr;  // what does the I/O: the first VF, or the function itself
    std::uint64_t buffer_ = 0;
    std::uint64_t list_ = 0;
    std::uint64_t next_block_ = 0;
    // Why there is no I/O, where there is none.
    std::string no_blocks_ = "the controller has no active namespace";
    std::uint16_t vf_ = 0;      // CNTLID
    std::uint16_t mcudmq_ = 0;  // of the PF, as Identify says; likewise below
    std::uint8_t trattr_ = 0;
    std::uint8_t minmrtg_ = 0;
    std::uint8_t version_index_ = 0;  // CSVI
    std::vector<std::uint8_t> state_;
    bool suspended_ = false;
};

/// The rules that calibration speaks by: the ratified standard.
const spec::Rules& calibration_rules();

}  // namespace lmsim::sim::hw
