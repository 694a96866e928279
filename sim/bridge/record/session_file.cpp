#include "sim/bridge/record/session_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "sim/core/schemas.hpp"
#include "sim/core/text.hpp"
#include "sim/core/version.hpp"
#include "sim/host/memory.hpp"

namespace lmsim::sim::record {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t flush_at = std::size_t{1} << 16;
constexpr std::size_t block_bytes = std::size_t{1} << 16;
constexpr std::size_t longest = std::size_t{1} << 20;  // bytes of a line
constexpr std::size_t most_functions = 1024;
constexpr std::uint64_t prime = 0x100'0000'01b3;
constexpr const char* before_sum = ",\"sum\":\"";
constexpr std::size_t sum_digits = 16;
constexpr const char* after_sum = "\"}";

bool touches_memory(Kind kind) { return kind == Kind::HostWrote || kind == Kind::DeviceWrote; }

/// A text or a number of the header, or what stands for none.
template <class T>
T member(const Json& json, const char* key, T otherwise) {
    const auto found = json.find(key);
    if (found == json.end()) {
        return otherwise;
    }
    if constexpr (std::is_same_v<T, std::string>) {
        return found->is_string() ? found->template get<T>() : otherwise;
    } else {
        return found->is_number_unsigned() ? found->template get<T>() : otherwise;
    }
}

std::string header_text(const SessionHeader& header) {
    Json memories = Json::array();
    for (const auto& memory : header.memories) {
        memories.push_back({{"pages", memory.pages}, {"allocated", memory.allocated}});
    }
    Json json({{"schema", schema::Session},
               {"time_base", "wall"},
               {"lmsim", header.version},
               {"command", printable(header.command)},
               {"device", printable(header.device)},
               {"no_memory", header.no_memory},
               {"memories", memories},
               {"memory_of", header.memory_of}});
    if (!header.subject.empty()) {
        json["subject"] = printable(header.subject);
    }
    if (header.second_from != 0) {
        json["second"] = printable(header.second);
        json["second_from"] = header.second_from;
    }
    std::string text = json.dump();
    text.pop_back();  // the sum goes in
    return text;
}

/// In words what is wrong.
std::string parse_header(const std::string& text, SessionHeader& header) {
    const Json json = Json::parse(text, nullptr, false);
    const auto schema = json.is_object() ? member(json, "schema", std::string()) : std::string();
    if (schema != schema::Session && is_version_of(schema, schema::Session)) {
        return other_schema(schema, schema::Session);
    }
    if (schema != schema::Session) {
        return fmt::format(
            "this is no recorded session: the first line does not say \"schema\": "
            "\"{}\"",
            schema::Session);
    }
    header.version = member(json, "lmsim", std::string());
    header.command = member(json, "command", std::string());
    header.device = member(json, "device", std::string());
    header.subject = member(json, "subject", std::string());
    header.second = member(json, "second", std::string());
    header.second_from = member(json, "second_from", std::uint32_t{0});
    header.no_memory = member(json, "no_memory", std::uint64_t{0});
    const Json none = Json::array();
    const auto list = [&](const char* key) -> const Json& {
        const auto found = json.find(key);
        return found != json.end() && found->is_array() ? *found : none;
    };
    std::uint64_t pages = 0;
    for (const Json& memory : list("memories")) {
        SessionHeader::Memory one;
        if (memory.is_object()) {
            one.pages = member(memory, "pages", std::uint64_t{0});
            one.allocated = member(memory, "allocated", std::uint64_t{0});
        }
        const bool fits = one.pages != 0 && one.pages <= most_pages - pages;
        if (!fits || one.allocated > one.pages) {
            return fmt::format(
                "a memory of {} pages, {} of them in use; expected at most {} in all", one.pages,
                one.allocated, most_pages);
        }
        pages += one.pages;
        header.memories.push_back(one);
    }
    for (const Json& memory : list("memory_of")) {
        const bool known =
            memory.is_number_unsigned() && memory.get<std::uint64_t>() < header.memories.size();
        if (!known || header.memory_of.size() == most_functions) {
            return "a function's memory is none of those that the first line names";
        }
        header.memory_of.push_back(memory.get<std::uint32_t>());
    }
    if (header.memory_of.empty()) {
        return "the first line names no function";
    }
    return header.second_from < header.memory_of.size()
               ? std::string()
               : "the second device has no functions in the first line";
}

}  // namespace

void RunningSum::add(std::string_view text) {
    for (const char byte : text) {
        sum_ = (sum_ ^ static_cast<std::uint8_t>(byte)) * prime;
    }
}

std::string RunningSum::hex() const { return fmt::format("{:016x}", sum_); }

Result<SessionWriter> SessionWriter::create(const std::string& path, const SessionHeader& header) {
    auto file = trace::OutputFile::create(path);
    if (!file) {
        return Failure{file.error()};
    }
    SessionWriter writer(std::move(file.value()));
    writer.put(header_text(header));
    return Result<SessionWriter>(std::move(writer));
}

