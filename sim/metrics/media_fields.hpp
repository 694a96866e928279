#pragma once

#include "sim/metrics/media_result.hpp"

namespace lmsim::sim::metrics {

// What result.json says of a copy of local namespaces: see result_fields.hpp.

constexpr std::array<std::string_view, 3> media_verdict_names{"converges", "too-slow",
                                                              "queue-full"};

template <class Visitor>
void media_queue_fields(Visitor& v, const host::media::QueueForecast& queue) {
    v.count("entries_per_s", queue.entries_milli_per_s / 1000, "that come in");
    v.count("drain_per_s", queue.drain_milli_per_s / 1000, "that the host takes at most, of all");
    v.count("slots", queue.slots, "that can be taken");
    v.count("peak", queue.peak, "slots taken at once");
    v.share("margin", queue.margin_ppm(), "of the slots that stay free");
    v.time("full_after_ps", queue.full_after_ps, "until the log has a gap; 0: never");
}

template <class Visitor>
void media_forecast_fields(Visitor& v, const MediaResult& media) {
    const host::media::Forecast& forecast = media.forecast;
    v.choice("verdict", media_verdict_names, forecast.verdict, "what will become of it");
    v.time("time_ps", forecast.time_ps, "from the set-up until RAM may begin");
    v.count("bytes", forecast.bytes, "copied until then");
    v.count("rounds", forecast.rounds.size(), "the first copy is one");
    v.count("entries", forecast.entries, "of the logs until then");
    v.count("left_bytes", forecast.left_bytes, "to be copied then");
    v.time("left_ps", forecast.left_ps, "which takes so long");
    v.count("bytes_per_s", forecast.bytes_per_s, "that the copy moves");
    v.count("dirty_bytes_per_s", forecast.dirty_bytes_per_s, "that the guest changes");
    v.count("namespaces", media.local, "that are copied");
    v.count("shared", media.shared, "namespaces that both hosts reach");
    v.count("shared_entries_per_s", media.shared_entries_per_s,
            "of the logs that tell of those: nobody needs them");
    v.object("queue", "of the log that fills most",
             [&](auto& w) { media_queue_fields(w, forecast.queue); });
    v.flag("guess", media.forecast_by_guess, "a job names no rate: depth and media give one");
    v.text("note", media.forecast_note, "what it does not count exactly, or empty");
}

template <class Visitor>
void media_times_fields(Visitor& v, const MediaCopyUse& use) {
    v.flag("converged", use.converged, "the destination's media are the source's");
    v.time("set_up_ps", use.set_up, "namespaces on the destination: create, format, attach");
    v.count("set_up_commands", use.set_up_commands, "on both admin queues for it");
    v.time("first_copy_ps", use.first_copy, "the first copy");
    v.time("ready_ps", use.ready, "from the begin until RAM might begin, but for skipped_ps");
    v.time("last_round_ps", use.last_round, "copied while the guest stood still");
    v.time("skipped_ps", use.skipped, "of all, by rates");
    v.count("bytes", use.bytes, "of the namespaces copied, in all");
    v.count("data_bytes", use.data_bytes, "of these, sent: blocks that hold data");
    v.count("rounds_to_ready", use.rounds_to_ready,
            "until little enough was left for the switchover; small ones follow until it comes");
    v.count("whole_copies", use.whole_copies, "of a namespace, begun anew as its log had a gap");
    v.count("mirrored_bytes", use.mirrored_bytes, "written to both sides at once");
}

template <class Visitor>
void media_fields(Visitor& v, const std::vector<MediaResult>& all) {
    v.list("media", all, "the copy of local namespaces; empty: none was to be copied",
           [](auto& w, const MediaResult& media) {
               w.text("mode", media.mode, "copy or mirror");
               w.text("order", media.order, "when RAM begins");
               w.text("identity", media.identity, "NGUID and EUI-64 on the destination");
               media_times_fields(w, media.use);
               w.count("queue_peak", media.queue_peak, "slots of a log's queue taken at once");
               w.count("queue_entries", media.queue_entries, "slots of each");
               w.list("namespaces", media.use.namespaces, "each of them",
                      [](auto& x, const NamespaceCopyUse& one) {
                          x.device("vf", one.vf, "whose it is");
                          x.count("nsid", one.nsid, "on both sides");
                          x.flag("shared", one.shared, "both hosts reach it: nothing is copied");
                          x.count("allocated_bytes", one.allocated, "that the first copy took");
                          x.count("copied_bytes", one.copied, "in all rounds");
                          x.count("entries", one.entries, "of the log that tell of it");
                          x.count("gaps", one.gaps, "of the log");
                          x.count("mismatch", one.mismatch, "blocks that differ; must be 0");
                      });
               w.list("rounds", media.use.rounds, "each of them",
                      [](auto& x, const MediaRoundUse& round) {
                          x.time("t_ps", round.at, "its begin");
                          x.time("time_ps", round.time, "how long it took");
                          x.count("bytes", round.bytes, "copied");
                          x.flag("by_rates", round.by_rates, "it was counted, not simulated");
                          x.flag("stopped", round.stopped, "the guest stood still");
                          x.list("namespaces", round.namespaces, "those that had something",
                                 [](auto& y, const NamespaceRoundUse& one) {
                                     y.count("nsid", one.nsid, "of the namespace");
                                     y.count("bytes", one.bytes, "copied");
                                 });
                      });
               w.object("forecast", "before it began",
                        [&](auto& x) { media_forecast_fields(x, media); });
           });
}

}  // namespace lmsim::sim::metrics
