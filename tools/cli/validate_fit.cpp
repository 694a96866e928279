#include "tools/cli/validate_fit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "tools/cli/exit_code.hpp"

namespace lmsim::cli {

namespace {

using Vector = std::vector<double>;
using Matrix = std::vector<Vector>;  // rows

constexpr double fit_step = 0.05;  // of a parameter, to see what the errors do
constexpr double damping = 1e-4;   // holds a parameter that no row depends on
constexpr double settled = 1e-3;   // steps smaller than this share end a fit
constexpr int most_rounds = 6;

/// Solves a x = b by elimination; `a` is symmetric and positive, for it is damped.
Vector solve(Matrix a, Vector b) {
    const std::size_t n = b.size();
    for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t k = i + 1; k < n; ++k) {
            const double factor = a[k][i] / a[i][i];
            for (std::size_t j = i; j < n; ++j) a[k][j] -= factor * a[i][j];
            b[k] -= factor * b[i];
        }
    }
    for (std::size_t i = n; i-- > 0;) {
        for (std::size_t j = i + 1; j < n; ++j) b[i] -= a[i][j] * b[j];
        b[i] /= a[i][i];
    }
    return b;
}

double cost_of(const Vector& errors) {
    double sum = 0;
    for (const double error : errors) sum += error * error;
    return sum;
}

class Fit {
  public:
    Fit(const std::vector<FitParams>& params, const Errors& errors)
        : params_(params), errors_(errors) {}

    std::optional<Fitted> run() {
        Vector x(params_.size(), 1.0);  // multiples of where they start
        auto errors = errors_(values(x));
        for (int round = 0; errors && round < most_rounds; ++round) {
            const auto slopes = jacobian(x, *errors);
            if (!slopes) {
                return std::nullopt;
            }
            const Vector old = x;
            errors = descend(x, *errors, *slopes);
            if (!errors || moved(old, x) < settled) {
                break;
            }
        }
        if (!errors) {
            return std::nullopt;
        }
        return Fitted{values(x), cost_of(*errors)};
    }

  private:
    Vector values(const Vector& x) const {
        Vector out;
        for (std::size_t i = 0; i < x.size(); ++i) out.push_back(x[i] * params_[i].start.value);
        return out;
    }
    double kept(std::size_t i, double x) const {
        return std::clamp(x, params_[i].least.value / params_[i].start.value,
                          params_[i].most.value / params_[i].start.value);
    }
    /// How each error changes with each parameter.
    std::optional<Matrix> jacobian(const Vector& x, const Vector& errors) const {
        Matrix slopes(errors.size(), Vector(x.size(), 0));
        for (std::size_t i = 0; i < x.size(); ++i) {
            Vector moved_x = x;
            moved_x[i] = kept(i, x[i] + fit_step);
            if (moved_x[i] == x[i]) moved_x[i] = kept(i, x[i] - fit_step);
            const auto there = errors_(values(moved_x));
            if (!there) {
                return std::nullopt;
            }
            for (std::size_t row = 0; row < errors.size(); ++row) {
                slopes[row][i] = ((*there)[row] - errors[row]) / (moved_x[i] - x[i]);
            }
        }
        return slopes;
    }
    /// One step, halved until it helps; `x` stays if none does.
    std::optional<Vector> descend(Vector& x, const Vector& errors, const Matrix& slopes) const {
        const std::size_t n = x.size();
        Matrix a(n, Vector(n, 0));
        Vector b(n, 0);
        for (std::size_t row = 0; row < errors.size(); ++row) {
            for (std::size_t i = 0; i < n; ++i) {
                b[i] -= slopes[row][i] * errors[row];
                for (std::size_t j = 0; j < n; ++j) a[i][j] += slopes[row][i] * slopes[row][j];
            }
        }
        for (std::size_t i = 0; i < n; ++i) a[i][i] += damping;
        const Vector by = solve(std::move(a), std::move(b));
        double share = 1;
        for (int tried = 0; tried < 4; ++tried, share /= 2) {
            Vector next = x;
            for (std::size_t i = 0; i < n; ++i) next[i] = kept(i, x[i] + share * by[i]);
            const auto there = errors_(values(next));
            if (!there) {
                return std::nullopt;
            }
            if (cost_of(*there) < cost_of(errors)) {
                x = next;
                return there;
            }
        }
        return errors;
    }
    static double moved(const Vector& from, const Vector& to) {
        double most = 0;
        for (std::size_t i = 0; i < from.size(); ++i) {
            most = std::max(most, std::abs(to[i] - from[i]));
        }
        return most;
    }

    const std::vector<FitParams>& params_;
    const Errors& errors_;
};

/// The errors of calibration rows, but for one.
Errors errors_of(const Table& table, const Effort& effort, const std::string& without) {
    return [&table, effort, without](const Vector& values) -> std::optional<Vector> {
        std::vector<Wish> wishes;
        for (const RowParams& row : table.params.rows) {
            if (row.role == Role::Calibration && row.row != without) {
                wishes.push_back({&table, &row, as_options(table.params.fit, values)});
            }
        }
        const auto figures = simulate(wishes, effort);
        if (!figures) {
            return std::nullopt;
        }
        Vector errors;
        for (std::size_t i = 0; i < wishes.size(); ++i) {
            const Figure& figure = (*figures)[i];
            if (!figure.value) {
                fmt::print(stderr, "{}: {}\n", wishes[i].row->row, figure.error);
                return std::nullopt;
            }
            errors.push_back(relative_error(*wishes[i].row, *figure.value));
        }
        return errors;
    };
}

}  // namespace

std::optional<Fitted> least_squares(const std::vector<FitParams>& params, const Errors& errors) {
    return Fit(params, errors).run();
}

std::vector<std::string> as_options(const std::vector<FitParams>& params, const Vector& values) {
    std::vector<std::string> options;
    for (std::size_t i = 0; i < params.size(); ++i) {
        // Four digits, and never an exponent, which no unit may follow.
        const int digits = std::max(0, 3 - static_cast<int>(std::floor(std::log10(values[i]))));
        const std::string number = fmt::format("{:.{}f}", values[i], digits);
        options.push_back(params[i].path + "=" + number + params[i].unit);
    }
    return options;
}

int fit_table(const Table& table, const Effort& effort) {
    const TableParams& params = table.params;
    const auto all = least_squares(params.fit, errors_of(table, effort, {}));
    if (!all) {
        return Failed;
    }
    fmt::print("# {}: sum of squared errors {:.3g}\n", params.dataset, all->cost);
    for (const std::string& option : as_options(params.fit, all->values)) {
        fmt::print("# {}\n", option);
    }
    for (const RowParams& row : params.rows) {
        if (row.role != Role::Calibration) {
            continue;
        }
        const auto fitted = least_squares(params.fit, errors_of(table, effort, row.row));
        if (!fitted) {
            return Failed;
        }
        const Texts set{as_options(params.fit, fitted->values)};
        fmt::print("\n[[left_out]]\nrow = {}\nset = {}\n", sim::toml_string(row.row),
                   sim::ParamType<Texts>::print(set));
    }
    return Ok;
}

}  // namespace lmsim::cli
