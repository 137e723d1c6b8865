// SPDX-License-Identifier: MIT
#include "bus/engine.hpp"

#include "dispatch/thread_setup.hpp"

#include <algorithm>
#include <random>
#include <thread>

// The beginning and the end.
namespace stentor::inline v0::detail {

namespace {

constexpr auto start_patience = std::chrono::milliseconds(100);
constexpr std::int64_t cancel_grace_ns = 1'000'000'000;
constexpr std::int32_t workers_max = 256;
constexpr std::int32_t spare_max = 64;
constexpr std::int32_t lanes_max = 4096;
constexpr std::int64_t balanced_spin_ns = 200'000;

std::optional<error> check(const bus_options& options) {
    const auto outside = [](std::string_view name, std::int64_t value, std::int64_t low,
                            std::int64_t high) -> std::optional<error> {
        if (value >= low && value <= high) {
            return std::nullopt;
        }
        return error(errc::invalid_option,
                     "bus_options::" + std::string(name) + " is " + std::to_string(value) +
                         "; give " + std::to_string(low) + " to " + std::to_string(high));
    };
    const std::optional<error> found[] = {
        outside("workers", options.workers, 0, workers_max),
        outside("spare", options.spare, 0, spare_max),
        outside("capacity", options.capacity, 1, capacity_max),
        outside("memory", options.memory, 4096, capacity_max),
        outside("publishers", options.publishers, 1, 1024),
        outside("lanes", options.lanes, 1, lanes_max),
        outside("untyped_topics", options.untyped_topics, 1, 1'000'000),
        outside("drain_deadline", options.drain_deadline.count(), 0,
                std::chrono::nanoseconds(std::chrono::hours(24 * 365)).count()),
    };
    for (const auto& one : found) {
        if (one) {
            return one;
        }
    }
    return std::nullopt;
}

scheduler::limits limits_of(const bus_options& options, std::uint32_t workers) {
    return {.runners = workers + static_cast<std::uint32_t>(options.spare),
            .workers = workers,
            .lanes = static_cast<std::size_t>(options.lanes),
            .capacity = options.capacity,
            .memory = options.memory,
            .spin_ns = options.profile == profile::efficient ? 0 : balanced_spin_ns,
            .spin_on_traffic = options.profile == profile::low_latency};
}

std::shared_ptr<executor> default_executor() {
#if defined(STENTOR_EXECUTOR_THREADS)
    return make_thread_executor();
#else
    return make_arena_executor();
#endif
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
        if (real.step()) {
            return true;
        }
        owner.shared_.refresh_coarse(owner.shared_.now());
        if (!owner.shared_.take_maintenance_request()) {
            return false;
        }
        owner.maintain(false);
        return !owner.shared_.ready.empty();
    }
    engine& owner;
    runner& real;
    std::atomic<bool> claimed{false};
};

result<std::shared_ptr<engine>, error> engine::make(bus_options options) {
    if (auto wrong = check(options)) {
        return unexpected<error>(std::move(*wrong));
    }
    const auto workers =
        static_cast<std::uint32_t>(options.workers != 0 ? options.workers : usable_cpus());
#if defined(__cpp_exceptions)
    try {
#endif
        auto made = std::make_shared<engine>(std::move(options), workers, random_key());
        if (auto started = made->start(); !started) {
            return unexpected<error>(started.error());
        }
        return made;
#if defined(__cpp_exceptions)
    } catch (const std::bad_alloc&) {
        return unexpected<error>(error(errc::no_memory, "no memory for a bus"));
    }
#endif
}

engine::engine(bus_options options, std::uint32_t workers, std::uint64_t id_key)
    : options_(std::move(options)),
      id_key_(id_key),
      shared_(limits_of(options_, workers),
              options_.clock != nullptr ? *options_.clock : system_clock_source()),
      log_(shared_, std::move(options_.log)),
      slots_(std::make_shared<slot_pool>(static_cast<std::uint32_t>(options_.publishers), id_key)) {
    shared_.observer = &log_;
    shared_.target = this;
    shared_.on_thread_start = std::move(options_.on_thread_start);
    // One more than run: the closer, with which a drain cancels what is left.
    for (std::uint32_t index = 0; index <= shared_.what.runners; ++index) {
        runners_.push_back(std::make_unique<runner>(shared_, index));
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
    executors_.push_back(options_.executor != nullptr ? options_.executor : default_executor());
    auto begun = executors_.back()->start(tasks, start_patience);
    if (begun < tasks.size() && !executors_.back()->manual()) {
        log_.notice("only " + std::to_string(begun) + " of " + std::to_string(tasks.size()) +
                    " runners started within 100 ms on executor " + executors_.back()->name() +
                    "; the others run on plain threads");
        executors_.push_back(make_thread_executor());
        begun = executors_.back()->start(tasks, start_patience * 10);
    }
    bool running = begun > 0;
    if (running && !executors_.back()->manual()) {
        watch_ = std::make_unique<watch>(shared_, [this](bool idle) { maintain(idle); });
        running = watch_->start(watched);
    }
    if (!running) {
        static_cast<void>(drain(std::chrono::nanoseconds(0)));
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

bool engine::inside_handler() const noexcept {
    const auto* mine = runner::current();
    return mine != nullptr && mine->owner() == &shared_ && mine->calling_now() != nullptr;
}

drain_report engine::drain(std::chrono::nanoseconds deadline) noexcept {
    if (forked()) {
        return {};
    }
    const auto until = shared_.now() + std::max<std::int64_t>(deadline.count(), 0);
    if (intake_.now() == intake::open) {
        intake_.set(intake::draining);
    }
    wait_for_publishers(until);
    if (inside_handler()) {
        // The caller's own delivery, and what its runner holds behind it, end after it returns; the
        // runners are stopped by the drain that comes from outside.
        drain_report report;
        report.complete = await(until);
        return report;
    }
    const std::lock_guard lock(drain_mutex_);
    if (stopped_) {
        return final_report_;
    }
    drain_report report;
    const auto before = handled_total();
    report.complete = await(until);
    intake_.set(intake::closed);
    wait_for_publishers(shared_.now() + cancel_grace_ns);
    if (!report.complete) {
        cancel_leftovers(report);
    }
    report.completed = handled_total() - before;
    stop_runners(report);
    log_.flush(true);
    stopped_ = true;
    final_report_ = report;
    return report;
}

bool engine::wait_idle(std::chrono::nanoseconds deadline) noexcept {
    if (forked() || inside_handler()) {
        return false;
    }
    return await(shared_.now() + std::max<std::int64_t>(deadline.count(), 0));
}

// Publishers that are inside publish now, and looked at the intake before it changed.
void engine::wait_for_publishers(std::int64_t until_ns) noexcept {
    {
        const std::lock_guard lock(registry_);
        for (const auto& one : lanes_) {
            if (one != nullptr) {
                scheduler::announce_room(*one);  // who waits for room finds the intake closed
            }
        }
    }
    real_sync::heavy_fence();  // [PAIR grace]
    grace inside;
    for (std::uint32_t index = 0; index < slots_->size(); ++index) {
        inside.observe(slots_->at(index).section);
    }
    while (!inside.elapsed() && shared_.now() < until_ns) {
        std::this_thread::yield();
    }
}

// Every entry that was accepted is settled, but for what runners hold whose handler waits here too.
bool engine::quiescent() const noexcept {
    const std::lock_guard lock(registry_);
    std::int64_t open = 0;
    // Settled first, then accepted, for all routes together: equal sums mean that both were equal
    // when the last settled count was read, because every entry is counted as accepted before it is
    // enqueued and as settled after.
    std::uint64_t gone = 0;
    for_each_route([&](const route& one) { gone += one.settled_entries(); });
    std::atomic_thread_fence(std::memory_order_seq_cst);
    std::uint64_t come = 0;
    for_each_route([&](const route& one) { come += one.accepted_entries(); });
    open = static_cast<std::int64_t>(come - gone);
    for (const auto& one : runners_) {
        if (one->in_waiting_call.load(std::memory_order_acquire)) {
            open -= one->in_hand();
        }
    }
    return open <= 0;
}

bool engine::await(std::int64_t until_ns) noexcept {
    auto* mine = inside_handler() ? runner::current() : nullptr;
    if (mine != nullptr) {
        const std::lock_guard lock(registry_);  // against enter_wait(): one of the two sees the other
        mine->in_waiting_call.store(true, std::memory_order_release);
    }
    bool done = quiescent();
    auto nap = std::chrono::microseconds(20);
    while (!done) {
        if (executors_.back()->manual()) {
            if (!executors_.back()->step()) {
                done = quiescent();
                break;  // nobody can do anything, and nobody sleeps until a moment comes
            }
        } else {
            if (shared_.now() >= until_ns) {
                break;
            }
            std::this_thread::sleep_for(nap);
            nap = std::min(nap * 2, std::chrono::microseconds(1000));
        }
        done = quiescent();
    }
    if (mine != nullptr) {
        mine->in_waiting_call.store(false, std::memory_order_release);
    }
    return done;
}

// Deliveries that reached their handler, or expired.
std::int64_t engine::handled_total() const noexcept {
    const std::lock_guard lock(registry_);
    const auto handled = [](const delivery_terms& terms) {
        return terms.completed + terms.failed + terms.expired;
    };
    auto sum = handled(removed_);
    for (const auto* list : {&active_, &closed_}) {
        for (const auto& one : *list) {
            sum += handled(terminals_of(*one));
        }
    }
    return sum;
}

std::map<std::string, std::int64_t> engine::cancelled_by_topic() const {
    std::map<std::string, std::int64_t> sums;
    for_each_route([&](const route& one) {
        if (const auto count = one.cancelled_entries(); count != 0) {
            sums[one.topic->name] += static_cast<std::int64_t>(count);
        }
    });
    return sums;
}

// The deadline has passed: queued entries are cancelled, running calls get a second to return.
void engine::cancel_leftovers(drain_report& report) noexcept {
    std::map<std::string, std::int64_t> before;
    {
        const std::lock_guard lock(registry_);
        before = cancelled_by_topic();
        shared_.cancelling.store(true, std::memory_order_seq_cst);
        for (const auto& one : lanes_) {
            if (one != nullptr) {
                runners_.back()->cancel_all(*one);
            }
        }
    }
    static_cast<void>(await(shared_.now() + cancel_grace_ns));
    const std::lock_guard lock(registry_);
    for (const auto& [topic, count] : cancelled_by_topic()) {
        if (const auto more = count - before[topic]; more != 0) {
            report.abandoned.push_back({topic, more});
        }
    }
    const auto now = shared_.now();
    for (const auto& one : runners_) {
        const auto* held = one->calling_now();
        const auto since = one->running_since();
        if (held == nullptr || since == 0) {
            continue;
        }
        for (const auto* list : {&active_, &closed_}) {
            for (const auto& record : *list) {
                if (record.get() == held) {
                    report.stuck.push_back({record->name, record->where, now - since});
                }
            }
        }
    }
}

void engine::stop_runners(drain_report& report) noexcept {
    shared_.stopping.store(true, std::memory_order_seq_cst);  // [PAIR stop]
    shared_.permits.post(shared_.what.runners * 2);
    const auto patience = report.stuck.empty() ? std::chrono::seconds(10) : std::chrono::seconds(0);
    bool all = true;
    for (const auto& one : executors_) {
        all = one->join(patience) && all;
    }
    if (watch_ != nullptr) {
        watch_->stop();
    }
    stuck_ = !all;
    if (stuck_) {
        log_.notice("a handler did not return by the end of the drain; its thread and the engine's "
                    "core are left behind");
        return;
    }
    const std::lock_guard lock(registry_);
    for (const auto* list : {&active_, &closed_}) {
        for (const auto& one : *list) {
            destroy_handler(*one);
        }
    }
    reclaim();
}

void engine::warm() {
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
    if (introduce_topic(type->topic, type) == introduced::mismatch) {
        raise(error(errc::type_mismatch, "topic \"" + std::string(type->topic) +
                                             "\" belongs to another type of this bus"));
    }
    auto* slot = slots_->lease();
    if (slot == nullptr) {
        raise(error(errc::no_memory, "all publisher slots are leased; raise bus_options::publishers"));
    }
    {
        const std::lock_guard lock(registry_);
        auto* entry = topics_.find(type->topic);
        static_cast<void>(cell_of(*slot, *entry->current.load(std::memory_order_relaxed)));
    }
    return {slots_, slot};
}

}  // namespace stentor::inline v0::detail
