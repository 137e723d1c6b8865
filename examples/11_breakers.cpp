// SPDX-License-Identifier: MIT

#include <stentor/stentor.hpp>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <stdexcept>
#include <string_view>

// A mail server that is down for a while. Two handlers call it and share a breaker: when it has
// failed often enough, nobody calls it, and what they would have sent waits in their lanes. A third
// handler, which does not need the server, notices nothing.

struct order_placed {
    static constexpr std::string_view topic = "order.placed";
    int number = 0;
};

class mail_server {
public:
    void send() {
        calls_.fetch_add(1);
        if (down_.load()) {
            throw std::runtime_error("connection refused");
        }
        sent_.fetch_add(1);
    }
    void set_down(bool down) { down_ = down; }
    [[nodiscard]] int calls() const { return calls_.load(); }
    [[nodiscard]] int sent() const { return sent_.load(); }

private:
    std::atomic<bool> down_{true};
    std::atomic<int> calls_{0};
    std::atomic<int> sent_{0};
};

int main() {
    using namespace std::chrono_literals;
    constexpr int orders = 1'000;
    stentor::bus bus{
        {.log = {.on_error = [](const stentor::error_record&) {}}}};  // failures are expected here

    mail_server server;
    const stentor::breaker smtp{.name = "smtp",
                                .window = 20,
                                .min_calls = 5,
                                .open_for = 20ms,
                                .open_max = 20ms,
                                .trials = 2};
    const stentor::retry_policy again{.max_attempts = 100,
                                      .immediate = 0,
                                      .backoff = stentor::backoff::fixed,
                                      .base = 1ms,
                                      .budget = {}};
    bus.keep(bus.subscribe<order_placed>("confirmation",
                                         [&](const order_placed&) { server.send(); },
                                         {.retry = again, .breaker = smtp}));
    bus.keep(bus.subscribe<order_placed>("invoice", [&](const order_placed&) { server.send(); },
                                         {.retry = again, .breaker = smtp}));
    std::atomic<int> counted{0};
    bus.keep(bus.subscribe<order_placed>("statistics", [&](const order_placed&) { ++counted; }));

    for (int number = 1; number <= orders; ++number) {
        bus.publish(order_placed{number});
    }
    while (bus.registry().breaker("smtp")->state() == stentor::breaker_state::closed ||
           counted.load() < orders) {
        bus.wait_idle(1ms);
    }
    std::printf("the server is down: statistics counted %d\n", counted.load());

    server.set_down(false);
    bus.wait_idle(30s);
    const auto books = bus.audit();
    std::printf("the server is back: sent %d, unaccounted %lld\n", server.sent(),
                static_cast<long long>(books.unaccounted()));
    std::printf("calls in vain: %s\n",
                server.calls() - server.sent() < 200 ? "few" : "one for each event, and more");
    return server.sent() == 2 * orders ? 0 : 1;
}
