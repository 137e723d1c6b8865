// SPDX-License-Identifier: MIT

#include <stentor/stentor.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <iostream>
#include <latch>
#include <semaphore>
#include <string>

using namespace std::chrono_literals;

struct reading {
    static constexpr std::string_view topic = "sensor.reading";
    int value = 0;
};

struct payment {
    static constexpr std::string_view topic = "payment.received";
    int cents = 0;
};

struct level {
    static constexpr std::string_view topic = "sensor.level";
    int value = 0;
};

struct job {
    static constexpr std::string_view topic = "job.queued";
    int number = 0;
};

void report(stentor::bus& bus, const stentor::publish_result& answer) {
    std::cout << to_string(answer.status());
    if (answer.status() == stentor::publish_status::rejected_full) {
        std::cout << " by " << bus.name_of(answer.which());
    }
    std::cout << '\n';
}

void drop_or_refuse(stentor::bus& bus, std::latch& open) {
    // [snippet reject]
    auto chart = bus.subscribe<reading>("chart", [&open](const reading&) { open.wait(); },
                                        {.capacity = 1});  // when_full::reject is the default
    auto log = bus.subscribe<reading>("log", [](const reading&) {});

    report(bus, bus.publish(reading{1}));  // both have it
    report(bus, bus.publish(reading{2}));  // chart is full: its delivery is dropped and counted
    // [end]

    // [snippet required]
    auto book = bus.subscribe<payment>("book", [&open](const payment&) { open.wait(); },
                                       {.capacity = 1, .required = true});
    auto thanks = bus.subscribe<payment>("thanks", [](const payment&) {});

    report(bus, bus.publish(payment{100}));
    report(bus, bus.publish(payment{200}));  // book is full: nobody has it
    // [end]

    // [snippet block]
    auto work = bus.subscribe<job>("work", [&open](const job&) { open.wait(); },
                                   {.capacity = 1, .when_full = stentor::when_full::block{20ms}});

    report(bus, bus.publish(job{1}));
    report(bus, bus.publish(job{2}));  // waits for 20 ms, then gives up
    // [end]

    open.count_down();
    bus.wait_idle();
    for (const auto& [name, terms] : bus.audit().subscriptions) {
        std::cout << name << ": " << terms.completed << " completed, " << terms.dropped_full
                  << " dropped\n";
    }
}

void keep_the_last(stentor::bus& bus) {
    std::latch open{1};
    std::binary_semaphore entered{0};
    std::atomic<std::int64_t> dropped{0};
    // [snippet lossy]
    auto gauge = bus.subscribe<level>("gauge",
                                      [&](const level& now, stentor::context& ctx) {
                                          if (const auto missed = ctx.gap()) {
                                              std::cout << missed->count << " missed, then ";
                                          }
                                          std::cout << "level " << now.value << '\n';
                                          entered.release();
                                          open.wait();
                                      },
                                      {.max_concurrency = 1,
                                       .capacity = 2,
                                       .when_full = stentor::when_full::drop_oldest,
                                       .on_drop = [&](const stentor::gap& what) {
                                           dropped += what.count;  // on a runner
                                       }});
    bus.publish(level{1});
    entered.acquire();  // the handler has it in hand
    for (int value = 2; value <= 6; ++value) {
        bus.publish(level{value});  // 6 is the last to find room
    }
    // [end]
    open.count_down();
    bus.wait_idle();
    std::cout << dropped << " dropped\n";
}

int main() {
    // [snippet bounds]
    stentor::bus bus{{
        .capacity = 100'000,         // entries outstanding in the whole bus
        .memory = 64 * 1024 * 1024,  // bytes of envelopes outstanding
    }};
    // [end]
    std::latch open{1};
    drop_or_refuse(bus, open);
    keep_the_last(bus);
    bus.drain();
    std::cout << "unaccounted " << bus.audit().unaccounted() << '\n';
}
