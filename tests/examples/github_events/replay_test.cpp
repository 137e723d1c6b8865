// SPDX-License-Identifier: MIT

#include "replay.hpp"

#include <stentor/stentor.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace github;
using namespace std::chrono_literals;

// Webhooks made up for a test.
class listed final : public record_source {
public:
    explicit listed(std::vector<record> records) : records_(std::move(records)) {}

    record* next() override { return at_ < records_.size() ? &records_[at_++] : nullptr; }
    bool rewind() override {
        at_ = 0;
        return true;
    }
    [[nodiscard]] std::string name() const override { return "list"; }
    [[nodiscard]] std::string where() const override { return "list:" + std::to_string(at_); }
    [[nodiscard]] bool intact() const override { return true; }

private:
    std::vector<record> records_;
    std::size_t at_ = 0;
};

options with_events(std::uint64_t events) {
    options chosen;
    chosen.events = events;
    return chosen;
}

TEST(replay, gives_source_key_and_correlation_to_each_event) {
    stentor::bus bus;
    std::atomic<int> right{0};
    bus.keep(
        bus.subscribe("all", stentor::pattern("github.>"), [&](const stentor::any_event& event) {
            const auto metadata = event.metadata();
            right += metadata.source == "https://r" && metadata.key == "o/r" &&
                     metadata.correlation_id == "d-1" && event.topic() == "github.star.created" &&
                     event.text().find("created") != std::string_view::npos;
        }));
    console out(stderr);
    bad_input bad(out);
    listed source({{"star", "d-1",
                    R"({"action":"created","repository":{"url":"https://r","full_name":"o/r"}})"}});
    const options chosen = with_events(1);
    replay run(bus, source, bad, chosen);
    run.run();
    bus.drain();
    EXPECT_EQ(right.load(), 1);
    EXPECT_EQ(run.tally().published, 1U);
}

TEST(replay, waits_when_a_required_handler_is_full_and_loses_nothing) {
    stentor::bus bus;
    std::atomic<int> handled{0};
    bus.keep(bus.subscribe("narrow", stentor::pattern("github.>"),
                           [&](const stentor::any_event&) {
                               std::this_thread::sleep_for(1ms);
                               ++handled;
                           },
                           {.capacity = 4, .required = true}));
    console out(stderr);
    bad_input bad(out);
    listed source({{"fork", "", "{}"}});
    const options chosen = with_events(100);
    replay run(bus, source, bad, chosen);
    run.run();
    bus.drain();
    EXPECT_EQ(run.tally().published, 100U);
    EXPECT_GT(run.tally().waits, 0U);
    EXPECT_GT(run.tally().waited_ns, 0);
    EXPECT_EQ(handled.load(), 100);
    EXPECT_EQ(bus.audit().unaccounted(), 0);
}

TEST(replay, counts_events_that_found_a_handler_full) {
    stentor::bus bus;
    bus.keep(bus.subscribe("narrow", stentor::pattern("github.>"),
                           [](const stentor::any_event&) { std::this_thread::sleep_for(20ms); },
                           {.capacity = 2}));
    bus.keep(bus.subscribe("wide", stentor::pattern("github.>"), [](const stentor::any_event&) {}));
    console out(stderr);
    bad_input bad(out);
    listed source({{"fork", "", "{}"}});
    const options chosen = with_events(50);
    replay run(bus, source, bad, chosen);
    run.run();
    bus.drain();
    EXPECT_EQ(run.tally().published, 50U);
    EXPECT_GT(run.tally().partial, 0U);
    EXPECT_EQ(bus.audit().unaccounted(), 0);
}

TEST(replay, ends_when_a_whole_pass_published_nothing) {
    stentor::bus bus;
    console out(stderr);
    bad_input bad(out);
    listed source({{"issues", "", R"({"action":"opened"})"}});
    const options chosen = with_events(10);
    replay run(bus, source, bad, chosen);
    run.run();
    EXPECT_EQ(run.tally().published, 0U);
    EXPECT_EQ(run.tally().passes, 1U);
    EXPECT_EQ(bad.count(), 1U);
}

TEST(replay, ends_when_the_bus_is_closed) {
    stentor::bus bus;
    bus.drain();
    console out(stderr);
    bad_input bad(out);
    listed source({{"fork", "", "{}"}});
    const options chosen = with_events(10);
    replay run(bus, source, bad, chosen);
    run.run();
    EXPECT_EQ(run.tally().published, 0U);
}

}  // namespace
