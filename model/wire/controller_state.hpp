#pragma once

#include <cstddef>
#include <cstdint>

#include "model/spec/rules.hpp"
#include "model/wire/result.hpp"
#include "model/wire/state_body.hpp"

namespace lmsim::wire {

/// I/O Submission Queue state (NVMe Base 2.3, figure 376). qsize is 0's based.
struct SqState {
    std::uint64_t prp1 = 0;
    std::uint16_t qsize = 0;
    std::uint16_t qid = 0;
    std::uint16_t cqid = 0;
    bool pc = true;
    std::uint8_t qprio = 0;
    std::uint16_t hp = 0;
    std::uint16_t tp = 0;
};
bool operator==(const SqState& a, const SqState& b);

/// I/O Completion Queue state (figure 377). qsize is 0's based; s0pt is the phase tag that slot 0
/// holds in memory, which is not always the one that the controller writes next.
struct CqState {
    std::uint64_t prp1 = 0;
    std::uint16_t qsize = 0;
    std::uint16_t qid = 0;
    std::uint16_t hp = 0;
    std::uint16_t tp = 0;
    bool pc = true;
    bool ien = false;
    bool s0pt = false;
    std::uint16_t iv = 0;
};
bool operator==(const CqState& a, const CqState& b);

/// The phase tag of slot 0 from the tag that the next completion will carry: the same once this
/// pass has written slot 0, else what the pass before left there (0 before the first pass).
constexpr bool slot0_phase(bool next_phase, std::uint16_t tail) {
    return tail != 0 ? next_phase : !next_phase;
}
/// And back: the tag of the next completion, from S0PT and the tail.
constexpr bool next_phase(bool s0pt, std::uint16_t tail) { return tail != 0 ? s0pt : !s0pt; }

/// Header of the Controller State data structure (figure 374).
struct StateHeader {
    std::uint16_t version = 0;
    bool cp = false;
    std::uint64_t nvmecss = 0;  // dwords
    std::uint64_t vss = 0;      // dwords
};

/// Bytes of the header, of a queue state, ... under these rules.
std::size_t state_header_size(const spec::Rules& rules);

/// Reads the header alone: enough to know how much there is to fetch. Faults: Truncated,
/// BadVersion, OutOfRange (a size above 2^60 dwords).
Result<StateHeader> decode_state_header(const std::uint8_t* data, std::size_t size,
                                        const spec::Rules& rules);

/// Bytes of the whole structure that the header announces. A decoded header cannot overflow it.
std::uint64_t state_size(const StateHeader& header, const spec::Rules& rules);

/// How strictly a view is made: reserved bits may be required to be 0.
enum class Strictness : std::uint8_t { IgnoreReserved, CheckReserved };

/// NVMe Controller State version 0 (figure 375), or what a dialect has in its place (CS-V1-01),
/// seen in the caller's bytes. A view is only ever made of bytes that hold all its queue states, so
/// that sq(i) and cq(i) cannot fail. The bytes and the rules must outlive it.
class NvmeStateView {
  public:
    NvmeStateView() = default;

    /// `size` must be exactly what NIOSQ and NIOCQ ask for, rounded up to a dword. Faults:
    /// Truncated, BadVersion, SizeMismatch, NotAscending, OutOfRange (QID 0), Reserved; `at` counts
    /// from `data`.
    static Result<NvmeStateView> parse(const std::uint8_t* data, std::size_t size,
                                       const spec::Rules& rules,
                                       Strictness strictness = Strictness::IgnoreReserved);

    std::uint16_t sq_count() const { return map_.sqs; }
    std::uint16_t cq_count() const { return map_.cqs; }
    /// Does it hold registers, admin queue, features and AERs? Then own() has them.
    bool has_own() const { return map_.has_own; }
    Result<VendorArea> own() const;
    SqState sq(std::size_t i) const;
    CqState cq(std::size_t i) const;

