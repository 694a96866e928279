#pragma once

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "tests/catch.hpp"

namespace lmsim::tests {

/// A message as protoc prints it.
struct ProtoText {
    std::vector<std::pair<std::string, std::string>> values;  // texts without quotes and escapes
    std::vector<std::pair<std::string, ProtoText>> messages;

    bool has(const std::string& name) const {
        return std::any_of(values.begin(), values.end(),
                           [&](const auto& value) { return value.first == name; });
    }
    std::string get(const std::string& name) const {
        for (const auto& value : values) {
            if (value.first == name) return value.second;
        }
        return {};
    }
    std::uint64_t number(const std::string& name) const {
        const std::string text = get(name);
        return text.empty() ? 0 : std::stoull(text);
    }
    const ProtoText* message(const std::string& name) const {
        for (const auto& message : messages) {
            if (message.first == name) return &message.second;
        }
        return nullptr;
    }
};

inline std::string unescaped(const std::string& quoted) {
    std::string text;
    for (std::size_t i = 1; i + 1 < quoted.size(); ++i) {
        if (quoted[i] != '\\') {
            text += quoted[i];
        } else if (quoted[i + 1] >= '0' && quoted[i + 1] <= '7') {
            text += static_cast<char>(std::stoi(quoted.substr(i + 1, 3), nullptr, 8));
            i += 3;
        } else {
            const char c = quoted[++i];
            text += c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c;
        }
    }
    return text;
}

/// Parses what is left of the text, up to the brace that closes the message.
inline ProtoText parse_proto_text(std::istream& in) {
    ProtoText message;
    std::string line;
    while (std::getline(in, line)) {
        line.erase(0, line.find_first_not_of(' '));
        if (line == "}") break;
        if (line.back() == '{') {
            message.messages.emplace_back(line.substr(0, line.size() - 2), parse_proto_text(in));
            continue;
        }
        const std::size_t colon = line.find(": ");
        REQUIRE(colon != std::string::npos);  // a field that the schema does not know has a number
        REQUIRE(!(line[0] >= '0' && line[0] <= '9'));
        const std::string value = line.substr(colon + 2);
        message.values.emplace_back(line.substr(0, colon),
                                    value.front() == '"' ? unescaped(value) : value);
    }
    return message;
}

struct PerfettoTrack {
    std::string name;
    std::uint64_t parent = 0;
    std::int64_t pid = 0;
    std::int64_t rank = 0;
    bool counter = false;
    std::string unit;
};

struct PerfettoEvent {
    std::uint64_t ns = 0;
    std::string type;  // "SLICE_BEGIN", "SLICE_END", "INSTANT", "COUNTER"
    std::uint64_t track = 0;
    std::string name;
    std::string category;
    std::string flow;
    std::string ends_flow;
    std::string value;                         // of a counter
    std::map<std::string, std::string> notes;  // names are looked up
};

/// A slice of a track with what was noted at both its ends.
struct PerfettoSlice {
    std::uint64_t track = 0;
    std::string name;
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    bool open = true;
    std::size_t level = 0;
    PerfettoEvent event;
};

/// A trace as an independent decoder reads it: protoc with the public schema's numbers.
class PerfettoFile {
  public:
    static bool can_decode() {
        if (access("/usr/bin/protoc", X_OK) == 0) return true;
        REQUIRE(std::getenv("CI") == nullptr);
        WARN("skipped: there is no /usr/bin/protoc (package protobuf-compiler)");
        return false;
    }

    explicit PerfettoFile(const std::string& path) {
        const std::string text = path + ".txt";
        const std::string command = "/usr/bin/protoc -I " LMSIM_SOURCE_DIR
                                    "/tests/sim/trace --decode=subset.Trace perfetto_subset.proto"
                                    " < '" +
                                    path + "' > '" + text + "'";
        INFO(command);
        REQUIRE(std::system(command.c_str()) == 0);
        std::ifstream in(text);
        for (const auto& packet : parse_proto_text(in).messages) {
            REQUIRE(packet.first == "packet");
            take(packet.second);
        }
        unlink(text.c_str());
        pair_slices();
    }

    std::map<std::uint64_t, PerfettoTrack> tracks;
    std::vector<PerfettoEvent> events;  // as they stand in the file
    std::vector<PerfettoSlice> slices;  // by track, then in order of their begins

