#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <utility>

#include "sim/bridge/dma.hpp"
#include "sim/bridge/fd.hpp"
#include "sim/bridge/vfio_user/protocol.hpp"

namespace lmsim::sim::vfio_user {

/// Who reaches memory that came without a file descriptor: DMA_READ and DMA_WRITE.
class DmaMessages {
  public:
    virtual ~DmaMessages() = default;
    /// At most max_data_transfer bytes. False if the client does not do it.
    virtual bool dma_read(std::uint64_t address, std::uint8_t* to, std::uint32_t length) = 0;
    virtual bool dma_write(std::uint64_t address, const std::uint8_t* from,
                           std::uint32_t length) = 0;
};

/// The memory of a client as it has been told by DMA_MAP. A file is mapped whole and once, however
/// many pieces of it come (behind a vIOMMU: thousands of 4 KiB).
class DmaMap : public Dma {
  public:
    /// What DMA_MAP says of a piece of the client's memory.
    struct Mapping {
        std::uint64_t address = 0;
        std::uint64_t size = 0;    // bytes
        std::uint64_t offset = 0;  // in the file
        std::uint32_t flags = 0;   // map_readable, map_writeable
    };
    /// Files of one client at a time; a VMM has one for each piece of its memory.
    static constexpr std::size_t max_files = 64;

    /// 0 or an errno: EINVAL (nothing, beyond the address space or beyond the file, a file that
    /// appends or that is on another machine or in another process), EEXIST (overlaps another),
    /// ENOSPC (max_dma_maps, max_files), or what mapping the file says. A descriptor that is not
    /// open for writing is no error before a write.
    int map(const Mapping& mapping, Fd file);
    /// Forgets every mapping inside the range, of which there may be none: behind a vIOMMU clients
    /// unmap ranges that were never mapped. EINVAL if one lies only partly inside.
    int unmap(std::uint64_t address, std::uint64_t size);
    void clear();

    std::size_t count() const { return regions_.size(); }
    /// Whom to ask for memory without a descriptor; nullptr: nobody.
    void set_messages(DmaMessages* messages) { messages_ = messages; }
    /// Bus Master Enable: without it the function reaches nothing.
    void enable(bool on) { enabled_ = on; }

    /// Was a submission queue entry all zeros since the last look? No driver sends that: what the
    /// client wrote is not what is in the file that it gave.
    bool take_blank_entry() { return std::exchange(blank_entry_, false); }

    bool reaches(std::uint64_t address, std::uint64_t length) const override;
    bool read(std::uint64_t address, std::uint8_t* to, std::uint64_t length) override;
    bool write(std::uint64_t address, const std::uint8_t* from, std::uint64_t length) override;

  private:
    class File;
    struct Region {
        std::uint64_t size = 0;
        std::uint64_t offset = 0;
        std::uint32_t flags = 0;
        std::shared_ptr<File> file;  // none: by messages
    };
    /// Of an access: what lies in one region.
    struct Piece {
        std::uint64_t address = 0;
        std::uint64_t offset = 0;  // in the file
        std::uint64_t done = 0;    // bytes of the access before it
        std::uint64_t length = 0;
    };
    using Regions = std::map<std::uint64_t, Region>;  // by address

    Regions::const_iterator region_at(std::uint64_t address) const;
    bool covered(std::uint64_t address, std::uint64_t length, std::uint32_t flags) const;
    std::shared_ptr<File> open(Fd file, const Mapping& mapping, int& error);
    bool read_pieces(std::uint64_t address, std::uint8_t* to, std::uint64_t length);
    template <class Access>
    bool each_piece(std::uint64_t address, std::uint64_t length, std::uint32_t flag,
                    Access&& access);

    std::size_t open_files_ = 0;  // counted by File: before regions_, which own them
    Regions regions_;
    // Device, inode, and how the descriptor is open: what one may do another may not.
    using FileKey = std::tuple<std::uint64_t, std::uint64_t, int>;
    std::map<FileKey, std::weak_ptr<File>> files_;
    DmaMessages* messages_ = nullptr;
    bool enabled_ = false;
    bool blank_entry_ = false;
};

}  // namespace lmsim::sim::vfio_user
