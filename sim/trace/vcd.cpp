#include "sim/trace/vcd.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "model/assert.hpp"
#include "sim/core/text.hpp"
#include "sim/core/version.hpp"
#include "sim/metrics/display.hpp"
#include "sim/metrics/result.hpp"

namespace lmsim::sim::trace {
namespace {

/// More than a time and a change take: 64 binary digits, an identifier, a time of 20 digits.
constexpr std::size_t change_bytes = 128;
/// What a text of a trace may have; the rest is cut off.
constexpr std::size_t longest_text = 1024;

std::size_t index_of(Side side) { return static_cast<std::size_t>(side); }

bool graphic(char c) { return c > ' ' && c < '\x7f'; }

/// The shortest codes go to the first variables: one to three of the 94 graphic characters.
std::string code(std::size_t number) {
    std::string text;
    for (std::size_t rest = number + 1; rest != 0; rest = (rest - 1) / 94) {
        text += static_cast<char>('!' + (rest - 1) % 94);
    }
    return text;
}

std::string vmm_scope(Side side) { return fmt::format("{}.vmm", metrics::name(side)); }

std::vector<std::string_view> parts_of(std::string_view scope) {
    const std::size_t dot = scope.find('.');
    if (dot == std::string_view::npos) {
        return {scope};
    }
    return {scope.substr(0, dot), scope.substr(dot + 1)};
}

/// Where a scope stands among all: VF 10 comes after VF 9.
auto place_of(std::string_view scope) {
    constexpr std::string_view order[] = {"migration", "guest", "source", "destination", "network"};
    const std::vector<std::string_view> parts = parts_of(scope);
    const auto* const first = std::find(std::begin(order), std::end(order), parts.front());
    const std::string_view inner = parts.size() > 1 ? parts[1] : "";
    return std::make_tuple(first - std::begin(order), inner.size(), inner);
}

template <class Value>
Value& place_at(std::vector<Value>& list, std::size_t index) {
    if (__builtin_expect(list.size() <= index, 0)) {
        list.resize(index + 1);
    }
    return list[index];
}

}  // namespace

std::string vcd_name(std::string_view text) {
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    };
    std::string name;
    for (const char c : text.substr(0, 200)) {
        name += fits(c) ? c : '_';
    }
    const bool bare = name.empty() || (name.front() >= '0' && name.front() <= '9');
    return bare ? "_" + name : name;
}

std::string vcd_text(std::string_view text) {
    std::string out;
    for (const char c : text.substr(0, longest_text)) {
        if (graphic(c) && c != '\\') {
            out += c;
        } else {
            out += fmt::format("\\{:03o}", static_cast<unsigned char>(c));
        }
    }
    return out;
}

VcdWriter::VcdWriter(OutputFile file, OutputFile changes, std::string_view scenario,
                     DeviceNames names)
    : file_(std::move(file)),
      changes_(std::move(changes)),
      scenario_(scenario),
      device_names_(std::move(names)),
      buffer_(new char[buffer_bytes]) {
    phase_ = declare("migration", "phase", Type::Text);
    guest_ = declare("migration", "guest", Type::Text);
    round_ = declare("migration", "round", Type::Count);
    dirty_ = declare("migration", "dirty_bytes", Type::Count);
    set_text(0, *guest_, story_.guest());
}

VcdWriter::~VcdWriter() { close(); }

std::string VcdWriter::scope_of(Side side, Device vf) const {
    const std::string_view host = metrics::name(side);
    if (vf == no_device) {
        return fmt::format("{}.pf", host);
    }
    return device_names_.is_vf(vf) ? fmt::format("{}.vf{}", host, vf)
                                   : fmt::format("{}.{}", host, vcd_name(device_names_.name(vf)));
}

const std::string* VcdWriter::declare(const std::string& scope, std::string_view name, Type type) {
    const std::string wanted = vcd_name(name);
    std::string free = wanted;
    for (unsigned number = 2; !taken_.insert(scope + "." + free).second; ++number) {
        free = fmt::format("{}_{}", wanted, number);
    }
    variables_.push_back(
        std::make_unique<Variable>(Variable{scope, free, type, code(variables_.size())}));
    return &variables_.back()->id;
}

