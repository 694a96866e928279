#pragma once

#include <string>
#include <utility>
#include <variant>

#include "model/assert.hpp"

namespace lmsim::sim {

/// Why there is no value, in a sentence for the user.
struct Failure {
    std::string message;
};

/// A value, or the reason why there is none. Reading the one that is absent is
/// a bug and asserts.
template <class T>
class Result {
  public:
    Result(T value) : content_(std::in_place_index<0>, std::move(value)) {}
    Result(Failure failure) : content_(std::in_place_index<1>, std::move(failure)) {}

    bool ok() const { return content_.index() == 0; }
    explicit operator bool() const { return ok(); }
    const T& value() const {
        LMSIM_ASSERT(ok());
        return *std::get_if<0>(&content_);
    }
    T& value() {
        LMSIM_ASSERT(ok());
        return *std::get_if<0>(&content_);
    }
    const std::string& error() const {
        LMSIM_ASSERT(!ok());
        return std::get_if<1>(&content_)->message;
    }

  private:
    std::variant<T, Failure> content_;
};

}  // namespace lmsim::sim
