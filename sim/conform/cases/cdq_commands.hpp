#pragma once

#include "sim/conform/cases/cases.hpp"

/// Controller Data Queues, logging and tracking: the commands, and what a queue's entries hold.
namespace lmsim::sim::conform::cases {

constexpr std::uint64_t entry_bytes = 32;  // of a User Data Migration Queue of the NVM command set
constexpr std::uint64_t entry_dwords = entry_bytes / 4;

/// A UDMQ of the MC in the contiguous memory of a buffer; its identifier becomes `symbol`.
Command cdq_create(const std::string& buffer, std::uint64_t slots, const char* symbol = "cdqid");
Command cdq_delete(Value cdqid = "cdqid");
/// Feature 21h; without a trigger.
Command cdq_set(Value cdqid, Value head);
Command cdq_arm(Value cdqid, Value head, Value trigger);
Command cdq_get(Value cdqid, const std::string& buffer);
Command log_changes(Value action, Value cdqid = "cdqid");

/// Pages of the MC's buffer "tracked", which store_track_range() asks for.
constexpr std::uint64_t tracked_pages = 16;
/// Track Memory Changes of the MC, by the structure in the buffer.
Command track_start(const std::string& buffer = "ranges");
Command track_stop();
/// Track Receive of so many bytes into the buffer "data".
Command track_report(std::uint64_t bytes = page_size);
/// The buffers "tracked" and "ranges", and in this a structure that asks for all of the former as
/// one range.
Draft& store_track_range(Draft& draft);

/// Fields of an entry, relative to the entry.
Field entry_nsid(Value value);
Field entry_blocks(Value count);  // 0's based
Field entry_slba(Value value);
Field entry_phase(Value value);
Field entry_esa(spec::Id value);  // an Esa... row
Field entry_deallocated(Value value);
Field entry_range(Value value);  // LBACIR

/// One of the queue's slots from `first` on holds this; its number, counted from `first`, becomes
/// `symbol`.
Step find_entry(const std::string& buffer, std::uint64_t slots, std::vector<Field> fields,
                const char* symbol = "slot", std::uint64_t first = 0);
Step no_entry(const std::string& buffer, std::uint64_t slots, std::vector<Field> fields,
              std::uint64_t first = 0);
Step check_entry(const std::string& buffer, std::uint64_t slot, std::vector<Field> fields);

/// One block of the MC's namespace is written.
Command write_block(std::uint64_t slba, const std::string& buffer = "block");
/// The event that `aer` of the MMC brings, about the queue `cdqid`.
Step await_event(const char* tag, spec::Id information, Value cdqid = "cdqid");

/// A case for which the MMC must have UDMQs, with a queue of `slots` in the buffer "queue".
Draft cdq_case(const char* group, const std::string& id, const std::string& title,
               std::initializer_list<spec::Id> rows, std::uint64_t slots = 8);
/// The same for logging; the MC has an I/O queue pair, the queue is there, and logging is on.
Draft logging_case(const char* group, const std::string& id, const std::string& title,
                   std::initializer_list<spec::Id> rows, std::uint64_t slots = 8);

}  // namespace lmsim::sim::conform::cases
