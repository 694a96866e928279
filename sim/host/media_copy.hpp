#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "model/host/media/copy_set.hpp"
#include "model/host/media/forecast.hpp"
#include "sim/core/kernel.hpp"
#include "sim/core/random.hpp"
#include "sim/device/media_listener.hpp"
#include "sim/device/nvme_device.hpp"
#include "sim/host/channel.hpp"
#include "sim/host/media_content.hpp"
#include "sim/host/media_gate.hpp"
#include "sim/host/media_setup.hpp"
#include "sim/host/media_use.hpp"
#include "sim/host/user_data_log.hpp"
#include "sim/trace/sink.hpp"

namespace lmsim::sim {

/// How the media are copied; times in picoseconds.
struct MediaCopyTiming {
    bool mirror = false;
    bool parallel = false;
    bool vendor_identity = false;
    MediaSetup::Wish set_up;
    std::uint64_t chunk = 0;    // bytes
    std::uint64_t granule = 0;  // bytes
    std::uint64_t piece = 0;    // bytes
    std::uint32_t outstanding = 1;
    Bandwidth read_rate;  // 0: no limit
    Bandwidth write_rate;
    Bandwidth stream_rate;                   // of all streams of the copy together
    std::vector<std::uint64_t> used_blocks;  // by NSID, from 1 on
    std::uint32_t block_bytes = 512;
    host::media::Limits limits;
    bool hybrid = false;
    host::media::QueuePlan queue;  // hybrid
    Ps sample = 0;
    std::vector<host::media::Writer> writers;  // hybrid: in granules, namespaces one after another
};

/// Copies local namespaces to the destination while the guest works on them: set-up, a first copy,
/// rounds over what the log of user data tells, and the rest while the guest stands still. Chunks
/// travel one way through the source's media and link, streams of their own, the network that RAM
/// uses, the destination's link and media; so many are under way at once.
class MediaCopy : public Component,
                  public UserDataObserver,
                  public MediaGate,
                  public MediaListener {
  public:
    /// A host of the copy: its driver, its device, and the rules that they go by.
    struct Side {
        HostDriver* driver = nullptr;
        NvmeDevice* device = nullptr;
        spec::Rules rules;
    };

    MediaCopy(sc_core::sc_module_name name, Kernel& kernel, const MediaCopyTiming& timing,
              const Side& source, const Side& destination, Channel& channel, std::uint64_t seed);

    /// `ram` is called once, when the VMMs may begin; `failed` with a reason if it comes to
    /// nothing.
    void start(std::function<void()> ram, std::function<void(const std::string&)> failed);
    /// The migration is over, in whatever way.
    void stop();
    /// Gives up as it does not converge?
    bool gave_up() const { return gave_up_; }
    /// All that the log tells is also told to this one.
    void set_observer(UserDataObserver* next) { next_ = next; }
    void set_trace(trace::TraceSink* sink) { sink_ = sink; }
    const MediaCopyUse& used() const { return used_; }
    /// From the end of the set-up to the end of all.
    bool on() const { return on_; }
    /// Bytes that have to be copied, as far as one knows.
    std::uint64_t left() const { return left_bytes() + changed_bytes(); }
    /// Commands of the guest that have completed so far: hybrid time counts on at their rate.
    void on_count(std::function<std::uint64_t()> count) { count_ = std::move(count); }

    // MediaGate
    std::uint64_t pending() const override;
    void wait(Ps most, std::function<void()> go) override;
    void finish(std::function<void()> done) override;

    // UserDataObserver
    void log_entry(Ps at, std::uint16_t vf, wire::Esa esa, const UserDataChange* change) override;
    void log_event(Ps at, std::uint16_t vf, wire::CdqEvent event) override;
    void log_lost(Ps at, std::uint16_t vf, bool restarted) override;

    // MediaListener
    void changed(const MediaChange& change) override;
    bool mirrors(std::uint16_t function, std::uint32_t ticket, std::uint32_t nsid,
                 std::uint64_t slba, std::uint64_t bytes) override;

    void handle(const Event& event) override;

  private:
    enum class Kind : std::uint32_t {
        Read,     // the source's media begin
        Fetched,  // they are done
        InHost,   // the chunk is in the source's memory
        Sent,     // its stream's CPU is done with it
        Arrived,
        Write,  // it may go to the destination's device
        InDevice,
        Written,
        Acked,  // the source knows
        MirrorArrived,
        MirrorInDevice,
        Mirrored,
        WaitedLong
    };
    struct Namespace {
        LocalNamespace what;
        host::media::CopySet set;
        MediaContent* source;
        MediaContent destination;
        bool lost = false;    // its log has a gap
        bool starts = false;  // and has begun anew: all of it is to be copied again
        std::uint64_t round_bytes = 0;
        NamespaceCopyUse use;
    };
    struct Part {  // of a chunk, in blocks
        std::uint64_t lba = 0;
        std::uint64_t blocks = 0;
    };
    struct Chunk {
        std::size_t ns = 0;
        std::vector<Part> parts;
        std::vector<std::uint64_t> tokens;  // once they are read
        std::uint64_t covers = 0;           // bytes of the namespace
        std::uint64_t bytes = 0;            // of these, data
        std::uint64_t stretches = 0;        // of data, or of none
    };

    std::uint64_t granule_blocks() const { return timing_.granule / timing_.block_bytes; }
    std::uint64_t bytes_of(const Part& part) const { return part.blocks * timing_.block_bytes; }
    std::uint64_t left_bytes() const;
    std::uint64_t changed_bytes() const;
    std::size_t find(std::uint32_t nsid) const;
    bool any_lost() const;
    void tell(const std::string& text);

    void set_up_done(const std::string& why);
    void changes_are_told();
    void learn_allocated(std::size_t index, Ps began);
    void begin_first_copy();
    void list_shared();
    void want_all(Namespace& ns);
    void new_round();
    void keep_round(MediaRoundUse round);
    void begin_round();
    void pump();
    bool fill_chunk(Chunk& chunk);
    void begin_chunk(std::uint32_t index);
    void step(Kind kind, std::uint32_t index);
    void read(Chunk& chunk, std::uint32_t index);
    void fetched(Chunk& chunk, std::uint32_t index);
    void arrived(Chunk& chunk, std::uint32_t index);
    void write(Chunk& chunk, std::uint32_t index);
    void written(const Chunk& chunk);
    void acked(std::uint32_t index);
    void restart_lost();
    void end_round();
    void decide();
    void begin_ram();
    void give_up();
    void done();
    void update_chunks(std::size_t ns, const MediaChange& change, std::uint64_t token);
    void go_on(Kind kind, std::uint32_t index);
    static std::pair<std::uint16_t, std::uint32_t> write_of(const Event& event);
    void step_mirror(const Event& event);
    host::media::RoundEnd round_end() const;

    // By rates: sim/host/media_copy_fluid.cpp
    enum class Stretch : std::uint8_t { First, Scattered, Over };
    /// What the guest did in the sample, in all.
    struct Writes {
        std::map<std::uint32_t, std::uint64_t> by_nsid;
        std::map<std::uint16_t, std::uint64_t> by_vf;
    };
    bool look_at_rates();
    void take_sample();
    void skip_first_copy();
    bool skip_rounds();
    void run_by_rates(Ps already, std::uint64_t bytes_already);
    bool queue_fills(Ps copying);
    void queue_filled(std::uint16_t vf, Ps after);
    void count_copied(MediaRoundUse& round);
    void stand_alike();
    void scatter_round(std::uint64_t granules);
    void scatter_changes();
    void dirty_one(const host::media::Stretch& from, bool changes);
    void settle();
    void skip(Ps ps);
    std::uint64_t write_rate(std::uint32_t nsid) const;
    std::vector<host::media::Writer> measured_writers() const;

    MediaCopyTiming timing_;
    Side source_;
    Side destination_;
    Channel& channel_;
    MediaSetup set_up_;
    Random random_;                                  // hybrid: which granules have changed
    std::map<std::uint32_t, MediaContent> content_;  // of the source, by NSID
    std::vector<Namespace> namespaces_;
    std::vector<NamespaceCopyUse> shared_;
    std::vector<Chunk> chunks_;
    std::vector<std::uint32_t> free_;
    // Writes that both sides get, by function and ticket: their first block.
    std::map<std::pair<std::uint16_t, std::uint32_t>, std::uint64_t> mirrored_;
    std::uint32_t under_way_ = 0;
    Ps read_free_ = 0;    // when the limit of reads lets the next chunk begin
    Ps stream_free_ = 0;  // the same of the streams' CPUs
    Ps write_free_ = 0;
    Ps began_ = 0;
    Ps copy_began_ = 0;
    Ps round_began_ = 0;
    Ps stopped_at_ = 0;
    std::uint64_t round_bytes_ = 0;
    std::uint64_t bytes_per_s_ = 0;  // of the last round that says something
    std::uint64_t next_token_ = MediaContent::first_token + 1;
    bool on_ = false;       // from the begin of the first copy to the end of all
    bool copying_ = false;  // a round is under way
    bool asking_ = false;   // which blocks are allocated
    std::uint32_t waits_ = 0;
    std::function<void()> waiting_;  // for the media to be ready
    bool ram_begun_ = false;
    bool ready_ = false;
    bool gave_up_ = false;
    std::function<void()> ram_;
    std::function<void(const std::string&)> failed_;
    std::function<void()> finished_;
    std::function<std::uint64_t()> count_;
    UserDataObserver* next_ = nullptr;
    trace::TraceSink* sink_ = nullptr;
    MediaCopyUse used_;

    // Hybrid.
    Stretch stretch_ = Stretch::First;
    std::unique_ptr<host::media::Fluid> fluid_;
    bool drains_ = false;  // what is under way ends before time is skipped
    Ps sample_began_ = 0;
    std::uint64_t sample_bytes_ = 0;
    std::uint64_t sample_rate_ = 0;  // bytes/s
    std::uint64_t sample_commands_ = 0;
    std::uint64_t command_rate_ = 0;  // thousandths a second
    Ps loop_ = 0;                     // of the first chunk, from its begin to its end
    std::uint64_t acked_ = 0;
    std::map<std::uint32_t, std::uint64_t> write_rates_;  // by NSID, thousandths a second
    std::map<std::uint16_t, std::uint64_t> vf_rates_;     // by VF, to all that it has
    Writes writes_;
    Writes sample_writes_;             // as the sample began
    std::uint64_t left_by_rates_ = 0;  // bytes, of a copy that does not converge
};

}  // namespace lmsim::sim
