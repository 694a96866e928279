#pragma once

#include <cstdint>
#include <vector>

#include "sim/bridge/fd.hpp"
#include "tests/fuzz/vfio_user_random.hpp"

namespace lmsim::fuzz {

constexpr std::uint64_t page = 4096;

/// A file of a client: pages that it may share between pages that it never does. What was not
/// shared for writing, nobody else may change.
class SharedFile {
  public:
    enum class Kind : std::uint8_t { Sealed, Unsealed, Constant };  // as to being made shorter

    static constexpr std::uint64_t guard = 2;  // pages before and behind

    SharedFile(Kind kind, std::uint64_t pages);

    Kind kind() const { return kind_; }
    std::uint64_t begin() const { return guard * page; }
    std::uint64_t size() const { return pages_ * page; }  // of what may be shared
    std::uint64_t whole() const { return (pages_ + 2 * guard) * page; }
    int fd() const { return fd_.get(); }

    /// The client's own accesses, from begin() on. What lies beyond the end is not there.
    void write(std::uint64_t at, const void* from, std::uint64_t bytes);
    void read(std::uint64_t at, void* to, std::uint64_t bytes) const;

    void shrink(std::uint64_t to);
    /// The server was told that it may write these bytes of the file.
    void may_write(std::uint64_t offset, std::uint64_t bytes);
    /// Has only what may be written been? Afterwards as new, but for what it holds.
    bool check();

  private:
    static constexpr std::uint8_t pattern = 0xA5;

    bool is_own(std::uint64_t number) const;
    bool untouched(std::uint64_t number) const;
    void restore(std::uint64_t number);

    Kind kind_;
    std::uint64_t pages_;
    sim::Fd fd_;
    std::vector<bool> writeable_;  // pages of the file
    bool shrunk_ = false;
};

/// What clients hand over in the place of memory or of an eventfd.
class StrangeFds {
  public:
    StrangeFds();
    /// A new descriptor of one of them.
    sim::Fd any(Choices& choices) const;
    sim::Fd eventfd(Choices& choices) const;

  private:
    std::vector<sim::Fd> all_;
    std::vector<sim::Fd> eventfds_;
};

/// Descriptors that are open in this process.
std::size_t open_fds();

}  // namespace lmsim::fuzz
