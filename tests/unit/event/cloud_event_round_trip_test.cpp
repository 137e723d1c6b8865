// SPDX-License-Identifier: MIT
#include "support/random_cloud_event.hpp"
#include <stentor/event/cloud_event_http.hpp>
#include <stentor/event/cloud_event_json.hpp>
#include <stentor/event/cloud_event_mapping.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

using stentor::cloud_event;
using stentor::cloud_event_mode;
using stentor::mapped_event;
using stentor_test::random_cloud_events;

namespace {

constexpr std::uint64_t seeds = 400;

// What HTTP headers cannot say: booleans and integers become texts.
cloud_event with_texts(cloud_event event) {
    for (auto& each : event.extensions) {
        each.value = stentor::to_string(each.value);
    }
    return event;
}

cloud_event through(const cloud_event& event, cloud_event_mode mode) {
    const auto message = stentor::cloud_event_to_http(event, mode);
    EXPECT_TRUE(message) << message.error().message();
    const auto read = stentor::cloud_event_batch_from_http(message->header_views(), message->body);
    EXPECT_TRUE(read) << read.error().message();
    return read && read->size() == 1 ? read->front() : cloud_event();
}

// The order between headers that became attributes and the others is not kept.
mapped_event ordered(mapped_event event) {
    std::sort(event.headers.begin(), event.headers.end(), [](const auto& left, const auto& right) {
        return std::pair(left.name, left.value) < std::pair(right.name, right.value);
    });
    return event;
}

}  // namespace

TEST(cloud_event_round_trip, gives_every_event_back_in_every_mode) {
    for (std::uint64_t seed = 1; seed <= seeds && !HasFailure(); ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        const cloud_event event = random_cloud_events(seed).event();
        EXPECT_EQ(through(event, cloud_event_mode::structured), event);
        EXPECT_EQ(through(event, cloud_event_mode::batch), event);
        EXPECT_EQ(through(event, cloud_event_mode::binary), with_texts(event));
    }
}

TEST(cloud_event_round_trip, refuses_every_beginning_of_the_text) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        const std::string text =
            stentor::cloud_event_to_json(random_cloud_events(seed).event()).value();
        for (std::size_t size = 0; size < text.size(); ++size) {
            const std::vector<char> part(text.begin(),
                                         text.begin() + static_cast<std::ptrdiff_t>(size));
            const auto read = stentor::cloud_event_from_json({part.data(), part.size()});
            ASSERT_FALSE(read) << text.substr(0, size);
            EXPECT_LE(read.error().offset, size);
        }
    }
}

TEST(cloud_event_round_trip, gives_every_event_of_ours_back_in_every_mode) {
    for (std::uint64_t seed = 1; seed <= seeds && !HasFailure(); ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        const mapped_event event = random_cloud_events(seed).mapped();
        const auto out = stentor::to_cloud_event(event, {.type_prefix = "x."});
        ASSERT_TRUE(out) << out.error().message();
        for (const auto mode : {cloud_event_mode::structured, cloud_event_mode::binary}) {
            const auto back = stentor::from_cloud_event(through(*out, mode), {.type_prefix = "x."});
            ASSERT_TRUE(back) << back.error().message();
            EXPECT_EQ(ordered(*back), ordered(event));
        }
    }
}

TEST(cloud_event_round_trip, gives_foreign_events_back) {
    for (std::uint64_t seed = 1; seed <= seeds && !HasFailure(); ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        cloud_event event = random_cloud_events(seed).event();
        const auto id = stentor::event_id::from_words(seed, 1);
        const auto mapped = stentor::from_cloud_event(event, {.id = id, .topic = "foreign"});
        ASSERT_TRUE(mapped) << mapped.error().message();
        EXPECT_EQ(mapped->id, id);
        cloud_event again = stentor::to_cloud_event(*mapped).value();
        std::erase_if(again.extensions,
                      [](const auto& each) { return each.name.starts_with("stentor"); });
        EXPECT_EQ(again, event);
    }
}
