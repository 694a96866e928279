#include "sim/bridge/vfio_user/dma_map.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <utility>

#include "model/wire/sqe.hpp"

namespace lmsim::sim::vfio_user {

namespace {

/// Does somebody else answer for what is in the file, who may never do so? Then neither would we.
bool is_remote(const Fd& file) {
    struct statfs about {};
    if (::fstatfs(file.get(), &about) != 0) {
        return true;
    }
    switch (static_cast<std::uint32_t>(about.f_type)) {  // statfs(2)
        case 0x65735546:                                 // FUSE
        case 0x00006969:                                 // NFS
        case 0xff534d42:                                 // CIFS
        case 0xfe534d42:                                 // SMB 2
        case 0x0000517b: return true;                    // SMB
        default: return false;
    }
}

/// The flags of an open file; -1 if there is none.
int flags_of(const Fd& file) { return ::fcntl(file.get(), F_GETFL); }

}  // namespace

/// Client memory by file descriptor. Only a file that cannot shrink is mapped into this process:
/// of any other its owner could take pages away, and touching them would end the process. Those
/// are read and written by system calls. A mapping outlives its descriptor, which is closed.
class DmaMap::File {
  public:
    /// errno in `error`. `count` is of those that there are.
    File(Fd fd, std::uint64_t length, std::size_t& count, int& error)
        : fd_(std::move(fd)), length_(length), count_(++count) {
        const int seals = ::fcntl(fd_.get(), F_GET_SEALS);
        const int access = flags_of(fd_) & O_ACCMODE;
        if (seals < 0 || (seals & F_SEAL_SHRINK) == 0 || access == O_WRONLY) {
            return;
        }
        writable_ = access == O_RDWR;
        const int protection = writable_ ? PROT_READ | PROT_WRITE : PROT_READ;
        void* memory = ::mmap(nullptr, length_, protection, MAP_SHARED, fd_.get(), 0);
        if (memory == MAP_FAILED) {
            error = errno;
        } else {
            memory_ = static_cast<std::uint8_t*>(memory);
            fd_.close();
        }
    }
    ~File() {
        if (memory_ != nullptr) ::munmap(memory_, length_);
        --count_;
    }
    File(const File&) = delete;
    File& operator=(const File&) = delete;

    std::uint64_t length() const { return length_; }

    bool read(std::uint64_t offset, std::uint8_t* to, std::uint64_t length) const {
        if (memory_ != nullptr) {
            std::memcpy(to, memory_ + offset, length);
            return true;
        }
        return whole(length, [&](std::uint64_t done) {
            return ::pread(fd_.get(), to + done, length - done, static_cast<off_t>(offset + done));
        });
    }
    bool write(std::uint64_t offset, const std::uint8_t* from, std::uint64_t length) const {
        if (memory_ != nullptr) {
            if (writable_) store(memory_ + offset, from, length);
            return writable_;
        }
        // The open file is the client's as well: since it was mapped it may have got O_APPEND, with
        // which pwrite() does not heed the offset (pwrite(2), BUGS).
        if ((flags_of(fd_) & O_APPEND) != 0) {
            return false;
        }
        return whole(length, [&](std::uint64_t done) {
            return ::pwrite(fd_.get(), from + done, length - done,
                            static_cast<off_t>(offset + done));
        });
    }

  private:
    template <class Call>
    static bool whole(std::uint64_t length, Call&& call) {
        for (std::uint64_t done = 0; done < length;) {
            const ssize_t got = call(done);
            if (got < 0 && errno == EINTR) continue;
            if (got <= 0) return false;
            done += static_cast<std::uint64_t>(got);
        }
        return true;
    }
    /// In ascending order, the last 8 bytes last: who polls for the phase tag of a completion must
    /// find all of it.
    static void store(std::uint8_t* to, const std::uint8_t* from, std::uint64_t length) {
        const std::uint64_t last = length >= 16 ? 8 : 0;
        std::memcpy(to, from, length - last);
        __atomic_thread_fence(__ATOMIC_RELEASE);
        std::memcpy(to + length - last, from + length - last, last);
    }

