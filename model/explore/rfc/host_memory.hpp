#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <map>
#include <vector>

#include "model/wire/prp.hpp"

namespace lmsim::nvme::bench {

/// A machine's memory: every page exists and holds zeros until written.
class Memory {
  public:
    static constexpr std::uint64_t page = 4096;

    void read(std::uint64_t address, void* to, std::uint64_t length) {
        auto* bytes = static_cast<std::uint8_t*>(to);
        each(address, length, [&](std::uint8_t* at, std::uint64_t count) {
            std::memcpy(bytes, at, count);
            bytes += count;
        });
    }
    void write(std::uint64_t address, const void* from, std::uint64_t length) {
        const auto* bytes = static_cast<const std::uint8_t*>(from);
        each(address, length, [&](std::uint8_t* at, std::uint64_t count) {
            std::memcpy(at, bytes, count);
            bytes += count;
        });
    }
    std::vector<std::uint8_t> bytes(std::uint64_t address, std::uint64_t length) {
        std::vector<std::uint8_t> result(length);
        read(address, result.data(), length);
        return result;
    }

    /// The pieces that two PRPs name: visit(address, length). False if the PRPs are malformed or
    /// leave the memory, which ends at `end`: then nothing more is visited.
    template <class Visitor>
    bool walk(std::uint64_t prp1, std::uint64_t prp2, std::uint64_t length, Visitor&& visit,
              std::uint64_t end = ~std::uint64_t{0}) {
        bool inside = true;
        const auto one = [&](wire::PrpSegment piece) {
            inside = inside && piece.address < end && piece.length <= end - piece.address;
            if (inside) {
                visit(piece.address, piece.length);
            }
        };
        wire::PrpWalk at = wire::begin_prp(prp1, prp2, length, page, one);
        while (at.needs_list() && inside) {
            inside = at.list < end && at.list_bytes <= end - at.list;
            const std::vector<std::uint8_t> list = bytes(inside ? at.list : 0, at.list_bytes);
            at = wire::continue_prp(at, list.data(), list.size(), one);
        }
        return inside && at.done();
    }

  private:
    template <class Visitor>
    void each(std::uint64_t address, std::uint64_t length, Visitor&& visit) {
        while (length != 0) {
            const std::uint64_t in_page = address % page;
            const std::uint64_t count = length < page - in_page ? length : page - in_page;
            visit(pages_[address / page].data() + in_page, count);
            address += count;
            length -= count;
        }
    }

    std::map<std::uint64_t, std::array<std::uint8_t, page>> pages_;
};

}  // namespace lmsim::nvme::bench
