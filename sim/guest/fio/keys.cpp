#include "sim/guest/fio/keys.hpp"

namespace lmsim::sim::fio {

namespace {

constexpr KeyClass S = KeyClass::Supported;
constexpr KeyClass I = KeyClass::Ignored;
constexpr KeyClass U = KeyClass::Unsupported;

// Names and aliases as `fio --cmdhelp=all` and `fio --enghelp=ENGINE` of fio 3.33 print them.
constexpr Key supported[] = {
    {"rw", S, "rw", {}, {}},
    {"readwrite", S, "rw", {}, {}},
    {"rwmixread", S, "rwmixread", {}, {}},
    {"rwmixwrite", S, "rwmixwrite", {}, {}},
    {"bs", S, "bs", {}, {}},
    {"blocksize", S, "bs", {}, {}},
    {"bsrange", S, "bsrange", {}, {}},
    {"blocksize_range", S, "bsrange", {}, {}},
    {"bssplit", S, "bssplit", {}, {}},
    {"ba", S, "ba", {}, {}},
    {"blockalign", S, "ba", {}, {}},
    {"iodepth", S, "iodepth", {}, {}},
    {"numjobs", S, "numjobs", {}, {}},
    {"size", S, "size", {}, {}},
    {"io_size", S, "io_size", {}, {}},
    {"io_limit", S, "io_size", {}, {}},
    {"offset", S, "offset", {}, {}},
    {"fileoffset", S, "offset", {}, {}},
    {"offset_increment", S, "offset_increment", {}, {}},
    {"loops", S, "loops", {}, {}},
    {"number_ios", S, "number_ios", {}, {}},
    {"norandommap", S, "norandommap", {}, {}},
    {"random_distribution", S, "random_distribution", {}, {}},
    {"percentage_random", S, "percentage_random", {}, {}},
    {"rate", S, "rate", {}, {}},
    {"rate_iops", S, "rate_iops", {}, {}},
    {"thinktime", S, "thinktime", {}, {}},
    {"thinktime_blocks", S, "thinktime_blocks", {}, {}},
    {"thinktime_blocks_type", S, "thinktime_blocks_type", {}, {}},
    {"time_based", S, "time_based", {}, {}},
    {"runtime", S, "runtime", {}, {}},
    {"timeout", S, "runtime", {}, {}},
    {"ramp_time", S, "ramp_time", {}, {}},
    {"startdelay", S, "startdelay", {}, {}},
    {"stonewall", S, "stonewall", {}, {}},
    {"wait_for_previous", S, "stonewall", {}, {}},
    {"fsync", S, "fsync", {}, {}},
    {"fdatasync", S, "fdatasync", {}, {}},
    {"kb_base", S, "kb_base", {}, {}},
    {"filename", S, "filename", {}, {}},
    {"ioengine", S, "ioengine", {}, {}},
    {"direct", S, "direct", {}, {}},
    {"buffered", S, "buffered", {}, {}},
};

constexpr std::string_view batch = "submits and reaps in groups";
constexpr std::string_view zoned = "describes a zoned device";
constexpr std::string_view verifies = "reads back what was written";
constexpr std::string_view trims_more = "trims while it verifies";
constexpr std::string_view ends_early = "ends the job on a measured condition";
constexpr std::string_view replays = "replays a log (give the log itself as the workload)";
constexpr std::string_view flushes = "adds flushes";
constexpr std::string_view other_jobs = "makes a job depend on another";
constexpr std::string_view many_files = "spreads the I/O over several files";
constexpr std::string_view fill = "sizes the workload by the file system";

constexpr Key unsupported[] = {
    {"wait_for", U, "wait_for", {}, other_jobs},
    {"exitall", U, "exitall", "0", other_jobs},
    {"flow", U, "flow", "0", other_jobs},
    {"iodepth_batch", U, "iodepth_batch", "1", batch},
    {"iodepth_batch_submit", U, "iodepth_batch", "1", batch},
    {"iodepth_batch_complete_min", U, "iodepth_batch_complete_min", "0|1", batch},
    {"iodepth_batch_complete", U, "iodepth_batch_complete_min", "0|1", batch},
    {"iodepth_low", U, "iodepth_low", "0", batch},
    {"serialize_overlap", U, "serialize_overlap", "0", "holds back overlapping I/O"},
    {"io_submit_mode", U, "io_submit_mode", "inline", "submits from other threads"},
    {"opendir", U, "opendir", {}, many_files},
    {"nrfiles", U, "nrfiles", "1", many_files},
    {"nr_files", U, "nrfiles", "1", many_files},
    {"filesize", U, "filesize", {}, "sets a file's size (use size=)"},
    {"fill_device", U, "fill_device", "0", fill},
    {"fill_fs", U, "fill_device", "0", fill},
    {"file_append", U, "file_append", "0", fill},
    {"offset_align", U, "offset_align", "0", "moves the start of the job"},
    {"bs_unaligned", U, "bs_unaligned", "0", "makes I/O that no NVMe namespace takes"},
    {"blocksize_unaligned", U, "bs_unaligned", "0", "makes I/O that no NVMe namespace takes"},
    {"bs_is_seq_rand", U, "bs_is_seq_rand", "0", "gives sequential and random I/O own sizes"},
    {"rw_sequencer", U, "rw_sequencer", {}, "changes the order of offsets"},
    {"write_barrier", U, "write_barrier", "0", flushes},
    {"sync_file_range", U, "sync_file_range", {}, flushes},
    {"sync", U, "sync", "0|none", flushes},
    {"end_fsync", U, "end_fsync", "0", flushes},
    {"fsync_on_close", U, "fsync_on_close", "0", flushes},
    {"writefua", U, "writefua", "0", flushes},
    {"readfua", U, "readfua", "0", flushes},
    {"pre_read", U, "pre_read", "0", "reads the files beforehand"},
    {"verify", U, "verify", "0|none", verifies},
    {"verify_only", U, "verify_only", "0", verifies},
    {"trim_percentage", U, "trim_percentage", "0", trims_more},
    {"trim_backlog", U, "trim_backlog", "0", trims_more},
    {"read_iolog", U, "read_iolog", {}, replays},
    {"merge_blktrace_file", U, "merge_blktrace_file", {}, replays},
    {"zonemode", U, "zonemode", "none", zoned},
    {"zonesize", U, "zonesize", "0", zoned},
    {"zonerange", U, "zonerange", "0", zoned},
    {"zonecapacity", U, "zonecapacity", "0", zoned},
    {"zoneskip", U, "zoneskip", "0", zoned},
    {"thinktime_iotime", U, "thinktime_iotime", "0", "thinks after a time, not after I/Os"},
    {"rate_process", U, "rate_process", "linear", "draws the gaps between I/Os"},
    {"rate_ignore_thinktime", U, "rate_ignore_thinktime", "0", "catches up after thinking"},
    {"rate_min", U, "rate_min", "0", ends_early},
    {"ratemin", U, "rate_min", "0", ends_early},
    {"rate_iops_min", U, "rate_iops_min", "0", ends_early},
    {"max_latency", U, "max_latency", "0", ends_early},
    {"latency_target", U, "latency_target", "0", "moves the depth to meet a latency"},
    {"latency_run", U, "latency_run", "0", "moves the depth to meet a latency"},
    {"steadystate", U, "steadystate", {}, ends_early},
    {"ss", U, "steadystate", {}, ends_early},
    {"create_only", U, "create_only", "0", "does no I/O at all"},
    {"profile", U, "profile", {}, "brings a workload of its own"},
    {"include", U, "include", {}, "reads another file (paste its lines here)"},
    {"sg_write_mode", U, "sg_write_mode", "write", "changes the commands"},
    {"cmd_type", U, "cmd_type", "nvme", "changes the commands"},
};

// Ignored keys: names alone, which keeps their table readable.
// iodepth_batch_complete_max is one: reaping more at once costs no time here.
constexpr std::string_view ignored_text =
    "iodepth_batch_complete_max "
    "description name directory filename_format unique_filename lockfile openfiles "
    "file_service_type fallocate fadvise_hint atomic overwrite randrepeat randseed "
    "allrandrepeat softrandommap random_generator clocksource mem iomem iomem_align mem_align "
    "do_verify verifysort verifysort_nr verify_interval verify_offset verify_pattern verify_fatal "
    "verify_dump verify_async verify_backlog verify_backlog_batch verify_async_cpus "
    "experimental_verify verify_state_load verify_state_save trim_verify_zero trim_backlog_batch "
    "write_iolog read_iolog_chunked replay_no_stall replay_redirect replay_scale replay_align "
    "replay_time_scale replay_skip merge_blktrace_scalars merge_blktrace_iters exec_prerun "
    "exec_postrun ioscheduler read_beyond_wp max_open_zones job_max_open_zones ignore_zone_limits "
    "zone_reset_threshold zone_reset_frequency lockmem nice prio prioclass thinktime_spin "
    "rate_cycle ratecycle latency_window latency_percentile invalidate write_hint "
    "create_serialize create_fsync create_on_open allow_file_create allow_mounted_write cpumask "
    "cpus_allowed cpus_allowed_policy numa_cpu_nodes numa_mem_policy gpu_dev_id unlink "
    "unlink_each_loop exit_what exitall_on_error new_group thread per_job_logs write_bw_log "
    "write_lat_log write_iops_log log_entries log_avg_msec log_hist_msec log_hist_coarseness "
    "write_hist_log log_max_value log_offset log_prio log_compression log_compression_cpus "
    "log_store_compressed log_unix_epoch log_alternate_epoch log_alternate_epoch_clock_id "
    "block_error_percentiles bwavgtime iopsavgtime group_reporting stats zero_buffers "
    "refill_buffers scramble_buffers buffer_pattern buffer_compress_percentage "
    "buffer_compress_chunk dedupe_percentage dedupe_global dedupe_mode "
    "dedupe_working_set_percentage clat_percentiles lat_percentiles slat_percentiles "
    "percentile_list significant_figures disk_util gtod_reduce disable_lat disable_clat "
    "disable_slat disable_bw_measurement disable_bw gtod_cpu unified_rw_reporting "
    "continue_on_error ignore_error error_dump cgroup cgroup_nodelete cgroup_weight uid gid "
    "unit_base hugepage-size flow_id flow_watermark flow_sleep steadystate_duration ss_dur "
    "steadystate_ramp_time ss_ramp "
    // engine options
    "cmdprio_percentage cmdprio_class cmdprio cmdprio_bssplit fixedbufs registerfiles "
    "sqthread_poll sqthread_poll_cpu nonvectored uncached nowait force_async hipri "
    "hipri_percentage userspace_reap stream_id busy_poll clientname clustername rbdname pool "
    "port hostname";

std::vector<Key> all_keys() {
    std::vector<Key> keys(std::begin(supported), std::end(supported));
    keys.insert(keys.end(), std::begin(unsupported), std::end(unsupported));
    std::string_view rest = ignored_text;
    while (!rest.empty()) {
        const std::string_view name = rest.substr(0, rest.find(' '));
        keys.push_back({name, I, name, {}, {}});
        rest.remove_prefix(name.size() == rest.size() ? name.size() : name.size() + 1);
    }
    return keys;
}

const std::vector<Key>& table() {
    static const std::vector<Key> keys = all_keys();
    return keys;
}

}  // namespace

const Key* find_key(std::string_view name) {
    for (const Key& key : table()) {
        if (key.name == name) {
            return &key;
        }
    }
    return nullptr;
}

const std::vector<std::string_view>& key_names() {
    static const std::vector<std::string_view> names = [] {
        std::vector<std::string_view> out;
        for (const Key& key : table()) {
            out.push_back(key.name);
        }
        return out;
    }();
    return names;
}

}  // namespace lmsim::sim::fio
