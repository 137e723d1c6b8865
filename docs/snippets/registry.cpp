// SPDX-License-Identifier: MIT

#include <stentor/stentor.hpp>

#include <chrono>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

struct order_placed {
    static constexpr std::string_view topic = "order.placed";
    long cents = 0;
};
struct stock_changed {
    static constexpr std::string_view topic = "stock.changed";
};

void add_points(const order_placed& order) {
    std::cout << order.cents / 100 << " points\n";
}
void send_letter(const order_placed& order) {
    std::cout << "letter about " << order.cents << " cents\n";
}

// [snippet discovery]
STENTOR_HANDLER(order_placed, "loyalty.points", {.tags = {"loyalty"}})
(const order_placed& order, stentor::context&) {
    add_points(order);
}

// The same for any other form: a function, a lambda, a function object.
static const stentor::static_handler<order_placed> letters{
    "letters", send_letter, {.tags = {"mail"}, .start_after = {"loyalty.points"}}};
// [end]

void pause_and_resume(stentor::bus& bus) {
    // [snippet pause]
    bus.registry().disable("letters", stentor::backlog::hold, "printer is out of ink");
    bus.publish(order_placed{4200});  // accepted, and waits
    bus.wait_idle();
    const auto row = bus.registry().find("letters");
    std::cout << to_string(row->state) << " (" << row->why << "), " << row->terms.held << " held\n";
    bus.registry().enable("letters");  // delivers what waited, in order
    // [end]
    bus.wait_idle();
}

void pause_for_a_time(stentor::bus& bus) {
    using namespace std::chrono_literals;
    // [snippet intermission]
    bus.registry().disable("letters", {.why = "the printer warms up", .enable_after = 50ms});
    bus.publish(order_placed{9900});
    const auto row = bus.registry().find("letters");
    std::cout << to_string(row->state) << (row->until ? " for a time" : " for good") << '\n';
    while (bus.registry().find("letters")->state == stentor::handler_state::paused) {
        std::this_thread::sleep_for(1ms);  // nobody enables it
    }
    bus.wait_idle();
    // [end]
}

void select(stentor::bus& bus) {
    // [snippet selectors]
    auto registry = bus.registry();
    registry.disable(stentor::tag("mail"));
    registry.disable(stentor::pattern("loyalty.*"), stentor::backlog::drop);
    std::cout << registry.enable(stentor::pattern(">")).count() << " enabled\n";

    if (const auto typo = registry.disable("leters"); !typo) {
        std::cout << typo.error().message() << '\n';
    }
    // [end]
}

void hooks(stentor::bus& bus) {
    // [snippet hooks]
    auto fraud = bus.subscribe<order_placed>(
        "fraud", [](const order_placed&) {},
        {.on_start = [] { throw std::runtime_error("the model is missing"); },
         .on_stop = [] { std::cout << "never started, so never stopped\n"; }});
    const auto row = bus.registry().find("fraud");
    std::cout << to_string(row->state) << ", " << row->error << '\n';
    // [end]
}

void listen(stentor::bus& bus) {
    // [snippet events]
    auto watcher = bus.subscribe(
        "watcher", stentor::pattern("stentor.handler.*"), [](const stentor::any_event& event) {
            if (const auto* it = stentor::get_if<stentor::system::handler_paused>(event)) {
                std::cout << it->name << " was paused: " << it->why << '\n';
            }
        });
    bus.registry().disable("letters", stentor::backlog::hold, "night");
    // [end]
    bus.wait_idle();
    bus.registry().enable("letters");
    bus.wait_idle();
}

void loop() {
    // [snippet loop]
    stentor::bus bus{{.log = {.on_notice = [](const stentor::notice_record& it) {
                          const auto begin = it.message.find("each other: ");
                          std::cout
                              << it.message.substr(begin + 12, it.message.find(';') - begin - 12)
                              << '\n';
                      }}}};
    auto orders = bus.subscribe<order_placed>(
        "orders", [](const order_placed&, stentor::context& ctx) { ctx.publish(stock_changed{}); });
    auto stock = bus.subscribe<stock_changed>(
        "stock", [](const stock_changed&, stentor::context& ctx) { ctx.publish(order_placed{1}); });
    bus.publish(order_placed{1});
    bus.drain();
    // [end]
}

int main() {
    stentor::bus bus{{.log = {.on_notice = [](const stentor::notice_record&) {}}}};
    // [snippet load]
    const auto loaded = bus.registry().load({.expect = {"loyalty.points", "letters"}});
    if (!loaded) {
        std::cerr << loaded.error().message() << '\n';  // names what is missing
        return 1;
    }
    // [end]
    bus.registry().disable("loyalty.points", stentor::backlog::drop);
    pause_and_resume(bus);
    pause_for_a_time(bus);
    select(bus);
    hooks(bus);
    listen(bus);
    loop();
    bus.drain();
}
