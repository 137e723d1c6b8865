// SPDX-License-Identifier: MIT
#pragma once

#include "support/stress/events.hpp"
#include "support/stress/ledger.hpp"
#include "support/stress/watchdog.hpp"
#include <stentor/base/cache_line.hpp>
#include <stentor/stentor.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

// A stage for subscriptions that come and go: publishers that send without pause and say how far
// they are, so that of each event one can tell whether it was published before, during or after a
// call of subscribe or unsubscribe.
//
// Threads: everything but the constructor and stop() any.
namespace stentor::stress {

class stage {
public:
    static constexpr std::size_t publishers = 2;
    static constexpr std::size_t topics = 2;  // pulse_a in slots, letter in envelopes
    static constexpr std::size_t streams = publishers * topics;

    using border = std::array<std::uint64_t, streams>;

    explicit stage(std::uint64_t events_max);

    // Events whose publish had returned when it was called.
    [[nodiscard]] border returned() const noexcept;
    // Events whose publish had been called; of all others it will be called later.
    [[nodiscard]] border called() const noexcept;
    // By all subscriptions, and by some of them: others were full.
    [[nodiscard]] bool accepted(std::size_t stream, std::uint64_t number) const noexcept {
        return sent.at(stream)->whole.test(number);
    }
    [[nodiscard]] bool accepted_by_some(std::size_t stream, std::uint64_t number) const noexcept {
        return accepted(stream, number) || sent.at(stream)->in_part.test(number);
    }
    static std::size_t topic_of(std::size_t stream) noexcept { return stream % topics; }

    // Ends the publishers, drains the bus.
    void stop();

    sent_log sent{streams};
    stentor::bus bus;
    std::atomic<std::uint64_t> refused{0};

private:
    struct progress {
        std::atomic<std::uint64_t> called{0};
        std::atomic<std::uint64_t> returned{0};
    };
    void publish(std::size_t publisher);

    const std::uint64_t events_max_;
    std::array<padded<progress>, streams> progress_{};
    std::atomic<bool> stop_{false};
    std::vector<std::thread> threads_;
};

// What one short-lived subscription saw. Its handler owns a part of it, so that one can tell when
// the engine has let go of the handler.
class life {
public:
    static constexpr std::size_t events_max = 1 << 15;

    life() : seen_(events_max) {}

    void begin();
    // The handler's whole business.
    void take(const stamp& mark) noexcept;
    void end() noexcept { over_.store(true); }

    [[nodiscard]] std::shared_ptr<int> token() { return std::move(token_); }
    // The handler, and with it the token, is gone.
    [[nodiscard]] bool let_go() const noexcept { return gone_.load(); }
    [[nodiscard]] std::size_t count() const noexcept { return count_.load(); }
    [[nodiscard]] bool overflowed() const noexcept { return count() > events_max; }
    [[nodiscard]] std::uint64_t late() const noexcept { return late_.load(); }
    [[nodiscard]] std::uint64_t broken() const noexcept { return broken_.load(); }
    // Numbers seen of a stream, sorted.
    [[nodiscard]] std::vector<std::uint64_t> numbers(std::size_t stream) const;

private:
    std::vector<std::atomic<std::uint64_t>> seen_;
    std::atomic<std::size_t> count_{0};
    std::atomic<std::uint64_t> late_{0};
    std::atomic<std::uint64_t> broken_{0};
    std::atomic<bool> over_{false};
    std::shared_ptr<int> token_;
    // Not the expiry of a weak_ptr, which orders nothing.
    std::atomic<bool> gone_{false};
};

// Subscribes `to` under the name, to stage topic 0 or 1, or to both by pattern (2).
[[nodiscard]] subscription subscribe_life(bus& on, const std::string& name, std::size_t topic,
                                          life& to, std::function<void()> also = {});

// When a life began and ended, as the publishers saw it, and what is wrong with what it saw.
struct life_borders {
    stage::border possible_from;
    stage::border due_from;
    stage::border due_to;
    stage::border possible_to;
};
// Everything in [due_from, due_to) was seen; waits a while for it.
[[nodiscard]] std::string check_due(const stage& on, const life& seen, std::size_t topic,
                                    const life_borders& borders);
// Nothing was seen twice, or outside of [possible_from, possible_to).
[[nodiscard]] std::string check_seen(const stage& on, const life& seen, std::size_t topic,
                                     const life_borders& borders);

}  // namespace stentor::stress