    /// Byte of queue state i, from the start of the view.
    std::size_t sq_at(std::size_t i) const;
    std::size_t cq_at(std::size_t i) const;

    /// Could a controller have these queues? Sizes of at least two entries, heads and tails inside,
    /// every SQ's CQ among the CQs. OutOfRange at the first queue state that could not be.
    Fault check_queues() const;

  private:
    Fault check_order(Strictness strictness) const;
    bool has_cq(std::uint16_t qid) const;

    const std::uint8_t* data_ = nullptr;
    const spec::Rules* rules_ = nullptr;
    StateMap map_;
};

/// A Controller State data structure in the caller's bytes; the same promises.
class ControllerStateView {
  public:
    ControllerStateView() = default;

    /// `size` may exceed the structure (a fetch in whole dwords or pages); it may not fall short.
    static Result<ControllerStateView> parse(const std::uint8_t* data, std::size_t size,
                                             const spec::Rules& rules,
                                             Strictness strictness = Strictness::IgnoreReserved);

    const StateHeader& header() const { return header_; }
    bool has_nvme_state() const { return header_.nvmecss != 0; }
    const NvmeStateView& nvme() const { return nvme_; }
    std::uint16_t sq_count() const { return nvme_.sq_count(); }
    std::uint16_t cq_count() const { return nvme_.cq_count(); }
    SqState sq(std::size_t i) const { return nvme_.sq(i); }
    CqState cq(std::size_t i) const { return nvme_.cq(i); }

    const std::uint8_t* vendor_data() const { return vendor_data_; }
    std::size_t vendor_size() const { return static_cast<std::size_t>(header_.vss) * 4; }

    /// Bytes of the structure, at most the size given to parse().
    std::size_t size() const { return size_; }

  private:
    StateHeader header_;
    NvmeStateView nvme_;
    const std::uint8_t* vendor_data_ = nullptr;
    std::size_t size_ = 0;
};

/// What a Controller State data structure is to hold.
struct StateShape {
    bool cp = false;
    bool nvme_state = true;  // CSVI was not 0
    std::uint16_t sqs = 0;
    std::uint16_t cqs = 0;
    std::size_t vendor_bytes = 0;  // a multiple of 4; 0 if CSUUIDI was 0
    bool version0 = false;         // version 0h, where a dialect has another (CS-V1-02)
    std::uint16_t aers = 0;        // where the NVMe state holds them
};

/// Bytes that a structure of this shape takes.
std::size_t state_size(const StateShape& shape, const spec::Rules& rules);

/// Writes a Controller State data structure into the caller's bytes, of which it needs
/// state_size(shape), but for as many zeros at the end of the vendor's part as nobody wants. The
/// queues must be set in ascending order of QID.
class ControllerStateWriter {
  public:
    ControllerStateWriter(std::uint8_t* to, std::size_t capacity, const StateShape& shape,
                          const spec::Rules& rules, std::size_t unwanted_zeros = 0);

    void set_sq(std::size_t i, const SqState& sq);
    void set_cq(std::size_t i, const CqState& cq);
    /// Where the NVMe state holds it; it has as many AERs as the shape says.
    void set_own(const VendorArea& own);
    /// The first of shape.vendor_bytes bytes, zero until written.
    std::uint8_t* vendor_data() { return to_ + size_ - shape_.vendor_bytes; }
    std::size_t size() const { return size_; }

  private:
    std::uint8_t* to_;
    StateShape shape_;
    StateMap map_;
    const spec::Rules& rules_;
    std::size_t size_;
};

/// Does what Get Controller State with offset and length does: copies the bytes of the structure
/// from `offset` on, at most `length`; what lies beyond the structure stays untouched. Returns the
/// bytes copied.
std::size_t copy_piece(const std::uint8_t* state, std::size_t state_size, std::uint64_t offset,
                       std::uint8_t* to, std::size_t length);

}  // namespace lmsim::wire
