// SPDX-License-Identifier: MIT
#include "allocation.hpp"
#include <stentor/bus/dead_letters.hpp>
#include <stentor/dispatch/manual_executor.hpp>
#include <stentor/stentor.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

// A redrive in which some allocation fails, for each of them: no letter is lost, none stays
// claimed, and the next redrive brings all to their end.

namespace stentor::fault {
namespace {

struct move_made {
    static constexpr std::string_view topic = "fault.move";
    int key = 0;
    std::string text{};
};

struct board {
    std::shared_ptr<manual_executor> steps = std::make_shared<manual_executor>(1);
    bool open = false;
    std::uint64_t handled = 0;
    bus all = made(steps);
    subscription moves =
        all.subscribe<move_made>("moves",
                                 [this](const move_made&) {
                                     if (!open) {
                                         throw std::runtime_error("closed");
                                     }
                                     ++handled;
                                 },
                                 {.order = by_key(&move_made::key), .dead_letters = true});

    static bus made(const std::shared_ptr<manual_executor>& steps) {
        bus_options options;
        options.executor = steps;
        options.log.on_error = [](const error_record&) {};
        options.log.on_notice = [](const notice_record&) {};
        return bus(std::move(options));
    }
};

// `open`: the first redrive finds its handler repaired.
void redrive_each(bool open) {
    constexpr std::uint64_t letters = 3;
    std::uint64_t nth = 0;
    std::uint64_t counted = 0;
    do {
        board game;
        for (std::uint64_t number = 0; number < letters; ++number) {
            ASSERT_TRUE(game.all.publish(
                move_made{static_cast<int>(number % 2), std::string(100, 'x')}, {.key = "k"}));
        }
        static_cast<void>(game.steps->run_until_idle());
        game.open = open;
        arm(++nth, shortage::once, false);
        const auto first = game.all.dead_letters().redrive({});
        counted = disarm();
        if (!first) {
            EXPECT_EQ(first.error().code(), errc::no_memory) << first.error().message();
        }
        static_cast<void>(game.steps->run_until_idle());
        const auto room = game.all.dead_letters().store().room();
        EXPECT_EQ(room.claimed, 0U) << nth;
        EXPECT_GE(room.letters + game.handled, letters) << nth;
        game.open = true;
        const auto second = game.all.dead_letters().redrive({});
        ASSERT_TRUE(second) << nth;
        EXPECT_TRUE(*second) << nth;
        EXPECT_EQ(game.all.dead_letters().store().room().letters, 0U) << nth;
        EXPECT_EQ(game.all.audit().unaccounted(), 0) << nth;
    } while (counted >= nth);
    EXPECT_GT(nth, 30U);
}

TEST(redrive_without_memory, loses_no_letter_of_what_is_handled) {
    redrive_each(true);
}

TEST(redrive_without_memory, loses_no_letter_of_what_fails_again) {
    redrive_each(false);
}

}  // namespace
}  // namespace stentor::fault
