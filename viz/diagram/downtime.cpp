#include "viz/diagram/downtime.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sim/core/units.hpp"
#include "sim/metrics/display.hpp"
#include "viz/sequence/escape.hpp"

namespace lmsim::viz {

namespace {

using sim::Ps;
using sim::metrics::Side;

// Pixels.
constexpr int label_x = 230;  // where labels end
constexpr int plot_x = 242;
constexpr int plot_width = 560;
constexpr int width = 900;
constexpr int row = 24;
constexpr int head = 64;
constexpr int thinnest = 2;  // a bar that is too short to be seen

constexpr const char* style = R"(<style>
svg { background: #fff; font: 12px "Helvetica Neue", Helvetica, Arial, sans-serif; }
text { fill: #1b1f24; }
.title { font-size: 16px; font-weight: 600; }
.label { text-anchor: end; }
.source { fill: #2f6db5; }
.network { fill: #8a8f98; }
.destination { fill: #2e8b57; }
.total { fill: #1b1f24; }
.beside { fill: #c98a1b; }
.step { stroke: #b8bec6; stroke-width: 1; }
</style>
)";

class Drawing {
  public:
    explicit Drawing(const DowntimePicture& picture) : picture_(picture) {
        for (const auto& part : picture.parts) total_ += part.ps;
        longest_ = std::max<Ps>(total_, 1);
        for (const auto& each : picture.beside) longest_ = std::max(longest_, each.ps);
    }

    std::string text() {
        legend();
        Ps at = 0;
        for (const auto& part : picture_.parts) {
            bar(part.name, std::string(name(part.side)).c_str(), at, part.ps);
            at += part.ps;
            line(x_of(at));
        }
        y_ += row / 2;
        bar("downtime", "total", 0, total_);
        for (const auto& each : picture_.beside) bar(each.name, "beside", 0, each.ps);
        const int height = y_ + row / 2;
        return fmt::format(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" "
            "viewBox=\"0 0 {0} {1}\" role=\"img\" aria-labelledby=\"t\">\n"
            "<title id=\"t\">{2}</title>\n{3}{4}</svg>\n",
            width, height, xml_text(one_way(picture_.title)), style, body_);
    }

  private:
    int x_of(Ps ps) const {
        return plot_x + static_cast<int>(static_cast<sim::Uint128>(ps) * plot_width /
                                         static_cast<sim::Uint128>(longest_));
    }

    void legend() {
        body_ += fmt::format("<text class=\"title\" x=\"16\" y=\"26\">{}</text>\n",
                             xml_text(one_way(picture_.title)));
        int x = plot_x;
        for (const Side side : {Side::Source, Side::Network, Side::Destination}) {
            body_ += fmt::format(
                "<rect class=\"{0}\" x=\"{1}\" y=\"38\" width=\"11\" height=\"11\"/>"
                "<text x=\"{2}\" y=\"48\">{0}</text>\n",
                name(side), x, x + 16);
            x += 100;
        }
    }

    void bar(const std::string& label, const char* kind, Ps from, Ps ps) {
        const int x = x_of(from);
        const int length = std::max(x_of(from + ps) - x, thinnest);
        body_ += fmt::format(
            "<text class=\"label\" x=\"{}\" y=\"{}\">{}</text>"
            "<rect class=\"{}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>"
            "<text x=\"{}\" y=\"{}\">{}</text>\n",
            label_x, y_ + 15, xml_text(one_way(label)), kind, x, y_ + 4, length, row - 8,
            x + length + 6, y_ + 15, sim::metrics::readable_time(ps));
        y_ += row;
    }

    /// From the end of one part to the begin of the next.
    void line(int x) {
        body_ += fmt::format("<line class=\"step\" x1=\"{0}\" y1=\"{1}\" x2=\"{0}\" y2=\"{2}\"/>\n",
                             x, y_ - 4, y_ + 4);
    }

    const DowntimePicture& picture_;
    Ps total_ = 0;
    Ps longest_ = 1;
    int y_ = head;
    std::string body_;
};

}  // namespace

std::string downtime_svg(const DowntimePicture& picture) { return Drawing(picture).text(); }

}  // namespace lmsim::viz
