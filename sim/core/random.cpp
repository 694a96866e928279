#include "sim/core/random.hpp"

namespace lmsim::sim {

namespace {

/// SplitMix64 (Steele, Lea, Flood, OOPSLA 2014).
std::uint64_t mix(std::uint64_t& state) {
    std::uint64_t z = state += 0x9E3779B97F4A7C15U;
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31U);
}

/// Where the stream of a path starts.
std::uint64_t key(std::uint64_t seed, std::string_view path) {
    std::uint64_t hash = 0xCBF29CE484222325U;  // FNV-1a
    for (const char c : path) {
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
    }
    // Neighbouring seeds must not meet on neighbouring hashes: the seed is mixed before it is
    // joined.
    return mix(seed) ^ hash;
}

}  // namespace

Random::Random(std::uint64_t seed, std::string_view path) : Random(key(seed, path)) {}

Random::Random(std::uint64_t start) {
    for (std::uint64_t& word : state_) {
        word = mix(start);
    }
}

EpochRandom::EpochRandom(std::uint64_t seed, std::string_view path)
    : key_(key(seed, path)), began_(0), random_(key_) {
    begin(0);
}

void EpochRandom::begin(std::uint64_t time) {
    std::uint64_t number = time / length;
    began_ = number * length;
    random_ = Random(key_ ^ mix(number));
}

}  // namespace lmsim::sim
