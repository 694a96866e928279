#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

namespace lmsim::explore::world {

/// What a token of the explored state stands for: the bytes of a controller's state, or part of it.
using Bytes = std::vector<std::uint8_t>;

/// 0 is no bytes. A token is a hash of its bytes, so it means the same in every thread and run.
using Token = std::uint32_t;

/// Tokens and their bytes. All objects share one table, so that a thread finds what another one
/// made; what it has asked for once it finds without a lock.
class Contents {
  public:
    Token token(const std::uint8_t* bytes, std::size_t size);
    /// The bytes of a token that some object has given out; asserted.
    const Bytes& bytes(Token token);

    /// `token` with `size` bytes from `offset` on written over, longer if need be.
    Token written(Token token, std::size_t offset, const std::uint8_t* from, std::size_t size);
    /// The two one after the other.
    Token appended(Token first, Token second);
    /// Without its last bytes.
    Token shortened(Token token, std::size_t by);

  private:
    std::unordered_map<Token, const Bytes*> known_;
};

}  // namespace lmsim::explore::world
