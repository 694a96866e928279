#include <fmt/format.h>

#include <map>
#include <utility>

#include "sim/core/text.hpp"
#include "sim/guest/fio/job.hpp"
#include "sim/guest/fio/job_checks.hpp"
#include "sim/guest/fio/job_values.hpp"
#include "sim/guest/fio/keys.hpp"
#include "sim/guest/fio/text_file.hpp"

namespace lmsim::sim::fio {

namespace {

struct Setting {
    const Key* key;
    Value value;
};

/// A line without comment and blanks around it. fio takes ; and # for a comment anywhere.
Value bare(const std::string& file, std::string_view line, std::uint32_t number) {
    Value out;
    out.file = &file;
    std::string_view text = line.substr(0, line.find_first_of(";#"));
    std::size_t first = 0;
    while (first < text.size() && is_blank(text[first])) {
        ++first;
    }
    while (text.size() > first && is_blank(text.back())) {
        text.remove_suffix(1);
    }
    out.text = text.substr(first);
    out.at = {number, static_cast<std::uint32_t>(first + 1)};
    return out;
}

bool is_neutral(std::string_view neutral, const Value& value) {
    while (!neutral.empty()) {
        const std::string_view one = neutral.substr(0, neutral.find('|'));
        if (value.present && value.text == one) {
            return true;
        }
        neutral.remove_prefix(std::min(neutral.size(), one.size() + 1));
    }
    return false;
}

class Parser {
  public:
    Parser(std::string name, std::string_view text) : text_(text) { file_.path = std::move(name); }

    JobFile run() {
        Lines lines(file_.path, text_);
        std::string_view line;
        while (lines.next(line)) {
            const Value content = bare(file_.path, line, lines.number());
            if (content.text.empty()) {
                continue;
            }
            if (content.text.front() == '[') {
                end_section();
                begin_section(content);
            } else {
                setting(content);
            }
        }
        end_section();
        if (file_.jobs.empty()) {
            throw InputError(file_.path, {},
                             "no job; expected at least one section such as "
                             "[name] besides [global]");
        }
        return std::move(file_);
    }

  private:
    void begin_section(const Value& line) {
        const std::string_view text = line.text;
        if (text.back() != ']' || text.size() < 3) {
            throw InputError(file_.path, line.at,
                             fmt::format("{} is no section; expected [name]", in_quotes(text)));
        }
        section_ = line;
        section_.text = text.substr(1, text.size() - 2);
        inside_ = true;
    }

    void setting(const Value& line) {
        const std::size_t equals = line.text.find('=');
        Value name = line.part(0, std::min(equals, line.text.size()));
        if (!inside_) {
            throw InputError(file_.path, line.at,
                             fmt::format("{} before the first section; expected [global] or "
                                         "[name]",
                                         in_quotes(name.text)));
        }
        if (name.text.substr(0, 8) == "include ") {
            name.text = name.text.substr(0, 7);
        }
        const Key* key = find_key(name.text);
        if (key == nullptr) {
            throw InputError(
                file_.path, line.at,
                fmt::format("unknown key {}; expected a key of fio 3.33{}", in_quotes(name.text),
                            did_you_mean(name.text, key_names())));
        }
        Value value = equals == std::string_view::npos
                          ? line.part(line.text.size(), 0)
                          : line.part(equals + 1, line.text.size() - equals - 1);
        value.key = key->name;
        value.present = equals != std::string_view::npos;
        if (!value.present) value.at = line.at;
        settings_.push_back({key, value});
    }

    void apply(const Setting& setting, Job& job) {
        const Value& value = setting.value;
        switch (setting.key->use) {
            case KeyClass::Supported: apply_key(setting.key->canonical, value, job, file_); return;
            case KeyClass::Ignored:
                file_.ignored.push_back(
                    {std::string(value.key), std::string(value.text), value.at});
                return;
            case KeyClass::Unsupported:
                if (is_neutral(setting.key->neutral, value)) {
                    file_.ignored.push_back(
                        {std::string(value.key), std::string(value.text), value.at});
                    return;
                }
                value.fail(
                    fmt::format("not supported: it {}, which would change the workload; "
                                "expected the key removed",
                                setting.key->why));
        }
    }

    void end_section() {
        if (!inside_) {
            return;
        }
        const bool global = section_.text.substr(0, 6) == "global";  // fio compares no more
        Job own = defaults_;
        Job& job = global ? defaults_ : own;
        job.name = section_.text;
        job.where = section_.at;
        // fio reads kb_base before all others of its section, wherever it stands.
        for (const bool first : {true, false}) {
            for (const Setting& setting : settings_) {
                if ((setting.key->canonical == "kb_base") == first) {
                    apply(setting, job);
                }
            }
        }
        settings_.clear();
        if (global) {
            return;
        }
        if (file_.jobs.size() == jobs_limit) {
            throw InputError(file_.path, section_.at,
                             fmt::format("too many jobs; expected at most {}", jobs_limit));
        }
        finish_job(job, file_);
        file_.jobs.push_back(std::move(own));
    }

    std::string_view text_;
    JobFile file_;
    Job defaults_;
    Value section_;
    bool inside_ = false;
    std::vector<Setting> settings_;
};

}  // namespace

JobFile parse_job_file(const std::string& name, std::string_view text) {
    check_text(name, text, job_file_limit);
    return Parser(name, text).run();
}

/// Where run follows run in a process each wants the same files: what is as it was is not parsed
/// again.
JobFile load_job_file(const std::string& path) {
    constexpr std::size_t most = 16;
    static thread_local std::map<std::string, std::pair<std::string, JobFile>> known;
    std::string text = read_text(path, job_file_limit);
    const auto found = known.find(path);
    if (found != known.end() && found->second.first == text) {
        return found->second.second;
    }
    JobFile file = Parser(path, text).run();
    if (known.size() == most) {
        known.clear();
    }
    known[path] = {std::move(text), file};
    return file;
}

}  // namespace lmsim::sim::fio
