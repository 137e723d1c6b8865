// SPDX-License-Identifier: MIT

#include "source.hpp"

#include "failure.hpp"
#include "json.hpp"
#include "line_reader.hpp"
#include "ndjson.hpp"
#include "text.hpp"
#include "topic_name.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>
#include <vector>

namespace github {
namespace {

struct close_file {
    void operator()(std::FILE* file) const noexcept {
        if (file != stdin) {
            static_cast<void>(std::fclose(file));
        }
    }
};
using file_handle = std::unique_ptr<std::FILE, close_file>;

[[noreturn]] void refuse(const std::string& what, int error_number, const std::string& hint) {
    throw failure(exit_code::no_file, "cannot read '" + printable(what) +
                                          "': " + std::strerror(error_number) +
                                          (hint.empty() ? "" : "\n" + hint));
}

class example_source final : public record_source {
public:
    struct entry {
        record what;
        std::size_t number = 0;  // among the examples of its event, from 1
    };

    example_source(std::string file, std::vector<entry> entries)
        : file_(std::move(file)), entries_(std::move(entries)) {}

    record* next() override { return at_ < entries_.size() ? &entries_[at_++].what : nullptr; }
    bool rewind() override {
        at_ = 0;
        return true;
    }
    [[nodiscard]] std::string name() const override {
        return file_ + " (" + std::to_string(entries_.size()) + " webhooks)";
    }
    [[nodiscard]] std::string where() const override {
        const entry& last = entries_[at_ - 1];
        return file_ + ": " + last.what.event + ", example " + std::to_string(last.number);
    }
    [[nodiscard]] bool intact() const override { return true; }

private:
    std::string file_;
    std::vector<entry> entries_;
    std::size_t at_ = 0;
};

class ndjson_source final : public record_source {
public:
    ndjson_source(std::string name, file_handle file, bad_input& bad)
        : name_(std::move(name)), file_(std::move(file)), bad_(bad), lines_(file_.get()) {}

    record* next() override {
        for (;;) {
            switch (lines_.next(line_)) {
                case line_reader::outcome::end: return nullptr;
                case line_reader::outcome::failed:
                    if (lines_.error_number() == EINTR) {
                        return nullptr;  // Ctrl-C while it waited for a pipe or a terminal
                    }
                    intact_ = false;
                    bad_.report(where(), std::string("reading broke off here: ") +
                                             std::strerror(lines_.error_number()));
                    return nullptr;
                case line_reader::outcome::too_long:
                    report("longer than 32 MiB; GitHub sends at most 25 MB");
                    continue;
                case line_reader::outcome::line: break;
            }
            if (line_.find_first_not_of(" \t") == std::string::npos) {
                continue;
            }
            if (auto parsed = parse_line(line_)) {
                record_ = *std::move(parsed);
                return &record_;
            } else {
                report(parsed.error());
            }
        }
    }

    bool rewind() override {
        first_pass_ = false;
        if (std::fseek(file_.get(), 0, SEEK_SET) != 0) {
            return false;  // a pipe
        }
        std::clearerr(file_.get());
        lines_.restart();
        return true;
    }

    [[nodiscard]] std::string name() const override { return name_; }
    [[nodiscard]] std::string where() const override {
        return name_ + ":" + std::to_string(lines_.line_number());
    }
    [[nodiscard]] bool intact() const override { return intact_; }

private:
    // A line is bad once, however often the file is repeated.
    void report(std::string_view why) {
        if (first_pass_) {
            bad_.report(where(), why);
        }
    }

