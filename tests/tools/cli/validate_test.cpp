#include <cmath>

#include "tests/catch.hpp"
#include "tests/tools/cli/small.hpp"
#include "tools/cli/validate_fit.hpp"
#include "tools/runs/runs.hpp"

namespace lmsim::cli {

namespace {

using Json = nlohmann::ordered_json;

const std::string head =
    "dataset = \"T1\"\nsource = \"nobody\"\nscenario = \"small.toml\"\nbound = \"10%\"\n";

std::string row(const std::string& name, const std::string& rest) {
    return "[[rows]]\nrow = \"" + name + "\"\n" + rest + "\n";
}

FitParams fit_param(const std::string& path, double start, double least, double most) {
    FitParams fit;
    fit.path = path;
    fit.start = {start};
    fit.least = {least};
    fit.most = {most};
    return fit;
}

}  // namespace

TEST_CASE("statistics of a few runs", "[validate]") {
    CHECK(statistic_of({4, 1, 3, 2}, Statistic::Median) == Approx(2.5));
    CHECK(statistic_of({5, 1, 2, 4, 3}, Statistic::P25) == Approx(2));
    CHECK(statistic_of({4, 1, 3, 2}, Statistic::P25) == Approx(1.75));
    CHECK(statistic_of({1, 2, 6}, Statistic::Mean) == Approx(3));
    CHECK(statistic_of({7}, Statistic::P25) == Approx(7));
}

TEST_CASE("quantities come out of a result in SI units", "[validate]") {
    const auto result = Json::parse(
        R"({"total_time_ps": 2000000000000, "bytes": {"ram": 10},
            "vmm": {"downtime_ms": 30, "downtime_return_path_ms": null},
            "precopy": {"each": [{"dirty_bytes": 5}, {"dirty_bytes": 6}]}})");
    CHECK(quantity_of(result, "vmm.downtime_ms") == Approx(0.03));
    CHECK(quantity_of(result, "total_time_ps") == Approx(2));
    CHECK(quantity_of(result, "bytes.ram/total_time_ps") == Approx(5));
    CHECK(quantity_of(result, "precopy.each.1.dirty_bytes") == Approx(6));
    CHECK_FALSE(quantity_of(result, "vmm.downtime_return_path_ms"));
    CHECK_FALSE(quantity_of(result, "vmm.nothing"));
    CHECK(unit_factor("MiB") == 1048576);
    CHECK(unit_factor("furlong") == 0);
}

TEST_CASE("a limit is only missed on its wrong side", "[validate]") {
    RowParams limit;
    limit.published = Number{300};
    CHECK(relative_error(limit, 330) == Approx(0.1));
    CHECK(relative_error(limit, 270) == Approx(-0.1));
    limit.compare = Compare::AtMost;
    CHECK(relative_error(limit, 30) == 0);
    CHECK(relative_error(limit, 330) == Approx(0.1));
    limit.compare = Compare::AtLeast;
    CHECK(relative_error(limit, 330) == 0);
    CHECK(relative_error(limit, 270) == Approx(-0.1));
}

TEST_CASE("what is wrong with a table is said with where it is", "[validate]") {
    const auto error = [](const std::string& text) { return parse_table(text, "t.toml").error; };
    const std::string well = "quantity = \"vmm.downtime_ms\"\npublished = 3";
    CHECK(error(head + row("a", well)).empty());
    CHECK(error(head + row("a", "quantty = \"x\"")) ==
          "t.toml:7:1: unknown key \"rows[0].quantty\"; did you mean \"rows[0].quantity\"?\n");
    CHECK(error(head + row("a", "published = 3")) ==
          "t.toml: rows[0] \"a\": expected quantity: where the figure stands in result.json\n");
    CHECK(error(head + row("a", well + "\noutcome = \"completed\"")) ==
          "t.toml: rows[0] \"a\": expected either published or outcome\n");
    CHECK(error(head + row("a", "quantity = \"x\"\npublished = 0")) ==
          "t.toml: rows[0] \"a\": a published 0 has no relative error\n");
    CHECK(error(head + row("a", well) + "[[left_out]]\nrow = \"b\"\n") ==
          "t.toml: left_out: there is no row \"b\"\n");
    CHECK(error(head + "[[fit]]\npath = \"vm.pause\"\nstart = 0\n" + row("a", well)) ==
          "t.toml: fit vm.pause: expected least <= start <= most, and start not 0\n");
}

