#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "model/host/media/copy_set.hpp"
#include "sim/host/host_driver.hpp"

namespace lmsim::sim {

/// A namespace that is to be copied: of one VF.
struct LocalNamespace {
    std::uint16_t vf = 0;
    std::uint32_t nsid = 0;
    std::uint64_t blocks = 0;
    std::uint8_t data_shift = 0;                // data bytes of a block: 2^data_shift
    std::vector<host::media::Piece> allocated;  // in blocks; what the first copy takes
};

/// Before a copy of media: the source's host can read the namespaces, and the destination has
/// namespaces of the same size, format and NSID for the same VFs (NVMe Base 2.3, 5.2.20, 5.2.21;
/// NVM Command Set 1.2, 4.1.6). Those that both hosts reach are left alone. Which blocks are
/// allocated it asks when it is told to (4.2.1). One
/// admin command after the other.
class MediaSetup {
  public:
    /// What is to be set up.
    struct Wish {
        bool allocated_only = true;
        bool format = true;
    };

    MediaSetup(HostDriver& source, HostDriver& destination, const Wish& wish,
               const spec::Rules& source_rules, const spec::Rules& destination_rules);

    /// `done` with an empty text, or with what went wrong.
    void run(std::function<void(const std::string&)> done);
    /// Which blocks of a namespace are allocated now, in namespaces()[index]; `done` as above. Not
    /// before all later writes are known by other means: else those in between are in neither.
    void learn_allocated(std::size_t index, std::function<void(const std::string&)> done);
    const std::vector<LocalNamespace>& namespaces() const { return namespaces_; }
    /// NSIDs of those that the destination reaches, too (the same NGUID), by VF: they stay.
    const std::vector<std::pair<std::uint16_t, std::uint32_t>>& shared() const { return shared_; }
    std::uint64_t commands() const { return commands_; }

    /// Bytes of the host's own memory that it needs.
    static constexpr std::uint64_t memory_bytes = page_size;

  private:
    void list_namespaces();
    void submit(HostDriver& driver, const wire::Sqe& sqe, const char* what, std::uint32_t nsid,
                std::function<void(const AdminAnswer&)> then);
    void prepare_source(std::size_t index);
    void ask_allocated(std::size_t index, std::uint64_t from);
    bool take_allocated(std::size_t index, std::uint64_t& from);
    void clear_destination();
    void delete_one(std::size_t index);
    bool is_shared(std::uint32_t nsid) const;
    void create(std::size_t index);
    void format(std::size_t index);
    void attach(std::size_t index);
    void check();
    std::uint64_t write_list(HostDriver& driver, std::uint64_t page, bool vf, std::uint16_t index,
                             const spec::Rules& rules);
    void fail(const std::string& why) { std::exchange(done_, nullptr)(why); }

    HostDriver& source_;
    HostDriver& destination_;
    Wish wish_;
    spec::Rules source_rules_;
    spec::Rules destination_rules_;
    std::uint64_t source_page_;
    std::uint64_t destination_page_;
    std::uint8_t first_format_shift_ = 0;  // of the destination's format 0
    std::vector<LocalNamespace> namespaces_;
    std::vector<std::pair<std::uint16_t, std::uint32_t>> shared_;
    std::uint64_t commands_ = 0;
    std::function<void(const std::string&)> done_;
};

}  // namespace lmsim::sim
