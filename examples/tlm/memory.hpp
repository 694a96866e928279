// A memory as TLM-2.0 designs have it. Its time is in what the device's scenario says of DMA, so it
// takes none of its own.
#pragma once

#include <cstdint>
#include <cstring>
#include <systemc>
#include <tlm>
#include <vector>

#include <tlm_utils/simple_target_socket.h>

class Memory : public sc_core::sc_module {
  public:
    tlm_utils::simple_target_socket<Memory> socket;

    Memory(sc_core::sc_module_name name, std::size_t size) : sc_module(name), bytes(size) {
        socket.register_b_transport(this, &Memory::access);
    }

    std::vector<std::uint8_t> bytes;  // the CPU's way to it is not modelled
    unsigned reads = 0;
    unsigned writes = 0;

  private:
    void access(tlm::tlm_generic_payload& payload, sc_core::sc_time& /*delay*/) {
        const std::uint64_t at = payload.get_address();
        const unsigned length = payload.get_data_length();
        if (at > bytes.size() || length > bytes.size() - at) {
            payload.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
            return;
        }
        if (payload.is_read()) {
            std::memcpy(payload.get_data_ptr(), &bytes[at], length);
            ++reads;
        } else {
            std::memcpy(&bytes[at], payload.get_data_ptr(), length);
            ++writes;
        }
        payload.set_response_status(tlm::TLM_OK_RESPONSE);
    }
};
