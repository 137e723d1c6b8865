// SPDX-License-Identifier: MIT
#include "base/attempt.hpp"
#include "bus/intercepting.hpp"
#include "bus/life.hpp"
#include "dispatch/detached_delivery.hpp"
#include "dispatch/thread_setup.hpp"
#include <stentor/resilience/memory_dead_letters.hpp>

#include <random>

// The beginning: checked options, threads, leases.
namespace stentor::inline v0::detail {

namespace {

constexpr auto start_patience = std::chrono::milliseconds(100);
constexpr std::int32_t workers_max = 256;
constexpr std::int32_t spare_max = 64;
constexpr std::int32_t blocking_max = 1024;
constexpr std::int32_t lanes_max = 4096;
constexpr std::int64_t balanced_spin_ns = 200'000;

std::optional<error> check(const bus_options& options) {
    const auto outside = [](std::string_view name, std::int64_t value, std::int64_t low,
                            std::int64_t high) -> std::optional<error> {
        if (value >= low && value <= high) {
            return std::nullopt;
        }
        return error(errc::invalid_option, "bus_options::" + std::string(name) + " is " +
                                               std::to_string(value) + "; give " +
                                               std::to_string(low) + " to " + std::to_string(high));
    };
    const std::optional<error> found[] = {
        outside("workers", options.workers, 0, workers_max),
        outside("spare", options.spare, 0, spare_max),
        outside("blocking_threads", options.blocking_threads, 1, blocking_max),
        outside("capacity", options.capacity, 1, capacity_max),
        outside("memory", options.memory, 4096, capacity_max),
        outside("publishers", options.publishers, 1, 1024),
        outside("lanes", options.lanes, 1, lanes_max),
        outside("untyped_topics", options.untyped_topics, 1, 1'000'000),
        outside("late_after", options.late_after.count(), 0,
                std::chrono::nanoseconds(std::chrono::hours(24 * 365)).count()),
        outside("drain_deadline", options.drain_deadline.count(), 0,
                std::chrono::nanoseconds(std::chrono::hours(24 * 365)).count()),
    };
    for (const auto& one : found) {
        if (one) {
            return one;
        }
    }
    const auto* interceptors = options.interceptors.all();
    return interceptors != nullptr ? check_interceptors(*interceptors) : std::nullopt;
}

scheduler::limits limits_of(const bus_options& options, std::uint32_t workers) {
    return {.runners = workers + static_cast<std::uint32_t>(options.spare),
            .workers = workers,
            .lanes = static_cast<std::size_t>(options.lanes),
            .capacity = options.capacity,
            .memory = options.memory,
            .spin_ns = options.profile == profile::efficient ? 0 : balanced_spin_ns,
            .spin_on_traffic = options.profile == profile::low_latency,
            .late_after_ns = options.late_after.count()};
}

std::shared_ptr<executor> default_executor() {
#if defined(STENTOR_EXECUTOR_THREADS)
    return make_thread_executor();
#else
    return make_arena_executor();
#endif
}

// False: no memory. Its default bounds are none to refuse.
bool give_store(bus_options& options) {
    if (options.dead_letters == nullptr) {
        if (auto made = memory_dead_letters::make()) {
            options.dead_letters = *std::move(made);
        }
    }
    return options.dead_letters != nullptr;
}

std::uint64_t random_key() {
    std::random_device source;
    return (std::uint64_t{source()} << 32) | source();
}

}  // namespace

// Lets two executors be given the same runner, when the first did not start it in time: whoever
// comes first runs it.
struct engine::start_ticket final : runner_task {
    start_ticket(engine& engine_of, runner& what) noexcept : owner(engine_of), real(what) {}
    void run() noexcept override {
        if (!claimed.exchange(true, std::memory_order_acq_rel)) {
            real.run();
        }
    }
    bool step() noexcept override {
        owner.look_for_late_calls();
        if (owner.kit_ != nullptr) {
            owner.choose_step(real);
        }
        if (real.step() || owner.step_blocking() || owner.let_waiting_lanes_in()) {
            return true;
        }
        owner.shared_.refresh_coarse(owner.shared_.now());
        if (owner.shared_.look_at_timers(owner.shared_.now())) {
            return true;
        }
        if (!owner.shared_.take_maintenance_request()) {
            return false;
        }
        owner.maintain(false);
        // Not merely that a lane is ready: perhaps every runner is busy further out.
        return real.step();
    }
    engine& owner;
    runner& real;
    std::atomic<bool> claimed{false};
};

// What threads leave to chance is the kit's choice: which lane a runner finds first, how far it
// gets before others work, and when the watch ticks.
void engine::choose_step(runner& next) noexcept {
    constexpr std::uint64_t mostly = 4;
    const auto batch = kit_->choose(mostly) != 0 ? 1 : 1 + kit_->choose(runner::batch_max);
    next.steer(kit_->choose(lanes_.size() + 1), batch);
    if (kit_->choose(mostly) == 0 && shared_.take_maintenance_request()) {
        maintain(false);
    }
}

result<std::shared_ptr<engine>, error> engine::make(bus_options options,
                                                    std::shared_ptr<probe> kit) {
    if (auto wrong = check(options)) {
        return unexpected<error>(std::move(*wrong));
    }
    const auto workers =
        static_cast<std::uint32_t>(options.workers != 0 ? options.workers : usable_cpus());
    std::shared_ptr<engine> made;
    result<void, error> started;
    bool store = false;
    if (!attempt([&] {
            store = give_store(options);
            if (!store) {
                return;
            }
            const auto key = kit != nullptr ? kit->choose(std::numeric_limits<std::uint64_t>::max())
                                            : random_key();
            made = std::make_shared<engine>(std::move(options), workers, key, std::move(kit));
            if (auto wrong = made->lives().open_emergency(made->options_.emergency_file)) {
                started = unexpected<error>(std::move(*wrong));
                return;
            }
            started = made->start();
        }) ||
        !store) {
        return unexpected<error>(error::out_of_memory());
    }
    if (!started) {
        return unexpected<error>(std::move(started).error());
    }
    return made;
}

engine::engine(bus_options options, std::uint32_t workers, std::uint64_t id_key,
               std::shared_ptr<probe> kit)
    : kit_(std::move(kit)),
      options_(std::move(options)),
      id_key_(id_key),
      shared_(limits_of(options_, workers),
              options_.clock != nullptr ? *options_.clock : system_clock_source()),
      log_(shared_, std::move(options_.log)),
      slots_(std::make_shared<slot_pool>(static_cast<std::uint32_t>(options_.publishers), id_key,
                                         this)),
      runners_(std::size_t{shared_.what.runners} + 1 +
               static_cast<std::size_t>(options_.blocking_threads) + scheduler::crews_max),
      life_(std::make_unique<life>(*this, options_.dead_letters)) {
    lanes_.resize(1);  // the id of the continuations
    shared_.observer = &log_;
    if (life_->interceptors().masks()) {
        log_.mask_by(life_->interceptors());
    }
    shared_.lateness = life_.get();
    shared_.letters = life_.get();
    shared_.target = kit_ != nullptr ? &kit_->outside(*this) : this;
    shared_.on_thread_start = std::move(options_.on_thread_start);
    // One more than run: the closer, with which a drain cancels what is left.
    for (std::uint32_t index = 0; index <= shared_.what.runners; ++index) {
        runners_.add(std::make_unique<runner>(shared_, index));
    }
}

result<void, error> engine::start() {
    std::vector<runner_task*> tasks;
    std::vector<runner*> watched;
    for (std::uint32_t index = 0; index < shared_.what.runners; ++index) {
        tickets_.push_back(std::make_unique<start_ticket>(*this, *runners_[index]));
        tasks.push_back(tickets_.back().get());
        watched.push_back(runners_[index].get());
    }
    executors_.reserve(2);
    executors_.push_back(options_.executor != nullptr ? options_.executor : default_executor());
    shared_.stepped = executors_.back()->manual();
    bool running = false;
    // From here on runners may be at work, so whatever fails ends with a drain.
    const bool had_memory = attempt([&] {
        auto begun = executors_.back()->start(tasks, start_patience);
        if (begun < tasks.size() && !executors_.back()->manual()) {
            log_.notice("only " + std::to_string(begun) + " of " + std::to_string(tasks.size()) +
                        " runners started within 100 ms on executor " + executors_.back()->name() +
                        "; the others run on plain threads");
            executors_.push_back(make_thread_executor());
            begun = executors_.back()->start(tasks, start_patience * 10);
        }
        running = begun > 0;
        if (running && !executors_.back()->manual()) {
            watch_ = std::make_unique<watch>(shared_, [this](bool idle) { maintain(idle); });
            running = watch_->start(watched);
        }
    });
    if (!had_memory || !running) {
        static_cast<void>(drain(std::chrono::nanoseconds(0)));
    }
    if (!had_memory) {
        return unexpected<error>(error::out_of_memory());
    }
    if (!running) {
        return unexpected<error>(error(errc::no_threads,
                                       "the bus could not start its threads; raise the limit on "
                                       "threads (ulimit -u, cgroup pids.max)"));
    }
    return {};
}

engine::~engine() {
    watch_.reset();
    slots_->retire();
    for (const auto& entry : topics_.entries()) {
        const std::unique_ptr<route> last(entry->current.load(std::memory_order_acquire));
    }
    retired_routes_.clear();
}

// What the watch does at each tick, for a bus that has none.
void engine::look_for_late_calls() noexcept {
    const auto now = shared_.now();
    shared_.refresh_coarse(now);
    life_->look(now);
}

bool engine::inside_handler() const noexcept {
    if (inline_frame::of(this) != nullptr) {
        return true;
    }
    const auto* mine = runner::current();
    if (mine != nullptr && mine->owner() == &shared_ && mine->calling_now() != nullptr) {
        return true;
    }
    const auto* coroutine = detached_delivery::current();
    return coroutine != nullptr && &coroutine->shared == &shared_;
}

void engine::warm() {
    if (forked()) {
        return;
    }
    auto* slot = slot_pool::of_this_thread(slots_);
    if (slot == nullptr) {
        return;
    }
    const std::lock_guard lock(registry_);
    for (const auto& entry : topics_.entries()) {
        static_cast<void>(cell_of(*slot, *entry->current.load(std::memory_order_relaxed)));
    }
}

slot_lease engine::lease(const event_type* type) {
    const auto topic = std::string(type->topic);
    if (forked()) {
        raise(error(errc::closed, "a forked child cannot publish through its parent's bus"));
    }
    switch (introduce_topic(type->topic, type)) {
        case introduced::mismatch:
            raise(error(errc::type_mismatch,
                        "topic \"" + topic + "\" belongs to another type of this bus"));
        case introduced::no_memory:
            raise(error(errc::no_memory, "topic \"" + topic +
                                             "\": no memory, or all lanes are in use; raise "
                                             "bus_options::lanes"));
        case introduced::yes: break;
    }
    auto* slot = slots_->lease();
    if (slot == nullptr) {
        raise(error(errc::no_memory,
                    "all publisher slots are leased; raise bus_options::publishers"));
    }
    {
        const std::lock_guard lock(registry_);
        auto* entry = topics_.find(type->topic);
        static_cast<void>(cell_of(*slot, *entry->current.load(std::memory_order_relaxed)));
    }
    return {slots_, slot};
}

}  // namespace stentor::inline v0::detail
