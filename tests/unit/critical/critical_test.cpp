// SPDX-License-Identifier: MIT
#include "unit/critical/critical.hpp"

#include <gmock/gmock.h>

#include <string>
#include <vector>

// Where the event of a critical subscription ends when everything before has failed, and how it
// comes back.

namespace {

using namespace stentor_test;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// What on_last_resort was told, and what it answers.
struct last_resort {
    std::vector<std::string> told;
    bool takes = true;
    bool throws = false;
};

class critical_bus : public manual_bus {
protected:
    explicit critical_bus(stentor::bus_options options) : manual_bus(std::move(options)) {
        expect_failures();
        bus.dead_letters().use_codec(stentor::json_letters<bill>());
    }
    [[nodiscard]] auto failing() {
        return [this](const bill& it, const stentor::context& ctx) {
            seen.push_back(it.customer);
            ids.push_back(ctx.id());
            if (!open) {
                throw std::runtime_error("closed");
            }
        };
    }
    [[nodiscard]] stentor::handler_state state_of(std::string_view name) const {
        return bus.registry().find(name)->state;
    }

    static inline const stentor::subscription_options never_lost{.critical = true};
    bool open = false;
    std::vector<std::string> seen;
    std::vector<stentor::event_id> ids;
};

struct holds_file {
    file_name file;
};

class critical : private holds_file, public critical_bus {
protected:
    critical() : critical_bus(with_file(holds_file::file.get())) {}
    [[nodiscard]] const file_name& emergency() const { return holds_file::file; }
    [[nodiscard]] std::size_t records() const {
        const auto text = emergency().text();
        return static_cast<std::size_t>(std::ranges::count(text, '\n'));
    }
    void make_room() {
        static_cast<void>(
            bus.dead_letters().purge({}, stentor::purge_confirmation::everything).value());
    }
};

TEST_F(critical, event_goes_to_the_store_while_that_has_room) {
    make_room();
    auto mail = bus.subscribe<bill>("mail", failing(), never_lost);
    ASSERT_TRUE(bus.publish(bill{"ann", 1}));
    run();
    EXPECT_EQ(records(), 0U);
    EXPECT_THAT(bus.dead_letters().list().letters, SizeIs(1));
    EXPECT_EQ(terms("mail").dead_lettered, 1);
}

TEST_F(critical, event_is_in_the_file_when_all_else_failed_and_comes_back_with_its_id) {
    auto mail = bus.subscribe<bill>(
        "mail", failing(),
        {.retry = every_100ms(2),
         .fallback = [](const bill&, const stentor::failure&) { throw std::runtime_error("no"); },
         .critical = true});
    ASSERT_TRUE(bus.publish(bill{"ann", 1}, {.user_id = "u"}));
    ASSERT_TRUE(bus.publish(bill{"bob", 2}));
    run();
    pass(100ms);
    EXPECT_EQ(terms("mail").dead_lettered, 2);
    EXPECT_EQ(state_of("mail"), stentor::handler_state::running) << "nothing waits for room";
    EXPECT_EQ(records(), 2U);
    EXPECT_THAT(log().notices(), Contains(AllOf(HasSubstr("it is in the emergency file"),
                                                HasSubstr(emergency().get()))));
    const auto first_ids = ids;
    seen.clear();
    ids.clear();
    open = true;
    make_room();  // for one
    auto report = bus.dead_letters().recover(emergency().get());
    ASSERT_TRUE(report) << report.error().message();
    EXPECT_EQ(report->file.records, 2U);
    EXPECT_THAT(report->file.damaged, IsEmpty());
    EXPECT_THAT(report->not_stored, SizeIs(1)) << "there was room for one";
    EXPECT_EQ(report->redriven.redriven, 1U);
    EXPECT_THAT(seen, ElementsAre("ann"));
    EXPECT_EQ(ids.front(), first_ids.front());
    EXPECT_EQ(bus.audit().unaccounted(), 0);
}

TEST_F(critical, events_of_a_damaged_file_come_back_but_for_the_damaged) {
    auto mail = bus.subscribe<bill>("mail", failing(), never_lost);
    for (const char* name : {"ann", "bob", "eve"}) {
        ASSERT_TRUE(bus.publish(bill{name, 1}));
    }
    run();
    auto text = emergency().text();
    text.replace(text.find("bob"), 3, "rob");
    const file_name damaged;
    std::ofstream(damaged.get()) << text;

    auto options = small_bus();
    auto& other = make_bus(std::move(options));
    other.dead_letters().use_codec(stentor::json_letters<bill>());
    std::vector<std::string> back;
    auto again = other.subscribe<bill>("mail", [&](const bill& it) { back.push_back(it.customer); },
                                       {.order = stentor::order::serial, .dead_letters = true});
    const auto report = other.dead_letters().recover(damaged.get());
    ASSERT_TRUE(report);
    ASSERT_THAT(report->file.damaged, SizeIs(1));
    EXPECT_EQ(report->file.damaged.front().line, 2U);
    EXPECT_EQ(report->file.damaged.front().damage, stentor::line_damage::bad_checksum);
    EXPECT_EQ(report->redriven.redriven, 2U);
    EXPECT_THAT(back, ElementsAre("ann", "eve"));
    EXPECT_THAT(other.dead_letters().list().letters, IsEmpty());
}

TEST_F(critical, file_that_is_not_there_is_an_error) {
    const auto report = bus.dead_letters().recover("/no/such/file");
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().code(), stentor::errc::not_found);
    EXPECT_THAT(report.error().message(), HasSubstr("/no/such/file"));
}

