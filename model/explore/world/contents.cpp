#include "model/explore/world/contents.hpp"

#include <algorithm>
#include <map>
#include <mutex>

#include "model/assert.hpp"
#include "model/pack.hpp"

namespace lmsim::explore::world {

namespace {

/// Entries stay where they are: objects keep pointers to them.
struct Shared {
    std::mutex lock;
    std::map<Token, Bytes> contents{{0, {}}};

    const Bytes* put(Token token, Bytes bytes) {
        const std::lock_guard<std::mutex> guard(lock);
        const auto [at, added] = contents.try_emplace(token, std::move(bytes));
        (void)added;
        return &at->second;
    }
    const Bytes* get(Token token) {
        const std::lock_guard<std::mutex> guard(lock);
        const auto at = contents.find(token);
        return at == contents.end() ? nullptr : &at->second;
    }
};

Shared& shared() {
    static Shared all;
    return all;
}

}  // namespace

Token Contents::token(const std::uint8_t* bytes, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    const Token token = static_cast<Token>(hash_bytes(bytes, size) >> 32) | 1;
    auto known = known_.find(token);
    if (known == known_.end()) {
        known = known_.emplace(token, shared().put(token, Bytes(bytes, bytes + size))).first;
    }
    const Bytes& kept = *known->second;
    LMSIM_ASSERT(kept.size() == size && std::equal(kept.begin(), kept.end(), bytes));
    return token;
}

const Bytes& Contents::bytes(Token token) {
    auto known = known_.find(token);
    if (known == known_.end()) {
        known = known_.emplace(token, shared().get(token)).first;
    }
    LMSIM_ASSERT(known->second != nullptr);
    return *known->second;
}

Token Contents::written(Token old, std::size_t offset, const std::uint8_t* from, std::size_t size) {
    Bytes all = bytes(old);
    all.resize(std::max(all.size(), offset + size));
    std::copy_n(from, size, all.begin() + static_cast<std::ptrdiff_t>(offset));
    return token(all.data(), all.size());
}

Token Contents::appended(Token first, Token second) {
    if (first == 0) {
        return second;
    }
    const Bytes& more = bytes(second);
    return written(first, bytes(first).size(), more.data(), more.size());
}

Token Contents::shortened(Token old, std::size_t by) {
    const Bytes& all = bytes(old);
    return token(all.data(), all.size() - std::min(all.size(), by));
}

}  // namespace lmsim::explore::world
