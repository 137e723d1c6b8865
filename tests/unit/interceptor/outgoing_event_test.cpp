// SPDX-License-Identifier: MIT
#include "unit/interceptor/intercepted.hpp"
#include <stentor/bus/dead_letters.hpp>

#include <gmock/gmock.h>

#include <array>
#include <atomic>
#include <span>
#include <stdexcept>
#include <thread>
#include <vector>

// What an interceptor sees and changes before an event is published, however it is published.

namespace {

using namespace stentor_test;
using stentor::context;
using stentor::outgoing_event;
using stentor::publish_status;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Valid when it counts from 0. Does not fit a slot.
struct checked_note {
    static constexpr std::string_view topic = "test.checked";
    int number = 0;
    std::string text{};
};
void validate(const checked_note& one, stentor::violations& found) {
    if (one.number < 0) {
        found.add("number", "negative", "it counts from 0");
    }
}
// Too large to be copied in place.
struct large_note {
    static constexpr std::string_view topic = "test.large";
    int number = 0;
    std::array<char, 1'000> padding{};
    std::string text{};
};
struct asked {
    static constexpr std::string_view topic = "test.asked";
    int number = 0;
};
struct answered {
    static constexpr std::string_view topic = "test.answered";
    std::string text{};
};

stentor::interceptor changing(stentor::callback<void(outgoing_event&)> how) {
    return {.name = "changes", .before_publish = std::move(how)};
}

class outgoing : public intercepted {
protected:
    // Adds 100 to numbers, and a mark to texts.
    void start_changing() {
        start({changing([this](outgoing_event& one) {
            ++shown;
            if (auto* placed = one.get_if<order_placed>(); placed != nullptr) {
                placed->number += 100;
            } else if (auto* noted = one.get_if<order_noted>(); noted != nullptr) {
                noted->text += "!";
            } else if (auto* checked = one.get_if<checked_note>(); checked != nullptr) {
                checked->number += 100;
            } else if (auto* large = one.get_if<large_note>(); large != nullptr) {
                large->number += 100;
            } else if (auto* text = one.text(); text != nullptr) {
                *text += "!";
            }
        })});
    }
    template <class E, class Get>
    stentor::subscription collect(std::vector<decltype(Get()(E{}))>& into, Get get) {
        return bus->subscribe<E>(std::string(E::topic),
                                 [&into, get](const E& one) { into.push_back(get(one)); });
    }
    int shown = 0;
};

constexpr auto number_of = [](const auto& one) { return one.number; };
constexpr auto text_of = [](const auto& one) { return one.text; };

TEST_F(outgoing, in_a_slot_is_changed_and_the_publishers_own_is_not) {
    start_changing();
    std::vector<int> seen;
    const auto one = collect<order_placed>(seen, number_of);
    const order_placed mine{1};
    ASSERT_TRUE(bus->publish(mine));
    order_placed given{2};
    ASSERT_TRUE(bus->publish(std::move(given)));
    auto publisher = bus->publisher<order_placed>();
    ASSERT_TRUE(publisher.publish(order_placed{3}));
    ASSERT_TRUE(bus->publish(order_placed{4}, {.user_id = "ann"}));
    run();
    EXPECT_THAT(seen, ::testing::UnorderedElementsAre(101, 102, 103, 104));
    EXPECT_EQ(mine.number, 1);
    EXPECT_EQ(given.number, 2);  // NOLINT(bugprone-use-after-move): it is copied into its slot
    EXPECT_EQ(shown, 4);
}

TEST_F(outgoing, in_an_envelope_is_changed) {
    start_changing();
    std::vector<std::string> seen;
    const auto one = collect<order_noted>(seen, text_of);
    const order_noted mine{"copied"};
    ASSERT_TRUE(bus->publish(mine));
    ASSERT_TRUE(bus->publish(order_noted{"moved"}));
    run();
    EXPECT_THAT(seen, ElementsAre("copied!", "moved!"));
    EXPECT_EQ(mine.text, "copied");
}

TEST_F(outgoing, text_is_changed) {
    start_changing();
    std::vector<std::string> seen;
    const auto one =
        bus->subscribe("one", stentor::pattern("text.>"),
                       [&](const stentor::any_event& it) { seen.emplace_back(it.text()); });
    ASSERT_TRUE(bus->publish(stentor::topic("text.some"), "hello"));
    run();
    EXPECT_THAT(seen, ElementsAre("hello!"));
}

TEST_F(outgoing, in_bulk_is_changed_and_the_publishers_own_is_not) {
    start_changing();
    std::vector<int> numbers;
    std::vector<std::string> texts;
    std::vector<int> large;
    const auto one = collect<order_placed>(numbers, number_of);
    const auto two = collect<order_noted>(texts, text_of);
    const auto three = collect<large_note>(large, number_of);
    const std::vector placed{order_placed{1}, order_placed{2}};
    const std::vector noted{order_noted{"a"}, order_noted{"b"}};
    const std::vector notes{large_note{.number = 1}, large_note{.number = 2}};
    EXPECT_EQ(bus->publish_bulk(std::span<const decltype(placed)::value_type>(placed)), 2U);
    EXPECT_EQ(bus->publish_bulk(std::span<const decltype(noted)::value_type>(noted)), 2U);
    EXPECT_EQ(bus->publish_bulk(std::span<const decltype(notes)::value_type>(notes)), 2U);
    run();
    EXPECT_THAT(numbers, ElementsAre(101, 102));
    EXPECT_THAT(texts, ElementsAre("a!", "b!"));
    EXPECT_THAT(large, ElementsAre(101, 102));
    EXPECT_EQ(placed[0].number, 1);
    EXPECT_EQ(noted[0].text, "a");
    EXPECT_EQ(notes[0].number, 1);
    EXPECT_EQ(shown, 6);
}

TEST_F(outgoing, in_bulk_is_validated_as_it_is_then_and_published_as_a_whole_or_not_at_all) {
    start_changing();
    std::vector<int> seen;
    const auto one = collect<checked_note>(seen, number_of);
    const std::vector good{checked_note{.number = -1}, checked_note{.number = -2}};
    EXPECT_EQ(bus->publish_bulk(std::span<const decltype(good)::value_type>(good)), 2U);
    const std::vector bad{checked_note{.number = 1}, checked_note{.number = -200}};
    stentor::violations found;
    EXPECT_EQ(bus->publish_bulk(std::span<const decltype(bad)::value_type>(bad), &found), 0U);
    run();
    EXPECT_THAT(seen, ElementsAre(99, 98));
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].path, "[1].number");
    EXPECT_EQ(bus->audit().publishes.rejected_invalid, 1);
    EXPECT_EQ(shown, 4) << "each of them once";
}