    /// "source/VF 0/queue 1"
    std::string path_of(std::uint64_t track) const {
        const PerfettoTrack& of = tracks.at(track);
        return of.parent == 0 ? of.name : path_of(of.parent) + "/" + of.name;
    }
    std::vector<PerfettoSlice> slices_of(const std::string& path) const {
        std::vector<PerfettoSlice> found;
        for (const PerfettoSlice& slice : slices) {
            if (path_of(slice.track) == path) found.push_back(slice);
        }
        return found;
    }
    std::vector<PerfettoEvent> events_of(const std::string& path) const {
        std::vector<PerfettoEvent> found;
        for (const PerfettoEvent& event : events) {
            if (path_of(event.track) == path) found.push_back(event);
        }
        return found;
    }

  private:
    void take(const ProtoText& packet) {
        REQUIRE(packet.get("trusted_packet_sequence_id") == "1");
        const std::string flags = packet.get("sequence_flags");
        if (const ProtoText* interned = packet.message("interned_data")) {
            REQUIRE(flags == (names_.empty() ? "1" : "2"));
            for (const auto& entry : interned->messages) {
                std::string& name = names_[entry.first][entry.second.number("iid")];
                REQUIRE(name.empty());
                name = entry.second.get("name");
            }
        }
        if (const ProtoText* track = packet.message("track_descriptor")) take_track(*track);
        if (const ProtoText* event = packet.message("track_event")) {
            REQUIRE(flags == "2");
            REQUIRE(packet.has("timestamp"));
            take_event(packet.number("timestamp"), *event);
        }
    }

    void take_track(const ProtoText& from) {
        const std::uint64_t uuid = from.number("uuid");
        REQUIRE(uuid != 0);
        REQUIRE(tracks.count(uuid) == 0);
        PerfettoTrack& track = tracks[uuid];
        track.name = from.get("name");
        track.parent = from.number("parent_uuid");
        track.rank = std::stoll(from.get("sibling_order_rank"));
        REQUIRE((track.parent == 0 || tracks.count(track.parent) == 1));
        if (const ProtoText* process = from.message("process")) {
            track.pid = std::stoll(process->get("pid"));
        }
        if (const ProtoText* counter = from.message("counter")) {
            track.counter = true;
            track.unit = counter->has("unit") ? counter->get("unit") : counter->get("unit_name");
        }
    }

    void take_event(std::uint64_t ns, const ProtoText& from) {
        PerfettoEvent event;
        event.ns = ns;
        event.type = from.get("type").substr(5);
        event.track = from.number("track_uuid");
        REQUIRE(tracks.count(event.track) == 1);
        REQUIRE(tracks[event.track].counter == (event.type == "COUNTER"));
        event.name = from.get("name");
        if (from.has("name_iid")) event.name = name("event_names", from.number("name_iid"));
        if (from.has("category_iids")) {
            event.category = name("event_categories", from.number("category_iids"));
        }
        event.flow = from.get("flow_ids");
        event.ends_flow = from.get("terminating_flow_ids");
        event.value = from.has("counter_value") ? from.get("counter_value")
                                                : from.get("double_counter_value");
        for (const auto& note : from.messages) {
            REQUIRE(note.first == "debug_annotations");
            const std::string key = name("debug_annotation_names", note.second.number("name_iid"));
            REQUIRE(event.notes.count(key) == 0);
            event.notes[key] = note.second.values.back().second;
        }
        // The times of one track stand in order, whatever a reader makes of the others.
        REQUIRE(ns >= last_[event.track]);
        last_[event.track] = ns;
        events.push_back(event);
    }

    std::string name(const std::string& kind, std::uint64_t id) {
        INFO(kind << " " << id);
        REQUIRE(names_[kind].count(id) == 1);
        return names_[kind][id];
    }

    /// As a reader does: an end is that of the slice that began last. Fails where nothing is open.
    void pair_slices() {
        std::map<std::uint64_t, std::vector<PerfettoSlice>> done;
        std::map<std::uint64_t, std::vector<std::size_t>> open;
        for (const PerfettoEvent& event : events) {
            auto& all = done[event.track];
            auto& under_way = open[event.track];
            if (event.type == "SLICE_BEGIN") {
                under_way.push_back(all.size());
                all.push_back({event.track, event.name, event.ns, UINT64_MAX, true,
                               under_way.size() - 1, event});
            } else if (event.type == "SLICE_END") {
                REQUIRE(!under_way.empty());
                PerfettoSlice& slice = all[under_way.back()];
                under_way.pop_back();
                slice.end = event.ns;
                slice.open = false;
                slice.event.notes.insert(event.notes.begin(), event.notes.end());
            }
        }
        for (const auto& track : done) {
            slices.insert(slices.end(), track.second.begin(), track.second.end());
        }
    }

    std::map<std::string, std::map<std::uint64_t, std::string>> names_;
    std::map<std::uint64_t, std::uint64_t> last_;
};

}  // namespace lmsim::tests
