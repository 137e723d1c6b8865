// SPDX-License-Identifier: MIT

#include <stentor/bus/dead_letters.hpp>
#include <stentor/dispatch/manual_executor.hpp>
#include <stentor/resilience/memory_dead_letters.hpp>
#include <stentor/stentor.hpp>

#include <filesystem>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <unistd.h>

struct payment_taken {
    static constexpr std::string_view topic = "payment.taken";
    std::string order;
    std::int64_t cents = 0;
};
STENTOR_FIELDS(payment_taken, order, cents);

void queue_for_a_human(const payment_taken& it, const stentor::failure& why) {
    if (it.cents > 1000) {
        throw std::runtime_error("nobody is there");
    }
    std::cout << it.order << " waits for a human: " << why.what << '\n';
}

int main() {
    const std::string file =
        (std::filesystem::temp_directory_path() / ("stentor-snippet-" + std::to_string(::getpid())))
            .string();
    const auto steps = std::make_shared<stentor::manual_executor>(1);
    const auto book = [](const payment_taken& it) {
        throw std::runtime_error("no connection for " + it.order);
    };
    {
        stentor::bus_options options;
        options.executor = steps;
        options.log.on_error = [](const stentor::error_record&) {};
        options.log.on_notice = [](const stentor::notice_record&) {};
        options.dead_letters = stentor::memory_dead_letters::make({.letters_max = 1}).value();
        // [snippet options]
        options.emergency_file = file;
        options.on_last_resort = [](const stentor::dead_letter& letter, std::string_view why) {
            std::cerr << "ALARM: " << letter.topic << ' ' << letter.id.to_string() << ": " << why
                      << '\n';
            return false;  // nobody took it: it waits
        };
        // [end]
        stentor::bus bus(std::move(options));
        // [snippet subscribe]
        bus.dead_letters().use_codec(stentor::json_letters<payment_taken>());
        auto ledger = bus.subscribe<payment_taken>(
            "ledger", book,
            {.retry = stentor::retry_policy{.max_attempts = 2, .immediate = 1},
             .fallback = [](const payment_taken& it,
                            const stentor::failure& why) { queue_for_a_human(it, why); },
             .critical = true});
        // [end]
        bus.publish(payment_taken{"o-1", 500});
        bus.publish(payment_taken{"o-2", 2000});
        bus.publish(payment_taken{"o-3", 3000});
        steps->run_until_idle();
        for (const auto& one : bus.snapshot().subscriptions) {
            std::cout << one.name << ": " << one.fell_back << " by the fallback, "
                      << one.terms.dead_lettered << " dead letters, "
                      << bus.dead_letters().list().size() << " of them in the store\n";
        }
    }
    // The service is started again, repaired.
    stentor::bus_options options;
    options.executor = std::make_shared<stentor::manual_executor>(1);
    stentor::bus bus(std::move(options));
    auto ledger = bus.subscribe<payment_taken>(
        "ledger", [](const payment_taken& it) { std::cout << "booked " << it.order << '\n'; },
        {.retry = stentor::retry_policy{}});
    // [snippet recover]
    bus.dead_letters().use_codec(stentor::json_letters<payment_taken>());
    const auto back = bus.dead_letters().recover(file);
    std::cout << back->redriven.redriven << " of " << back->file.records << " handled, "
              << back->file.damaged.size() << " lines damaged, " << back->not_stored.size()
              << " not stored\n";
    // [end]
    std::filesystem::remove(file);
}
