// SPDX-License-Identifier: MIT
#include "isolated.hpp"
#include <stentor/stentor.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <dlfcn.h>
#include <pthread.h>

// Threads that cannot be had. A bus either says errc::no_threads, or works: with fewer runners, on
// another executor, but every event is handled and no runner has to be rescued.
namespace stentor::fault {
namespace {

using namespace std::chrono_literals;

struct tick {
    static constexpr std::string_view topic = "fault.tick";
    int number = 0;
};

bus_options quiet() {
    bus_options options;
    options.log.on_notice = [](const notice_record&) {};
    options.workers = 2;
    options.spare = 2;
    return options;
}

// A bus that says it works has to: events come in one by one, so that each needs a wake-up, and in
// bursts. Empty: it does.
std::string put_to_work(bus& one) {
    std::atomic<int> handled{0};
    auto handle = one.subscribe<tick>("counts", [&](const tick&) { handled.fetch_add(1); });
    int published = 0;
    for (int round = 0; round < 12; ++round) {
        const int burst = round % 3 == 2 ? 500 : 1;
        for (int index = 0; index < burst; ++index) {
            if (!one.publish(tick{index})) {
                return "an event was refused";
            }
            ++published;
        }
        const auto began = std::chrono::steady_clock::now();
        if (!one.wait_idle(20s)) {
            return "an event was not handled within 20 s";
        }
        if (std::chrono::steady_clock::now() - began > 1500ms) {
            return "an event waited for more than a second";
        }
        std::this_thread::sleep_for(5ms);
    }
    if (handled.load() != published) {
        return std::to_string(handled.load()) + " of " + std::to_string(published) + " handled";
    }
    if (!one.drain().complete) {
        return "the drain is not complete";
    }
    const auto all = one.snapshot();
    if (all.rescues != 0) {
        return std::to_string(all.rescues) + " rescues";
    }
    return all.audit.unaccounted() == 0 ? std::string() : all.audit.to_string();
}

std::string try_bus(bus_options options) {
    step("create");
    auto made = bus::create(std::move(options));
    if (!made) {
        return made.error().code() == errc::no_threads ? std::string()
                                                       : "create() says " + made.error().message();
    }
    step("work");
    return put_to_work(*made);
}

// An executor that begins only some of its tasks, or begins the others too late.
class stingy_executor final : public executor {
public:
    stingy_executor(std::size_t starts, std::chrono::milliseconds others_after)
        : starts_(starts), others_after_(others_after) {}
    ~stingy_executor() override { static_cast<void>(join(0ns)); }

    std::size_t start(std::span<runner_task* const> tasks, std::chrono::milliseconds) override {
        const auto begun = std::min(starts_, tasks.size());
        for (std::size_t index = 0; index < tasks.size(); ++index) {
            if (index < begun) {
                threads_.emplace_back([task = tasks[index]] { task->run(); });
            } else if (others_after_ != 0ms) {
                threads_.emplace_back([task = tasks[index], after = others_after_] {
                    std::this_thread::sleep_for(after);
                    task->run();
                });
            }
        }
        return begun;
    }
    bool join(std::chrono::nanoseconds) noexcept override {
        for (auto& one : threads_) {
            if (one.joinable()) {
                one.join();
            }
        }
        return true;
    }
    const char* name() const noexcept override { return "stingy"; }

private:
    std::size_t starts_;
    std::chrono::milliseconds others_after_;
    std::vector<std::thread> threads_;
};

TEST(threads, may_be_fewer_than_an_executor_was_asked_for) {
    for (std::size_t starts = 0; starts <= 4; ++starts) {
        EXPECT_EQ(isolated([&] {
                      auto options = quiet();
                      options.executor = std::make_shared<stingy_executor>(starts, 0ms);
                      return try_bus(std::move(options));
                  }),
                  "")
            << starts << " of 4 runners began";
    }
}

TEST(threads, may_begin_late) {
    for (std::size_t starts = 0; starts <= 3; ++starts) {
        for (const auto after : {1ms, 150ms}) {
            EXPECT_EQ(isolated([&] {
                          auto options = quiet();
                          options.executor = std::make_shared<stingy_executor>(starts, after);
                          return try_bus(std::move(options));
                      }),
                      "")
                << starts << " of 4 runners began in time, the others after " << after.count()
                << " ms";
        }
    }
}

#if defined(STENTOR_TEST_OWNS_PTHREAD_CREATE)

// Creations that may still succeed.
std::atomic<int> threads_left{1'000'000};

TEST(threads, may_not_be_had_at_any_moment) {
    for (int left = 0; left <= 8; ++left) {
        for (const bool arena : {false, true}) {
            EXPECT_EQ(isolated([&] {
                          auto options = quiet();
                          options.executor = arena ? make_arena_executor() : make_thread_executor();
                          threads_left.store(left);
                          return try_bus(std::move(options));
                      }),
                      "")
                << "only " << left << " threads, " << (arena ? "arena" : "threads");
        }
    }
}

TEST(threads, are_asked_for_again_when_they_can_be_had) {
    EXPECT_EQ(isolated([] {
                  threads_left.store(0);
                  if (bus::create(quiet())) {
                      return std::string("there was a bus without threads");
                  }
                  threads_left.store(1'000'000);
                  return try_bus(quiet());
              }),
              "");
}

#endif

}  // namespace
}  // namespace stentor::fault

#if defined(STENTOR_TEST_OWNS_PTHREAD_CREATE)

namespace {

struct start {
    void* (*function)(void*);
    void* argument;
};

// The limit is on threads that live, as the system's is.
struct place {
    ~place() { stentor::fault::threads_left.fetch_add(1); }
};

void* run_counted(void* what) {
    thread_local place held;
    static_cast<void>(held);
    const std::unique_ptr<start> begun(static_cast<start*>(what));
    return begun->function(begun->argument);
}

}  // namespace

// Stands before the C library's: the limit on processes does not bind root, so a test cannot set
// it.
extern "C" int pthread_create(pthread_t* thread, const pthread_attr_t* attributes,
                              void* (*function)(void*), void* argument) noexcept {
    using creator = int (*)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);
    static const auto real = reinterpret_cast<creator>(::dlsym(RTLD_NEXT, "pthread_create"));
    if (stentor::fault::threads_left.fetch_sub(1) <= 0) {
        stentor::fault::threads_left.fetch_add(1);
        return EAGAIN;
    }
    auto what = std::make_unique<start>(start{function, argument});
    const int failure = real(thread, attributes, run_counted, what.get());
    if (failure == 0) {
        static_cast<void>(what.release());
    } else {
        stentor::fault::threads_left.fetch_add(1);
    }
    return failure;
}
#endif