TEST_CASE("a row includes files beside its table", "[validate]") {
    const std::string well = "quantity = \"vmm.downtime_ms\"\npublished = 3\n";
    const Table table = parse_table(
        head + row("a", well + "include = [\"../devices/x.toml\", \"y.toml\"]"), "t/t.toml");
    const RowParams& it = table.params.rows.at(0);
    CHECK(table.options_of(it, Texts{{"vm.vcpus=1"}}) ==
          std::vector<std::string>{"include=\"t/../devices/x.toml\"", "include=\"t/y.toml\"",
                                   "vm.vcpus=1"});
}

TEST_CASE("least squares finds what made the figures", "[validate]") {
    const std::vector<FitParams> params{fit_param("a", 1, 0, 100), fit_param("b", 10, 0, 100)};
    const Errors errors = [](const std::vector<double>& x) {
        std::vector<double> out;
        for (const double t : {1.0, 2.0, 5.0}) {
            out.push_back((x[0] * t + x[1] * std::sqrt(t)) / (3 * t + 7 * std::sqrt(t)) - 1);
        }
        return std::optional(out);
    };
    const auto fitted = least_squares(params, errors);
    REQUIRE(fitted);
    CHECK(fitted->values[0] == Approx(3).epsilon(0.001));
    CHECK(fitted->values[1] == Approx(7).epsilon(0.001));
    CHECK(fitted->cost < 1e-6);
}

TEST_CASE("what the rows do not tell stays where it starts, and limits hold", "[validate]") {
    const std::vector<FitParams> params{fit_param("a", 10, 0, 12), fit_param("b", 5, 1, 9)};
    const Errors errors = [](const std::vector<double>& x) {
        return std::optional(std::vector<double>{x[0] / 20 - 1});
    };
    const auto fitted = least_squares(params, errors);
    REQUIRE(fitted);
    CHECK(fitted->values[0] == Approx(12));
    CHECK(fitted->values[1] == Approx(5));
    CHECK(as_options(params, {12, 0.5}) == std::vector<std::string>{"a=12.00", "b=0.5000"});
    CHECK(as_options(params, {43210, 5}) == std::vector<std::string>{"a=43210", "b=5.000"});
}

TEST_CASE("rows beyond their bound end with 1, others with 0", "[validate]") {
    const tests::Small folder;
    const std::string run = "validate --folder " + folder.file("") + " --json T1";
    const tests::Ended alone = tests::run_lmsim(folder, "run " + folder.scenario + " --json");
    const double total = Json::parse(alone.out)["total_time_ps"].get<double>() * 1e-9;
    const std::string well = "quantity = \"total_time_ps\"\nunit = \"ms\"\npublished = ";
    folder.write("t.rows.toml", head + row("right", well + std::to_string(total * 1.05)) +
                                    row("ends", "outcome = \"completed\""));
    const tests::Ended right = tests::run_lmsim(folder, run);
    CHECK(right.exit_code == Ok);
    const Json rows = Json::parse(right.out)["rows"];
    REQUIRE(rows.size() == 2);
    CHECK(rows[0]["dataset"] == "T1");
    CHECK(rows[0]["role"] == "check");
    CHECK(rows[0]["simulated"].get<double>() == Approx(total));
    CHECK(rows[0]["error"].get<double>() == Approx(1 / 1.05 - 1));
    CHECK(rows[0]["error_left_out"] == rows[0]["error"]);
    CHECK(rows[1]["simulated"] == "completed");

    folder.write("t.rows.toml", head + row("wrong", well + std::to_string(total * 2)));
    const tests::Ended wrong = tests::run_lmsim(folder, "validate --folder " + folder.file(""));
    CHECK(wrong.exit_code == Failed);
    CHECK(wrong.out.find("BEYOND ITS BOUND") != std::string::npos);

    const tests::Ended unknown =
        tests::run_lmsim(folder, "validate T2 --folder " + folder.file(""));
    CHECK(unknown.exit_code == Usage);
    CHECK(unknown.err == "no data set \"T2\"; expected some of T1\n");
}