    Fd fd_;
    std::uint64_t length_;
    std::size_t& count_;
    std::uint8_t* memory_ = nullptr;
    bool writable_ = false;  // memory_
};

std::shared_ptr<DmaMap::File> DmaMap::open(Fd file, const Mapping& mapping, int& error) {
    struct stat about {};
    if (::fstat(file.get(), &about) != 0) {
        error = errno;
        return nullptr;
    }
    const auto length = static_cast<std::uint64_t>(about.st_size);
    const int flags = flags_of(file);
    if (!S_ISREG(about.st_mode) || mapping.offset > length ||
        mapping.size > length - mapping.offset || (flags & O_APPEND) != 0 || is_remote(file)) {
        error = EINVAL;
        return nullptr;
    }
    if (files_.size() >= 2 * max_files) {  // those that nothing maps any more are forgotten
        for (auto at = files_.begin(); at != files_.end();) {
            at = at->second.expired() ? files_.erase(at) : std::next(at);
        }
    }
    std::weak_ptr<File>& known = files_[{about.st_dev, about.st_ino, flags & O_ACCMODE}];
    std::shared_ptr<File> shared = known.lock();
    if (shared != nullptr && shared->length() >= length) {
        return shared;
    }
    if (open_files_ >= max_files) {
        error = ENOSPC;
        return nullptr;
    }
    shared = std::make_shared<File>(std::move(file), length, open_files_, error);
    if (error != 0) {
        return nullptr;
    }
    known = shared;
    return shared;
}

int DmaMap::map(const Mapping& mapping, Fd file) {
    const std::uint64_t last = mapping.address + (mapping.size - 1);
    if (mapping.size == 0 || last < mapping.address) {
        return EINVAL;
    }
    if (regions_.size() >= max_dma_maps) {
        return ENOSPC;
    }
    const auto next = regions_.upper_bound(last);
    if (next != regions_.begin()) {
        const auto before = std::prev(next);
        if (before->first + (before->second.size - 1) >= mapping.address) {
            return EEXIST;
        }
    }
    Region region{mapping.size, mapping.offset, mapping.flags, nullptr};
    if (file) {
        int error = 0;
        region.file = open(std::move(file), mapping, error);
        if (error != 0) {
            return error;
        }
    }
    regions_.emplace(mapping.address, std::move(region));
    return 0;
}

int DmaMap::unmap(std::uint64_t address, std::uint64_t size) {
    const std::uint64_t last = address + (size - 1);
    if (size == 0 || last < address) {
        return EINVAL;
    }
    const auto first = regions_.lower_bound(address);
    if (first != regions_.begin()) {
        const auto before = std::prev(first);
        if (before->first + (before->second.size - 1) >= address) {
            return EINVAL;
        }
    }
    const auto end = regions_.upper_bound(last);
    if (end != first) {
        const auto back = std::prev(end);
        if (back->first + (back->second.size - 1) > last) {
            return EINVAL;
        }
    }
    regions_.erase(first, end);
    return 0;
}

void DmaMap::clear() {
    regions_.clear();
    files_.clear();
}

DmaMap::Regions::const_iterator DmaMap::region_at(std::uint64_t address) const {
    const auto next = regions_.upper_bound(address);
    if (next == regions_.begin()) {
        return regions_.end();
    }
    const auto found = std::prev(next);
    return address - found->first < found->second.size ? found : regions_.end();
}

/// Is every byte mapped, each with one of these flags?
bool DmaMap::covered(std::uint64_t address, std::uint64_t length, std::uint32_t flags) const {
    if (!enabled_ || length == 0 || address + (length - 1) < address) {
        return false;
    }
    for (auto at = region_at(address); at != regions_.end() && (at->second.flags & flags) != 0;) {
        const std::uint64_t room = at->second.size - (address - at->first);
        if (length <= room) {
            return true;
        }
        address += room;
        length -= room;
        ++at;
        if (at == regions_.end() || at->first != address) {
            return false;
        }
    }
    return false;
}

bool DmaMap::reaches(std::uint64_t address, std::uint64_t length) const {
    return covered(address, length, map_readable | map_writeable);
}

/// Calls access(region, address, bytes done, bytes) for each piece, until one fails.
template <class Access>
bool DmaMap::each_piece(std::uint64_t address, std::uint64_t length, std::uint32_t flag,
                        Access&& access) {
    if (!covered(address, length, flag)) {
        return false;
    }
    auto at = region_at(address);
    for (std::uint64_t done = 0; done < length; ++at) {
        const std::uint64_t here = address + done;
        const std::uint64_t room = at->second.size - (here - at->first);
        const std::uint64_t part = std::min(length - done, room);
        const Piece piece{here, at->second.offset + (here - at->first), done, part};
        if (!access(at->second, piece)) {
            return false;
        }
        done += part;
    }
    return true;
}

bool DmaMap::read(std::uint64_t address, std::uint8_t* to, std::uint64_t length) {
    const bool there = read_pieces(address, to, length);
    if (there && length == wire::Sqe::size) {
        blank_entry_ = blank_entry_ ||
                       std::all_of(to, to + length, [](std::uint8_t byte) { return byte == 0; });
    }
    return there;
}

bool DmaMap::read_pieces(std::uint64_t address, std::uint8_t* to, std::uint64_t length) {
    return each_piece(address, length, map_readable, [&](const Region& region, const Piece& piece) {
        std::uint8_t* const at = to + piece.done;
        if (region.file != nullptr) {
            return region.file->read(piece.offset, at, piece.length);
        }
        return messages_ != nullptr &&
               messages_->dma_read(piece.address, at, static_cast<std::uint32_t>(piece.length));
    });
}

bool DmaMap::write(std::uint64_t address, const std::uint8_t* from, std::uint64_t length) {
    return each_piece(address, length, map_writeable,
                      [&](const Region& region, const Piece& piece) {
                          const std::uint8_t* const at = from + piece.done;
                          if (region.file != nullptr) {
                              return region.file->write(piece.offset, at, piece.length);
                          }
                          return messages_ != nullptr &&
                                 messages_->dma_write(piece.address, at,
                                                      static_cast<std::uint32_t>(piece.length));
                      });
}

}  // namespace lmsim::sim::vfio_user
