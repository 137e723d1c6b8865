// SPDX-License-Identifier: MIT
#include <stentor/bus/interceptor.hpp>

#include "allocation.hpp"
#include <stentor/bus/tracing.hpp>
#include <stentor/dispatch/manual_executor.hpp>
#include <stentor/stentor.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Publishing and handling beside interceptors when some allocation fails, for each of them: an
// event is refused with the reason or goes its way with what the interceptors made of it, never
// without.

namespace stentor::fault {
namespace {

// Valid, and too large to be copied in place.
struct wide_note {
    static constexpr std::string_view topic = "fault.wide";
    std::array<char, 1'000> padding{};
    int masked = 0;
};
void validate(const wide_note& one, violations& found) {
    if (one.masked != 1) {
        found.add("masked", "unmasked", "an interceptor was left out");
    }
}

struct ward {
    std::shared_ptr<manual_executor> steps = std::make_shared<manual_executor>(1);
    std::string long_text = std::string(700, 'x');
    std::int64_t handled = 0;
    std::int64_t unmasked = 0;
    std::int64_t settled = 0;
    bus all = bus(options());
    subscription notes =
        all.subscribe<wide_note>("notes", [this](const wide_note& it, context& ctx) {
            ++handled;
            if (it.masked != 1 || ctx.metadata().user_id.size() != long_text.size()) {
                ++unmasked;
            }
            if (handled % 3 == 0) {
                throw std::runtime_error("no");
            }
        });

    bus_options options() {
        bus_options made;
        made.executor = steps;
        made.log.on_error = [](const error_record&) {};
        made.log.on_notice = [](const notice_record&) {};
        made.interceptors = {{.name = "masks",
                              .before_publish =
                                  [this](outgoing_event& one) {
                                      one.get_if<wide_note>()->masked = 1;
                                      one.set_user_id(long_text);
                                  },
                              .before_handler = [](const call_view&) {},
                              .after_handler = [](const call_view&, const call_end&) {},
                              .on_settle = [this](const settled_view&) { ++settled; }},
                             tracing()};
        return made;
    }
};

template <class Publish>
void publish_each(Publish&& publish) {
    std::uint64_t nth = 0;
    std::uint64_t counted = 0;
    std::uint64_t refused = 0;
    do {
        ward one;
        arm(++nth, shortage::once, false);
        const auto status = publish(one.all);
        static_cast<void>(one.steps->run_until_idle());
        counted = disarm();
        if (status != publish_status::accepted) {
            EXPECT_EQ(status, publish_status::rejected_no_memory) << nth;
            ++refused;
        }
        static_cast<void>(one.steps->run_until_idle());
        const auto audit = one.all.audit();
        EXPECT_EQ(audit.unaccounted(), 0) << nth << '\n' << audit.to_string();
        EXPECT_EQ(one.settled, audit.subscriptions[0].second.accepted) << nth;
        EXPECT_EQ(one.unmasked, 0) << nth;
        EXPECT_EQ(audit.publishes.rejected_interceptor, 0) << nth;
        EXPECT_EQ(one.all.snapshot().interceptors_threw, 0U) << nth;
        EXPECT_EQ(publish(one.all), publish_status::accepted) << nth;
    } while (counted >= nth);
    EXPECT_GT(refused, 2U);
}

TEST(intercepted_without_memory, is_refused_or_goes_its_way) {
    publish_each([](bus& to) {
        const wide_note mine;
        return to.publish(mine).status();
    });
}

TEST(intercepted_without_memory, is_refused_or_goes_its_way_in_bulk) {
    publish_each([](bus& to) {
        const std::array<wide_note, 3> mine{};
        const auto count = to.publish_bulk(std::span<const wide_note>(mine));
        return count == mine.size() ? publish_status::accepted : publish_status::rejected_no_memory;
    });
}

}  // namespace
}  // namespace stentor::fault
