// SPDX-License-Identifier: MIT
#include "unit/metrics/sample_bus.hpp"
#include <stentor/metrics/prometheus_text.hpp>

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>

#include <unistd.h>

// The text as others read it. Both readers belong to this test: it fails when one is missing.

namespace {

using stentor::prometheus_text;

struct outcome {
    int status = -1;
    std::string text;
};

// Runs a shell command with both outputs caught.
outcome run(const std::string& command) {
    outcome out;
    std::FILE* const pipe = ::popen(("{ " + command + "; } 2>&1").c_str(), "r");
    if (pipe == nullptr) {
        return out;
    }
    char part[4096];
    for (std::size_t size = 0; (size = std::fread(part, 1, sizeof part, pipe)) > 0;) {
        out.text.append(part, size);
    }
    out.status = ::pclose(pipe);
    return out;
}

// A file with the text, gone with the object.
class text_file {
public:
    text_file(const std::string& kind, const std::string& text)
        : path_(std::filesystem::temp_directory_path() /
                ("stentor_prometheus_text." + std::to_string(::getpid()) + kind)) {
        std::ofstream(path_, std::ios::binary) << text;
    }
    text_file(const text_file&) = delete;
    text_file& operator=(const text_file&) = delete;
    ~text_file() { std::filesystem::remove(path_); }

    [[nodiscard]] std::string quoted() const { return "'" + path_.string() + "'"; }

private:
    std::filesystem::path path_;
};

void expect_promtool_finds_nothing(const std::string& text) {
    ASSERT_EQ(run("command -v promtool").status, 0)
        << "promtool is missing: install Debian's package prometheus";
    const text_file file(".prom", text);
    const outcome checked = run("promtool check metrics < " + file.quoted());
    EXPECT_EQ(checked.status, 0) << checked.text;
    EXPECT_EQ(checked.text, "");
}

// Feeds the text to the official Python parser and then runs the script, which sees all samples as
// `value[name, labels]`.
outcome run_python(const std::string& text, const std::string& script) {
    const text_file file(".prom", text);
    const std::string start =
        "import sys\n"
        "from prometheus_client.parser import text_string_to_metric_families as parse\n"
        "page = open(sys.argv[1], encoding='utf-8', newline='').read()\n"
        "families = list(parse(page))\n"
        "samples = [s for f in families for s in f.samples]\n"
        "value = {(s.name, tuple(sorted(s.labels.items()))): s.value for s in samples}\n"
        "assert len(value) == len(samples), 'a series is there twice'\n"
        "def of(name, **labels): return value[name, tuple(sorted(labels.items()))]\n";
    const text_file program(".py", start + script + "\n");
    return run("/usr/bin/python3 " + program.quoted() + " " + file.quoted());
}

void expect_python_agrees(const std::string& text, const std::string& script) {
    ASSERT_EQ(run("/usr/bin/python3 -c 'import prometheus_client'").status, 0)
        << "the parser is missing: install Debian's package python3-prometheus-client";
    const outcome parsed = run_python(text, script);
    EXPECT_EQ(parsed.status, 0) << parsed.text;
}

}  // namespace

TEST(prometheus_text, passes_promtool) {
    expect_promtool_finds_nothing(prometheus_text(sample_bus()));
    expect_promtool_finds_nothing(prometheus_text(stentor::bus_snapshot()));
    expect_promtool_finds_nothing(prometheus_text(sample_bus(), {.max_series = 0}));
}

TEST(prometheus_text, passes_promtool_with_hostile_names) {
    stentor::bus_snapshot bus = sample_bus();
    bus.subscriptions[0].name = "a\"b\\c\nd\xFF\x80{}=, #";
    bus.subscriptions[1].name = std::string("\0\x01\x7F\xC3\x28", 5);
    expect_promtool_finds_nothing(prometheus_text(bus));
}

TEST(prometheus_text, is_read_by_the_python_parser_as_it_was_meant) {
    expect_python_agrees(prometheus_text(sample_bus()), R"(
assert of('stentor_uptime_seconds') == 61.5
assert of('stentor_publish_results_total', status='accepted') == 100
assert of('stentor_deliveries_settled_total', subscription='mail', outcome='dead_lettered') == 2
assert of('stentor_queue_wait_seconds_sum', subscription='printer') == 20.0015008
assert of('stentor_subscription_info', subscription='mail', pattern='order.placed', line='7',
          file='C:\\src\\"mail".cpp', placement='own') == 1
assert {f.type for f in families} == {'gauge', 'counter', 'histogram'}
assert all(f.documentation for f in families)
for family in families:
    if family.type != 'histogram':
        continue
    for subscription in ('printer', 'mail'):
        row = [s for s in family.samples
               if s.name.endswith('_bucket') and s.labels['subscription'] == subscription]
        bounds = [float(s.labels['le']) for s in row]
        assert bounds == sorted(bounds) and len(bounds) == 23 and bounds[-1] == float('inf')
        counts = [s.value for s in row]
        assert counts == sorted(counts)
        assert counts[-1] == of(family.name + '_count', subscription=subscription))");
}

TEST(prometheus_text, brings_hostile_names_through_the_python_parser) {
    stentor::bus_snapshot bus = sample_bus();
    bus.subscriptions[0].name = "a\"b\\c\nd{}=, #\\n";
    expect_python_agrees(prometheus_text(bus), R"(
assert of('stentor_deliveries_accepted_total', subscription='a"b\\c\nd{}=, #\\n') == 100)");
}