TEST_CASE("what a source does not give is tried in each way it may be", "[validate]") {
    const tests::Small folder;
    const std::string figure = "quantity = \"vmm.downtime_ms\"\nunit = \"ms\"\npublished = 53\n";
    folder.write("t.rows.toml", head +
                                    "each = [\"vm.devices.save=10ms\", \"vm.devices.save=50ms\", "
                                    "\"vm.devices.save=900ms\"]\n" +
                                    row("a", figure) + row("b", figure + "role = \"shown\"\n"));
    const tests::Ended ended =
        tests::run_lmsim(folder, "validate --json --folder " + folder.file(""));
    const Json judged = Json::parse(ended.out);
    const Json& first = judged["rows"][0];
    CHECK(first["least"].get<double>() < 20);
    CHECK(first["most"].get<double>() > 900);
    CHECK(first["simulated"].get<double>() == Approx(53).epsilon(0.1));
    CHECK(judged["rows"][1]["role"] == "shown");
    CHECK(judged["datasets"][0]["check_rows"] == 1);
    CHECK(ended.exit_code == Ok);
}

TEST_CASE("a row that is only shown fails nothing", "[validate]") {
    const tests::Small folder;
    folder.write("t.rows.toml", head + row("a",
                                           "quantity = \"vmm.downtime_ms\"\nunit = \"ms\"\n"
                                           "published = 9000\nrole = \"shown\""));
    const tests::Ended ended = tests::run_lmsim(folder, "validate --folder " + folder.file(""));
    CHECK(ended.exit_code == Ok);
    CHECK(ended.out.find("shown") != std::string::npos);
    CHECK(ended.out.find("BEYOND") == std::string::npos);
}

TEST_CASE("a calibration row is judged again by the fit without it", "[validate]") {
    const tests::Small folder;
    const std::string figure =
        "quantity = \"vmm.downtime_ms\"\nunit = \"ms\"\nrole = \"calibration\"\n";
    folder.write("t.rows.toml",
                 head +
                     "[[fit]]\npath = \"vm.devices.save\"\nunit = \"us\"\nstart = 20000\n"
                     "least = 1\nmost = 200000\n"
                     "[[left_out]]\nrow = \"a\"\nset = [\"vm.devices.save=100ms\"]\n" +
                     row("a", figure + "published = 50\nset = [\"vm.devices.save=48ms\"]"));
    const tests::Ended seen =
        tests::run_lmsim(folder, "validate --json --folder " + folder.file("") + " T1");
    CHECK(seen.exit_code == Ok);
    const Json judged = Json::parse(seen.out)["rows"][0];
    CHECK(std::abs(judged["error"].get<double>()) < 0.1);
    CHECK(judged["error_left_out"].get<double>() > 0.9);
    const tests::Ended fit = tests::run_lmsim(folder, "validate --fit --folder " + folder.file(""));
    CHECK(fit.exit_code == Ok);
    CHECK(fit.out.find("# vm.devices.save=") != std::string::npos);
    CHECK(fit.out.find("[[left_out]]\nrow = \"a\"\nset = [\"vm.devices.save=") !=
          std::string::npos);
}

}  // namespace lmsim::cli
