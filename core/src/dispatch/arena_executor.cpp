// SPDX-License-Identifier: MIT
#include "base/race_detector.hpp"
#include "dispatch/start_gate.hpp"
#include "dispatch/thread_setup.hpp"
#include <stentor/dispatch/executor.hpp>

#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/task_arena.h>

#include <mutex>
#include <new>
#include <optional>
#include <thread>
#include <vector>

// The one place that knows oneTBB. It is used as "run this on a worker" and nothing else: resident
// tasks, started with task_arena::enqueue, which unlike spawning never misses a wake-up.
namespace stentor::inline v0 {

namespace {

// oneTBB counts workers per process and takes the smallest of all limits in force, so several buses
// need one limit together. The ledger raises it when the value in force is too small, never lowers
// it below what the host asked for, and lives for ever, whatever order statics go in.
class parallelism_ledger {
public:
    void add(std::size_t runners) {
        const std::lock_guard lock(mutex_);
        wanted_ += runners;
        const auto need = wanted_ + 1;  // oneTBB counts the thread that asks, too
        using control = tbb::global_control;
        if (control::active_value(control::max_allowed_parallelism) >= need) {
            return;
        }
        limit_.reset();
        limit_.emplace(control::max_allowed_parallelism, need);
    }

    void remove(std::size_t runners) noexcept {
        const std::lock_guard lock(mutex_);
        wanted_ -= runners;
        if (wanted_ == 0) {
            limit_.reset();
        }
    }

    static parallelism_ledger& instance() {
        alignas(parallelism_ledger) static std::byte storage[sizeof(parallelism_ledger)];
        static auto* ledger = ::new (storage) parallelism_ledger;  // never destroyed
        return *ledger;
    }

private:
    std::mutex mutex_;
    std::size_t wanted_ = 0;
    std::optional<tbb::global_control> limit_;
};

// What a task refers to; it holds one pointer to this and nothing else, so that race detection sees
// all sharing. Freed by whoever is last, the executor or the task.
struct resident {
    runner_task* task;
    std::shared_ptr<detail::start_gate> gate;
};

void run_resident(resident* what) noexcept {
    const std::unique_ptr<resident> owned(what);
    const detail::quiet_thread signals;
    detail::reset_affinity();
    owned->gate->began();
    owned->task->run();
    owned->gate->ended();
}

// The callable in a task of oneTBB: the last member of the task, copied into it once, by the thread
// that enqueues, and called in that same place by a worker.
//
// A worker finds the task in a queue that enqueue() put it in, so all that came before enqueue()
// happens before the call. Inside the library, which is not instrumented, ThreadSanitizer cannot
// see that; it is told at the place of the copy.
class handed_resident {
public:
    explicit handed_resident(resident* what) noexcept : what_(what) {}
    handed_resident(const handed_resident& other) noexcept : what_(other.what_) {
        detail::claim_handed_over(this);
    }
    handed_resident& operator=(const handed_resident&) = delete;
    ~handed_resident() = default;

    void operator()() const noexcept {
        detail::claim_taken_over(this);
        run_resident(what_);
    }

private:
    resident* what_;
};

// oneTBB starts workers from workers, and a thread that cannot be had there ends the process. So as
// many are started here first, all at once, and let go.
bool threads_can_be_had(std::size_t count) {
    std::mutex held;
    std::vector<std::thread> all;
    all.reserve(count);
    std::unique_lock gate(held);
#if defined(__cpp_exceptions)
    try {
#endif
        while (all.size() < count) {
            all.emplace_back([&held] { const std::lock_guard wait(held); });
        }
#if defined(__cpp_exceptions)
    } catch (...) {  // NOLINT(bugprone-empty-catch): how many there are is the answer
    }
#endif
    gate.unlock();
    for (auto& one : all) {
        one.join();
    }
    return all.size() == count;
}

class arena_executor final : public executor {
public:
    ~arena_executor() override {
        if (!joined_ && arena_ != nullptr) {
            static_cast<void>(arena_.release());  // a runner never returned; its arena stays
            return;
        }
        arena_.reset();
        if (granted_ != 0) {
            parallelism_ledger::instance().remove(granted_);
        }
    }

    std::size_t start(std::span<runner_task* const> tasks,
                      std::chrono::milliseconds patience) override {
#if defined(__cpp_exceptions)
        try {
            enqueue(tasks);
        } catch (...) {  // NOLINT(bugprone-empty-catch): the caller sees how many began
        }
#else
        enqueue(tasks);
#endif
        return gate_->wait_begun(count_, patience);
    }

    bool join(std::chrono::nanoseconds deadline) noexcept override {
        joined_ = gate_->wait_ended(count_, deadline);
        return joined_;
    }

    const char* name() const noexcept override { return "arena"; }

private:
    void enqueue(std::span<runner_task* const> tasks) {
        if (!threads_can_be_had(tasks.size())) {
            return;
        }
        parallelism_ledger::instance().add(tasks.size());
        granted_ = tasks.size();
        arena_ = std::make_unique<tbb::task_arena>(static_cast<int>(tasks.size()), 0);
        arena_->initialize();
        for (auto* task : tasks) {
            auto what = std::make_unique<resident>(resident{task, gate_});
            arena_->enqueue(handed_resident(what.get()));
            static_cast<void>(what.release());
            ++count_;
        }
    }

    std::shared_ptr<detail::start_gate> gate_ = std::make_shared<detail::start_gate>();
    std::unique_ptr<tbb::task_arena> arena_;
    std::size_t granted_ = 0;  // by the ledger
    std::size_t count_ = 0;    // enqueued
    bool joined_ = false;
};

}  // namespace

std::shared_ptr<executor> make_arena_executor() {
    return std::make_shared<arena_executor>();
}

}  // namespace stentor::inline v0
