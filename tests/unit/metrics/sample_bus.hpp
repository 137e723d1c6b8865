// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/metrics/snapshot.hpp>

#include <initializer_list>
#include <memory>
#include <utility>

// A snapshot with something in every field, for the tests of what is made from snapshots.

inline stentor::histogram_snapshot durations(std::initializer_list<std::int64_t> values_ns) {
    const auto held = std::make_unique<stentor::histogram>();
    for (const std::int64_t value : values_ns) {
        held->record(value);
    }
    return held->snapshot();
}

inline stentor::bus_snapshot sample_bus() {
    stentor::subscription_snapshot printer;
    printer.name = "printer";
    printer.pattern = "order.>";
    printer.file = "src/printer.cpp";
    printer.line = 42;
    printer.terms = {.accepted = 100, .completed = 96, .queued = 3, .running = 1};
    printer.queue_wait = durations({800, 1'500, 1'500'000, 20'000'000'000 - 1'500});
    printer.service = durations({250, 300, 350});
    printer.end_to_end = durations({2'000, 4'000});
    printer.sampled = true;
    printer.placement = "shared";

    stentor::subscription_snapshot mail;
    mail.name = "mail";
    mail.pattern = "order.placed";
    mail.file = "C:\\src\\\"mail\".cpp";
    mail.line = 7;
    mail.terms = {.accepted = 20,
                  .completed = 10,
                  .failed = 1,
                  .dead_lettered = 2,
                  .dropped_full = 3,
                  .retry_waiting = 4};
    mail.queue_wait = durations({5'000'000});
    mail.queue_wait.lost = 1;
    mail.service.lost = 2;
    mail.end_to_end.lost = 3;
    mail.placement = "own";
    mail.late = 2;

    stentor::bus_snapshot bus;
    bus.audit.publishes = {
        .published = 106, .accepted = 100, .no_subscribers = 5, .rejected_full = 1};
    bus.audit.removed = {.accepted = 8, .cancelled = 8};
    bus.audit.envelopes_alive = 1;
    bus.audit.subscriptions = {{printer.name, printer.terms}, {mail.name, mail.terms}};
    bus.subscriptions = {std::move(printer), std::move(mail)};
    bus.uptime_ns = 61'500'000'000;
    bus.runners = 3;
    bus.parks = 11;
    bus.wakeups = 12;
    bus.spare_activations = 2;
    bus.late_replies = 6;
    bus.invalid_published = 8;
    bus.validators_threw = 9;
    bus.interceptors_threw = 10;
    bus.duplicate_replies = 7;
    bus.lanes = 4;
    bus.pool_bytes = 65'536;
    bus.sampled_one_in = 64;
    return bus;
}