TEST_F(outgoing, is_seen_before_it_is_validated) {
    start_changing();
    const auto one = bus->subscribe<checked_note>("one", [](const checked_note&) {});
    EXPECT_TRUE(bus->publish(checked_note{.number = -1}));
    EXPECT_EQ(bus->publish(checked_note{.number = -101}).status(),
              publish_status::rejected_invalid);
    run();
}

TEST_F(outgoing, is_seen_whether_anybody_listens_or_not) {
    start_changing();
    EXPECT_EQ(bus->publish(order_placed{1}).status(), publish_status::no_subscribers);
    EXPECT_EQ(shown, 1);
}

TEST_F(outgoing, answer_to_a_request_is_the_changed_one) {
    start({changing([](outgoing_event& one) {
        if (auto* it = one.get_if<answered>(); it != nullptr) {
            it->text = "masked";
        }
    })});
    std::string got;
    const auto answers = bus->subscribe<asked>(
        "answers", [](const asked&, context& ctx) { ctx.publish(answered{"secret"}); });
    const auto asks = bus->subscribe<order_placed>(
        "asks", [&](const order_placed&, context& ctx) -> stentor::task<> {
            const asked question{1};
            const auto reply = co_await ctx.try_request<answered>(question, 1s);
            got = reply ? reply->text : "none";
        });
    ASSERT_TRUE(bus->publish(order_placed{1}));
    run();
    EXPECT_EQ(got, "masked");
}

TEST_F(outgoing, is_seen_once_by_a_publish_that_waits_for_room) {
    auto options = small_bus();
    int count = 0;
    options.interceptors = {changing([&](outgoing_event&) { ++count; })};
    auto& real = make_bus(std::move(options));
    std::atomic<bool> open{false};
    const auto one = real.subscribe<order_placed>("one",
                                                  [&](const order_placed&) {
                                                      while (!open) {
                                                          std::this_thread::yield();
                                                      }
                                                  },
                                                  {.capacity = 1});
    ASSERT_TRUE(real.publish(order_placed{1}));
    std::thread opener([&] {
        std::this_thread::sleep_for(20ms);
        open = true;
    });
    EXPECT_TRUE(real.publish_for(order_placed{2}, patience));
    opener.join();
    EXPECT_EQ(count, 2);
}

TEST_F(outgoing, redriven_is_seen_again_and_says_so) {
    expect_failures();
    std::vector<bool> redriven;
    std::vector<std::string> users;
    std::vector<std::string> texts;
    start({changing([&](outgoing_event& one) {
        redriven.push_back(one.redriven());
        users.emplace_back(one.metadata().user_id);
        one.get_if<order_noted>()->text += "!";
    })});
    bool open = false;
    const auto one = bus->subscribe<order_noted>("one",
                                                 [&](const order_noted& it) {
                                                     texts.push_back(it.text);
                                                     if (!open) {
                                                         throw std::runtime_error("closed");
                                                     }
                                                 },
                                                 {.dead_letters = true});
    ASSERT_TRUE(bus->publish(order_noted{"text"}, {.user_id = "ann"}));
    run();
    open = true;
    ASSERT_TRUE(bus->dead_letters().redrive({}));
    run();
    EXPECT_THAT(redriven, ElementsAre(false, true));
    EXPECT_THAT(users, ElementsAre("ann", "ann"));
    EXPECT_THAT(texts, ElementsAre("text!", "text!!"));
}

TEST_F(outgoing, is_shown_to_interceptors_in_their_order) {
    std::vector<int> seen;
    const auto doubling = [&](outgoing_event& one) {
        auto& number = one.get_if<order_placed>()->number;
        seen.push_back(number);
        number *= 2;
    };
    start({{.name = "first", .before_publish = doubling},
           {.name = "second", .before_publish = doubling}});
    ASSERT_TRUE(bus->publish(order_placed{1}).status() == publish_status::no_subscribers);
    EXPECT_THAT(seen, ElementsAre(1, 2));
}

TEST_F(outgoing, may_cause_others) {
    start({changing([this](outgoing_event& one) {
        if (one.topic() == "order.placed") {
            EXPECT_TRUE(bus->publish(order_noted{"beside"}));
        }
    })});
    std::vector<std::string> seen;
    const auto one = collect<order_noted>(seen, text_of);
    const auto two = bus->subscribe<order_placed>("two", [](const order_placed&) {});
    ASSERT_TRUE(bus->publish(order_placed{1}));
    run();
    EXPECT_THAT(seen, ElementsAre("beside"));
}

}  // namespace
