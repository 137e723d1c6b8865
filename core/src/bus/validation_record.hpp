// SPDX-License-Identifier: MIT
#pragma once

#include "base/semaphore.hpp"
#include "registry/subscription_record.hpp"
#include <stentor/bus/validation.hpp>
#include <stentor/event/pattern.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace stentor::inline v0 {
struct interceptor;
}  // namespace stentor::inline v0

namespace stentor::inline v0::detail {

// A rule, and who is inside its function.
//
// Threads: publishers enter and leave, its remover closes it, in any order. Progress: entering and
// leaving are wait-free; closing waits for the calls that are running.
//
// Why no call runs when close() has returned. Both sides write, then read, sequentially consistent:
// a publisher counts itself, then looks whether the rule is closed; the remover closes it, then
// looks at the count. One of them sees the other: a publisher that sees it closed does not call, a
// remover that sees it counted waits until it has left.
class validation_record {
public:
    // One call on this thread's stack; they nest when a validator publishes.
    class call {
    public:
        explicit call(validation_record& of) noexcept : of_(of), outer_(innermost) {
            innermost = this;
            of_.calls_.fetch_add(1, std::memory_order_seq_cst);  // [PAIR rule]
            runs_ = !of_.closed_.load(std::memory_order_seq_cst);
        }
        call(const call&) = delete;
        call& operator=(const call&) = delete;
        ~call() {
            innermost = outer_;
            of_.leave();
        }
        // The function may be called.
        [[nodiscard]] bool runs() const noexcept { return runs_; }
        // The calling thread is inside a validator.
        [[nodiscard]] static bool any() noexcept { return innermost != nullptr; }

    private:
        static constinit thread_local const call* innermost;
        validation_record& of_;
        const call* outer_;
        bool runs_;
    };

    explicit validation_record(wanted_rule&& wanted)
        : type(wanted.type),
          topics(wanted.topics != nullptr ? std::optional(*wanted.topics) : std::nullopt),
          policy(std::move(wanted.policy)),
          function(std::move(wanted.function)) {}

    // `of` is null for a topic without a C++ type.
    [[nodiscard]] bool covers(std::string_view topic, const event_type* of) const noexcept {
        if (policy.mode == validation_mode::off || closed() || is_system_topic(topic)) {
            return false;
        }
        return type != nullptr ? of != nullptr && same_type(*type, *of) : topics->matches(topic);
    }

    void close() noexcept;
    [[nodiscard]] bool closed() const noexcept { return closed_.load(std::memory_order_acquire); }

    const event_type* const type;
    const std::optional<pattern> topics;
    const validation_policy policy;
    rule_function function;  // may be empty; called inside a call, destroyed by close()

private:
    void leave() noexcept;

    std::atomic<std::uint32_t> calls_{0};
    std::atomic<bool> closed_{false};
    std::atomic<bool> deferred_{false};  // the last call destroys the function
    std::atomic<bool> gone_{false};      // whoever sets it destroys the function
};

// What looks at events of a topic before they are published, as routes carry it. Immutable.
struct topic_rules {
    std::vector<const interceptor*> before;               // the first comes first; the bus's
    std::vector<std::shared_ptr<validation_record>> all;  // oldest first
    validation_mode declared = validation_mode::enforce;

    // Anything that may stand against an event.
    [[nodiscard]] bool judge(const event_type& type) const noexcept {
        return !all.empty() || (type.validate != nullptr && declared != validation_mode::off);
    }
};

}  // namespace stentor::inline v0::detail
