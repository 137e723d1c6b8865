// SPDX-License-Identifier: MIT
#pragma once

#include "base/sync.hpp"
#include "registry/gap_note.hpp"
#include "registry/stop_signal.hpp"
#include "registry/turns.hpp"
#include <stentor/base/cache_line.hpp>
#include <stentor/base/inline_function.hpp>
#include <stentor/event/pattern.hpp>
#include <stentor/metrics/counter.hpp>
#include <stentor/metrics/histogram.hpp>
#include <stentor/registry/delivery_frame.hpp>
#include <stentor/registry/handler_form.hpp>
#include <stentor/registry/handler_row.hpp>
#include <stentor/registry/subscription_options.hpp>

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <source_location>
#include <string>
#include <string_view>
#include <utility>

namespace stentor::inline v0::detail {

struct call_gate;
class crew;
class held_keys;
class lane;
class pause_limit;
class retry_room;
class waiting_room;

[[nodiscard]] inline bool is_system_topic(std::string_view topic) noexcept {
    return topic.substr(0, topic.find('.')) == reserved_token;
}

// The subscription has limits of its own, which a lane shared with others could not keep.
[[nodiscard]] inline bool has_own_limits(const subscription_options& options) noexcept {
    return options.order.what() != order::kind::unordered || !options.after.empty() ||
           options.required || options.retry.enabled || options.dead_letters.value_or(false) ||
           options.fallback || options.critical || options.breaker || options.rate ||
           options.when_full != when_full::reject || options.on_drop ||
           options.max_concurrency != 0 || options.capacity != subscription_capacity_default;
}

// Counted by one runner, or for inline handlers by one publisher slot; nobody else writes them.
struct alignas(cache_line_size) terminal_stripe {
    counter completed;
    counter failed;
    counter cancelled;
    counter expired;
    counter dead_lettered;
    // No terminals: of those completed, and calls that gave their event back.
    counter ignored;
    counter released;
};

// What becomes of deliveries that may not be made now, because the subscription is barred.
enum class passage : std::uint8_t {
    open,      // it is not
    held,      // paused: they wait in its own lane
    dropping,  // paused: they end as dropped{disabled}
    ending,    // they are cancelled
};

// Everything the engine keeps about one subscription. Shared by its handle, the registry and every
// route that names it; lives until the last route that carried its events is settled.
class subscription_record : public std::enable_shared_from_this<subscription_record> {
public:
    subscription_record(std::string unique_name, std::uint32_t stripes)
        : name(std::move(unique_name)),
          terminals(std::make_unique<terminal_stripe[]>(stripes)),
          stripe_count(stripes) {}

    // --- immutable after the subscription is made ---------------------------------------------
    const std::string name;
    std::uint32_t number = 0;          // what publish_result::which() says
    const event_type* type = nullptr;  // null for a pattern subscription
    std::optional<pattern> topics;     // of a pattern subscription
    subscription_options options;
    handler_traits form;
    crew* served_by = nullptr;  // null: the pool, or nobody (execution::inline_)
    std::source_location where;
    std::int64_t deadline_ns = 0;  // of an attempt; 0: none
    bool has_owner = false;
    bool system = false;   // listens to the engine's own topics
    bool letters = false;  // what fails for good is kept

    // No call begins any more.
    void close() noexcept {
        closed.store(true, std::memory_order_seq_cst);
        barred.store(true, std::memory_order_seq_cst);  // [PAIR barrier]
    }
    // With the handler go its hooks, and what they captured: by the caller, without the registry's
    // lock, which it has here.
    [[nodiscard]] std::array<callback<void()>, 4> take_hooks() noexcept {
        return {std::exchange(options.on_start, {}), std::exchange(options.on_stop, {}),
                std::exchange(options.on_pause, {}), std::exchange(options.on_resume, {})};
    }
    [[nodiscard]] std::string_view topic_text() const noexcept {
        return type != nullptr ? type->topic : topics->view();
    }
    [[nodiscard]] bool matches(std::string_view topic) const noexcept {
        if (type != nullptr) {
            return type->topic == topic;
        }
        // The engine's own topics are for those who name them: a wildcard does not stand for the
        // reserved token.
        return (system || !is_system_topic(topic)) && topics->matches(topic);
    }

