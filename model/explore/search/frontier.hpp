#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "model/explore/search/trail.hpp"

namespace lmsim::explore {

/// At most this many states stand in one page.
constexpr std::uint32_t page_states = 64;
constexpr std::uint32_t page_length_bytes = 2;

/// States with consecutive numbers: of each the length and its difference to the initial state.
struct Page {
    std::unique_ptr<std::uint8_t[]> bytes;
    std::uint32_t size = 0;
    std::uint32_t count = 0;
    StateId first = 0;
};

/// The states that are equally far from the initial one. Pages go when they are expanded.
struct Layer {
    std::vector<Page> pages;
    std::uint64_t bytes = 0;

    void add(Page page) {
        bytes += page.size + sizeof(Page);
        pages.push_back(std::move(page));
    }
    void release(std::size_t page) {
        bytes -= pages[page].size;
        pages[page].bytes.reset();
    }
};

}  // namespace lmsim::explore