TEST_F(critical, text_is_in_the_file_as_it_was) {
    std::vector<std::string> texts;
    auto raw = bus.subscribe(
        "raw", stentor::pattern("raw.>"),
        [&](const stentor::any_event& event) {
            texts.push_back(std::string(event.text()));
            if (!open) {
                throw std::runtime_error("closed");
            }
        },
        never_lost);
    const std::string bytes("\x00\xff\n{", 4);
    ASSERT_TRUE(bus.publish(stentor::topic("raw.bytes"), bytes));
    run();
    EXPECT_EQ(records(), 1U);
    open = true;
    make_room();
    EXPECT_EQ(bus.dead_letters().recover(emergency().get())->redriven.redriven, 1U);
    EXPECT_THAT(texts, ElementsAre(bytes, bytes));
}

// A pattern takes what comes: nobody could ask for a codec of it.
TEST_F(critical, event_without_a_codec_leaves_a_record_that_says_so) {
    auto any = bus.subscribe(
        "any", stentor::pattern("order.>"),
        [](const stentor::any_event&) { throw std::runtime_error("no"); }, never_lost);
    ASSERT_TRUE(bus.publish(order_placed{1}));
    run();
    EXPECT_EQ(records(), 1U);
    EXPECT_THAT(log().notices(), Contains(HasSubstr("without its payload")));
    make_room();
    const auto report = bus.dead_letters().recover(emergency().get());
    ASSERT_TRUE(report);
    EXPECT_EQ(report->file.without_payload, 1U);
    EXPECT_EQ(report->redriven.refused, 1U);
}

class last_place : public critical_bus {
protected:
    explicit last_place(bool has_last_resort = true) : critical_bus(hopeless(has_last_resort)) {}
    void fail() {
        mail = bus.subscribe<bill>("mail", failing(), never_lost);
        ASSERT_TRUE(bus.publish(bill{"ann", 1}));
        run();
    }

    stentor::subscription mail{};

private:
    [[nodiscard]] stentor::bus_options hopeless(bool has_last_resort) {
        auto options = with_file("/dev/full");
        if (has_last_resort) {
            options.on_last_resort = [this](const stentor::dead_letter& letter,
                                            std::string_view why) {
                resort.told.push_back(letter.payload.bytes + " " + std::string(why));
                if (resort.throws) {
                    throw std::runtime_error("no");
                }
                return resort.takes;
            };
        }
        return options;
    }

protected:
    last_resort resort;
};

class last_place_missing : public last_place {
protected:
    last_place_missing() : last_place(false) {}
};

TEST_F(last_place, of_an_event_may_be_the_users) {
    fail();
    ASSERT_THAT(resort.told, SizeIs(1));
    EXPECT_THAT(resort.told.front(),
                AllOf(HasSubstr(R"({"customer":"ann","cents":1})"), HasSubstr("no room")));
    EXPECT_EQ(terms("mail").dead_lettered, 1);
    EXPECT_EQ(state_of("mail"), stentor::handler_state::running);
}

TEST_F(last_place, that_is_refused_makes_the_event_wait) {
    resort.takes = false;
    fail();
    EXPECT_EQ(state_of("mail"), stentor::handler_state::paused);
    EXPECT_EQ(terms("mail").dead_lettered, 0);
    EXPECT_EQ(terms("mail").outstanding(), 1);
    static_cast<void>(
        bus.dead_letters().purge({}, stentor::purge_confirmation::everything).value());
    run();
    EXPECT_EQ(terms("mail").dead_lettered, 1) << "there is room now";
    EXPECT_THAT(bus.dead_letters().list().letters, SizeIs(1));
    EXPECT_THAT(seen, SizeIs(1)) << "it is not called again for that";
}

TEST_F(last_place, that_throws_makes_the_event_wait) {
    resort.throws = true;
    fail();
    EXPECT_EQ(state_of("mail"), stentor::handler_state::paused);
    EXPECT_EQ(terms("mail").outstanding(), 1);
    EXPECT_THAT(log().notices(), Contains(HasSubstr("on_last_resort threw")));
    static_cast<void>(bus.drain());
    EXPECT_EQ(bus.audit().unaccounted(), 0);
}

TEST_F(last_place_missing, makes_the_event_wait) {
    fail();
    EXPECT_EQ(state_of("mail"), stentor::handler_state::paused);
    EXPECT_THAT(log().notices(), Contains(HasSubstr("there is no on_last_resort")));
    static_cast<void>(
        bus.dead_letters().purge({}, stentor::purge_confirmation::everything).value());
    run();
    EXPECT_EQ(terms("mail").dead_lettered, 1);
}

}  // namespace
