// SPDX-License-Identifier: MIT

#include <stentor/stentor.hpp>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <span>
#include <string>
#include <string_view>
#include <thread>

// One event, five handlers: each of another form, or somewhere else.
//
//   counter   inline_: a few nanoseconds, in the thread that publishes
//   table     a span: all rows that wait go into one statement
//   checker   answers what becomes of the delivery
//   archive   blocking: waits for a disk, on a thread that is for waiting
//   screen    polled: on the main thread, when it has time

struct measurement {
    static constexpr std::string_view topic = "plant.measurement";
    int sensor = 0;
    double celsius = 0.0;
};

int main() {
    stentor::bus bus{{.log = {.on_error = [](const stentor::error_record& record) {
                          std::printf("%s: %s\n", std::string(record.subscription).c_str(),
                                      std::string(record.error).c_str());
                      }}}};

    int published = 0;
    bus.keep(bus.subscribe<measurement>("counter", [&](const measurement&) { ++published; },
                                        {.execution = stentor::execution::inline_}));

    std::atomic<int> rows{0};
    std::atomic<int> statements{0};
    bus.keep(bus.subscribe<measurement>("table", [&](std::span<const measurement* const> batch) {
        rows += static_cast<int>(batch.size());
        ++statements;
    }));

    bus.keep(bus.subscribe<measurement>("checker", [](const measurement& it) {
        if (it.celsius < -273.15) {
            return stentor::outcome::reject("sensor " + std::to_string(it.sensor) +
                                            " is colder than possible");
        }
        return it.celsius == 0.0 ? stentor::outcome::ignore("no change") : stentor::outcome::done();
    }));

    std::atomic<int> archived{0};
    bus.keep(bus.subscribe<measurement>("archive",
                                        [&](const measurement&) {
                                            std::this_thread::sleep_for(
                                                std::chrono::milliseconds(2));  // a slow disk
                                            ++archived;
                                        },
                                        {.execution = stentor::execution::blocking}));

    double shown = 0.0;
    bus.keep(bus.subscribe<measurement>("screen",
                                        [&](const measurement& it) { shown = it.celsius; },
                                        {.execution = stentor::execution::polled}));

    for (int sensor = 0; sensor < 100; ++sensor) {
        bus.publish(measurement{sensor, sensor == 13 ? -300.0 : 0.5 * sensor});
    }
    std::printf("counted %d before anything else happened\n", published);

    std::size_t drawn = 0;
    while (const auto some = bus.poll(10)) {  // as between two frames
        drawn += some;
    }
    std::printf("drawn %zu, the last one %.1f\n", drawn, shown);

    bus.drain();
    std::printf("%d rows in the table, %s\n", rows.load(),
                statements.load() <= rows.load() ? "in no more statements" : "?");
    std::printf("%d archived\n", archived.load());
    for (const auto& each : bus.snapshot().subscriptions) {
        std::printf("%-8s completed %lld, ignored %lld, failed %lld\n", each.name.c_str(),
                    static_cast<long long>(each.terms.completed),
                    static_cast<long long>(each.ignored),
                    static_cast<long long>(each.terms.failed));
    }
}