void VcdWriter::state(const StateRecord& record) {
    tell(record.at, story_.take(record));
    if (record.rule.empty() && record.machine == "vmm") {
        const std::string*& checkpoint = checkpoints_[index_of(record.side)];
        if (checkpoint == nullptr) {
            checkpoint = declare(vmm_scope(record.side), "checkpoint", Type::Text);
        }
        set_text(record.at, *checkpoint, record.state);
        return;
    }
    const std::string*& id =
        states_[{record.side, record.vf, record.queue, std::string(record.machine)}];
    if (id == nullptr) {
        std::string name(record.machine);
        if (record.queue != no_queue) {
            name += fmt::format("_{}", record.queue);
        }
        const bool vmm = of_vmm(record);
        const std::string scope = vmm ? vmm_scope(record.side) : scope_of(record.side, record.vf);
        id = declare(scope, name, Type::Text);
        variables_.back()->initial = vcd_text(record.from);
    }
    set_text(record.at, *id, record.state);
}

void VcdWriter::phase(const PhaseRecord& record) {
    tell(record.at, story_.take(record));
    const std::string*& call = calls_[index_of(record.side)];
    if (call == nullptr) {
        call = declare(vmm_scope(record.side), "call", Type::Text);
    }
    std::string text;
    if (record.begin) {
        text = record.name.substr(0, longest_text);
        if (!record.detail.empty()) {
            text += " ";
            text += record.detail.substr(0, longest_text);
        }
        if (record.vf != no_device) {
            text += " " + device_names_.name(record.vf);
        }
    }
    set_text(record.at, *call, text);
}

void VcdWriter::tell(Ps at, Storyline::Change change) {
    if (change.phase) {
        set_text(at, *phase_, story_.phase());
    }
    if (change.guest) {
        set_text(at, *guest_, story_.guest());
    }
}

void VcdWriter::round(const RoundRecord& record) {
    set_count(record.at, *round_, record.round);
    set_count(record.at, *dirty_, record.dirty_bytes);
}

void VcdWriter::link(const LinkRecord& record) {
    const std::string*& id = links_[{record.side, std::string(record.link)}];
    if (id == nullptr) {
        id = declare(std::string(metrics::name(record.side)),
                     "link_" + std::string(record.link.substr(0, longest_text)), Type::Share);
    }
    set_share(record.at, *id, metrics::share_ppm(record.busy, record.span));
}

