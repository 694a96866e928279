#include "sim/hw/calibrate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "model/spec/codes.hpp"
#include "model/wire/admin.hpp"
#include "model/wire/bits.hpp"
#include "sim/core/units.hpp"
#include "sim/hw/calibrate_measure.hpp"

namespace lmsim::sim::hw {

using spec::Id;

const spec::Rules& calibration_rules() {
    static const spec::Rules ratified = spec::Rules::ratified();
    return ratified;
}

Ps quantile(const Series& series, std::uint32_t ppm) {
    const std::size_t n = series.taken.size();
    LMSIM_ASSERT(n != 0);
    const std::size_t rank = (std::uint64_t{ppm} * n + 999'999) / 1'000'000;
    return series.taken[std::min(std::max<std::size_t>(rank, 1), n) - 1];
}

const Series* Calibration::find(const std::string& kind) const {
    const auto found = std::find_if(series.begin(), series.end(),
                                    [&](const Series& one) { return one.kind == kind; });
    return found == series.end() ? nullptr : &*found;
}

const Throughput* Calibration::throughput_of(const std::string& kind) const {
    const auto found = std::find_if(throughput.begin(), throughput.end(),
                                    [&](const Throughput& one) { return one.kind == kind; });
    return found == throughput.end() ? nullptr : &*found;
}

Result<Calibration> calibrate(Rig& rig, const CalibrateOptions& options) {
    Measurement measurement(rig, options);
    std::string error = measurement.run();
    if (!error.empty()) {
        return Failure{std::move(error)};
    }
    return measurement.take();
}

Measurement::Measurement(Rig& rig, const CalibrateOptions& options) : rig_(rig), options_(options) {
    result_.writes = options.write;
    result_.facts.functions = rig.functions();
}

std::string Measurement::run() {
    using Part = std::string (Measurement::*)();
    for (const Part part :
         {&Measurement::open, &Measurement::find_facts, &Measurement::find_namespace,
          &Measurement::registers, &Measurement::identifies, &Measurement::features,
          &Measurement::queues, &Measurement::io, &Measurement::migration, &Measurement::enabling,
          &Measurement::resetting}) {
        std::string error = (this->*part)();
        if (!error.empty()) {
            return error;
        }
    }
    return {};
}

void Measurement::leave_out(const std::vector<std::string>& kinds, const std::string& why,
                            std::uint64_t bytes) {
    for (const std::string& kind : kinds) {
        Series series;
        series.kind = kind;
        series.why_not = why;
        series.bytes = bytes;
        result_.series.push_back(std::move(series));
    }
}

std::string Measurement::sample(const std::vector<std::string>& kinds, const Each& each,
                                std::uint64_t bytes, std::uint32_t most) {
    if (options_.progress) {
        options_.progress(kinds.front());
    }
    std::vector<Series> all(kinds.size());
    const Ps begin = rig_.now();
    const auto lasted = [&] { return rig_.now() - begin; };
    std::uint32_t left = options_.warm_up;
    std::size_t taken = 0;
    while (taken < std::min(options_.samples, most)) {
        if (target_->stopped()) {
            return was_stopped;
        }
        Sample sample;
        std::string error = each(sample);
        if (!error.empty()) {
            return fmt::format("{}: {}", kinds.front(), error);
        }
        if (!sample.refused.empty()) {
            leave_out(kinds, sample.refused, bytes);
            return {};
        }
        LMSIM_ASSERT(sample.took.size() == kinds.size());
        if (left != 0) {
            // Of what takes long, one is warm enough.
            left = lasted() > options_.kind_limit / 10 ? 0 : left - 1;
            continue;
        }
        for (std::size_t i = 0; i < kinds.size(); ++i) {
            all[i].taken.push_back(sample.took[i]);
        }
        ++taken;
        if (lasted() > options_.kind_limit && taken >= options_.least) {
            break;
        }
    }
    for (std::size_t i = 0; i < kinds.size(); ++i) {
        all[i].kind = kinds[i];
        all[i].bytes = bytes;
        std::sort(all[i].taken.begin(), all[i].taken.end());
        result_.series.push_back(std::move(all[i]));
    }
    return {};
}

bool Measurement::command(Bench& bench, std::uint16_t queue, const wire::Sqe& sqe, const char* what,
                          Sample& sample, Done& done, std::string& error) {
    error = bench.run(queue, sqe, done);
    if (!error.empty()) {
        error = fmt::format("{}: {}", what, error);
        return false;
    }
    if (done.status != 0) {
        sample.refused = fmt::format("{} ends with {} ({:03x}h)", what,
                                     spec::status_name(done.status), done.status);
        return false;
    }
    return true;
}

bool Measurement::timed(Bench& bench, const wire::Sqe& sqe, const char* what, Sample& sample,
                        std::string& error) {
    Done done;
    if (!command(bench, 0, sqe, what, sample, done, error)) {
        return false;
    }
    sample.took.push_back(done.took);
    return true;
}

std::string Measurement::registers() {
    return sample({"register read"}, [this](Sample& sample) {
        std::uint64_t value = 0;
        sample.took.resize(1);
        return target_->read(reg::CSTS, 4, value, sample.took[0]);
    });
}

std::string Measurement::identifies() {
    wire::Identify command;
    command.cns = static_cast<std::uint8_t>(calibration_rules().value(Id::CnsController));
    wire::Sqe sqe = wire::encode(command, calibration_rules());
    sqe.prp1 = target_->page();
    return sample({"identify", "doorbell write"}, [this, sqe](Sample& sample) {
        Done done;
        std::string error;
        if (this->command(*target_, 0, sqe, "Identify", sample, done, error)) {
            sample.took = {done.took, done.write};
        }
        return error;
    });
}

/// A feature without data that can be set to what it is.
std::string Measurement::find_feature(std::uint8_t& fid, std::uint32_t& value) {
    const spec::Rules& rules = calibration_rules();
    for (const Id id : {Id::FeatureAsyncEventConfig, Id::FeatureInterruptCoalescing,
                        Id::FeatureArbitration, Id::FeaturePowerManagement}) {
        wire::GetFeatures get;
        get.fid = static_cast<std::uint8_t>(rules.value(id));
        Done done;
        std::string error = target_->run(0, wire::encode(get, rules), done);
        if (!error.empty()) {
            return error;
        }
        if (done.status != 0) {
            continue;
        }
        value = done.cqe.dw0;
        wire::SetFeatures set;
        set.fid = get.fid;
        set.cdw11 = value;
        error = target_->run(0, wire::encode(set, rules), done);
        if (!error.empty()) {
            return error;
        }
        if (done.status == 0) {
            fid = get.fid;
            return {};
        }
    }
    return {};
}

std::string Measurement::features() {
    std::uint8_t fid = 0;
    std::uint32_t value = 0;
    std::string error = find_feature(fid, value);
    if (!error.empty()) {
        return "features: " + error;
    }
    const std::vector<std::string> kinds{"get features", "set features"};
    if (fid == 0) {
        leave_out(kinds, "none of the features 0Bh, 08h, 01h and 02h can be set to what it is");
        return {};
    }
    return sample(kinds, [this, fid, value](Sample& sample) {
        std::string error;
        wire::GetFeatures get;
        get.fid = fid;
        wire::SetFeatures set;
        set.fid = fid;
        set.cdw11 = value;
        if (timed(*target_, wire::encode(get, calibration_rules()), "Get Features", sample,
                  error)) {
            timed(*target_, wire::encode(set, calibration_rules()), "Set Features", sample, error);
        }
        return error;
    });
}

std::string Measurement::queues() {
    const spec::Rules& rules = calibration_rules();
    // One pair is what is used; not every controller makes queues before it was asked for any.
    wire::SetFeatures set;
    set.fid = static_cast<std::uint8_t>(rules.value(Id::FeatureNumberOfQueues));
    set.cdw11 = wire::encode(wire::NumberOfQueues{}, rules);
    std::string error = target_->must(wire::encode(set, rules), "Set Features (Number of Queues)");
    if (!error.empty()) {
        return error;
    }
    const std::pair<wire::Sqe, const char*> steps[] = {
        {target_->create_cq(false), "Create I/O Completion Queue"},
        {target_->create_sq(), "Create I/O Submission Queue"},
        {wire::encode(wire::DeleteSq{1}, rules), "Delete I/O Submission Queue"},
        {wire::encode(wire::DeleteCq{1}, rules), "Delete I/O Completion Queue"},
    };
    return sample({"create cq", "create sq", "delete sq", "delete cq"}, [&](Sample& sample) {
        std::string error;
        for (const auto& [sqe, what] : steps) {
            if (!timed(*target_, sqe, what, sample, error)) {
                break;
            }
        }
        return error;
    });
}

std::string Measurement::enabling() {
    const auto each = [this](Sample& sample) {
        sample.took.resize(2);
        std::string error = target_->disable(sample.took[0]);
        return error.empty() ? target_->enable(sample.took[1]) : error;
    };
    return sample({"disable", "enable"}, each, 0, options_.resets);
}

std::string Measurement::resetting() {
    const auto each = [this](Sample& sample) {
        sample.took.resize(1);
        std::string error = target_->reset(sample.took[0]);
        Ps took = 0;
        return error.empty() ? target_->enable(took) : error;
    };
    return sample({"reset"}, each, 0, options_.resets);
}

}  // namespace lmsim::sim::hw
