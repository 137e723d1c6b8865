// SPDX-License-Identifier: MIT
#include "support/bus_fixture.hpp"
#include "support/patience.hpp"
#include <stentor/bus/interceptor.hpp>
#include <stentor/bus/tracing.hpp>
#include <stentor/stentor.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include <malloc.h>
#include <pthread.h>

// In steady state neither publish nor a runner allocates anything. All of malloc is counted here,
// on every thread but the watch, which does the engine's housekeeping.

extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* block, std::size_t size);
void* __libc_memalign(std::size_t align, std::size_t size);
}

namespace {

std::atomic<bool> counting{false};
std::atomic<std::int64_t> allocations{0};

// Not through any library that might allocate itself.
bool on_the_watch() {
    char name[16] = {};
    return ::pthread_getname_np(::pthread_self(), name, sizeof name) == 0 &&
           std::strcmp(name, "stentor-watch") == 0;
}

// A histogram takes a block when it first sees a duration of another doubling: 37 at most in its
// life, whenever the system first makes a call take so long. Told by size and alignment.
constexpr std::size_t histogram_block_bytes = 512;
constexpr std::size_t histogram_block_align = 64;

void count_one(std::size_t align = 0, std::size_t size = 0) {
    const bool histogram = align == histogram_block_align && size == histogram_block_bytes;
    if (counting.load(std::memory_order_relaxed) && !histogram && !on_the_watch()) {
        allocations.fetch_add(1, std::memory_order_relaxed);
    }
}

}  // namespace

// operator new, aligned or not, comes here too.
extern "C" {

void* malloc(std::size_t size) {
    count_one();
    return __libc_malloc(size);
}
void* calloc(std::size_t count, std::size_t size) {
    count_one();
    return __libc_calloc(count, size);
}
void* realloc(void* block, std::size_t size) {
    count_one();
    return __libc_realloc(block, size);
}
void* memalign(std::size_t align, std::size_t size) {
    count_one(align, size);
    return __libc_memalign(align, size);
}
void* aligned_alloc(std::size_t align, std::size_t size) {
    count_one(align, size);
    return __libc_memalign(align, size);
}
int posix_memalign(void** block, std::size_t align, std::size_t size) {
    count_one(align, size);
    *block = __libc_memalign(align, size);
    return *block == nullptr ? ENOMEM : 0;
}

}  // extern "C"

namespace {

using namespace stentor_test;

struct in_slot {
    static constexpr std::string_view topic = "test.in-slot";
    std::int64_t number = 0;
};
struct boxed {
    static constexpr std::string_view topic = "test.boxed";
    char data[300] = {};
};
struct caused {
    static constexpr std::string_view topic = "test.caused";
    std::int64_t number = 0;
};

// Validated by itself, and by a rule.
struct validated {
    static constexpr std::string_view topic = "test.validated";
    std::int64_t number = 0;
    std::string text{};
    STENTOR_FIELDS(validated, number, text);
};
void validate(const validated& one, stentor::violations& found) {
    const auto here = found.in("number");
    if (one.number < 0) {
        found.add("", "negative", "");
    }
}

// While it lives, allocations are counted.
class allocation_count {
public:
    allocation_count() {
        allocations = 0;
        counting = true;
    }
    ~allocation_count() { counting = false; }
    [[nodiscard]] static std::int64_t so_far() { return allocations.load(); }
};

constexpr int window = 200;          // events between two waits
constexpr int warm_up_window = 300;  // so that no later backlog is as long as those before
constexpr int measured_windows = 500;

class allocation : public bus_fixture, public ::testing::WithParamInterface<stentor::placement> {
protected:
    [[nodiscard]] static stentor::subscription_options placed() {
        return {.placement = GetParam()};
    }

    // Handlers call it first: in the warm-up everything is in the queue before they begin.
    void work() const {
        while (held_.load(std::memory_order_relaxed)) {
            std::this_thread::yield();
        }
    }

    template <class Publish>
    void run(stentor::bus& bus, int windows, int size, bool hold, Publish& publish) {
        for (int turn = 0; turn < windows; ++turn) {
            held_ = hold;
            for (int number = 0; number < size; ++number) {
                publish(number);
            }
            held_ = false;
            ASSERT_TRUE(bus.wait_idle(patience));
        }
    }

