// SPDX-License-Identifier: MIT
#pragma once

#include "support/latency.hpp"
#include "support/measurement.hpp"

#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

// What the JSON codecs are measured on: an order of about 900 bytes with nested structs, lists, a
// map, an enum, numbers of all kinds, and texts of which some need an escape or are not ASCII. The
// text to read is written here by hand, the same for every codec.
//
// Threads: one. Progress: allocates.

namespace bench {

enum class order_state { placed, paid, shipped };

struct order_line {
    std::string sku;
    std::string title;
    std::int32_t count = 0;
    std::int64_t cents = 0;
    double weight = 0;
    bool gift = false;

    bool operator==(const order_line&) const = default;
};

struct order_document {
    std::string id;
    std::uint64_t number = 0;
    order_state state = order_state::placed;
    std::string customer;
    std::string note;
    std::vector<order_line> lines;
    std::map<std::string, std::string> labels;
    std::vector<double> rates;
    std::int64_t total_cents = 0;
    bool express = false;

    bool operator==(const order_document&) const = default;
};

inline order_document make_order(std::uint64_t seed) {
    std::mt19937_64 random(seed);
    const auto below = [&](std::uint64_t bound) { return random() % bound; };
    order_document order;
    order.id = "order-" + std::to_string(random());
    order.number = random();
    order.state = static_cast<order_state>(below(3));
    order.customer = "customer " + std::to_string(below(1'000'000));
    order.note = below(2) == 0 ? "ring \"twice\",\nthen wait" : "für das Café an der Ecke";
    for (std::uint64_t line = 0; line < 5; ++line) {
        order.lines.push_back({.sku = "sku-" + std::to_string(below(100'000)),
                               .title = "a thing that somebody wants to have",
                               .count = static_cast<std::int32_t>(1 + below(20)),
                               .cents = static_cast<std::int64_t>(below(1'000'000)),
                               .weight = static_cast<double>(below(100'000)) / 1000,
                               .gift = below(2) == 0});
    }
    for (std::uint64_t label = 0; label < 4; ++label) {
        order.labels["label " + std::to_string(label)] = std::to_string(random());
    }
    for (std::uint64_t rate = 0; rate < 4; ++rate) {
        order.rates.push_back(std::uniform_real_distribution<double>(-1, 1)(random));
    }
    order.total_cents = -static_cast<std::int64_t>(below(1'000'000'000));
    order.express = below(2) == 0;
    return order;
}

[[nodiscard]] std::string order_text(const order_document& order);

inline constexpr std::uint64_t orders_in_turn = 64;

inline std::vector<order_document> make_orders() {
    std::vector<order_document> orders;
    for (std::uint64_t seed = 0; seed < orders_in_turn; ++seed) {
        orders.push_back(make_order(seed));
    }
    return orders;
}

// What depends on all that was read, for little time.
inline std::uint64_t digest(const order_document& order) {
    std::uint64_t sum = order.number + order.id.size() + order.note.size() + order.labels.size();
    for (const order_line& line : order.lines) {
        sum += static_cast<std::uint64_t>(line.cents) + line.title.size();
    }
    return sum + static_cast<std::uint64_t>(order.total_cents);
}

inline void add_rate(measurement& result, std::uint64_t count, std::uint64_t bytes) {
    result.count = count;
    result.add("events_per_second", static_cast<double>(count) / result.seconds);
    result.add("megabytes_per_second", 1e-6 * static_cast<double>(bytes) / result.seconds);
}

// Reads a row of orders in turn; what comes out is compared with what went in.
template <class Read>
measurement measure_reading(std::uint64_t count, Read read) {
    const std::vector<order_document> orders = make_orders();
    std::vector<std::string> texts;
    measurement result;
    result.ok = true;
    result.threads = 1;
    for (const order_document& order : orders) {
        texts.push_back(order_text(order));
        if (read(texts.back()) != order) {
            result.fail("what was read is another order");
        }
    }
    std::uint64_t bytes = 0;
    std::uint64_t expected = 0;
    const std::int64_t started = now_ns();
    for (std::uint64_t at = 0; at < count; ++at) {
        const std::string& text = texts[at % orders_in_turn];
        result.checksum += digest(read(text));
        bytes += text.size();
    }
    result.seconds = 1e-9 * static_cast<double>(now_ns() - started);
    for (std::uint64_t at = 0; at < count; ++at) {
        expected += digest(orders[at % orders_in_turn]);
    }
    if (result.checksum != expected) {
        result.fail("the orders that were read add up to something else");
    }
    add_rate(result, count, bytes);
    return result;
}

template <class Write, class Read>
measurement measure_writing(std::uint64_t count, Write write, Read read) {
    const std::vector<order_document> orders = make_orders();
    measurement result;
    result.ok = true;
    result.threads = 1;
    std::uint64_t bytes = 0;
    std::uint64_t expected = 0;
    const std::int64_t started = now_ns();
    for (std::uint64_t at = 0; at < count; ++at) {
        bytes += write(orders[at % orders_in_turn]).size();
    }
    result.seconds = 1e-9 * static_cast<double>(now_ns() - started);
    std::vector<std::uint64_t> sizes;
    for (const order_document& order : orders) {
        const std::string text = write(order);
        sizes.push_back(text.size());
        if (read(text) != order) {
            result.fail("what was written reads as another order");
        }
    }
    for (std::uint64_t at = 0; at < count; ++at) {
        expected += sizes[at % orders_in_turn];
    }
    if (bytes != expected) {
        result.fail("one order was written in different sizes");
    }
    result.checksum = bytes;
    add_rate(result, count, bytes);
    return result;
}

}  // namespace bench
