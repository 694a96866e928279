#pragma once

#include "model/wire/vendor_area.hpp"

namespace lmsim::wire {

/// A controller's own part whose numbers all differ, so that none can stand in another's place.
inline VendorArea example_area() {
    VendorArea area;
    area.cc = 0x11223344;
    area.csts = 0x55667788;
    area.aqa = 0x001F001F;
    area.asq = 0x123456789000;
    area.acq = 0xABCDEF012000;
    area.admin_sq_head = 0x0102;
    area.admin_sq_tail = 0x0304;
    area.admin_cq_head = 0x0506;
    area.admin_cq_tail = 0x0708;
    area.admin_cq_phase = true;
    area.number_of_queues = 0x21;
    area.async_event_config = 0x22;
    area.interrupt_coalescing = 0x23;
    area.volatile_write_cache = 0x24;
    area.aer_count = 1;
    area.aer_cids[0] = 0x4142;
    return area;
}

}  // namespace lmsim::wire
