// SPDX-License-Identifier: MIT
#include "lane/key_table.hpp"
#include "lane/lane_state.hpp"
#include "lane/linked_queue.hpp"
#include "litmus/weakened_sync.hpp"
#include "support/explore/expect.hpp"
#include "support/explore/plain.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

// The ordered lane's protocol (C3, C6): no key is with two batches, the order of each key is that
// of its publishes, and nothing is stranded, also when a key is released by one who is no runner.
namespace {

using namespace stentor::explore;
using stentor::detail::key_table;
using stentor::detail::lane_state;
using stentor::detail::linked_queue;

struct event {
    std::uint64_t key = 0;
    int number = 0;
    bool keeps_its_key = false;  // for somebody else to release

    void take(const event& draft) { *this = draft; }
};

struct lane_rules {
    bool one_distributor = true;
    bool announces = true;     // what a release made ready
    bool counts_ready = true;  // as pending
    bool locks = true;         // the table
    bool one_each = false;     // as lanes do whose handlers may keep a key
};

// Follows core/src/lane/ordered_lane.hpp function by function, with the real queue, key table and
// lane state; keep them alike. A runner is what is left of core/src/dispatch/runner.cpp when there
// is one lane and nobody sleeps.
class lane_model {
    static constexpr std::size_t batch_max = 2;
    using queue = linked_queue<explored_sync, event, 8>;
    using table = key_table<event>;

public:
    explicit lane_model(const lane_rules& rules) : rules_(rules), table_(rules.one_each) {
        check(table_.reserve(8) == 8, "there is memory");
    }
    ~lane_model() {
        queue_.clear();
        producers_ = {};
    }

