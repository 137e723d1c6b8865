// SPDX-License-Identifier: MIT
#include "litmus/weakened_sync.hpp"
#include "registry/read_sections.hpp"
#include "support/explore/expect.hpp"
#include "support/explore/plain.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <deque>

// Draining (C10, C1): when it says so, every accepted entry is settled, none is accepted any more,
// and whoever drained sees what the handlers did.
namespace {

using namespace stentor::explore;
using stentor::detail::grace_period;
using stentor::detail::read_section;

struct drain_rules {
    bool waits_for_publishers = true;
    bool counts_settled_first = true;
    bool accepts_before_enqueue = true;
    bool settles_after_children = true;
};

// Follows core/src/bus/lifecycle.cpp (drain, wait_for_publishers, quiescent) and send.cpp. Where
// the engine pairs fences around relaxed counters, the model says release and acquire.
template <class Sync>
class drain_model {
public:
    enum state : std::uint32_t { closed, draining, open };

    explicit drain_model(const drain_rules& rules) : rules_(rules) { intake_.name("intake"); }

    // `children`: how many events the handler of this one will publish.
    void publish(std::size_t slot, bool from_handler, int children) {
        auto& section = sections_[slot];
        section.enter();
        const auto now = intake_.load(std::memory_order_relaxed);
        if (now == open || (now == draining && from_handler)) {
            if (rules_.accepts_before_enqueue) {
                accept(slot);
            }
            yield();
            queue_.push_back(children);
            tail_.fetch_add(1, std::memory_order_release);
            if (!rules_.accepts_before_enqueue) {
                accept(slot);
            }
        }
        section.exit();
    }

    void run(std::size_t runner) {
        while (!stopping()) {
            if (tail_.load(std::memory_order_acquire) <= taken_) {
                Sync::pause();
                continue;
            }
            ++taken_;
            const int children = queue_.front();
            queue_.pop_front();
            if (!rules_.settles_after_children) {
                settle_one(runner);
            }
            auto& results = results_[runner];
            results.write(results.read() + 1);
            for (int child = 0; child < children; ++child) {
                publish(publishers_max + runner, true, 0);
            }
            if (rules_.settles_after_children) {
                settle_one(runner);
            }
        }
    }

    void drain() {
        intake_.store(draining, std::memory_order_release);
        if (rules_.waits_for_publishers) {
            Sync::heavy_fence();
            grace_period<Sync> inside;
            for (const auto& section : sections_) {
                inside.observe(section);
            }
            while (!inside.elapsed()) {
                Sync::pause();
            }
        }
        while (!quiescent()) {
            Sync::pause();
        }
        intake_.store(closed, std::memory_order_release);
        accepted_at_drain_ = accepted_;
        check(results_[0].read() + results_[1].read() == accepted_,
              "what was accepted is handled, and seen");
    }

    void check_end() const {
        check(accepted_ == accepted_at_drain_, "nothing is accepted after the drain");
        check(queue_.empty(), "nothing is left in the queue");
    }

private:
    static constexpr std::size_t publishers_max = 2;
    static constexpr std::size_t runners_max = 2;
    static constexpr std::size_t slots = publishers_max + runners_max;

    void accept(std::size_t slot) {
        auto& counter = accepted_by_[slot];
        counter.store(counter.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
        ++accepted_;
    }
    void settle_one(std::size_t runner) {
        auto& counter = settled_by_[runner];
        counter.store(counter.load(std::memory_order_relaxed) + 1, std::memory_order_release);
    }
    template <class Counters>
    static std::uint64_t sum(const Counters& counters, std::memory_order order) {
        std::uint64_t all = 0;
        for (const auto& counter : counters) {
            all += counter.load(order);
        }
        return all;
    }

    bool quiescent() const {
        if (!rules_.counts_settled_first) {
            const auto come = sum(accepted_by_, std::memory_order_relaxed);
            return come == sum(settled_by_, std::memory_order_acquire);
        }
        const auto gone = sum(settled_by_, std::memory_order_acquire);
        Sync::full_fence();
        return sum(accepted_by_, std::memory_order_relaxed) == gone;
    }

    const drain_rules rules_;
    typename Sync::template atomic<std::uint32_t> intake_{open};
    std::array<read_section<Sync>, slots> sections_;
    std::array<typename Sync::template atomic<std::uint64_t>, slots> accepted_by_;
    std::array<typename Sync::template atomic<std::uint64_t>, runners_max> settled_by_;
    typename Sync::template atomic<std::uint64_t> tail_{0};
    std::deque<int> queue_;
    std::uint64_t taken_ = 0;  // from the queue
    std::array<plain<int>, runners_max> results_{plain<int>(0, "results 0"),
                                                 plain<int>(0, "results 1")};
    int accepted_ = 0;
    int accepted_at_drain_ = -1;
};

template <class Sync>
scenario publish_and_drain(int publishers, int runners, int children,
                           const drain_rules& rules = {}) {
    return [=](world& world) {
        static constexpr const char* names[] = {"publisher 0", "publisher 1", "runner 0",
                                                "runner 1"};
        auto& model = world.make<drain_model<Sync>>(rules);
        for (int index = 0; index < publishers; ++index) {
            world.task(names[index], [&model, index, children] {
                model.publish(static_cast<std::size_t>(index), false, index == 0 ? children : 0);
            });
        }
        world.task("drainer", [&model] { model.drain(); });
        for (int index = 0; index < runners; ++index) {
            world.daemon(names[2 + index],
                         [&model, index] { model.run(static_cast<std::size_t>(index)); });
        }
        world.at_end([&model] { model.check_end(); });
    };
}

plan named(const char* name, std::vector<memory_model> models = plan{}.models) {
    plan made;
    made.name = std::string("drain.") + name;
    made.models = std::move(models);
    return made;
}

TEST(drain, settles_what_was_accepted_and_accepts_no_more) {
    expect_holds(named("publishers"), publish_and_drain<explored_sync>(2, 1, 0));
}

TEST(drain, waits_for_what_handlers_publish) {
    expect_holds(named("children"), publish_and_drain<explored_sync>(1, 2, 1));
}

TEST(drain_mutant, that_does_not_wait_for_publishers_is_found) {
    expect_found(named("no_grace"),
                 publish_and_drain<explored_sync>(1, 1, 0, {.waits_for_publishers = false}), "");
}

TEST(drain_mutant, without_the_heavy_fence_is_found) {
    expect_found(named("no_heavy_fence", {memory_model::tso, memory_model::weak}),
                 publish_and_drain<weakened_sync<without_heavy_fence>>(1, 1, 0), "");
}

TEST(drain_mutant, that_counts_accepted_first_is_found) {
    expect_found(named("accepted_first"),
                 publish_and_drain<explored_sync>(1, 1, 1, {.counts_settled_first = false}), "");
}

TEST(drain_mutant, that_accepts_after_the_enqueue_is_found) {
    expect_found(named("late_accept"),
                 publish_and_drain<explored_sync>(1, 2, 1, {.accepts_before_enqueue = false}), "");
}

TEST(drain_mutant, that_settles_before_the_handler_ends_is_found) {
    expect_found(named("early_settle"),
                 publish_and_drain<explored_sync>(1, 1, 1, {.settles_after_children = false}), "");
}

}  // namespace