VcdWriter::Depth& VcdWriter::depth(Side side, Device vf, std::uint16_t qid) {
    LMSIM_ASSERT(vf >= no_device && vf < 65'535);
    const bool admin = vf == no_device;
    auto& functions = depths_[admin ? index_of(side) : 0];
    Depth& depth = place_at(place_at(functions, static_cast<std::size_t>(vf + 1)), qid);
    if (__builtin_expect(depth.id == nullptr, 0)) {
        const std::string scope = admin ? scope_of(side, vf) : fmt::format("guest.vf{}", vf);
        depth.id = declare(scope, fmt::format("queue{}_depth", qid), Type::Count);
    }
    return depth;
}

void VcdWriter::submitted(Ps at, Side side, Device vf, std::uint16_t qid) {
    Depth& more = depth(side, vf, qid);
    set_count(at, *more.id, ++more.now);
}

void VcdWriter::command(const CommandRecord& record) {
    if (record.complete == not_reached) {
        return;
    }
    Depth& left = depth(record.side, record.vf, record.qid);
    if (left.now > 0) {
        set_count(record.complete, *left.id, --left.now);
    }
}

/// Times never decrease in the file; nor do those that a run tells.
void VcdWriter::time(Ps at) {
    if (at <= now_) {
        return;
    }
    now_ = at;
    char* const to = room(change_bytes);
    const fmt::format_int digits(at);
    to[0] = '#';
    std::memcpy(to + 1, digits.data(), digits.size());
    to[1 + digits.size()] = '\n';
    used_ += digits.size() + 2;
}

void VcdWriter::set_text(Ps at, const std::string& id, std::string_view value) {
    time(at);
    const std::string line = fmt::format("s{} {}\n", vcd_text(value), id);
    std::memcpy(room(line.size()), line.data(), line.size());
    used_ += line.size();
}

void VcdWriter::set_count(Ps at, const std::string& id, std::uint64_t value) {
    time(at);
    char* const begin = room(change_bytes);
    char* to = begin;
    *to++ = 'b';
    for (int bit = value == 0 ? 0 : 63 - __builtin_clzll(value); bit >= 0; --bit) {
        *to++ = static_cast<char>('0' + (value >> static_cast<unsigned>(bit) & 1U));
    }
    *to++ = ' ';
    std::memcpy(to, id.data(), id.size());
    to += id.size();
    *to++ = '\n';
    used_ += static_cast<std::size_t>(to - begin);
}

void VcdWriter::set_share(Ps at, const std::string& id, std::uint64_t ppm) {
    time(at);
    const std::string line = fmt::format("r{} {}\n", metrics::decimal(ppm, 10'000, 4), id);
    std::memcpy(room(line.size()), line.data(), line.size());
    used_ += line.size();
}

VcdWriter::Form VcdWriter::form_of(Type type) {
    switch (type) {
        case Type::Text: return {"string 1", "", "s"};
        case Type::Count: return {"wire 64", " [63:0]", "b0"};
        case Type::Share: return {"real 64", "", "r0"};
    }
    return {};
}

std::string VcdWriter::declarations() const {
    std::string scenario = printable(scenario_);
    std::replace(scenario.begin(), scenario.end(), '$', '_');  // $end would end the comment
    std::string text = fmt::format("$version lmsim {} $end\n$comment {} $end\n", version, scenario);
    text += "$timescale 1 ps $end\n";
    std::vector<const Variable*> sorted;
    for (const auto& variable : variables_) {
        sorted.push_back(variable.get());
    }
    const auto place = [](const Variable& variable) {
        const std::string_view name = variable.name;
        return std::make_tuple(place_of(variable.scope), name.size(), name);
    };
    std::sort(sorted.begin(), sorted.end(),
              [&place](const Variable* a, const Variable* b) { return place(*a) < place(*b); });
    std::vector<std::string_view> open;
    for (const Variable* variable : sorted) {
        const std::vector<std::string_view> scopes = parts_of(variable->scope);
        std::size_t same = 0;
        while (same < std::min(open.size(), scopes.size()) && open[same] == scopes[same]) {
            ++same;
        }
        for (; open.size() > same; open.pop_back()) {
            text += "$upscope $end\n";
        }
        for (; open.size() < scopes.size(); open.push_back(scopes[open.size()])) {
            text += fmt::format("$scope module {} $end\n", scopes[open.size()]);
        }
        const Form form = form_of(variable->type);
        text += fmt::format("$var {} {} {}{} $end\n", form.type, variable->id, variable->name,
                            form.range);
    }
    for (; !open.empty(); open.pop_back()) {
        text += "$upscope $end\n";
    }
    text += "$enddefinitions $end\n#0\n$dumpvars\n";
    for (const auto& variable : variables_) {
        text += fmt::format("{}{} {}\n", form_of(variable->type).first, variable->initial,
                            variable->id);
    }
    return text + "$end\n";
}

void VcdWriter::append_changes() {
    const int from = ::open(changes_.path().c_str(), O_RDONLY | O_CLOEXEC);
    ssize_t got = from < 0 ? -1 : 1;
    while (got > 0) {
        got = ::read(from, buffer_.get(), buffer_bytes);
        if (got < 0 && errno == EINTR) {
            got = 1;
        } else if (got > 0) {
            file_.write({buffer_.get(), static_cast<std::size_t>(got)});
        }
    }
    if (got < 0) {
        error_ = fmt::format("cannot read {}: {}", in_quotes(changes_.path()), system_words(errno));
    }
    if (from >= 0) {
        ::close(from);
    }
}

void VcdWriter::close() {
    if (closed_) {
        return;
    }
    closed_ = true;
    flush();
    changes_.close();
    error_ = changes_.error();
    if (error_.empty()) {
        file_.write(declarations());
        append_changes();
    }
    file_.close();
    std::error_code ignored;
    if (std::filesystem::is_regular_file(changes_.path(), ignored)) {
        std::filesystem::remove(changes_.path(), ignored);
    }
}

char* VcdWriter::room(std::size_t bytes) {
    LMSIM_ASSERT(bytes <= buffer_bytes);
    if (buffer_bytes - used_ < bytes) {
        flush();
    }
    return buffer_.get() + used_;
}

void VcdWriter::flush() {
    changes_.write({buffer_.get(), used_});
    used_ = 0;
}

}  // namespace lmsim::sim::trace
