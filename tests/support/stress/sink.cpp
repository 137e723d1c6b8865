// SPDX-License-Identifier: MIT
#include "support/stress/sink.hpp"

#include <chrono>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>

namespace stentor::stress {

namespace {

constexpr std::uint64_t calls_per_beat = 256;
constexpr std::int64_t sleeps_from_us = 100;

struct no_exception_type {};

// Everything that a handler can throw, by turns.
[[noreturn]] void throw_something(std::uint64_t dice) {
    switch (dice % 6) {
        case 0: throw std::runtime_error("it did not work");
        case 1: throw std::bad_alloc();
        case 2: throw no_exception_type{};
        case 3: throw std::string("a text");
        case 4: throw 42;
        default: break;
    }
    try {
        throw std::logic_error("the inner one");
    } catch (...) {
        std::throw_with_nested(std::runtime_error("the outer one"));
    }
}

// Short waits hold the processor, long ones give it away: both kinds of slow handler.
void dawdle(std::int64_t us) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::microseconds(us);
    if (us >= sleeps_from_us) {
        std::this_thread::sleep_until(until);
    }
    while (std::chrono::steady_clock::now() < until) {
    }
}

}  // namespace

void sink::take(const stamp& mark, context& about) {
    struct turn {
        turn(received_log& of, const stamp& what) noexcept : log(of), mark(what) { log.enter(); }
        ~turn() {
            log.finish(mark);
            log.leave();
        }
        received_log& log;
        const stamp& mark;
    };
    const turn mine(log, mark);
    log.record(mark);
    if (closed_.load(std::memory_order_relaxed)) {
        late.fetch_add(1);
    }
    if (mark.number() % calls_per_beat == 0) {
        dog_.beat();
    }
    if (what_.bounded()) {
        begun.fetch_add(1);
    }
    if (!simple_) {
        misbehave(mark, about);
    }
}

void sink::misbehave(const stamp& mark, context& about) {
    random_source dice(mark.dice() + index_);
    const bool is_echo = mark.stream() >= echoes_.first_stream;
    if (!is_echo && dice.one_in(what_.echoes_one_in)) {
        publish_echo(mark, about);
    }
    if (dice.one_in(what_.dawdles_one_in)) {
        dawdle(what_.dawdles_us);
    }
    if (dice.one_in(what_.throws_one_in)) {
        thrown.fetch_add(1);
        log.fail(mark);
        throw_something(dice.next());
    }
}

void sink::publish_echo(const stamp& mark, context& about) {
    const auto stream = echoes_.first_stream + index_ * echoes_.streams_each + mark.stream();
    const auto child = stamp::make(stream, mark.number(), stamp::no_publisher, 0);
    const auto status = about.publish(echo{child}).status();
    echoes_.sent.record(child, status);
    echoes_.told.add(status);
}

}  // namespace stentor::stress