void SessionWriter::put(const std::string& text) {
    ++lines_;
    sum_.add(text);
    buffer_ += text;
    buffer_ += before_sum;
    buffer_ += sum_.hex();
    buffer_ += after_sum;
    buffer_ += '\n';
    if (buffer_.size() >= flush_at) {
        flush();
    }
}

void SessionWriter::add(const SessionLine& line) { put(encode(line)); }

void SessionWriter::flush() {
    file_.write(buffer_);
    buffer_.clear();
}

void SessionWriter::close() {
    SessionLine end;
    end.kind = Kind::End;
    end.value = lines_ + 1;
    add(end);
    flush();
    file_.close();
}

Result<SessionReader> SessionReader::open(const std::string& path) {
    SessionReader reader(path);
    reader.file_.open(path, std::ios::binary);
    if (!reader.file_) {
        return Failure{fmt::format("cannot read {}", in_quotes(path))};
    }
    if (!reader.read_header()) {
        return Failure{reader.error_};
    }
    return Result<SessionReader>(std::move(reader));
}

bool SessionReader::wrong(const std::string& what) {
    error_ = fmt::format("{}:{}: {}", printable(path_), number_, what);
    return false;
}

/// Whether there is more, once all of the block was taken.
bool SessionReader::read_block() {
    block_.resize(block_bytes);
    file_.read(block_.data(), static_cast<std::streamsize>(block_bytes));
    block_.resize(static_cast<std::size_t>(file_.gcount()));
    at_ = 0;
    return !block_.empty();
}

/// Up to the next newline, which is taken too. False: the file ends before, or the text is longer
/// than a line can be.
bool SessionReader::read_line(std::string& text) {
    text.clear();
    while (at_ < block_.size() || read_block()) {
        const std::size_t newline = block_.find('\n', at_);
        const std::size_t end = std::min(newline, block_.size());
        text.append(block_, at_, end - at_);
        at_ = end;
        if (text.size() > longest) {
            return false;
        }
        if (newline != std::string::npos) {
            ++at_;
            return true;
        }
    }
    return false;
}

/// The next line without its sum, which has been looked at.
bool SessionReader::take(std::string& text) {
    ++number_;
    if (!read_line(text)) {
        if (text.size() > longest) {
            return wrong("this is no line of a recorded session: it is too long");
        }
        cut_short_ = true;
        return wrong(fmt::format(
            "the file ends here, without the line that ends a session: whoever recorded it was "
            "stopped, or the disk was full; what there is up to here is {} lines",
            number_ - 1));
    }
    const std::string tail = before_sum;
    const std::size_t end = std::string_view(after_sum).size() + sum_digits + tail.size();
    const std::size_t at = text.size() < end ? 0 : text.size() - end;
    const std::string sum =
        text.size() < end ? std::string() : text.substr(at + tail.size(), sum_digits);
    sum_.add(std::string_view(text).substr(0, at));
    if (text.size() < end || text.compare(at, tail.size(), tail) != 0 ||
        text.compare(at + tail.size() + sum_digits, std::string::npos, after_sum) != 0 ||
        sum != sum_.hex()) {
        return wrong("this line is not as it was written: its sum does not fit");
    }
    text.resize(at);
    text += '}';
    return true;
}

bool SessionReader::read_header() {
    std::string text;
    if (!take(text)) {
        // Any other file: say that first.
        if (!cut_short_ && text.find("lmsim/session/") == std::string::npos) {
            SessionHeader none;
            return wrong(parse_header(std::string(), none));
        }
        return false;
    }
    const std::string error = parse_header(text, header_);
    return error.empty() || wrong(error);
}

/// Whoever uses the line relies on this.
std::string SessionReader::looks_wrong(const SessionLine& line) const {
    if (line.function >= header_.memory_of.size()) {
        return fmt::format("there is no function {}", line.function);
    }
    if (!touches_memory(line.kind)) {
        return {};
    }
    if (line.memory >= header_.memories.size()) {
        return fmt::format("there is no memory {}", line.memory);
    }
    const std::uint64_t size = header_.memories[line.memory].pages * page_size;
    if (line.bytes.empty() || line.address >= size || line.bytes.size() > size - line.address) {
        return fmt::format("{} bytes at {:x}h are not within the memory", line.bytes.size(),
                           line.address);
    }
    return {};
}

bool SessionReader::next(SessionLine& line) {
    if (ended_ || !error_.empty()) {
        return false;
    }
    std::string text;
    if (!take(text)) {
        return false;
    }
    std::string error = decode(text, line);
    line.number = number_;
    if (error.empty()) {
        error = looks_wrong(line);
    }
    if (error.empty() && line.kind == Kind::End) {
        ended_ = true;
        if (line.value != number_) {
            error = fmt::format("the session has {} lines; expected {}", number_, line.value);
        } else if (at_ < block_.size() || read_block()) {
            error = "something stands behind the line that ends the session";
        }
    }
    return error.empty() || wrong(error);
}

std::string verify_session(const std::string& path) {
    auto reader = SessionReader::open(path);
    if (!reader) {
        return reader.error();
    }
    SessionLine line;
    while (reader.value().next(line)) {
    }
    return reader.value().error();
}

}  // namespace lmsim::sim::record
