#include "tests/sim/fluid/error_study.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <iterator>

namespace lmsim::tests {

namespace {

constexpr std::size_t worst_shown = 10;

using Figure = std::int64_t Answer::*;
using Fidelity = Answer ErrorRow::*;

/// A curve of the picture, a line of the table.
struct Line {
    const char* name;
    Fidelity fidelity;
    Figure figure;
    const char* bound;
    const char* color;
    const char* dashes;
};
const Line lines[] = {
    {"hybrid, downtime", &ErrorRow::hybrid, &Answer::downtime, "median 1 %, worst 5 %", "#0b62a4",
     ""},
    {"hybrid, total time", &ErrorRow::hybrid, &Answer::total, "worst 1 %", "#0b62a4", "6 4"},
    {"fluid, downtime", &ErrorRow::fluid, &Answer::downtime, "nine of ten 25 %", "#b3400a", ""},
    {"fluid, total time", &ErrorRow::fluid, &Answer::total, "", "#b3400a", "6 4"},
};

bool comparable(const ErrorRow& row, Fidelity fidelity) {
    return row.exact.outcome == "completed" && (row.*fidelity).outcome == "completed";
}

/// In percent of what the exact run says; its sign, too.
double off(const ErrorRow& row, Fidelity fidelity, Figure figure) {
    const auto is = static_cast<double>((row.*fidelity).*figure);
    return (is / static_cast<double>(row.exact.*figure) - 1) * 100;
}

/// How far off all are that completed in both, the smallest first.
std::vector<double> errors(const std::vector<ErrorRow>& rows, const Line& line) {
    std::vector<double> all;
    for (const ErrorRow& row : rows) {
        if (comparable(row, line.fidelity)) {
            all.push_back(std::abs(off(row, line.fidelity, line.figure)));
        }
    }
    std::sort(all.begin(), all.end());
    return all;
}

std::string percent(double value) { return fmt::format("{:.3g} %", value); }

std::string signed_percent(const ErrorRow& row, Fidelity fidelity, Figure figure) {
    return comparable(row, fidelity) ? fmt::format("{:+.3f}", off(row, fidelity, figure))
                                     : (row.*fidelity).outcome;
}

std::string summary(const std::vector<ErrorRow>& rows) {
    std::string text =
        "| | compared | median | 9 of 10 | worst | promised |\n|---|---:|---:|---:|---:|---|\n";
    for (const Line& line : lines) {
        const std::vector<double> all = errors(rows, line);
        if (!all.empty()) {
            text += fmt::format("| {} | {} | {} | {} | {} | {} |\n", line.name, all.size(),
                                percent(all[all.size() / 2]), percent(all[all.size() * 9 / 10]),
                                percent(all.back()), line.bound);
        }
    }
    return text;
}

std::size_t other_outcomes(const std::vector<ErrorRow>& rows, Fidelity fidelity) {
    return static_cast<std::size_t>(std::count_if(
        rows.begin(), rows.end(),
        [fidelity](const ErrorRow& row) { return (row.*fidelity).outcome != row.exact.outcome; }));
}

constexpr const char* row_titles =
    "| number | exact: downtime, ms | hybrid: off by, % | fluid: off by, % | exact: total, s | "
    "hybrid: off by, % | fluid: off by, % |\n|---:|---:|---:|---:|---:|---:|---:|\n";

std::string row_text(const ErrorRow& row) {
    if (row.exact.outcome != "completed") {
        return fmt::format("| {} | {} | {} | {} | | | |\n", row.number, row.exact.outcome,
                           row.hybrid.outcome, row.fluid.outcome);
    }
    const auto both = [&row](Figure figure) {
        return fmt::format("{} | {}", signed_percent(row, &ErrorRow::hybrid, figure),
                           signed_percent(row, &ErrorRow::fluid, figure));
    };
    return fmt::format("| {} | {:.3f} | {} | {:.3f} | {} |\n", row.number,
                       static_cast<double>(row.exact.downtime) * 1e-9, both(&Answer::downtime),
                       static_cast<double>(row.exact.total) * 1e-12, both(&Answer::total));
}

/// The worst of hybrid's downtimes.
std::string worst(const std::vector<ErrorRow>& rows) {
    std::vector<ErrorRow> all;
    std::copy_if(rows.begin(), rows.end(), std::back_inserter(all),
                 [](const ErrorRow& row) { return comparable(row, &ErrorRow::hybrid); });
    std::stable_sort(all.begin(), all.end(), [](const ErrorRow& a, const ErrorRow& b) {
        return std::abs(off(a, &ErrorRow::hybrid, &Answer::downtime)) >
               std::abs(off(b, &ErrorRow::hybrid, &Answer::downtime));
    });
    all.resize(std::min(all.size(), worst_shown));
    std::string text = row_titles;
    for (const ErrorRow& row : all) text += row_text(row);
    return text;
}

// The picture: errors on a logarithmic axis.
constexpr double left = 60;
constexpr double right = 700;
constexpr double top = 20;
constexpr double bottom = 320;
constexpr int least = -4;  // 10^-4 %
constexpr int most = 2;

double across(double error) {
    const double power = std::log10(std::max(error, std::pow(10, least)));
    return left + (std::min<double>(power, most) - least) / (most - least) * (right - left);
}
double up(double share) { return bottom - share * (bottom - top); }

std::string axes() {
    std::string text = fmt::format(
        "<text x='{}' y='12'>of the scenarios</text>\n"
        "<text x='{}' y='{}' text-anchor='end'>off the exact run by at most</text>\n",
        left, right, bottom + 36);
    for (int power = least; power <= most; ++power) {
        const double x = across(std::pow(10, power));
        text += fmt::format(
            "<line x1='{0:.1f}' y1='{1}' x2='{0:.1f}' y2='{2}' stroke='#ddd'/>"
            "<text x='{0:.1f}' y='{3}' text-anchor='middle'>{4:g} %</text>\n",
            x, top, bottom, bottom + 18, std::pow(10, power));
    }
    for (const double share : {0.0, 0.5, 0.9, 1.0}) {
        text += fmt::format(
            "<line x1='{0}' y1='{1:.1f}' x2='{2}' y2='{1:.1f}' stroke='#ddd'/>"
            "<text x='{3}' y='{4:.1f}' text-anchor='end'>{5:g} %</text>\n",
            left, up(share), right, left - 6, up(share) + 4, share * 100);
    }
    return text;
}

std::string curve(const std::vector<double>& all, const Line& line) {
    std::string points;
    for (std::size_t i = 0; i < all.size(); ++i) {
        points += fmt::format("{:.1f},{:.1f} ", across(all[i]),
                              up(static_cast<double>(i + 1) / static_cast<double>(all.size())));
    }
    return fmt::format(
        "<polyline points='{}' fill='none' stroke='{}' stroke-width='2' stroke-dasharray='{}'/>\n",
        points, line.color, line.dashes);
}

}  // namespace

std::string error_picture(const std::vector<ErrorRow>& rows) {
    std::string text =
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 720 420' font-family='sans-serif' "
        "font-size='12'>\n<title>Share of the scenarios that are at most so far off the exact "
        "run</title>\n<rect width='720' height='420' fill='white'/>\n" +
        axes();
    double key = bottom + 44;
    for (const Line& line : lines) {
        text += curve(errors(rows, line), line);
        text += fmt::format(
            "<line x1='{0}' y1='{1}' x2='{2}' y2='{1}' stroke='{3}' stroke-width='2' "
            "stroke-dasharray='{4}'/><text x='{5}' y='{6}'>{7}</text>\n",
            left, key, left + 40, line.color, line.dashes, left + 48, key + 4, line.name);
        key += 16;
    }
    return text + "</svg>\n";
}

std::string error_page(const std::vector<ErrorRow>& rows) {
    std::string text = fmt::format(
        "# Hybrid and fluid runs against exact ones\n\n"
        "`tools/nightly hybrid` makes this page: {} random scenarios "
        "(`tests/sim/fluid/random_scenario.cpp` makes each of its number), each with every command "
        "simulated, by rates, and by closed forms. [fidelity.md](fidelity.md) tells what the "
        "fidelities are, and where the errors come from. The same numbers give the same page.\n\n"
        "![Share of the scenarios that are at most so far off](pictures/fidelity-errors.svg)\n\n",
        rows.size());
    text += summary(rows);
    text += fmt::format(
        "\nAnother outcome than the exact run: {} of them in hybrid time, {} by closed forms.\n",
        other_outcomes(rows, &ErrorRow::hybrid), other_outcomes(rows, &ErrorRow::fluid));
    text += "\n## Where hybrid time is farthest off\n\n" + worst(rows);
    text += "\n## All of them\n\nA word in place of a number is an outcome.\n\n";
    text += row_titles;
    for (const ErrorRow& row : rows) text += row_text(row);
    return text;
}

}  // namespace lmsim::tests
