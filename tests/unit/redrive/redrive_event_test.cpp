// SPDX-License-Identifier: MIT
#include "unit/lettered/lettered.hpp"
#include <stentor/resilience/dead_letter_lines.hpp>

#include <gmock/gmock.h>

#include <concepts>
#include <memory>
#include <optional>
#include <string>
#include <vector>

// The event that a redrive publishes: what it was, what a transform or a codec makes of it.

namespace {

using namespace stentor_test;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

struct bill {
    static constexpr std::string_view topic = "test.bill";
    std::string customer{};
    std::int64_t cents = 0;
};
STENTOR_FIELDS(bill, customer, cents);

struct sealed {
    static constexpr std::string_view topic = "test.sealed";
    std::unique_ptr<int> number{};
};

class redriven_event : public lettered {
protected:
    // Fails until it is open.
    template <class E>
    [[nodiscard]] auto gated() {
        return [this](const E& it) {
            if constexpr (std::same_as<E, bill>) {
                bills.push_back(it);
            }
            if (!open) {
                throw std::runtime_error("closed");
            }
        };
    }
    [[nodiscard]] stentor::redrive_report redriven(const stentor::redrive_options& options = {}) {
        auto report = bus.dead_letters().redrive({}, options);
        EXPECT_TRUE(report);
        return report ? *report : stentor::redrive_report{};
    }

