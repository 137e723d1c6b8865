// SPDX-License-Identifier: MIT
#include <stentor/stentor.hpp>
#include <stentor/testing/matchers.hpp>
#include <stentor/testing/test_bus.hpp>

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <string_view>

// Testing one's own handlers, deterministically.

struct order_placed {
    static constexpr std::string_view topic = "order.placed";
    std::string id;
    long cents = 0;
};

struct mail_sent {
    static constexpr std::string_view topic = "mail.sent";
    std::string to;
};

void send_mail(const order_placed& order, stentor::context& ctx) {
    ctx.publish(mail_sent{order.id});
}

TEST(mail, is_not_sent_while_smtp_is_down) {
    stentor::testing::test_bus bus{{.seed = 42}};  // same engine, virtual clock, seeded scheduler
    auto mail = bus.subscribe<order_placed>("mail", send_mail);
    bus.fail_next("mail", 2, std::runtime_error{"smtp is down"});
    bus.publish(order_placed{"o-1", 1});
    bus.publish(order_placed{"o-2", 1});
    bus.publish(order_placed{"o-3", 1});
    bus.settle();  // everything that can happen has happened
    EXPECT_EQ(bus.attempts("mail"), 3);
    EXPECT_EQ(bus.failures("mail"), 2);
    EXPECT_EQ(bus.published<mail_sent>().size(), 1U);
    EXPECT_EQ(bus.audit().unaccounted(), 0);
}
