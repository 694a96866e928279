#include "model/wire/result.hpp"

namespace lmsim::wire {

std::string_view to_string(Error error) {
    switch (error) {
        case Error::None: return "no error";
        case Error::Truncated: return "the input ends before the structure does";
        case Error::SizeMismatch: return "a length contradicts another length or a count";
        case Error::BadMagic: return "not this kind of structure";
        case Error::BadVersion: return "an unknown version";
        case Error::NotAscending: return "queue identifiers do not rise";
        case Error::OutOfRange: return "a value that the field cannot have";
        case Error::TooMany: return "more entries than the structure can hold";
        case Error::Unaligned: return "a misaligned value";
        case Error::Reserved: return "a reserved bit is set";
    }
    return "?";
}

}  // namespace lmsim::wire