    static inline const stentor::subscription_options kept{.dead_letters = true};
    bool open = false;
    std::vector<bill> bills;
};

TEST_F(redriven_event, is_the_same_with_all_that_it_came_with) {
    struct seen {
        stentor::event_id id{};
        std::chrono::system_clock::time_point time{};
        std::string correlation, user, source, key, traceparent, headers, idempotency;
        std::int32_t depth = 0;
        std::optional<stentor::event_id> causation{};
        bool redriven = false;

        bool operator==(const seen&) const = default;
    };
    std::vector<seen> all;
    const auto note = [&](stentor::context& ctx) {
        const auto with = ctx.metadata();
        seen one{.id = ctx.id(),
                 .time = with.time,
                 .correlation = std::string(with.correlation_id),
                 .user = std::string(with.user_id),
                 .source = std::string(with.source),
                 .key = std::string(with.key),
                 .traceparent = std::string(with.traceparent),
                 .headers = std::to_string(with.header_count),
                 .idempotency = ctx.idempotency_key(),
                 .depth = with.depth,
                 .causation = with.causation_id,
                 .redriven = ctx.redriven()};
        all.push_back(std::move(one));
        if (!open) {
            throw std::runtime_error("closed");
        }
    };
    auto second =
        bus.subscribe<bill>("second", [&](const bill&, stentor::context& ctx) { note(ctx); }, kept);
    auto first =
        bus.subscribe<order_placed>("first", [&](const order_placed& it, stentor::context& ctx) {
            ctx.publish(bill{"ann", it.number});
        });
    const stentor::header some[] = {{"x", "1"}, {"y", "2"}};
    ASSERT_TRUE(bus.publish(order_placed{7}, {.correlation_id = "c",
                                              .user_id = "u",
                                              .source = "shop",
                                              .traceparent = "00-trace",
                                              .headers = some}));
    run();
    ASSERT_TRUE(bus.publish(bill{"bob", 1}, {.key = "k", .headers = some}));
    run();
    ASSERT_THAT(all, SizeIs(2));
    pass(1h);
    open = true;
    EXPECT_EQ(redriven().redriven, 2U);
    ASSERT_THAT(all, SizeIs(4));
    for (const std::size_t at : {0U, 1U}) {
        EXPECT_FALSE(all[at].redriven);
        all[at].redriven = true;
        EXPECT_EQ(all[at + 2], all[at]);
    }
    EXPECT_EQ(all[2].depth, 1);
    EXPECT_EQ(all[3].headers, "2");
}

TEST_F(redriven_event, may_come_after_it_would_have_expired) {
    auto late = bus.subscribe<bill>("late", gated<bill>(), kept);
    const auto soon = std::chrono::system_clock::time_point(
        std::chrono::duration_cast<std::chrono::system_clock::duration>(
            std::chrono::nanoseconds(clock_.system_ns()) + 1s));
    ASSERT_TRUE(bus.publish(bill{"ann", 1}, {.expires_at = soon}));
    run();
    ASSERT_THAT(letters(), SizeIs(1));
    pass(1h);
    open = true;
    EXPECT_EQ(redriven().redriven, 1U);
    EXPECT_THAT(bills, SizeIs(2));
}

TEST_F(redriven_event, of_no_type_is_its_text) {
    std::vector<std::string> texts;
    auto raw = bus.subscribe(
        "raw", stentor::pattern("raw.>"),
        [&](const stentor::any_event& event) {
            texts.push_back(std::string(event.text()));
            if (!open) {
                throw std::runtime_error("closed");
            }
        },
        kept);
    ASSERT_TRUE(bus.publish(stentor::topic("raw.json"), R"({"a":1})"));
    ASSERT_TRUE(bus.publish(stentor::topic("raw.text"), "plain"));
    run();
    open = true;
    EXPECT_EQ(redriven().redriven, 2U);
    EXPECT_THAT(texts, ElementsAre(R"({"a":1})", "plain", R"({"a":1})", "plain"));
}

TEST_F(redriven_event, is_what_the_transform_makes_of_it) {
    auto strict = bus.subscribe<bill>(
        "strict",
        [&](const bill& it) {
            bills.push_back(it);
            if (it.cents < 0) {
                throw std::runtime_error("negative");
            }
        },
        kept);
    ASSERT_TRUE(bus.publish(bill{"ann", -5}));
    ASSERT_TRUE(bus.publish(bill{"bob", -6}));
    run();
    const auto report = redriven({.transform = [](stentor::dead_letter& letter) {
        const auto* found = stentor::event_in<bill>(letter);
        if (found == nullptr || found->customer == "bob") {
            return false;
        }
        letter.payload = stentor::payload_with(bill{found->customer, -found->cents});
        return true;
    }});
    EXPECT_EQ(report.redriven, 1U);
    EXPECT_EQ(report.skipped, 1U);
    ASSERT_THAT(bills, SizeIs(3));
    EXPECT_EQ(bills.back().cents, 5);
    ASSERT_THAT(letters(), SizeIs(1));
    EXPECT_EQ(stentor::event_in<bill>(letters().front())->customer, "bob");
    EXPECT_EQ(stentor::event_in<order_placed>(letters().front()), nullptr);
}

TEST_F(redriven_event, is_none_when_the_transform_throws_or_makes_another) {
    auto strict = bus.subscribe<bill>("strict", gated<bill>(), kept);
    ASSERT_TRUE(bus.publish(bill{"ann", 1}));
    run();
    open = true;
    const auto thrown = redriven(
        {.transform = [](stentor::dead_letter&) -> bool { throw std::runtime_error("no idea"); }});
    EXPECT_EQ(thrown.refused, 1U);
    EXPECT_THAT(thrown.refusals.front().message, HasSubstr("the transform threw: no idea"));
    const auto other = redriven({.transform = [](stentor::dead_letter& letter) {
        letter.payload = stentor::payload_with(order_placed{1});
        return true;
    }});
    EXPECT_EQ(other.refused, 1U);
    EXPECT_THAT(other.refusals.front().message, HasSubstr("order_placed"));
    const auto bytes = redriven({.transform = [](stentor::dead_letter& letter) {
        letter.payload = {.content = stentor::dead_letter_content::json, .bytes = "{}"};
        return true;
    }});
    EXPECT_EQ(bytes.refused, 1U);
    EXPECT_THAT(bytes.refusals.front().message, HasSubstr("use_codec"));
    EXPECT_THAT(bills, SizeIs(1));
    EXPECT_EQ(redriven().redriven, 1U) << "the letter itself is untouched";
}

TEST_F(redriven_event, is_none_when_it_could_not_be_kept) {
    auto strict = bus.subscribe<sealed>("strict", gated<sealed>(), kept);
    ASSERT_TRUE(bus.publish(sealed{std::make_unique<int>(1)}));
    run();
    open = true;
    const auto report = redriven();
    EXPECT_EQ(report.refused, 1U);
    EXPECT_THAT(report.refusals.front().message, HasSubstr("could not be copied"));
}

TEST_F(redriven_event, is_validated_as_any_other) {
    auto strict = bus.subscribe<bill>("strict", gated<bill>(), kept);
    ASSERT_TRUE(bus.publish(bill{"ann", -1}));
    run();
    open = true;
    auto rule = bus.validate<bill>([](const bill& it, stentor::violations& found) {
        if (it.cents < 0) {
            found.add("cents", "negative", "a bill is positive");
        }
    });
    const auto report = redriven();
    EXPECT_EQ(report.refused, 1U);
    EXPECT_THAT(report.refusals.front().message, HasSubstr("cents"));
    EXPECT_THAT(letters(), SizeIs(1));
    EXPECT_EQ(bus.dead_letters().store().room().claimed, 0U);
}

TEST_F(redriven_event, of_a_codec_survives_an_export) {
    auto strict = bus.subscribe<bill>("strict", gated<bill>(), kept);
    bus.dead_letters().use_codec(stentor::json_letters<bill>());
    ASSERT_TRUE(bus.publish(bill{"ann", 12}));
    run();
    ASSERT_THAT(letters(), SizeIs(1));
    EXPECT_EQ(letters().front().payload.bytes, R"({"customer":"ann","cents":12})");
    std::string lines;
    auto& store = bus.dead_letters().store();
    ASSERT_TRUE(stentor::export_dead_letters(store, {}, [&](std::string_view line) {
        lines += line;
        return true;
    }));
    purge_all();
    ASSERT_THAT(letters(), IsEmpty());
    EXPECT_EQ(stentor::import_dead_letters(lines, store).letters, 1U);
    open = true;
    EXPECT_EQ(redriven().redriven, 1U);
    ASSERT_THAT(bills, SizeIs(2));
    EXPECT_EQ(bills.back().customer, "ann");
    EXPECT_EQ(bills.back().cents, 12);
}

TEST_F(redriven_event, of_bytes_that_are_none_is_refused_with_the_place) {
    auto strict = bus.subscribe<bill>("strict", gated<bill>(), kept);
    bus.dead_letters().use_codec(stentor::json_letters<bill>());
    ASSERT_TRUE(bus.publish(bill{"ann", 12}));
    run();
    const auto report = redriven({.transform = [](stentor::dead_letter& letter) {
        letter.payload.bytes = R"({"customer":"ann","cents":"many"})";
        return true;
    }});
    EXPECT_EQ(report.refused, 1U);
    EXPECT_THAT(report.refusals.front().message, HasSubstr("cents"));
}

// A topic that the bus does not know yet.
TEST_F(redriven_event, brings_its_topic_along) {
    stentor::dead_letter letter;
    letter.id = stentor::event_id::parse("018f2d5e-9c3a-7b21-8a4e-5c6d7e8f9a0b").value();
    letter.topic = "test.bill";
    letter.subscription = "all";
    letter.payload = stentor::payload_with(bill{"eve", 3});
    ASSERT_TRUE(bus.dead_letters().store().put(letter));
    std::vector<std::string> who;
    auto all = bus.subscribe(
        "all", stentor::pattern("test.>"),
        [&](const stentor::any_event& event) {
            const auto* it = stentor::get_if<bill>(event);
            who.push_back(it == nullptr ? "?" : it->customer);
        },
        kept);
    EXPECT_EQ(redriven().redriven, 1U);
    EXPECT_THAT(who, ElementsAre("eve"));
}

}  // namespace
