// SPDX-License-Identifier: MIT

#include <stentor/stentor.hpp>

#include <atomic>
#include <chrono>
#include <iostream>
#include <memory>
#include <span>
#include <string_view>

struct reading {
    static constexpr std::string_view topic = "sensor.reading";
    int value = 0;
};
struct order_placed {
    static constexpr std::string_view topic = "order.placed";
    long cents = 0;
};

std::atomic<int> noted{0};

void note(const reading&) {
    ++noted;
}
void note(const reading&, const stentor::event_id&) {
    ++noted;
}
void insert(std::span<const reading* const> rows) {
    noted += static_cast<int>(rows.size());
}
void send_over_the_network(const reading&) {
    ++noted;
}
void draw(const reading& it) {
    std::cout << "drawn " << it.value << '\n';
}

// [snippet loop]
struct frame_loop : stentor::loop {
    void wake() noexcept override { pending = true; }  // or: post to your event loop
    std::atomic<bool> pending{false};
};
// [end]

void show_forms() {
    stentor::bus bus;
    // [snippet forms]
    auto each = bus.subscribe<reading>("each", [](const reading& it) { note(it); });
    auto known = bus.subscribe<reading>(
        "known", [](const reading& it, stentor::context& ctx) { note(it, ctx.id()); });
    auto table =
        bus.subscribe<reading>("table", [](std::span<const reading* const> rows) { insert(rows); });
    // [end]
    bus.publish(reading{1});
    bus.publish(reading{2});
    bus.drain();
    std::cout << "noted " << noted.exchange(0) << '\n';
}

void show_answers() {
    stentor::bus bus{{.log = {.on_error = [](const stentor::error_record& record) {
                          std::cout << record.subscription << ": " << record.error << '\n';
                      }}}};
    std::atomic<bool> closed{true};
    // [snippet answers]
    auto shop = bus.subscribe<order_placed>("shop", [&](const order_placed& order) {
        if (order.cents == 0) {
            return stentor::outcome::ignore("nothing to pay");
        }
        if (order.cents < 0) {
            return stentor::outcome::reject("a negative price");
        }
        return closed.exchange(false) ? stentor::outcome::release() : stentor::outcome::done();
    });
    // [end]
    for (const long cents : {0L, -1L, 4200L}) {
        bus.publish(order_placed{cents});
    }
    bus.drain();
    const auto about = bus.snapshot().subscriptions.front();
    std::cout << "completed " << about.terms.completed << ", of those ignored " << about.ignored
              << ", failed " << about.terms.failed << ", given back " << about.released << '\n';
}

void show_executions() {
    stentor::bus bus;
    int latest = 0;
    // [snippet executions]
    auto cache = bus.subscribe<reading>("cache", [&](const reading& it) { latest = it.value; },
                                        {.execution = stentor::execution::inline_});
    auto upload =
        bus.subscribe<reading>("upload", [](const reading& it) { send_over_the_network(it); },
                               {.execution = stentor::execution::blocking, .max_concurrency = 4});
    auto window = bus.subscribe<reading>("window", [](const reading& it) { draw(it); },
                                         {.execution = stentor::execution::polled});
    // [end]
    bus.publish(reading{5});
    std::cout << "latest " << latest << '\n';
    bus.poll();
    bus.drain();
    std::cout << "sent " << noted.exchange(0) << '\n';
}

void show_loop() {
    stentor::bus bus;
    // [snippet poll]
    auto frames = std::make_shared<frame_loop>();
    auto painter = bus.subscribe<reading>("painter", [](const reading& it) { draw(it); },
                                          {.execution = stentor::execution::on(frames)});
    bus.publish(reading{7});
    if (frames->pending.exchange(false)) {
        const auto handled = bus.poll(*frames, 100);  // at most 100, on this thread
        std::cout << "handled " << handled << '\n';
    }
    // [end]
    bus.drain();
}

int main() {
    show_forms();
    show_answers();
    show_executions();
    show_loop();
}