    // --- publisher ------------------------------------------------------------------------------
    void publish(std::size_t publisher, const event& what) {
        owe();
        check(queue_.enqueue(*producers_[publisher], what), "there is memory");
        auto& count = enqueued_[publisher];
        count.store(count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
        announce();
    }

    // --- runner ---------------------------------------------------------------------------------
    void run() {
        while (!stopping()) {
            if (!scheduled_.load(std::memory_order_seq_cst) ||
                !scheduled_.exchange(false, std::memory_order_seq_cst)) {
                explored_sync::pause();
                continue;
            }
            if (!state_.enter()) {
                continue;
            }
            const bool took = drain();
            if (state_.leave([this] { return pending(); })) {
                scheduled_.store(true, std::memory_order_seq_cst);
            }
            if (!took) {
                explored_sync::pause();
            }
        }
    }

    // --- somebody whose key was kept ------------------------------------------------------------
    void release_kept() {
        while (!kept_.load(std::memory_order_acquire)) {
            explored_sync::pause();
        }
        end_call(kept_event_);
    }

    void check_end() const {
        check(handled_ == published(), "every event is handled, once");
        check(table_.keys_in_use() == 0, "no key is left in the table");
    }

private:
    [[nodiscard]] int published() const {
        return static_cast<int>(enqueued_[0].load(std::memory_order_relaxed) +
                                enqueued_[1].load(std::memory_order_relaxed));
    }
    void announce() {
        if (state_.claim_after_enqueue()) {
            scheduled_.store(true, std::memory_order_seq_cst);
        }
    }
    [[nodiscard]] bool pending() const {
        const auto gone = dequeued_.load(std::memory_order_acquire);
        const auto come = enqueued_[0].load(std::memory_order_relaxed) +
                          enqueued_[1].load(std::memory_order_relaxed);
        return come - gone + (rules_.counts_ready ? ready_.load(std::memory_order_relaxed) : 0) > 0;
    }
    bool drain() {
        bool took = false;
        std::array<event, batch_max> batch;
        while (const auto count = dequeue(batch)) {
            took = true;
            for (std::size_t at = 0; at < count; ++at) {
                handle(batch[at]);
            }
        }
        return took;
    }
    std::size_t dequeue(std::array<event, batch_max>& out) {
        std::uint32_t batch = 0;
        auto count = ready_.load(std::memory_order_relaxed) > 0 ? take_ready(batch, out) : 0;
        if (count == batch_max || (rules_.one_distributor && !begin_distributing())) {
            return count;
        }
        while (count < batch_max) {
            const auto taken = queue_.dequeue(out.data() + count, batch_max - count);
            if (taken == 0) {
                break;
            }
            dequeued_.fetch_add(static_cast<std::int64_t>(taken), std::memory_order_release);
            yield();  // the key function
            count += claim(batch, out.data() + count, taken);
        }
        distributing_.store(false, std::memory_order_release);
        return count;
    }
    std::size_t take_ready(std::uint32_t& batch, std::array<event, batch_max>& out) {
        std::array<std::uint64_t, batch_max> keys{};
        lock();
        batch = ++batches_;
        std::size_t gone = 0;
        const auto count = table_.take_ready(batch, out.data(), keys.data(), batch_max, gone);
        ready_.fetch_add(-static_cast<std::int64_t>(gone), std::memory_order_relaxed);
        unlock();
        return count;
    }
    std::size_t claim(std::uint32_t& batch, event* slots, std::size_t count) {
        std::size_t given = 0;
        lock();
        batch = batch == 0 ? ++batches_ : batch;
        for (std::size_t at = 0; at < count; ++at) {
            const auto outcome = table_.claim(slots[at].key, batch, slots[at]);
            if (outcome == table::claimed::given) {
                slots[given++] = slots[at];
            } else if (outcome == table::claimed::ready) {
                ready_.fetch_add(1, std::memory_order_relaxed);
            }
        }
        unlock();
        return given;
    }
    void release(std::uint64_t key) {
        lock();
        const auto ready = table_.release(key);
        ready_.fetch_add(static_cast<std::int64_t>(ready), std::memory_order_relaxed);
        unlock();
        if (ready != 0 && rules_.announces) {
            announce();
        }
    }
    void handle(const event& what) {
        if (state_.step_out([this] { return pending(); })) {
            scheduled_.store(true, std::memory_order_seq_cst);  // a slow call: others may come in
        }
        check(!inside_[what.key], "one call of a key at a time");
        inside_[what.key] = true;
        yield();
        check(last_[what.key] < what.number, "in the order of its publishes");
        last_[what.key] = what.number;
        state_.step_in();
        if (what.keeps_its_key) {
            kept_event_ = what;
            kept_.store(true, std::memory_order_release);
        } else {
            end_call(what);
        }
    }
    void end_call(const event& what) {
        inside_[what.key] = false;
        ++handled_;
        release(what.key);
        settle();
    }
    bool begin_distributing() {
        return !distributing_.load(std::memory_order_relaxed) &&
               !distributing_.exchange(true, std::memory_order_acquire);
    }
    void lock() {
        if (rules_.locks) {
            mutex_.lock();
        }
        table_use_.write(table_use_.read() + 1);
    }
    void unlock() {
        if (rules_.locks) {
            mutex_.unlock();
        }
    }

    const lane_rules rules_;
    queue queue_;
    std::array<std::unique_ptr<queue::producer>, 2> producers_{
        std::make_unique<queue::producer>(queue_), std::make_unique<queue::producer>(queue_)};
    std::array<explored_sync::atomic<std::int64_t>, 2> enqueued_;
    explored_sync::atomic<std::int64_t> dequeued_{0};
    explored_sync::atomic<std::int64_t> ready_{0};
    explored_sync::atomic<bool> distributing_{false};
    explored_sync::atomic<bool> scheduled_{false};
    lane_state<explored_sync> state_{2};
    explored_sync::mutex mutex_;
    table table_;
    plain<int> table_use_{0, "key table"};
    std::uint32_t batches_ = 0;
    // What the handlers see; nothing of it is the lane's.
    std::array<bool, 3> inside_{};
    std::array<int, 3> last_{-1, -1, -1};
    int handled_ = 0;
    explored_sync::atomic<bool> kept_{false};
    event kept_event_;
};

// Two publishers that know nothing of each other, two runners.
scenario two_keys(const lane_rules& rules = {}) {
    return [rules](world& world) {
        auto& model = world.make<lane_model>(rules);
        world.task("publisher 0", [&] {
            model.publish(0, {.key = 1, .number = 1});
            model.publish(0, {.key = 1, .number = 2});
        });
        world.task("publisher 1", [&] { model.publish(1, {.key = 2, .number = 1}); });
        world.daemon("runner 0", [&] { model.run(); });
        world.daemon("runner 1", [&] { model.run(); });
        world.at_end([&] { model.check_end(); });
    };
}

// Events of one key, published one after the other by two threads.
scenario one_key(const lane_rules& rules = {}) {
    return [rules](world& world) {
        auto& model = world.make<lane_model>(rules);
        auto& told = world.make<explored_sync::atomic<bool>>(false);
        world.task("publisher 0", [&] {
            model.publish(0, {.key = 1, .number = 1});
            told.store(true, std::memory_order_release);
        });
        world.task("publisher 1", [&] {
            while (!told.load(std::memory_order_acquire)) {
                explored_sync::pause();
            }
            model.publish(1, {.key = 1, .number = 2});
            model.publish(1, {.key = 1, .number = 3});
        });
        world.daemon("runner 0", [&] { model.run(); });
        world.daemon("runner 1", [&] { model.run(); });
        world.at_end([&] { model.check_end(); });
    };
}

// The first event's key is released by a third party.
scenario kept_key(const lane_rules& rules = {.one_each = true}) {
    return [rules](world& world) {
        auto& model = world.make<lane_model>(rules);
        world.task("publisher", [&] {
            model.publish(0, {.key = 1, .number = 1, .keeps_its_key = true});
            model.publish(0, {.key = 1, .number = 2});
        });
        world.task("keeper", [&] { model.release_kept(); });
        world.daemon("runner 0", [&] { model.run(); });
        world.at_end([&] { model.check_end(); });
    };
}

plan named(const char* name) {
    plan made;
    made.name = std::string("ordered_lane.") + name;
    made.schedules = 40'000;
    return made;
}

TEST(ordered_lane, never_gives_a_key_to_two_batches) {
    expect_holds(named("two_keys"), two_keys());
    expect_holds(named("one_key"), one_key());
}

TEST(ordered_lane, strands_nothing_behind_a_key_that_is_kept) {
    expect_holds(named("kept_key"), kept_key());
}

TEST(ordered_lane_mutant, that_distributes_without_the_flag_is_found) {
    expect_found(named("no_flag"), one_key({.one_distributor = false}), "");
}

TEST(ordered_lane_mutant, that_does_not_announce_what_becomes_ready_is_found) {
    expect_found(named("no_announcement"), kept_key({.announces = false, .one_each = true}), "");
}

TEST(ordered_lane_mutant, that_does_not_count_what_is_ready_is_found) {
    expect_found(named("ready_not_counted"), kept_key({.counts_ready = false, .one_each = true}),
                 "");
}

TEST(ordered_lane_mutant, that_gives_a_batch_more_of_a_key_that_is_kept_is_found) {
    expect_found(named("not_one_each"), kept_key({.one_each = false}),
                 "one call of a key at a time");
}

TEST(ordered_lane_mutant, without_the_mutex_is_found) {
    expect_found(named("no_mutex"), one_key({.locks = false}), "data race: key table");
}

}  // namespace