    std::string name_;
    file_handle file_;
    bad_input& bad_;
    line_reader lines_;
    std::string line_;
    record record_;
    bool first_pass_ = true;
    bool intact_ = true;
};

std::string whole_file(const std::filesystem::path& path, const std::string& hint) {
    const file_handle file(std::fopen(path.c_str(), "rb"));
    if (!file) {
        refuse(path.string(), errno, hint);
    }
    std::string text;
    std::vector<char> chunk(1U << 20U);
    while (const std::size_t bytes = std::fread(chunk.data(), 1, chunk.size(), file.get())) {
        text.append(chunk.data(), bytes);
    }
    if (std::ferror(file.get()) != 0) {
        refuse(path.string(), errno, hint);
    }
    return text;
}

// False when the text is not shaped like the index of the package.
bool read_index(std::string& text, std::vector<example_source::entry>& entries, bad_input& bad,
                const std::string& name) {
    auto opened = json::open(text);
    simdjson::ondemand::array events;
    if (opened.get_array().get(events) != simdjson::SUCCESS) {
        return false;
    }
    for (auto event : events) {
        std::string_view event_name;
        if (event["name"].get_string().get(event_name) != simdjson::SUCCESS) {
            return false;
        }
        const std::string kept_name(event_name);
        simdjson::ondemand::array examples;
        if (event["examples"].get_array().get(examples) != simdjson::SUCCESS) {
            return false;
        }
        std::size_t number = 0;
        for (auto example : examples) {
            std::string_view raw;
            ++number;
            const std::string where =
                name + ": " + kept_name + ", example " + std::to_string(number);
            simdjson::ondemand::object payload;
            if (example.get_object().get(payload) != simdjson::SUCCESS ||
                payload.raw_json().get(raw) != simdjson::SUCCESS) {
                bad.report(where, "not an object");
            } else if (!is_token(kept_name)) {
                bad.report(where, "the name of the event is not made of [a-z0-9_-]");
            } else {
                entries.push_back({{kept_name, {}, json::minified(raw)}, number});
            }
        }
    }
    return true;
}

}  // namespace

void bad_input::report(std::string_view where, std::string_view why) {
    const std::uint64_t before = count_.fetch_add(1, std::memory_order_relaxed);
    if (before < printed_max) {
        out_.say(printable(where) + ": " + printable(why) + "; skipped");
    } else if (before == printed_max) {
        out_.say("more bad input; from here on it is only counted");
    }
}

std::unique_ptr<record_source> open_examples(const std::filesystem::path& folder, bad_input& bad) {
    const auto path = folder / "index.json";
    std::string text = whole_file(
        path,
        "Fetch the webhooks with examples/github_events/fetch_data.sh, say where they are with\n"
        "--data DIR, or use events of your own with --input FILE.");
    std::vector<example_source::entry> entries;
    const auto fault = json::fault_of(text);
    const std::string name = path.filename().string();
    if (fault || !read_index(text, entries, bad, name)) {
        throw failure(exit_code::no_file,
                      "'" + printable(path.string()) +
                          "' is not the index of the examples: " + fault.value_or("wrong shape") +
                          "\nFetch it again: examples/github_events/fetch_data.sh --force");
    }
    if (entries.empty()) {
        throw failure(exit_code::no_events, "'" + printable(path.string()) + "' has no event");
    }
    return std::make_unique<example_source>(name, std::move(entries));
}

std::unique_ptr<record_source> open_ndjson(const std::string& file, bad_input& bad) {
    const bool piped = file == "-";
    file_handle handle(piped ? stdin : std::fopen(file.c_str(), "rb"));
    if (!handle) {
        refuse(file, errno, "");
    }
    // A folder opens, but cannot be read: see that now, before anything starts.
    errno = 0;
    const int first = piped ? 0 : std::fgetc(handle.get());
    if (first == EOF) {
        if (std::ferror(handle.get()) != 0) {
            refuse(file, errno, "");
        }
        throw failure(exit_code::no_events, "'" + printable(file) + "' is empty");
    }
    if (!piped) {
        static_cast<void>(std::ungetc(first, handle.get()));
    }
    return std::make_unique<ndjson_source>(piped ? "standard input" : file, std::move(handle), bad);
}

}  // namespace github
