#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/conform/build.hpp"
#include "sim/core/random.hpp"

namespace lmsim::sim::hw {

/// What the generator has to know of the device: conform::Session finds it out.
struct Offers {
    bool vf = false;         // there is one beside the PF
    bool migration = false;  // OACS.HMLMS, and a VF
    bool cdqs = false;
    bool tracking = false;
    bool base_2_0 = false;  // VS
    bool log_offsets = false;
    bool prp_offsets = true;  // it looks at bits 1:0 of PRPs
    bool coalescing = true;   // the feature can be changed
    bool vectors = true;      // so can that
    bool aborts = true;       // an AER that is to be aborted is
    bool destructive = false;
    std::uint64_t pairs = 1;  // I/O queue pairs, as far as the driver has any
    std::uint64_t aers = 1;   // AERs at once

    static Offers of(const conform::Symbols& symbols);
};

/// Makes conformance cases out of random commands: what is legal is so as the queues stand, and
/// what is not has one fault alone, so that the standard says what must come back. Fields, coded
/// values and limits are those of the rows.
class Generator {
  public:
    Generator(std::uint64_t seed, const Offers& offers);

    /// A case of about so many commands that are compared, from a fresh state on.
    conform::Case next(std::size_t commands);

  private:
    using Make = void (Generator::*)();

    void identify();
    void identify_wrong();
    void get_feature();
    void get_feature_wrong();
    void set_feature();
    void set_feature_wrong();
    void create();
    void create_wrong();
    void remove();
    void remove_wrong();
    void abort_none();
    void wait_for_event();
    void abort_event();
    void no_command();
    void get_log();
    void get_log_wrong();
    void input_output();
    void input_output_wrong();
    void suspend_and_resume();
    void get_state();
    void migration_wrong();
    void data_queue();
    void track();

    void send(const conform::Command& command);
    conform::Command get_log_page(spec::Id lid, std::uint64_t bytes, std::uint64_t offset = 0);
    bool has_pair() const { return sq_[1] && cq_[1]; }
    const char* who() const { return who_.c_str(); }
    template <class T, std::size_t N>
    const T& any(const T (&of)[N]) {
        return of[random_.below(N)];
    }
    bool coin() { return random_.below(2) != 0; }

    Offers offers_;
    Random random_;
    std::uint64_t seed_;
    std::uint64_t made_ = 0;
    conform::Draft draft_{"", "", ""};
    std::size_t sent_ = 0;
    std::string who_;
    bool cq_[3] = {};
    bool sq_[3] = {};
    bool created_ = false;  // a queue, which may be gone again
    std::uint64_t aers_ = 0;
    std::uint64_t tags_ = 0;
};

}  // namespace lmsim::sim::hw
