#include "tools/runs/point_runner.hpp"

#include <fmt/format.h>

#include <cstring>

#include "sim/core/text.hpp"
#include "sim/core/zeroed.hpp"
#include "sim/fluid/estimate.hpp"
#include "sim/run/expectation.hpp"
#include "sim/run/simulation.hpp"
#include "tools/runs/figure_row.hpp"
#include "tools/runs/runs.hpp"

namespace lmsim::runs {

namespace {

/// Before the cells or the error of a row.
struct RowHead {
    std::uint64_t point;
    std::uint32_t size;  // of what follows
    std::uint8_t code;
    std::uint8_t is_error;
};

/// Fills in the size when the row is whole.
class RowWriter {
  public:
    RowWriter(std::size_t point, cli::ExitCode code, bool is_error, std::string& out)
        : out_(out), at_(out.size()) {
        head_.point = point;
        head_.code = static_cast<std::uint8_t>(code);
        head_.is_error = is_error ? 1 : 0;
        out_.append(sizeof(RowHead), '\0');
    }
    ~RowWriter() {
        head_.size = static_cast<std::uint32_t>(out_.size() - at_ - sizeof(RowHead));
        std::memcpy(&out_[at_], &head_, sizeof(RowHead));
    }
    RowWriter(const RowWriter&) = delete;
    RowWriter& operator=(const RowWriter&) = delete;

  private:
    std::string& out_;
    std::size_t at_;
    RowHead head_{};
};

void append_result(std::size_t point, cli::PreparedRun& prepared, sim::metrics::Result result,
                   std::string& out) {
    result.expectation = sim::judge(prepared.loaded.scenario.expect, result);
    const RowWriter row(point, verdict(result), false, out);
    append_figures(result, out);
}

bool is_fluid_run(const cli::PreparedRun& prepared) {
    return prepared.loaded.scenario.run.fidelity == sim::Fidelity::Fluid;
}

void append_error(std::size_t point, const cli::PreparedRun& prepared, std::string& out) {
    std::string text = prepared.loaded.error_text();
    text.pop_back();
    append_row({point, cli::Usage, {}, text}, out);
}

void append_fluid(std::size_t point, cli::PreparedRun& prepared, std::string& out) {
    append_result(point, prepared,
                  sim::fluid_result(prepared.loaded.scenario, prepared.workload, prepared.dialects),
                  out);
}

}  // namespace

void append_row(const PointRow& row, std::string& out) {
    const RowWriter writer(row.point, row.code, !row.ok(), out);
    out += row.ok() ? row.cells : row.error;
}

bool take_row(std::string_view& in, PointRow& row) {
    RowHead head;
    if (in.size() < sizeof head) {
        return false;
    }
    std::memcpy(&head, in.data(), sizeof head);
    if (in.size() - sizeof head < head.size) {
        return false;
    }
    const std::string_view rest = in.substr(sizeof head, head.size);
    row.point = head.point;
    row.code = static_cast<cli::ExitCode>(head.code);
    row.cells = head.is_error != 0 ? std::string_view() : rest;
    row.error = head.is_error != 0 ? rest : std::string_view();
    in.remove_prefix(sizeof head + head.size);
    return true;
}

void PointRunner::run(std::size_t point, std::string& out) {
    cli::PreparedRun& prepared = reader_.read(point);
    if (!prepared.loaded.ok()) {
        append_error(point, prepared, out);
    } else if (is_fluid_run(prepared)) {
        append_fluid(point, prepared, out);
    } else {
        sim::ZeroedBlock::keep_blocks();  // for the next point
        append_result(point, prepared, simulated(prepared), out);
    }
}

std::string broken_row(const Study& study, std::size_t point, const std::string& how,
                       const std::string& said) {
    const std::string text = fmt::format("the process of the run ended with {}{}{}; again: {}", how,
                                         said.empty() ? "" : ": ", sim::printable(said),
                                         run_command(study.point(point).options));
    std::string row;
    append_row({point, cli::Bug, {}, text}, row);
    return row;
}

std::string run_command(const cli::ScenarioOptions& options) {
    std::string text = "lmsim run " + sim::shell_word(options.file);
    for (const std::string& each : options.set) {
        text += " --set " + sim::shell_word(each);
    }
    return options.seed ? fmt::format("{} --seed {}", text, *options.seed) : text;
}

}  // namespace lmsim::runs
