#include "sim/core/reports.hpp"

#include <systemc>

#include "model/assert.hpp"

namespace lmsim::sim {

namespace {

void handle(const sc_core::sc_report& report, const sc_core::sc_actions& /*actions*/) {
    if (report.get_severity() != sc_core::SC_INFO) {
        assertion_failed(report.what(), report.get_file_name(), report.get_line_number());
    }
}

}  // namespace

void install_report_handler() { sc_core::sc_report_handler::set_handler(handle); }

}  // namespace lmsim::sim
