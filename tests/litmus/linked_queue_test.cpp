// SPDX-License-Identifier: MIT
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

// The queue behind ordered lanes (C3): what was enqueued first, as happens-before defines it, comes
// out first; slots arrive whole, once, and nodes are used again only after their last use.
namespace {

using namespace stentor::explore;
using stentor::detail::linked_queue;

struct tracked {
    plain<int> value{0, "slot"};

    tracked() = default;
    explicit tracked(int number) : value(number, "draft") {}
    void take(const tracked& draft) { value.write(draft.value.peek()); }
    tracked& operator=(const tracked& other) {
        value = plain<int>(other.value.read(), "taken");
        return *this;
    }
    tracked(const tracked&) = delete;
};

// A queue with two producers, and what its consumer got.
template <class Sync, std::size_t ChunkNodes>
struct queue_model {
    using queue = linked_queue<Sync, tracked, ChunkNodes>;

    ~queue_model() {
        linear.clear();
        producers = {};
    }

    void put(std::size_t producer, int number) {
        const tracked draft(number);
        check(linear.enqueue(*producers[producer], draft), "there is memory");
    }
    // False: nothing was there.
    bool poll() {
        std::array<tracked, 2> out;
        const auto count = linear.dequeue(out.data(), out.size());
        for (std::size_t at = 0; at < count; ++at) {
            got.push_back(out[at].value.peek());
        }
        return count != 0;
    }
    void serve() {
        while (!stopping()) {
            if (!poll()) {
                Sync::pause();
            }
        }
    }

    queue linear;
    std::array<std::unique_ptr<typename queue::producer>, 2> producers{
        std::make_unique<typename queue::producer>(linear),
        std::make_unique<typename queue::producer>(linear)};
    std::vector<int> got;
};

// One publishes and then tells the other, which publishes next.
template <class Model>
scenario hand_off() {
    return [](world& world) {
        auto& model = world.make<Model>();
        auto& told = world.make<explored_sync::atomic<bool>>(false);
        world.task("first", [&] {
            model.put(0, 1);
            told.store(true, std::memory_order_release);
        });
        world.task("second", [&] {
            while (!told.load(std::memory_order_acquire)) {
                explored_sync::pause();
            }
            model.put(1, 2);
        });
        world.daemon("consumer", [&] { model.serve(); });
        world.at_end([&] {
            while (model.poll()) {
            }
            check(model.got == std::vector<int>{1, 2}, "in the order of happens-before, once");
        });
    };
}

// Two that know nothing of each other, with `count` slots each.
template <class Model>
scenario at_the_same_time(int count) {
    return [count](world& world) {
        auto& model = world.make<Model>();
        static constexpr const char* names[] = {"producer 0", "producer 1"};
        for (std::size_t producer = 0; producer < 2; ++producer) {
            world.task(names[producer], [&model, producer, count] {
                for (int number = 0; number < count; ++number) {
                    model.put(producer, static_cast<int>(producer) * 10 + number);
                }
            });
        }
        world.daemon("consumer", [&] { model.serve(); });
        world.at_end([&model, count] {
            while (model.poll()) {
            }
            std::array<int, 2> next{0, 0};
            for (const int number : model.got) {
                check(number % 10 == next[static_cast<std::size_t>(number / 10)]++,
                      "each producer's in its order");
            }
            check(next[0] == count && next[1] == count, "every slot arrives");
        });
    };
}

// One producer that has to use its nodes again.
template <class Model>
scenario again(int count) {
    return [count](world& world) {
        auto& model = world.make<Model>();
        world.task("producer", [&model, count] {
            for (int number = 0; number < count; ++number) {
                model.put(0, number);
            }
        });
        world.daemon("consumer", [&] { model.serve(); });
        world.at_end([&model, count] {
            while (model.poll()) {
            }
            check(model.got.size() == static_cast<std::size_t>(count), "every slot arrives");
        });
    };
}

plan named(const char* name, std::uint64_t schedules = plan{}.schedules) {
    plan made;
    made.name = std::string("linked_queue.") + name;
    made.schedules = schedules;
    return made;
}

TEST(linked_queue, keeps_the_order_of_happens_before) {
    expect_holds(named("hand_off"), hand_off<queue_model<explored_sync, 4>>());
}

TEST(linked_queue, hands_whole_slots_over) {
    expect_holds(named("whole"), at_the_same_time<queue_model<explored_sync, 4>>(2));
}

TEST(linked_queue, uses_nodes_again_after_their_last_use) {
    expect_holds(named("again"), again<queue_model<explored_sync, 1>>(4));
    expect_holds(named("both_again"), at_the_same_time<queue_model<explored_sync, 1>>(2));
}

TEST(linked_queue_mutant, without_release_is_found) {
    expect_found(named("no_release"),
                 at_the_same_time<queue_model<weakened_sync<without_release>, 4>>(1), "data race");
}

TEST(linked_queue_mutant, without_acquire_is_found) {
    expect_found(named("no_acquire"),
                 at_the_same_time<queue_model<weakened_sync<without_acquire>, 4>>(1), "data race");
    expect_found(named("no_acquire_again"),
                 again<queue_model<weakened_sync<without_acquire>, 1>>(4), "data race");
}

// The tail is read and written in two steps.
struct split_sync : explored_sync {
    template <class T>
    class atomic : public stentor::explore::atomic<T> {
    public:
        using base = stentor::explore::atomic<T>;
        using base::base;
        T exchange(T value, std::memory_order) noexcept {
            const auto before = base::load(std::memory_order_acquire);
            base::store(value, std::memory_order_release);
            return before;
        }
    };
};

TEST(linked_queue_mutant, whose_exchange_is_two_steps_is_found) {
    expect_found(named("two_steps"), at_the_same_time<queue_model<split_sync, 4>>(1),
                 "every slot arrives");
}

// The simpler design: a queue for each producer, and a consumer that may begin with any of them.
struct queue_per_producer {
    void put(std::size_t producer, int number) {
        owe();
        each[producer].put(0, number);
    }
    bool poll() {
        const std::size_t first = choose_first();
        for (const auto at : {first, 1 - first}) {
            if (each[at].poll()) {
                got.insert(got.end(), each[at].got.begin(), each[at].got.end());
                settle(static_cast<std::int64_t>(each[at].got.size()));
                each[at].got.clear();
                return true;
            }
        }
        return false;
    }
    void serve() {
        while (!stopping()) {
            if (!poll()) {
                explored_sync::pause();
            }
        }
    }
    // The last look comes after all tasks, where nothing is left to choose.
    static std::size_t choose_first() { return scheduler::exploring()->in_task() ? choose(2) : 0; }

    std::array<queue_model<explored_sync, 4>, 2> each;
    std::vector<int> got;
};

TEST(linked_queue_mutant, with_a_queue_per_producer_is_found) {
    auto how = named("per_producer");
    // The consumer chooses at each look, so the exhaustive search drowns in looks.
    how.searches = {search::random, search::pct};
    expect_found(how, hand_off<queue_per_producer>(), "in the order of happens-before");
}

}  // namespace
