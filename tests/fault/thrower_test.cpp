// SPDX-License-Identifier: MIT
#include <stentor/stentor.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <exception>
#include <mutex>
#include <new>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Whatever a handler throws is charged to its delivery: the runner lives, the other subscriptions
// and the other events of the batch are served, the failure is counted and told once.
namespace stentor::fault {
namespace {

struct tick {
    static constexpr std::string_view topic = "fault.tick";
    std::size_t number = 0;
};
struct note {
    static constexpr std::string_view topic = "fault.note";
    std::size_t number = 0;
    std::string text;
};

struct without_base {};

struct with_null_what : std::exception {
    const char* what() const noexcept override { return nullptr; }
};

// Another exception leaves it while it is copied into its place.
struct throwing_copy {
    throwing_copy() = default;
    throwing_copy(const throwing_copy&) { throw std::runtime_error("from the copy"); }
};

// As aligned as the ABI lets an exception be.
struct large_and_aligned : std::exception {
    alignas(std::max_align_t) char bytes[256]{};
};

void throw_nested(int depth) {
    try {
        if (depth > 0) {
            throw_nested(depth - 1);
        }
        throw std::runtime_error("the innermost");
    } catch (...) {
        std::throw_with_nested(std::logic_error("level " + std::to_string(depth)));
    }
}

using thrower = void (*)();

// With a part of what the log has to say of it.
struct misdeed {
    thrower act;
    std::string_view says;
};

const misdeed misdeeds[] = {
    {[] { throw std::runtime_error("plain"); }, "plain"},
    {[] { throw std::bad_alloc(); }, "bad_alloc"},
    {[] { throw without_base(); }, "not a std::exception"},
    {[] { throw 42; }, "not a std::exception"},
    {[] { throw "a literal"; }, "a literal"},
    {[] { throw static_cast<const char*>(nullptr); }, "null"},
    {[] { throw std::string("a string"); }, "a string"},
    {[] { throw nullptr; }, "null"},
    {[] { throw with_null_what(); }, "null"},
    {[] { throw std::runtime_error(""); }, ""},
    {[] { throw std::runtime_error(std::string(1 << 20, 'x')); }, "xxxx"},
    {[] { throw std::runtime_error("line\nbreak \"quotes\" \x1b[0m"); }, "break"},
    {[] {
         const throwing_copy one;
         throw one;
     },
     "from the copy"},
    {[] { throw large_and_aligned(); }, ""},
    {[] { throw_nested(3); }, "the innermost"},
    {[] { throw_nested(500); }, "level 500"},
    {[] { std::rethrow_exception(std::make_exception_ptr(std::out_of_range("kept"))); }, "kept"},
};
constexpr std::size_t misdeed_count = std::size(misdeeds);

// What came through the log, by its text.
struct records {
    log_sink sink() {
        log_sink made;
        made.on_error = [this](const error_record& record) {
            const std::lock_guard lock(mutex);
            texts.emplace_back(record.error);
            told += record.suppressed == 0 ? 1 : record.suppressed;
            longest = std::max(longest, record.error.size());
        };
        return made;
    }
    bool has(std::string_view part) {
        const std::lock_guard lock(mutex);
        for (const auto& one : texts) {
            if (one.find(part) != std::string::npos) {
                return true;
            }
        }
        return false;
    }
    std::mutex mutex;
    std::vector<std::string> texts;
    std::uint64_t told = 0;
    std::size_t longest = 0;
};

constexpr std::size_t turns = 40;  // each misdeed in early, timed calls and in later, batched ones

std::vector<subscription> subscribe_all_forms(bus& one) {
    const auto act = [](std::size_t number) { misdeeds[number % misdeed_count].act(); };
    std::vector<subscription> all;
    all.push_back(one.subscribe<tick>("plain", [act](const tick& event) { act(event.number); }));
    all.push_back(one.subscribe<tick>("with.context",
                                      [act](const tick& event, context&) { act(event.number); }));
    all.push_back(one.subscribe<tick>("one.by.one", [act](const tick& event) { act(event.number); },
                                      {.max_concurrency = 1}));
    all.push_back(one.subscribe<tick>("shared", [act](const tick& event) { act(event.number); },
                                      {.placement = placement::shared}));
    all.push_back(one.subscribe<note>("boxed", [act](const note& event) { act(event.number); }));
    all.push_back(one.subscribe("pattern", pattern("fault.*"), [act](const any_event& event) {
        const auto* tick_event = event.as<tick>();
        const auto* note_event = event.as<note>();
        act(tick_event != nullptr   ? tick_event->number
            : note_event != nullptr ? note_event->number
                                    : event.text().size());
    }));
    return all;
}

TEST(throwers, are_charged_to_their_deliveries_alone) {
    records log;
    bus_options options;
    options.log = log.sink();
    bus one(std::move(options));
    std::atomic<std::size_t> served{0};
    const auto throwing = subscribe_all_forms(one);
    const auto bystander = one.subscribe("bystander", pattern("fault.>"),
                                         [&](const any_event&) { served.fetch_add(1); });
    const auto sharer = one.subscribe<tick>("sharer", [&](const tick&) { served.fetch_add(1); },
                                            {.placement = placement::shared});
    constexpr auto rounds = misdeed_count * turns;
    for (std::size_t number = 0; number < rounds; ++number) {
        ASSERT_TRUE(one.publish(tick{number}));
        ASSERT_TRUE(one.publish(note{number, "text"}));
        ASSERT_TRUE(one.publish(topic("fault.text"), std::string(number % misdeed_count, 'x')));
    }
    // Nests of 500 exceptions take their time where every access is checked.
    ASSERT_TRUE(one.drain(std::chrono::minutes(2)).complete);
    EXPECT_EQ(served.load(), rounds * 4);
    const auto report = one.audit();
    EXPECT_EQ(report.unaccounted(), 0) << report.to_string();
    EXPECT_EQ(report.envelopes_alive, 0);
    std::int64_t failed = 0;
    for (const auto& [name, terms] : report.subscriptions) {
        const bool innocent = name == "bystander" || name == "sharer";
        EXPECT_EQ(terms.failed, innocent ? 0 : terms.accepted) << name;
        failed += terms.failed;
    }
    EXPECT_EQ(log.told, static_cast<std::uint64_t>(failed)) << "records and summaries together";
    EXPECT_LE(log.longest, 1024U);
    for (const auto& misdeed : misdeeds) {
        EXPECT_TRUE(log.has(misdeed.says)) << "no record says \"" << misdeed.says << '"';
    }
}

TEST(throwers, may_be_log_sinks_as_well) {
    bus_options options;
    std::atomic<int> told{0};
    options.log.on_error = [&](const error_record&) {
        told.fetch_add(1);
        throw std::runtime_error("the sink is full");
    };
    options.log.on_notice = [](const notice_record&) { throw 1; };
    bus one(std::move(options));
    const auto handle = one.subscribe<tick>(
        "throws", [](const tick&) { throw std::runtime_error("not this one"); });
    for (std::size_t number = 0; number < 100; ++number) {
        ASSERT_TRUE(one.publish(tick{number}));
    }
    EXPECT_TRUE(one.drain().complete);
    EXPECT_GT(told.load(), 0);
    EXPECT_EQ(one.audit().subscriptions.front().second.failed, 100);
}

// Copies are made by publish_bulk only; the prefix that was published is whole, and the event that
// could not be copied stays with its owner.
struct brittle {
    static constexpr std::string_view topic = "fault.brittle";
    explicit brittle(std::size_t which) : number(which) {}
    brittle(brittle&&) noexcept = default;
    brittle& operator=(brittle&&) noexcept = default;
    brittle(const brittle& other) : number(other.number) {
        if (number == 70) {
            throw std::runtime_error("cannot be copied");
        }
    }
    std::size_t number;
    std::string text = std::string(64, 'x');
};

TEST(throwers, may_be_copies_of_events_in_bulk) {
    bus one;
    std::atomic<std::size_t> sum{0};
    const auto handle =
        one.subscribe<brittle>("adds", [&](const brittle& event) { sum.fetch_add(event.number); });
    std::vector<brittle> many;
    for (std::size_t number = 0; number < 100; ++number) {
        many.emplace_back(number);
    }
    EXPECT_EQ(one.publish_bulk(std::span<brittle>(many)), 70U);
    EXPECT_EQ(many[70].text.size(), 64U);
    EXPECT_EQ(one.publish_bulk_move(std::span<brittle>(many).subspan(70)), 30U);
    EXPECT_TRUE(one.drain().complete);
    EXPECT_EQ(sum.load(), 99U * 100 / 2);
    EXPECT_EQ(one.audit().unaccounted(), 0);
    EXPECT_EQ(one.audit().envelopes_alive, 0);
}

}  // namespace
}  // namespace stentor::fault
