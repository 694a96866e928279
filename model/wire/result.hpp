#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "model/assert.hpp"

namespace lmsim::wire {

/// Why bytes do not decode.
enum class Error : std::uint8_t {
    None,
    Truncated,     // the input ends before the structure does
    SizeMismatch,  // two length fields, or a length and a count, contradict each other
    BadMagic,
    BadVersion,
    NotAscending,  // queue identifiers must rise
    OutOfRange,    // a field holds a value that it cannot have
    TooMany,       // more entries than the structure can hold
    Unaligned,
    Reserved,  // a bit that must be 0 is not
};

std::string_view to_string(Error error);

/// What is wrong, and at which byte of the input.
struct Fault {
    Error error = Error::None;
    std::size_t at = 0;
};

/// A decoded value or a Fault. Asking for the value of a fault is our own bug.
template <class T>
class Result {
  public:
    Result(const T& value) : value_(value) {}
    Result(Fault fault) : fault_(fault) { LMSIM_ASSERT(fault.error != Error::None); }

    bool ok() const { return fault_.error == Error::None; }
    explicit operator bool() const { return ok(); }
    const T& value() const {
        LMSIM_ASSERT(ok());
        return value_;
    }
    const T& operator*() const { return value(); }
    const T* operator->() const { return &value(); }
    Error error() const { return fault_.error; }
    std::size_t at() const { return fault_.at; }
    Fault fault() const { return fault_; }

  private:
    T value_{};
    Fault fault_{};
};

}  // namespace lmsim::wire
