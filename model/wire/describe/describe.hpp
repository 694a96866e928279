#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "model/wire/describe/block.hpp"
#include "model/wire/result.hpp"

/// Any structure of the protocol, field by field, with what its fields say and which rules it
/// breaks. Nothing here allocates, throws or reads beyond the input.
namespace lmsim::wire::describe {

constexpr std::size_t no_index = ~std::size_t{0};

/// A block of the input as it begins.
struct Group {
    std::string_view title;
    std::size_t index = no_index;  // of an entry among its like
    std::size_t at = 0;            // byte of the input
    std::size_t size = 0;
};

/// A rule that the input breaks. `what` lives no longer than the call.
struct Broken {
    spec::Id rule = spec::Id::Count;
    std::size_t at = 0;  // byte of the input
    std::string_view what;
};

/// Is told what the input consists of, from its beginning to its end.
class Sink {
  public:
    virtual ~Sink() = default;
    virtual void group(const Group&) {}
    virtual void field(const Value&) {}
    virtual void broken(const Broken&) {}
    /// What follows from the fields, or is left out.
    virtual void note(std::size_t at, std::string_view text) { (void)at, (void)text; }
    /// Without words the sentences of broken() and note() are empty, which is faster.
    virtual bool words() const { return true; }
};

/// How far the input made sense.
struct Outcome {
    std::size_t end = 0;        // bytes described
    Error error = Error::None;  // why not all that the structure announces was there
    std::size_t at = 0;         // the byte at which it stopped making sense
    spec::Id rule = spec::Id::Count;
    Text why;

    bool ok() const { return error == Error::None; }
};

/// Bytes to describe, by these rules; none of them outlives the call.
struct Input {
    const std::uint8_t* data = nullptr;
    std::size_t size = 0;
    const spec::Rules* rules = nullptr;
};

/// For or against an input being a structure: points from -100 to 100, and the reason.
struct Evidence {
    int points = 0;
    Text because;
};

/// A kind of input. A new one is a row of registry.cpp and a table of fields.
struct Structure {
    std::string_view name;    // as in `--as`
    std::string_view family;  // several kinds that are told apart by their content
    std::string_view title;
    spec::Id about;  // a row whose document and section define it
    void (*walk)(Walker& walker);
    // Without it an input is taken for this structure only if it is told to be one.
    void (*evidence)(const Input& input, Evidence& evidence) = nullptr;
};

/// All structures, in the order in which they are listed.
Span<Structure> structures();

/// Null if there is none of that name.
const Structure* find_structure(std::string_view name);

/// Describes the input, from its first byte on, as `structure`.
Outcome describe(const Structure& structure, const Input& input, Sink& sink);

/// A structure that the input may be.
struct Candidate {
    const Structure* structure = nullptr;
    int points = 0;
    Outcome outcome;
    std::size_t broken = 0;
    Text because;
};

/// From this many points on an input is taken for a structure.
constexpr int guess_threshold = 40;

constexpr std::size_t max_candidates = 64;

/// What an input may be, by its content.
struct Guess {
    std::size_t count = 0;  // the likeliest first
    Candidate candidates[max_candidates];
};

/// Tries every structure of the family (empty: all) that can be told by its content.
void guess(const Input& input, std::string_view family, Guess& result);

}  // namespace lmsim::wire::describe
