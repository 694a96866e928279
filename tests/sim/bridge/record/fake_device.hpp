#pragma once

#include <sys/mman.h>

#include <chrono>
#include <cstring>
#include <deque>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sim/bridge/rig.hpp"

namespace lmsim::tests {

/// A rig whose device is a function: what becomes of a register write.
class FakeDevice : public sim::Rig {
  public:
    static constexpr std::uint64_t pages = 64;

    /// `memories`: one for all functions, or another for all but the first.
    explicit FakeDevice(std::uint16_t functions = 1, std::size_t memories = 1) {
        for (std::size_t i = 0; i < memories; ++i) {
            regions_.push_back(std::make_unique<std::uint8_t[]>(pages * sim::page_size));
            memories_.push_back(std::make_unique<sim::Memory>(pages, regions_.back().get()));
            memories_.back()->allocate_bytes(sim::page_size);
        }
        for (std::uint16_t i = 0; i < functions; ++i) {
            ports_.push_back(
                std::make_unique<Port>(*this, i, *memories_[i == 0 ? 0 : memories - 1]));
        }
    }

    /// A register write: function, offset, value.
    std::function<void(std::uint16_t, std::uint64_t, std::uint64_t)> on_write =
        [](std::uint16_t, std::uint64_t, std::uint64_t) {};
    std::function<std::uint64_t(std::uint64_t)> on_read = [](std::uint64_t offset) {
        return offset * 3;
    };
    std::string broken;

    std::uint8_t* bytes(std::uint64_t address, std::size_t memory = 0) {
        return regions_[memory].get() + address;
    }
    void interrupt(std::uint16_t function, std::uint32_t vector) {
        events_.emplace_back([this, function, vector] {
            if (ports_[function]->client != nullptr) ports_[function]->client->interrupt(vector);
        });
    }

    std::string name() const override { return "fake"; }
    std::uint16_t functions() const override { return static_cast<std::uint16_t>(ports_.size()); }
    sim::DevicePort& port(std::uint16_t function) override { return *ports_[function]; }
    std::uint64_t no_memory() const override { return 2 * pages * sim::page_size; }
    std::string trouble() const override { return broken; }
    sim::Ps now() override { return now_ += 7; }
    bool poll() override {
        const bool any = !events_.empty();
        for (const auto& event : std::exchange(events_, {})) event();
        return any;
    }
    void idle(sim::Ps /*limit*/) override {}

  private:
    struct Port : sim::DevicePort {
        Port(FakeDevice& owner, std::uint16_t number, sim::Memory& of)
            : device(owner), function(number), memory_(of) {}
        void write(std::uint64_t offset, std::uint64_t value, unsigned /*size*/) override {
            device.on_write(function, offset, value);
        }
        void read(std::uint64_t offset, unsigned /*size*/, std::uint64_t token) override {
            device.events_.emplace_back([this, offset, token] {
                if (client != nullptr) client->read_done(token, device.on_read(offset));
            });
        }
        void reset(std::function<void()> done) override {
            device.events_.push_back(std::move(done));
        }
        void enable_interrupts(bool /*on*/) override {}
        void set_client(sim::PortClient* other) override { client = other; }
        sim::Memory& memory() override { return memory_; }

        FakeDevice& device;
        std::uint16_t function;
        sim::Memory& memory_;
        sim::PortClient* client = nullptr;
    };

    std::vector<std::unique_ptr<std::uint8_t[]>> regions_;
    std::vector<std::unique_ptr<sim::Memory>> memories_;
    std::vector<std::unique_ptr<Port>> ports_;
    std::deque<std::function<void()>> events_;
    sim::Ps now_ = 0;
};

/// A file of its own that is gone afterwards.
class SessionPath {
  public:
    SessionPath() {
        std::string name = (std::filesystem::temp_directory_path() / "lmsim-rec-XXXXXX").string();
        folder_ = ::mkdtemp(name.data());
    }
    ~SessionPath() { std::filesystem::remove_all(folder_); }
    SessionPath(const SessionPath&) = delete;
    SessionPath& operator=(const SessionPath&) = delete;

    std::string path() const { return folder_ + "/session"; }
    std::string text() const {
        std::ifstream file(path(), std::ios::binary);
        return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    }
    void write(const std::string& text) const { std::ofstream(path(), std::ios::binary) << text; }

  private:
    std::string folder_;
};

}  // namespace lmsim::tests