    // What it does with its deliveries, other cheap handlers in its lane would have to do as well.
    [[nodiscard]] bool needs_own_lane() const noexcept {
        return has_own_limits(options) || form.batch || form.answers || form.coroutine ||
               options.execution != execution::pool;
    }

    // --- the handler ----------------------------------------------------------------------------
    // Called by runners inside a call_guard; destroyed once, when no runner can be inside.
    inline_function<void(delivery_frame&)> call;
    // Written by unsubscribe (before its heavy fence), read by runners before each call.
    // [PAIR barrier]
    alignas(cache_line_size) std::atomic<bool> closed{false};
    // No call may begin: closed or paused. Written where `closed` is, and by pausing in the same
    // way (before its heavy fence); what runners look at before each call. [PAIR barrier]
    std::atomic<bool> barred{false};
    // Why, for a runner that found it barred. Written before `barred` is.
    std::atomic<passage> way{passage::open};
    // Held: its own lane, into which runners carry what they find of it in others; else null.
    std::atomic<lane*> side{nullptr};
    // Nobody waits for the last call: the runner that ends it destroys the handler.
    std::atomic<bool> deferred{false};
    std::atomic<bool> handler_gone{false};   // whoever sets it destroys the handler
    std::atomic<bool> handler_ended{false};  // and sets this afterwards (release)

    stop_signal stop;
    // Coroutines that have suspended; null: the handler is none.
    std::shared_ptr<waiting_room> room;
    // Deliveries between two attempts; null: there is one attempt.
    std::shared_ptr<retry_room> retries;
    // The keys that its dead letters hold; null: they hold none.
    std::shared_ptr<held_keys> held;
    // Its breaker and rate; null: neither.
    std::shared_ptr<const call_gate> gate;
    // Deliveries that wait for those of other subscriptions.
    held_turns turns;

    // --- placement: hints among runners and the watch, all relaxed ------------------------------
    std::atomic<std::int64_t> cost_ns{0};      // mean service time, recent calls weigh more
    std::atomic<std::uint32_t> calls_seen{0};  // up to the number that placement wants
    std::atomic<bool> in_shared_lane{false};   // written under the registry's lock
    std::atomic<bool> surprise{false};         // a call held up a shared lane
    std::shared_ptr<lane> own;                 // under the registry's lock

    // --- metrics
    // ----------------------------------------------------------------------------------
    std::unique_ptr<terminal_stripe[]> terminals;
    const std::uint32_t stripe_count;
    // Publishers, rarely.
    shared_counter dropped_full;
    shared_counter dropped_no_memory;
    shared_counter dropped_newest;
    shared_counter dropped_oldest;
    // What the next delivery is told, and what on_drop is told. Taken under the lock.
    gap_note<real_sync> gaps;
    gap_note<real_sync> unreported;
    std::mutex gaps_mutex;
    shared_counter dropped_nested;
    // Calls of an inline handler by threads without a slot of their own. Written by them, read by
    // unsubscribers. [PAIR barrier]
    std::atomic<std::int64_t> guest_calls{0};
    shared_counter dropped_disabled;
    shared_counter dropped_dependency;
    mutable shared_counter late;  // calls that the watchdog reported
    shared_counter retried;       // attempts that were not the last one
    shared_counter fell_back;     // deliveries that their fallback completed
    shared_counter overdue;       // attempts that took longer than their deadline
    histogram queue_wait;
    histogram service;
    histogram end_to_end;

    // --- under the registry's lock
    // ------------------------------------------------------------------
    std::uint64_t accepted_folded = 0;  // from routes that are gone
    std::uint32_t routes = 0;           // that name it, retired ones included
    bool removed = false;               // its handle is gone
    bool still_routed = false;          // and there was no memory to take it out of the routes
    handler_state state = handler_state::registered;
    std::string paused_by;                        // of a pause
    std::string paused_why;                       // the same
    std::optional<std::int64_t> paused_until_ns;  // the same; none: until somebody enables it
    std::shared_ptr<pause_limit> limit;           // made for its first pause with an end
    std::string failure;                          // why it is failed
    bool changing = false;                        // some thread pauses, resumes or starts it
    int hooks_running = 0;                        // threads inside one of its hooks
    bool listens = true;                          // it has started, so routes name it
    std::uint64_t begun = 0;                      // the place in the order of starts; 0: never
};

}  // namespace stentor::inline v0::detail
