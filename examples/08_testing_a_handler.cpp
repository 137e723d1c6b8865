// SPDX-License-Identifier: MIT

#include <stentor/stentor.hpp>
#include <stentor/testing/testing.hpp>

#include <cstdint>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <string_view>

// Handlers under test, without threads and without a test framework: alone, together, with failures
// on demand, and in many orders. With GoogleTest, <stentor/testing/matchers.hpp> has assertions.

struct order_placed {
    static constexpr std::string_view topic = "order.placed";
    std::string id;
    long cents = 0;
};

struct mail_sent {
    static constexpr std::string_view topic = "mail.sent";
    std::string order;
};

struct order_closed {
    static constexpr std::string_view topic = "order.closed";
    std::string order;
};

void send_mail(const order_placed& order, stentor::context& ctx) {
    ctx.publish(mail_sent{order.id});
}

void close_order(const mail_sent& mail, stentor::context& ctx) {
    ctx.publish(order_closed{mail.order});
}

// One delivery without a bus.
void test_alone() {
    stentor::testing::recording_context call{order_placed{"o-1", 4200}};
    send_mail(call.event(), call.context());
    std::printf("alone: mail for %s\n", call.published<mail_sent>().at(0).order.c_str());
}

// The engine that ships, in which nothing happens until the test says so.
void test_together() {
    stentor::testing::test_bus bus{{.seed = 42}};
    auto mail = bus.subscribe<order_placed>("mail", send_mail);
    auto close = bus.subscribe<mail_sent>("close", close_order);
    bus.publish(order_placed{"o-1", 4200});
    std::printf("before: %d calls\n", static_cast<int>(bus.attempts("mail")));
    bus.settle();
    std::printf("after: %d calls, %s\n", static_cast<int>(bus.attempts("mail")),
                bus.history().chain_of(bus.history().all().back()).c_str());
}

// The next two calls fail, whatever the handler would do.
void test_failures() {
    stentor::testing::test_bus bus;
    auto mail = bus.subscribe<order_placed>("mail", send_mail);
    bus.fail_next("mail", 2, std::runtime_error{"smtp is down"});
    for (const auto* id : {"o-1", "o-2", "o-3"}) {
        bus.publish(order_placed{id, 1});
    }
    bus.settle();
    std::printf("failed %d of %d, unaccounted %d\n", static_cast<int>(bus.failures("mail")),
                static_cast<int>(bus.attempts("mail")),
                static_cast<int>(bus.audit().unaccounted()));
}

// Which of two handlers comes first is not promised: some seed has it the other way round.
void test_orders() {
    const auto first_under = [](std::uint64_t seed) {
        stentor::testing::test_bus bus{{.seed = seed}};
        std::string first;
        auto mail = bus.subscribe<order_placed>("mail", [&](const order_placed&) { first += 'm'; });
        auto bill = bus.subscribe<order_placed>("bill", [&](const order_placed&) { first += 'b'; });
        bus.publish(order_placed{"o-1", 1});
        bus.settle();
        return first.at(0);
    };
    std::uint64_t other = 2;
    while (first_under(other) == first_under(1)) {
        ++other;
    }
    std::printf("another seed, another order: %s\n",
                first_under(other) != first_under(1) ? "yes" : "no");
}

int main() {
    test_alone();
    test_together();
    test_failures();
    test_orders();
}
