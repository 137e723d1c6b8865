// SPDX-License-Identifier: MIT
#include "allocation.hpp"
#include "fail_each.hpp"
#include "support/random_cloud_event.hpp"
#include <stentor/event/cloud_event_http.hpp>
#include <stentor/event/cloud_event_json.hpp>
#include <stentor/event/cloud_event_mapping.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

namespace stentor::fault {
namespace {

// Whether the call, without memory at one place after the other, says so and nothing else.
template <class Call>
void expect_no_memory_said(const Call& call) {
    const std::uint64_t places = fail_each([&] {
        const auto done = call();
        return done || done.error().code != codec_errc::no_memory;
    });
    EXPECT_GT(places, 3U);
}

}  // namespace

TEST(cloud_event_without_memory, is_an_error) {
    stentor_test::random_cloud_events random(11);
    mapped_event event = random.mapped();
    event.key = "a key that is longer than a string holds in itself";
    event.headers = {{"ce-subject", "a subject that is longer than a string holds in itself"}};
    event.data = cloud_event_data::json("[\"data that are longer than a string holds in itself\"]");
    const cloud_event out = to_cloud_event(event).value();
    const std::string text = cloud_event_to_json(out).value();
    const std::string batch = "[" + text + "]";
    const auto message = cloud_event_to_http(out, cloud_event_mode::binary).value();
    const auto headers = message.header_views();

    expect_no_memory_said([&] { return to_cloud_event(event); });
    expect_no_memory_said([&] { return from_cloud_event(out); });
    expect_no_memory_said([&] { return cloud_event_from_json(text); });
    expect_no_memory_said([&] { return cloud_event_batch_from_json(batch); });
    expect_no_memory_said([&] { return cloud_event_to_json(out); });
    expect_no_memory_said([&] { return cloud_event_from_http(headers, message.body); });
    expect_no_memory_said([&] { return cloud_event_to_http(out, cloud_event_mode::binary); });
}

}  // namespace stentor::fault
