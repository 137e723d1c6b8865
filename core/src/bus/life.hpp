// SPDX-License-Identifier: MIT
#pragma once

#include "bus/engine.hpp"
#include "bus/subscription_checks.hpp"
#include "resilience/emergency_file.hpp"
#include "resilience/shared_breakers.hpp"
#include <stentor/bus/dead_letters.hpp>
#include <stentor/registry/registry.hpp>
#include <stentor/registry/static_handler.hpp>
#include <stentor/resilience/dead_letter_store.hpp>

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stentor::inline v0::detail {

// The lives of a bus's subscriptions: what the registry shows, starts, pauses, resumes and stops.
// listing.cpp shows, disabling.cpp pauses and resumes, pausing.cpp bars and opens, starting.cpp
// runs hooks.
//
// Threads: any; state is under the engine's registry lock, hooks run without it.
class engine::life final : public lateness_observer, public letter_desk {
public:
    using record_ptr = std::shared_ptr<subscription_record>;

    life(engine& of, std::shared_ptr<dead_letter_store> letters);

    // --- the breakers of its subscriptions, by name ----------------------------------------------
    shared_breakers breakers;
    // The one with that name, or of the subscription with that name; null: none.
    [[nodiscard]] std::shared_ptr<circuit_breaker> breaker_of(std::string_view name) const;

    // --- listing.cpp ----------------------------------------------------------------------------
    [[nodiscard]] std::vector<handler_row> list() const;
    [[nodiscard]] std::optional<handler_row> find(std::string_view name) const;

    // --- loading.cpp ----------------------------------------------------------------------------
    [[nodiscard]] result<load_report, error> load(const load_options& options);

    // --- announcing.cpp: system events, without any lock ----------------------------------------
    void announce_started(const subscription_record& about) noexcept;
    struct pause_terms {
        backlog what = backlog::hold;
        std::string_view why{};
        std::string_view by = "registry";
        std::optional<std::int64_t> until_ns{};  // none: until somebody enables it
    };
    void announce_paused(const subscription_record& about, const pause_terms& terms) noexcept;
    void announce_dead_lettered(const subscription_record& about, const dead_letter& letter,
                                std::uint64_t number) noexcept;
    void announce_resumed(const subscription_record& about) noexcept;
    void announce_stopped(const subscription_record& about) noexcept;
    void announce_failed(const subscription_record& about, std::string_view hook,
                         std::string_view why) noexcept;
    void announce_late(const late_call& about) noexcept;
    // Lets each change of the breaker be announced, too. Before it is made.
    void announce_changes_of(breaker& options, std::string_view subscription) const;
    void announce_change(std::string_view name, const breaker_change& what) noexcept;

    // By whom a subscription is paused whose letters the store does not take.
    static constexpr std::string_view letters_pauser = "dead_letters";
    // --- lettering.cpp --------------------------------------------------------------------------
    [[nodiscard]] std::unique_ptr<dead_letter> write(const failure& about,
                                                     dead_letter_reason why) noexcept override;
    [[nodiscard]] std::unique_ptr<dead_letter> write_unattempted(
        const subscription_record& of, const slot_header& slot, dead_letter_reason why,
        std::int32_t attempts) noexcept override;
    [[nodiscard]] letter_place keep(subscription_record& of, const dead_letter& letter, bool last,
                                    std::uint64_t& number) noexcept override;
    // Before it is listed: from now on its letters hold their keys, and so do those that the store
    // has already. Throws for want of memory.
    [[nodiscard]] std::optional<error> hold_keys(subscription_record& of);
    [[nodiscard]] std::optional<std::uint64_t> key_in(const subscription_record& of,
                                                      dead_letter letter) const;
    // Where they go. Never null.
    [[nodiscard]] dead_letter_store& letters() const noexcept { return *letters_; }
    // The store has room again: whoever was paused for want of it goes on.
    void enable_lettered();
    void use_codec(const letter_codec& one);
    // --- redriving.cpp --------------------------------------------------------------------------
    [[nodiscard]] result<redrive_report, error> redrive(const dead_letter_filter& filter,
                                                        const redrive_options& options);
    // --- emergency.cpp --------------------------------------------------------------------------
    // Before anything runs.
    [[nodiscard]] std::optional<error> open_emergency(const std::string& path);
    [[nodiscard]] last_places last_places_of(const event_type* type) const;
    [[nodiscard]] result<recovered_letters, error> recover(const std::string& path,
                                                           const redrive_options& options);

    // --- disabling.cpp --------------------------------------------------------------------------
    change_result disable(const selector& which, const pause_options& how);
    change_result enable(const selector& which);

    // --- starting.cpp ---------------------------------------------------------------------------
    // What its options say about its start and cannot be. With registry_ held.
    [[nodiscard]] std::optional<error> refusal_of(const subscription_record& wanted) const;
    // After its name was taken: its on_start, then its place in the routes.
    void start(const record_ptr& record);
    // It has none: it runs from now on. With registry_ held.
    void begin(subscription_record& record) noexcept {
        record.state = handler_state::running;
        record.begun = ++last_begun_;
    }
    // When no call runs any more, on the way to destroy the handler: its on_stop.
    void stop(subscription_record& record) noexcept;
    // A hook of it runs. With registry_ held.
    [[nodiscard]] static bool hooked(const subscription_record& one) noexcept {
        return one.hooks_running != 0;
    }
    // The calling thread is inside a hook of it.
    [[nodiscard]] static bool inside_hook_of(const subscription_record& one) noexcept;

    // --- turns.cpp ------------------------------------------------------------------------------
    // Who of a route comes after whom. With registry_ held.
    [[nodiscard]] static std::unique_ptr<turn_plan> plan_turns(const route& fresh);
    // Nobody of it waits any more for others: it is over, or the bus is. Without a lock.
    void end_turns(subscription_record& record) noexcept;
    void end_all_turns() noexcept;

    // --- validating.cpp -------------------------------------------------------------------------
    class validating;
    [[nodiscard]] validating& rules() const noexcept { return *rules_; }
    // --- intercepting.cpp -----------------------------------------------------------------------
    class intercepting;
    [[nodiscard]] intercepting& interceptors() const noexcept { return *interceptors_; }

    // --- lateness.cpp ---------------------------------------------------------------------------
    void late(const late_call& about) noexcept override;
    void look(std::int64_t now_ns) noexcept override;

    // --- pausing.cpp, with registry_ held -------------------------------------------------------
    // Its end has begun: what was held for it is cancelled.
    void end(subscription_record& record) noexcept;
    // A drain has begun, and nobody will resume: true when something was held.
    [[nodiscard]] bool end_all() noexcept;
    // Entries that wait for a resume, and coroutines that do.
    [[nodiscard]] std::int64_t held_backlog() const noexcept;
    [[nodiscard]] std::int64_t resting() const noexcept;
    // Gives back what was set apart and is not needed. True: some may be needed yet.
    [[nodiscard]] bool return_set_apart() noexcept;
    // Nothing about the route will change until somebody resumes.
    [[nodiscard]] static bool rests(retired_route& one) noexcept;

private:
    enum class order { first_begun, last_begun };
    // On the stack of the thread that runs it.
    struct hook_call {
        const subscription_record* of;
        std::string_view hook;
        std::int64_t since_ns;
        bool reported;
        hook_call* next;
    };

    // Which handler a publisher is inside, and the number of that stay.
    struct inline_call {
        std::uint64_t count = 0;
        const subscription_record* called = nullptr;  // null: none

        friend bool operator==(const inline_call&, const inline_call&) = default;
    };
    struct inline_look {
        inline_call call;
        std::int64_t since_ns = 0;
        bool reported = false;
    };

    template <class Change>
    change_result change_all(const selector& which, order sequence, Change&& change);
    [[nodiscard]] std::vector<record_ptr> select(const selector& which, order sequence) const;
    [[nodiscard]] error nothing_matches(const selector& which) const;
    enum class by_whom { somebody, time };
    [[nodiscard]] result<bool, error> pause(const record_ptr& record, const pause_terms& terms);
    [[nodiscard]] result<bool, error> resume(const record_ptr& record,
                                             by_whom whose = by_whom::somebody);
    void set_limit(const record_ptr& record) noexcept;
    static void forget_limit(subscription_record& record) noexcept;
    [[nodiscard]] bool limit_is_over(const subscription_record& record) const noexcept;
    static void limit_passed(pause_limit& limit, void* of) noexcept;
    void resumed(const record_ptr& record);
    [[nodiscard]] std::optional<error> circle_of(const subscription_record& wanted) const;
    [[nodiscard]] std::optional<error> may_change(const subscription_record& record) const;

    [[nodiscard]] std::optional<error> hold(subscription_record& record);
    [[nodiscard]] std::int64_t queued_elsewhere(const subscription_record& record) const noexcept;
    [[nodiscard]] bool set_apart(subscription_record& record, std::int64_t count) noexcept;
    void return_set_apart(subscription_record& record) noexcept;
    void sweep() noexcept;
    void drop(subscription_record& record) noexcept;
    static void bar(subscription_record& record) noexcept;              // suspended.cpp
    void drop_behind_coroutines(subscription_record& record) noexcept;  // the same
    void open(subscription_record& record) noexcept;
    void release(subscription_record& record) noexcept;

    class redriving;
    [[nodiscard]] std::optional<error> refuses_redrive(const redrive_options& options) const;
    [[nodiscard]] result<redrive_report, error> redrive_these(
        const std::vector<std::uint64_t>& numbers, const redrive_options& options);
    [[nodiscard]] std::optional<letter_codec> codec_for(const event_type* type) const;
    [[nodiscard]] bool save(const subscription_record& of, const dead_letter& letter,
                            std::string_view refusal);
    [[nodiscard]] std::optional<letter_codec> codec_of_topic(std::string_view topic,
                                                             dead_letter_content content) const;
    // Its number; 0: refused, with the reason, which is empty for want of memory.
    [[nodiscard]] std::uint64_t store(const dead_letter& letter, std::string& refusal) noexcept;
    [[nodiscard]] std::optional<std::string> run_hook(
        subscription_record& record, callback<void()> subscription_options::* which,
        std::string_view name) noexcept;
    void complain(const subscription_record& record, std::string_view hook,
                  std::string_view why) noexcept;
    [[nodiscard]] handler_row row_of(const subscription_record& record) const;
    template <class Event, class Make>
    void announce(bool about_listener, Make&& make) noexcept;
    template <class Event>
    void announce_breaker(std::string_view name, const breaker_change& what) noexcept;
    [[nodiscard]] bool is_loaded(const static_registration& one) const;
    void keep_loaded(std::vector<subscription> made,
                     const std::vector<const static_registration*>& from);

    engine& of_;
    const std::shared_ptr<dead_letter_store> letters_;
    mutable std::mutex codecs_mutex_;
    std::vector<letter_codec> codecs_{};
    std::mutex emergency_mutex_;
    std::optional<emergency_file> emergency_{};
    void look_at_hooks(std::int64_t now_ns) noexcept;
    void look_at_inlined(std::int64_t now_ns) noexcept;
    [[nodiscard]] inline_call inline_call_of(std::uint32_t slot) const noexcept;
    void report_inlined(std::uint32_t slot, const inline_call& call, std::int64_t age_ns) noexcept;
    [[nodiscard]] bool enter_hook(subscription_record& record,
                                  callback<void()> subscription_options::* which,
                                  callback<void()>& hook, hook_call& call) noexcept;
    void leave_hook(subscription_record& record, hook_call& call) noexcept;

    const std::shared_ptr<intercepting> interceptors_;
    const std::shared_ptr<validating> rules_;
    hook_call* hook_calls_ = nullptr;                   // under registry_
    std::vector<inline_look> inline_seen_{};            // by publisher slot; the watch's
    std::uint64_t last_begun_ = 0;                      // the same
    std::vector<const static_registration*> loaded_{};  // the same
};

}  // namespace stentor::inline v0::detail
