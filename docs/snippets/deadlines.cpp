// SPDX-License-Identifier: MIT

#include <stentor/dispatch/manual_executor.hpp>
#include <stentor/stentor.hpp>

#include <chrono>
#include <iostream>
#include <memory>
#include <string_view>
#include <utility>

using namespace std::chrono_literals;

struct order_placed {
    static constexpr std::string_view topic = "order.placed";
    int number = 0;
};

stentor::virtual_clock machine;

// Sends a page at a time, and takes 300 ms for each.
bool send_page(const order_placed&, int page) {
    machine.advance(300ms);
    return page < 10;
}

int main() {
    auto steps = std::make_shared<stentor::manual_executor>(1);
    stentor::bus_options options;
    options.clock = &machine;
    options.executor = steps;
    options.log.on_error = [](const stentor::error_record& it) {
        std::cout << it.subscription << ": " << it.error << (it.timed_out ? " (timed out)" : "")
                  << '\n';
    };
    options.log.on_notice = [](const stentor::notice_record&) {};
    stentor::bus bus(std::move(options));

    // [snippet function]
    auto printer =
        bus.subscribe<order_placed>("printer",
                                    [](const order_placed& it, stentor::context& ctx) {
                                        for (int page = 1; send_page(it, page); ++page) {
                                            if (ctx.stop_token().stop_requested()) {
                                                return;  // too late: the attempt has failed
                                            }
                                        }
                                    },
                                    {.deadline = 2s});
    // [end]
    // [snippet coroutine]
    auto asker = bus.subscribe<order_placed>(
        "asker",
        [](const order_placed&, stentor::context& ctx) -> stentor::task<> {
            co_await ctx.sleep(1h);  // ends here after 500 ms
        },
        {.deadline = 500ms});
    // [end]
    bus.publish(order_placed{1});
    static_cast<void>(steps->run_until_idle());
    machine.advance(500ms);
    static_cast<void>(steps->run_until_idle());
    for (const auto& one : bus.snapshot().subscriptions) {
        std::cout << one.name << ": failed " << one.terms.failed << ", overdue " << one.overdue
                  << '\n';
    }
}
