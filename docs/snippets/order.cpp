// SPDX-License-Identifier: MIT

#include <stentor/stentor.hpp>

#include <iostream>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

// [snippet event]
struct stock_moved {
    static constexpr std::string_view topic = "stock.moved";
    int article = 0;
    int pieces = 0;
    static constexpr auto key = &stock_moved::article;  // what by_key() takes
};
// [end]

int main() {
    stentor::bus bus;

    // [snippet by_key]
    std::mutex mutex;
    std::map<int, int> stock;  // per article
    auto counter = bus.subscribe<stock_moved>(
        "stock",
        [&](const stock_moved& move) {
            const std::lock_guard lock(mutex);  // other articles are handled at the same time
            stock[move.article] += move.pieces;
        },
        {.order = stentor::by_key(&stock_moved::article)});
    // [end]

    // [snippet forms]
    const auto by_member = stentor::by_key(&stock_moved::article);
    const auto by_function =
        stentor::by_key([](const stock_moved& move) { return move.article / 100; });
    const auto by_event =
        stentor::by_key<stock_moved>([](const auto& move) { return move.pieces; });
    const auto by_own_key = stentor::by_key();  // stock_moved::key
    const auto by_topic =
        stentor::by_key([](const stentor::any_event& event) { return event.topic(); });
    // [end]

    // [snippet serial]
    std::string journal;  // no lock: one call at a time, in the order of the publishes
    auto writer = bus.subscribe<stock_moved>(
        "journal", [&](const stock_moved& move) { journal += std::to_string(move.pieces) + ' '; },
        {.order = stentor::order::serial});
    // [end]

    const auto subscribe = [&](std::string_view name, const stentor::order& order) {
        bus.keep(bus.subscribe<stock_moved>(name, [](const stock_moved&) {}, {.order = order}));
    };
    subscribe("by-member", by_member);
    subscribe("by-function", by_function);
    subscribe("by-event", by_event);
    subscribe("by-own-key", by_own_key);
    subscribe("by-topic", by_topic);
    for (int pieces = 1; pieces <= 9; ++pieces) {
        bus.publish(stock_moved{4711, pieces});
    }

    const auto archive_it = [](const stock_moved&) {};
    const auto reorder_it = [](const stock_moved&) {};
    const auto report_it = [](const stock_moved&) {};
    // [snippet after]
    auto archive = bus.subscribe<stock_moved>("archive", archive_it);
    auto reorder = bus.subscribe<stock_moved>("reorder", reorder_it, {.after = "archive"});
    auto report = bus.subscribe<stock_moved>(
        "report", report_it, {.after = {"archive", "reorder"}, .require_success = true});
    // [end]

    // [snippet refused]
    auto made =
        bus.try_subscribe("audit", stentor::pattern("stock.>"), [](const stentor::any_event&) {},
                          {.order = stentor::by_key(&stock_moved::article)});
    std::cout << made.error().message() << '\n';
    // [end]

    bus.drain();
    std::cout << journal << '\n' << stock[4711] << " pieces\n";
}