    // Of 100 000 publishes, after a warm-up.
    template <class Publish>
    std::int64_t allocations_of(stentor::bus& bus, Publish&& publish) {
        run(bus, 20, warm_up_window, true, publish);
        run(bus, 20, window, false, publish);
        const allocation_count counted;
        run(bus, measured_windows, window, false, publish);
        return counted.so_far();
    }

private:
    std::atomic<bool> held_{false};
};

TEST_P(allocation, of_events_that_fit_a_slot_is_zero) {
    auto& bus = make_bus();
    std::atomic<std::int64_t> sum{0};
    const auto add = [&](const in_slot& it) {
        work();
        sum.fetch_add(it.number);
    };
    auto one = bus.subscribe<in_slot>("one", add, placed());
    auto two = bus.subscribe<in_slot>("two", add, placed());
    EXPECT_EQ(allocations_of(bus, [&](int number) { bus.publish(in_slot{number}); }), 0);
}

TEST_P(allocation, of_events_in_envelopes_is_zero) {
    auto& bus = make_bus();
    auto one = bus.subscribe<boxed>("one", [&](const boxed&) { work(); }, placed());
    auto two = bus.subscribe(
        "two", stentor::pattern("test.*"), [&](const stentor::any_event&) { work(); }, placed());
    EXPECT_EQ(allocations_of(bus, [&](int) { bus.publish(boxed{}); }), 0);
}

TEST_P(allocation, of_events_with_metadata_is_zero) {
    auto& bus = make_bus();
    auto one = bus.subscribe<in_slot>("one", [&](const in_slot&) { work(); }, placed());
    const stentor::header headers[] = {{"tenant", "acme"}};
    EXPECT_EQ(allocations_of(bus,
                             [&](int number) {
                                 bus.publish(in_slot{number}, {.correlation_id = "req-1",
                                                               .user_id = "u-1",
                                                               .headers = headers});
                             }),
              0);
}

// Any runner may be the one that publishes, and each warms up for itself: here there is one.
TEST_P(allocation, of_events_that_handlers_publish_is_zero) {
    auto options = small_bus();
    options.workers = 1;
    options.spare = 0;
    auto& bus = make_bus(std::move(options));
    auto one = bus.subscribe<in_slot>(
        "one",
        [&](const in_slot& it, stentor::context& ctx) {
            work();
            const int effects = it.number < 0 ? warm_up_window : 1;
            for (int turn = 0; turn < effects; ++turn) {
                ctx.publish(caused{it.number});
            }
        },
        placed());
    auto two = bus.subscribe<caused>("two", [](const caused&) {}, placed());
    for (int turn = 0; turn < 20; ++turn) {
        ASSERT_TRUE(bus.publish(in_slot{-1}));
        ASSERT_TRUE(bus.wait_idle(patience));
    }
    EXPECT_EQ(allocations_of(bus, [&](int number) { bus.publish(in_slot{number}); }), 0);
}

TEST_P(allocation, of_leased_publishers_is_zero) {
    auto& bus = make_bus();
    auto one = bus.subscribe<in_slot>("one", [&](const in_slot&) { work(); }, placed());
    auto hot = bus.publisher<in_slot>();
    EXPECT_EQ(allocations_of(bus, [&](int number) { hot.publish(in_slot{number}); }), 0);
}

TEST_P(allocation, of_untyped_events_is_zero) {
    auto& bus = make_bus();
    auto one = bus.subscribe(
        "one", stentor::pattern("text.>"), [&](const stentor::any_event&) { work(); }, placed());
    const stentor::topic name("text.some");
    EXPECT_EQ(allocations_of(bus, [&](int) { bus.publish(name, std::string("{}")); }), 0);
}

TEST_P(allocation, of_valid_events_is_zero) {
    auto& bus = make_bus();
    auto one = bus.subscribe<validated>("one", [&](const validated&) { work(); }, placed());
    const auto rule = bus.validate<validated>(
        [](const validated& it, stentor::violations& found) {
            if (it.number < 0) {
                found.add("number", "negative", "");
            }
        },
        {.size_max = 1000, .utf8 = true, .required = {"text"}});
    EXPECT_EQ(allocations_of(bus, [&](int number) { bus.publish(validated{number, "short"}); }), 0);
}

TEST_P(allocation, of_intercepted_events_is_zero) {
    auto options = small_bus();
    std::atomic<std::int64_t> told{0};
    options.interceptors = {
        {.name = "marks",
         .before_publish =
             [](stentor::outgoing_event& one) {
                 if (auto* it = one.get_if<in_slot>(); it != nullptr) {
                     ++it->number;
                 }
                 one.set_user_id("somebody");
                 one.set_header("tenant", "acme");
             },
         .on_settle = [&](const stentor::settled_view&) { ++told; }},
        stentor::tracing({.sink = [&](const stentor::trace_span&) { ++told; }})};
    auto& bus = make_bus(std::move(options));
    auto one = bus.subscribe<in_slot>("one", [&](const in_slot&) { work(); }, placed());
    auto two = bus.subscribe<boxed>("two", [&](const boxed&) { work(); }, placed());
    EXPECT_EQ(allocations_of(bus,
                             [&](int number) {
                                 if (number % 2 == 0) {
                                     bus.publish(in_slot{number});
                                 } else {
                                     bus.publish(boxed{});
                                 }
                             }),
              0);
    EXPECT_GT(told, 300'000);
}

TEST_P(allocation, of_refused_publishes_is_zero) {
    auto& bus = make_bus();
    std::atomic<bool> open{false};
    auto one = bus.subscribe<in_slot>("one",
                                      [&](const in_slot&) {
                                          while (!open) {
                                              std::this_thread::yield();
                                          }
                                      },
                                      {.capacity = 10});
    while (bus.publish(in_slot{})) {
    }
    {
        const allocation_count counted;
        for (int number = 0; number < 10'000; ++number) {
            EXPECT_FALSE(bus.publish(in_slot{number}));
        }
        EXPECT_EQ(counted.so_far(), 0);
    }
    open = true;
}

class inline_allocation : public bus_fixture {};

TEST_F(inline_allocation, of_all_sizes_of_events_is_zero) {
    auto& bus = make_bus();
    std::int64_t sum = 0;
    const stentor::subscription_options inlined{.execution = stentor::execution::inline_};
    auto small =
        bus.subscribe<in_slot>("small", [&](const in_slot& it) { sum += it.number; }, inlined);
    auto answering = bus.subscribe<in_slot>(
        "answering", [](const in_slot&) { return stentor::outcome::ignore(); }, inlined);
    auto large =
        bus.subscribe<boxed>("large", [&](const boxed& it) { sum += it.data[0]; }, inlined);
    const auto publish = [&](int count) {
        for (int number = 0; number < count; ++number) {
            ASSERT_TRUE(bus.publish(in_slot{1}));
            ASSERT_TRUE(bus.publish(boxed{}));
        }
    };
    publish(300);
    const allocation_count counted;
    publish(50'000);
    EXPECT_EQ(counted.so_far(), 0);
    EXPECT_EQ(sum, 50'300);
}

// The log, the history of attempts and the timers have their memory after the first few. The budget
// is the entry that waits, and nothing beside it.
TEST_F(bus_fixture, allocates_one_entry_for_each_delivery_that_waits_for_its_next_attempt) {
    expect_failures();
    auto options = small_bus();
    options.log.on_error = [](const stentor::error_record&) {};
    auto& bus = make_bus(std::move(options));
    stentor::retry_policy policy;
    policy.max_attempts = 3;
    policy.immediate = 0;
    policy.backoff = stentor::backoff::fixed;
    policy.base = std::chrono::milliseconds(1);
    policy.budget = {};
    auto kept = bus.subscribe<in_slot>(
        "flaky",
        [](const in_slot&, stentor::context& ctx) {
            return ctx.attempt() < 3 ? stentor::outcome::retry({}, "not yet") : stentor::outcome();
        },
        {.retry = policy, .dead_letters = true});
    const auto publish = [&](int count) {
        for (int number = 0; number < count; ++number) {
            ASSERT_TRUE(bus.publish(in_slot{1}));
            if (number % 64 == 0) {
                ASSERT_TRUE(bus.wait_idle(patience));
            }
        }
        ASSERT_TRUE(bus.wait_idle(patience));
    };
    publish(20'000);  // the history's ring has its size
    const allocation_count counted;
    publish(2'000);
    EXPECT_GE(counted.so_far(), 2'000);
    EXPECT_LE(counted.so_far(), 2'000 + 2'000 / 64 * 8) << "wait_idle() takes a few";
}

INSTANTIATE_TEST_SUITE_P(in, allocation,
                         ::testing::Values(stentor::placement::own, stentor::placement::shared),
                         [](const auto& one) {
                             return one.param == stentor::placement::own ? "own_lanes"
                                                                         : "shared_lanes";
                         });

TEST(allocation_count, sees_every_kind) {
    const allocation_count counted;
    // Called by name: a compiler may leave out new-expressions that come to nothing.
    ::operator delete(::operator new(4));
    EXPECT_EQ(counted.so_far(), 1);
    constexpr std::align_val_t aligned{256};
    ::operator delete(::operator new(256, aligned), aligned);
    EXPECT_EQ(counted.so_far(), 2);
    const auto before = counted.so_far();
    std::thread([] { ::operator delete(::operator new(4)); }).join();
    EXPECT_GE(counted.so_far(), before + 2) << "its own, and what the thread takes";
}

}  // namespace
