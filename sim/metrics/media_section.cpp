#include "sim/metrics/media_section.hpp"

#include <fmt/format.h>

#include "sim/metrics/display.hpp"

namespace lmsim::sim::metrics {

namespace {

using host::media::Verdict;

std::string rate_text(std::uint64_t bytes_per_s) { return readable_bytes(bytes_per_s) + "/s"; }

std::string verdict_text(const host::media::Forecast& forecast) {
    switch (forecast.verdict) {
        case Verdict::Converges:
            return fmt::format("converges: RAM may begin after {} and {} rounds",
                               readable_time(forecast.time_ps), forecast.rounds.size());
        case Verdict::TooSlow:
            return fmt::format("does NOT converge: after {} and {} rounds {} would be left",
                               readable_time(forecast.time_ps), forecast.rounds.size(),
                               readable_bytes(forecast.left_bytes));
        case Verdict::QueueFull:
            return fmt::format(
                "does NOT converge: the queue is full after {}, and all has to be "
                "copied again",
                readable_time(forecast.queue.full_after_ps));
    }
    return "?";
}

std::string queue_text(const host::media::QueueForecast& queue) {
    return fmt::format(
        "{} entries/s (the host takes {} at most), {} of {} slots taken at once: "
        "{} stay free",
        queue.entries_milli_per_s / 1000, queue.drain_milli_per_s / 1000, queue.peak, queue.slots,
        readable_share(queue.margin_ppm()));
}

Section copy_section(const MediaResult& media) {
    const MediaCopyUse& use = media.use;
    Section section{"Media", {{{""}, {""}}, {}}};
    auto& rows = section.table.rows;
    rows = {
        {"mode", fmt::format("{}, {}", media.mode, media.order)},
        {"set-up", fmt::format("{} in {} commands; NGUID and EUI-64 are {}",
                               readable_time(use.set_up), use.set_up_commands, media.identity)},
        {"first copy", readable_time(use.first_copy)},
        {"copied",
         fmt::format("{} in {} rounds, {} until the switchover might come; {} of them sent",
                     readable_bytes(use.bytes), use.rounds.size(), use.rounds_to_ready,
                     readable_bytes(use.data_bytes))},
        {"while the guest stood still", readable_time(use.last_round)},
    };
    if (use.mirrored_bytes != 0) {
        rows.push_back({"written to both sides", readable_bytes(use.mirrored_bytes)});
    }
    if (use.skipped != 0) {
        rows.push_back({"by rates", readable_time(use.skipped)});
    }
    if (media.queue_peak != 0) {
        rows.push_back({"queue", fmt::format("{} of {} slots taken at once", media.queue_peak,
                                             media.queue_entries)});
    }
    if (use.whole_copies != 0) {
        rows.push_back({"GAPS of a log", fmt::format("{} times all of a namespace was copied again",
                                                     use.whole_copies)});
    }
    return section;
}

/// Rounds in which something of the namespace was copied.
std::size_t rounds_of(const MediaCopyUse& use, std::uint32_t nsid) {
    std::size_t count = 0;
    for (const MediaRoundUse& round : use.rounds) {
        for (const NamespaceRoundUse& one : round.namespaces) {
            count += one.nsid == nsid ? 1 : 0;
        }
    }
    return count;
}

Section namespaces_section(const MediaResult& media) {
    Section section{"Namespaces",
                    {{{"VF", right},
                      {"NSID", right},
                      {"allocated", right},
                      {"copied", right},
                      {"rounds", right},
                      {"entries", right},
                      {"gaps", right},
                      {"blocks that differ", right}},
                     {}}};
    const auto number = [](std::uint64_t value) { return fmt::format("{}", value); };
    for (const NamespaceCopyUse& one : media.use.namespaces) {
        std::vector<std::string> row{number(one.vf), number(one.nsid)};
        if (one.shared) {
            row.insert(row.end(), {"shared", "nothing", "", number(one.entries), "", ""});
        } else {
            row.insert(row.end(), {readable_bytes(one.allocated), readable_bytes(one.copied),
                                   number(rounds_of(media.use, one.nsid)), number(one.entries),
                                   number(one.gaps), number(one.mismatch)});
        }
        section.table.rows.push_back(std::move(row));
    }
    return section;
}

}  // namespace

Section media_forecast_section(const MediaResult& media) {
    const host::media::Forecast& forecast = media.forecast;
    Section section{"Media, as forecast", {{{""}, {""}}, {}}};
    auto& rows = section.table.rows;
    rows = {
        {"forecast", verdict_text(forecast)},
        {"rates",
         fmt::format("the copy moves {}, the guest changes {}{}", rate_text(forecast.bytes_per_s),
                     rate_text(forecast.dirty_bytes_per_s),
                     media.forecast_by_guess ? " (a job names no rate: a guess)" : "")},
        {"copied",
         fmt::format("{}; {} are left then, which takes {}", readable_bytes(forecast.bytes),
                     readable_bytes(forecast.left_bytes), readable_time(forecast.left_ps))},
    };
    if (media.shared != 0) {
        rows.push_back(
            {"namespaces", fmt::format("{} are copied, {} are reached by both hosts: {} "
                                       "entries/s tell of those",
                                       media.local, media.shared, media.shared_entries_per_s)});
    }
    if (forecast.queue.slots != 0) {
        rows.push_back({"queue", queue_text(forecast.queue)});
    }
    if (!media.forecast_note.empty()) {
        rows.push_back({"not counted exactly", media.forecast_note});
    }
    return section;
}

std::string media_forecast_text(const MediaResult& media) {
    const Section section = media_forecast_section(media);
    return section.title + "\n" + section.table.terminal();
}

std::vector<Section> media_sections(const Result& result) {
    std::vector<Section> all;
    for (const MediaResult& media : result.media) {
        all.push_back(media_forecast_section(media));
        all.push_back(copy_section(media));
        if (media.use.namespaces.size() <= 16) {
            all.push_back(namespaces_section(media));
        }
    }
    return all;
}

}  // namespace lmsim::sim::metrics
