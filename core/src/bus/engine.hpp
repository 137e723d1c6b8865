// SPDX-License-Identifier: MIT
#pragma once

#include "bus/error_log.hpp"
#include "bus/intake.hpp"
#include "bus/reply_counts.hpp"
#include "dispatch/blocking_crew.hpp"
#include "dispatch/polled_crew.hpp"
#include "dispatch/publisher_slots.hpp"
#include "dispatch/runner.hpp"
#include "dispatch/runner_list.hpp"
#include "dispatch/scheduler.hpp"
#include "dispatch/watch.hpp"
#include "registry/retiring.hpp"
#include "registry/subscription_host.hpp"
#include "registry/subscription_record.hpp"
#include "registry/topic_table.hpp"
#include <stentor/base/error.hpp>
#include <stentor/base/result.hpp>
#include <stentor/bus/bus_options.hpp>
#include <stentor/bus/drain_report.hpp>
#include <stentor/bus/publisher.hpp>
#include <stentor/event/delivery_report.hpp>
#include <stentor/metrics/audit.hpp>
#include <stentor/metrics/snapshot.hpp>
#include <stentor/registry/handler_form.hpp>
#include <stentor/registry/probe.hpp>
#include <stentor/registry/subscribe_target.hpp>

#include <bitset>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace stentor::inline v0::detail {

// The bus behind its facade. publish.cpp holds the publishers' side, which takes no lock;
// routing.cpp the subscriptions and routes, under registry_; placement.cpp what the watch does;
// lifecycle.cpp the start and the end; report.cpp the counters.
class engine final : public reply_counts,
                     public subscription_host,
                     public subscribe_target,
                     public std::enable_shared_from_this<engine> {
public:
    [[nodiscard]] static result<std::shared_ptr<engine>, error> make(
        bus_options options, std::shared_ptr<probe> kit = nullptr);
    explicit engine(bus_options options, std::uint32_t workers, std::uint64_t id_key,
                    std::shared_ptr<probe> kit);
    ~engine();

    // What users publish through: the engine, or what a testing kit put in front of it.
    [[nodiscard]] publish_target& front() noexcept { return *shared_.target; }

    // --- publishing (publish.cpp, publish_bulk.cpp)
    void publish_small(publish_result& made, const event_type& type, const std::byte* payload,
                       publisher_slot* slot) noexcept override;
    publish_result publish_slot(const request& what, const std::byte* payload) noexcept override;
    publish_result publish_boxed(const request& what, void* object) noexcept override;
    publish_result publish_text(const request& what, std::string_view topic,
                                std::string& text) noexcept override;
    std::size_t publish_bulk(const request& what, void* first, std::size_t count, bool move,
                             publish_status& last) noexcept override;
    [[nodiscard]] bool refuses(const request&, const void*, std::size_t, bool&) noexcept override;
    // --- and waiting for what becomes of it (waiting.cpp)
    [[nodiscard]] delivery_tracker* track(publish_result& refused) noexcept;
    delivery_report await_report(const delivery_tracker& tracker, const publish_result& published,
                                 std::chrono::nanoseconds timeout) noexcept;

    // --- subscribing (routing.cpp)
    result<subscription, error> subscribe(std::string_view name, const event_type* type,
                                          const pattern* topics, compiled_handler handler,
                                          subscription_options options,
                                          std::source_location where) override;
    unsubscribe_result unsubscribe(
        const std::shared_ptr<subscription_record>& record) noexcept override;
    void keep(subscription kept);
    [[nodiscard]] bool has_subscribers(std::string_view topic) noexcept;
    [[nodiscard]] std::string name_of(std::uint32_t number) const;

    // --- crews beside the pool (crews.cpp)
    std::size_t poll(const loop* whose, std::size_t max) noexcept;

    // --- lifecycle (lifecycle.cpp)
    [[nodiscard]] result<void, error> start();
    void warm();
    drain_report drain(std::chrono::nanoseconds deadline) noexcept;
    bool wait_idle(std::chrono::nanoseconds deadline) noexcept;
    [[nodiscard]] bool closed() const noexcept { return intake_.now() != intake::open; }
    [[nodiscard]] bool forked() const noexcept { return intake_.forked(); }
    // A runner of this engine is calling a handler on this thread.
    [[nodiscard]] bool inside_handler() const noexcept;
    // Keeps the engine for ever, without memory for it, and where a leak detector finds it.
    static void leave_behind(std::shared_ptr<engine> kept) noexcept;
    // Some call never returned: the engine must outlive it.
    [[nodiscard]] bool stuck() const noexcept { return stuck_.load(std::memory_order_acquire); }
    [[nodiscard]] std::chrono::nanoseconds drain_deadline() const noexcept {
        return options_.drain_deadline;
    }
    [[nodiscard]] slot_lease lease(const event_type* type);

    class life;  // the registry's side of it
    [[nodiscard]] life& lives() noexcept { return *life_; }

    // --- report (report.cpp)
    [[nodiscard]] audit_report audit() const;
    [[nodiscard]] bus_snapshot snapshot() const;
    [[nodiscard]] std::optional<std::chrono::nanoseconds> until_next_timer() noexcept;

private:
    // publish.cpp
    struct outgoing;
    enum class introduced { yes, mismatch, no_memory };
    publish_result publish_any(const request& what, outgoing& event) noexcept;
    void report_loop(const request& what, const outgoing& event) noexcept;
    publish_result publish_now(const request& what, outgoing& event) noexcept;
    publish_result publish_answer(const request& what, outgoing& event, reply_ticket& to) noexcept;
    publish_result publish_through(publisher_slot*& slot, const request& what,
                                   outgoing& event) noexcept;
    publish_result publish_first(publisher_slot*& slot, const request& what,
                                 outgoing& event) noexcept;
    publish_result publish_waiting(publisher_slot*& slot, const request& what,
                                   outgoing& event) noexcept;
    [[nodiscard]] bool takes(const request& what) const noexcept;
    [[nodiscard]] topic_entry* find_topic(publisher_slot& slot, const outgoing& event) noexcept;
    publish_result finish(publisher_slot& slot, publish_status status,
                          std::uint32_t which = 0) noexcept;
    [[nodiscard]] publish_status prepare(publisher_slot& slot, const request& what,
                                         outgoing& event) noexcept;
    [[nodiscard]] publish_status prepare_for(publisher_slot& slot, const request& what,
                                             outgoing& event, const route& to) noexcept {
        const auto wait = expect(what, to);
        return wait == publish_status::accepted ? prepare(slot, what, event) : wait;
    }
    [[nodiscard]] static bool place_payload(const outgoing& event, void* to) noexcept;
    [[nodiscard]] bool charge(publisher_slot& slot, std::int64_t bytes, bool urgent) noexcept;
    std::int64_t sweep_bytes(const publisher_slot& mine) noexcept;
    [[nodiscard]] slot_header stamp(publisher_slot& slot, const route* origin, envelope* box,
                                    std::int64_t flags, const topic_entry& entry) noexcept;
    void publish_small_long(publish_result& made, const event_type& type, const std::byte* payload,
                            publisher_slot* through) noexcept;
    template <class Lane>
    [[nodiscard, gnu::always_inline]] inline bool publish_through_cell(
        publisher_slot& slot, route_cell& cell, const topic_entry& entry, const std::byte* payload,
        slot_header& header) noexcept;
    [[nodiscard]] bool publish_in_order(publisher_slot& slot, route_cell& cell,
                                        const topic_entry& entry, const std::byte* payload,
                                        slot_header& header) noexcept;
    [[nodiscard, gnu::always_inline]] inline bool publish_short(
        publisher_slot& slot, const publisher_slot::known_topic& known, const std::byte* payload,
        slot_header& header) noexcept;
    void publish_known(publish_result& made, const publisher_slot::known_topic& known,
                       const std::byte* payload, publisher_slot& slot) noexcept;

    // send.cpp
    publish_result send(publisher_slot& slot, const request& what, outgoing& event,
                        topic_entry& entry) noexcept;
    static void remember(publisher_slot& slot, const outgoing& event, const topic_entry& entry,
                         route_cell& cell) noexcept;
    publish_result send_one(publisher_slot& slot, const request& what, outgoing& event, route& to,
                            route_cell& cell) noexcept;
    publish_result send_many(publisher_slot& slot, const request& what, outgoing& event, route& to,
                             route_cell& cell) noexcept;
    std::optional<publish_result> hold_constrained(publisher_slot& slot, const request& what,
                                                   outgoing& event, route& to,
                                                   route_cell& cell) noexcept;
    struct spread;
    publish_status begin(publisher_slot& slot, const request& what, outgoing& event, route& to,
                         route_cell& cell) noexcept;
    void send_to(const outgoing& event, const route_target& target, lane_port& port,
                 route_cell& cell, std::size_t at, spread& out) noexcept;
    publish_result conclude(publisher_slot& slot, outgoing& event, route& to, route_cell& cell,
                            const spread& out) noexcept;
    void return_held(const request& what, const outgoing& event, const route& to,
                     const route_cell& cell, std::size_t from) noexcept;
    [[nodiscard]] static bool waits(const request& what, const route_target& target) noexcept;
    [[nodiscard]] static bool holds(const request& what, const route_target& target,
                                    const outgoing& event) noexcept;
    static publish_result ask_to_wait(const request& what, outgoing& event, const route& to,
                                      const route_target& target) noexcept;
    [[nodiscard]] bool urgent(const request& what) const noexcept;
    static void take_back(counter& one) noexcept { one.add(~std::uint64_t{0}); }
    void discard(outgoing& event) noexcept;
    void hand_back(outgoing& event) noexcept;
    publish_result accept(publisher_slot& slot, const outgoing& event,
                          publish_status status) noexcept;
    [[nodiscard]] std::int64_t take_credits(publisher_slot& slot, lane& from, lane_port& port,
                                            std::int64_t wanted, bool urgent,
                                            bool& bus_full) noexcept;
    std::int64_t sweep_lane(lane& from, const publisher_slot& mine) noexcept;
    std::int64_t sweep_all_lanes(const publisher_slot& mine) noexcept;
    void return_credits(lane& to, lane_port& port, std::int64_t amount) noexcept;
    // At most one wake-up per idle-to-busy edge.
    void announce(lane& which) noexcept {
        if (which.state.claim_after_enqueue()) [[unlikely]] {
            make_ready(which);
        }
    }
    [[gnu::noinline, gnu::cold]] void make_ready(lane& which) noexcept {
        shared_.refresh_coarse(shared_.now());
        shared_.make_ready(which);
    }
    [[nodiscard]] route_cell* cell_of(publisher_slot& slot, route& to) noexcept;
    [[nodiscard]] route_cell* make_cell(publisher_slot& slot, route& to) noexcept;

    // overflow.cpp
    enum class room { credit, swallow, none };  // swallow: the event counts as taken, and dropped
    [[nodiscard]] room find_room(publisher_slot& slot, const request& what,
                                 const route_target& target, lane_port& port,
                                 bool& bus_full) noexcept;
    [[nodiscard]] bool drop_oldest(lane& from) noexcept;
    void note_drop(subscription_record& one, lane& from, drop_reason why,
                   const slot_header& header) noexcept;
    void note_drops(const route& to, const route_target& target, drop_reason why,
                    const slot_header& header) noexcept;
    [[nodiscard]] publish_status expect(const request& what, const route& to) const noexcept;

    // inline_calls.cpp
    struct inline_charge;
    struct inline_direct;
    static void begin_inlined(publisher_slot& slot, outgoing& event, route& to) noexcept;
    publish_result finish_inlined(publisher_slot*& slot, outgoing& event,
                                  publish_result accepted) noexcept;
    [[nodiscard]] bool call_inlined(publisher_slot* slot, const route& to,
                                    const slot_image& image) noexcept;
    [[nodiscard]] std::int64_t inline_calls_running() const noexcept;  // with registry_ held
    [[nodiscard]] std::int64_t calls_inlined(const subscription_record& which) const noexcept;

    // publish_bulk.cpp
    std::size_t bulk_fast(publisher_slot& slot, const request& what, const std::byte* first,
                          std::size_t count, publish_status& last) noexcept;
    std::size_t bulk_one_by_one(publisher_slot*& slot, const request& what, std::byte* first,
                                std::size_t count, bool move, publish_status& last) noexcept;

    // routing.cpp; with registry_ held
    [[nodiscard]] introduced introduce_topic(std::string_view name,
                                             const event_type* type) noexcept;  // takes registry_
    [[nodiscard]] topic_entry* add_topic(std::string_view name, const event_type* type);
    [[nodiscard]] std::unique_ptr<route> build_route(topic_entry& entry);
    [[nodiscard]] result<subscription, error> subscribe_checked(
        std::string_view name, const event_type* type, const pattern* topics,
        compiled_handler handler, subscription_options options,
        std::source_location where);  // takes registry_
    [[nodiscard]] bool begins_shared(const subscription_record& record) const noexcept;
    [[nodiscard]] std::optional<error> refusal_of(const subscription_record& wanted);
    [[nodiscard]] bool enlist(const std::shared_ptr<subscription_record>& record);
    // The heavy fence after a swap of routes: a caller that needs one itself lets it serve both,
    // and calls begin_grace() behind it, under the same lock.
    enum class fence { here, callers };
    void delist(const std::shared_ptr<subscription_record>& record,
                fence by = fence::here) noexcept;
    static void count_in(const route& installed) noexcept;
    [[nodiscard]] bool stage(topic_entry& entry, std::vector<staged_route>& next);
    void install(std::vector<staged_route>& next, fence by = fence::here) noexcept;
    [[nodiscard]] bool reroute(const subscription_record& changed, fence by = fence::here) noexcept;
    void begin_grace() noexcept;
    [[nodiscard]] std::shared_ptr<lane> new_lane(lane::traits wanted);
    [[nodiscard]] bool own_lane_for(subscription_record& record);
    void forget_untyped_topics();

    // crews.cpp
    [[nodiscard]] result<crew*, error> crew_for(const execution& wanted,
                                                const std::string& subject);
    [[nodiscard]] result<crew*, error> blocking_crew_for(const std::string& subject);
    [[nodiscard]] result<crew*, error> polled_crew_for(const std::shared_ptr<loop>& whose,
                                                       const std::string& subject);
    bool step_blocking() noexcept;
    bool let_waiting_lanes_in() noexcept;
    void note_unpolled() noexcept;
    [[nodiscard]] bool join_crews(std::chrono::nanoseconds patience) noexcept;
    [[nodiscard]] runner& closer() noexcept { return *runners_[shared_.what.runners]; }

    // unsubscribing.cpp
    enum class calls { running, all };  // all: coroutines that wait as well
    [[nodiscard]] bool being_called(const subscription_record& record, calls which) const noexcept;
    enum class waited { done, deferred, stuck };
    [[nodiscard]] waited wait_for_calls(const subscription_record& record, calls which) noexcept;
    [[nodiscard]] bool await_hooks(const subscription_record& record) noexcept;
    [[nodiscard]] bool enter_wait(runner& mine, const subscription_record& record) noexcept;
    void leave_wait(runner& mine) noexcept;
    void destroy_handler(subscription_record& record) noexcept;

    // placement.cpp; what the watch does
    void maintain(bool idle) noexcept;
    [[nodiscard]] bool tidy_up(bool idle) noexcept;
    void place(subscription_record& record);
    [[nodiscard]] static bool held_much(const lane& which) noexcept;
    [[nodiscard]] static bool swollen(const lane& which) noexcept;
    void finish_deferred() noexcept;
    void choose_stamps() noexcept;
    void renew_lanes();
    [[nodiscard]] bool renew_shared(topic_entry& entry);
    void reclaim() noexcept;
    [[nodiscard]] bool fold(const route& gone) noexcept;
    [[nodiscard]] bool release_lanes() noexcept;
    [[nodiscard]] bool lane_in_use(const lane& which) const noexcept;

    // lifecycle.cpp
    void choose_step(runner& next) noexcept;
    void look_for_late_calls() noexcept;
    [[nodiscard]] bool quiescent() const noexcept;  // takes registry_
    [[nodiscard]] bool await(std::int64_t until_ns, bool draining = false) noexcept;
    void say_waiting(runner* mine, bool waits) noexcept;
    [[nodiscard]] bool sleep_until_due(std::int64_t until_ns) noexcept;
    void bring_forward(std::int64_t until_ns) noexcept;
    [[nodiscard]] std::shared_ptr<subscription_record> last_begun_with_handler() const noexcept;
    [[nodiscard]] std::shared_ptr<lane> lane_kept(std::size_t id) const noexcept;
    [[nodiscard]] std::int64_t handled_total() const noexcept;  // takes registry_
    [[nodiscard]] std::map<std::string, std::int64_t> cancelled_by_topic() const;
    void wait_for_publishers(std::int64_t until_ns) noexcept;
    [[nodiscard]] bool end_held(std::map<std::string, std::int64_t>& before) noexcept;
    void name_abandoned(drain_report& report, const std::map<std::string, std::int64_t>& before);
    void cancel_leftovers(drain_report& report,
                          std::optional<std::map<std::string, std::int64_t>> before) noexcept;
    [[nodiscard]] std::shared_ptr<subscription_record> record_with_room(
        bool (*wanted)(const subscription_record&)) const noexcept;  // suspended.cpp
    enum class rooms { paused, all };
    bool cancel_suspended(rooms which, drain_report* report) noexcept;
    void close_ended_rooms() noexcept;
    [[nodiscard]] bool await_rooms() noexcept;
    void name_stuck(drain_report& report) const;
    void cancel_queued() noexcept;
    void stop_runners(drain_report& report) noexcept;

    // report.cpp; with registry_ held
    [[nodiscard]] std::vector<std::pair<const subscription_record*, delivery_terms>> all_terms()
        const;
    [[nodiscard]] publish_terms all_publishes() const;
    [[nodiscard]] static delivery_terms terminals_of(const subscription_record& record) noexcept;

    // Every version that is current or retired.
    template <class Visit>
    void for_each_route(Visit&& visit) const {
        for (const auto& entry : topics_.entries()) {
            visit(*entry->current.load(std::memory_order_relaxed));
        }
        for (const auto& one : retired_routes_) {
            visit(*one.what);
        }
    }

    const std::shared_ptr<probe> kit_;  // null but in tests; it has the clock, so it goes last
    bus_options options_;
    const std::uint64_t id_key_;
    intake intake_;
    scheduler shared_;
    error_log log_;
    std::shared_ptr<slot_pool> slots_;
    shared_counter refused_closed_;  // publishes after the end
    runner_list runners_;            // the pool's, the closer, then other crews'
    // Made when they are first wanted, under the registry's lock; they live as long as the engine.
    std::unique_ptr<blocking_crew> blocking_;
    std::vector<std::unique_ptr<polled_crew>> polled_;
    struct start_ticket;
    std::vector<std::unique_ptr<start_ticket>> tickets_;
    std::vector<std::shared_ptr<executor>> executors_;  // the last one in use; earlier ones failed
    std::unique_ptr<watch> watch_;
    const std::unique_ptr<life> life_;

    // --- the registry; never taken by publish in steady state, nor while a handler runs ---------
    mutable std::mutex registry_;
    topic_table topics_;
    std::unordered_map<std::string, std::shared_ptr<subscription_record>> by_name_;
    std::vector<std::shared_ptr<subscription_record>> active_;
    std::vector<std::shared_ptr<subscription_record>> closed_;  // still named by some route
    std::vector<subscription> kept_;
    std::vector<retired_route> retired_routes_;
    std::vector<dying_lane> dying_lanes_;
    std::vector<std::shared_ptr<lane>> lanes_;  // by id; null: the id is free, or 0
    std::vector<std::uint32_t> free_lane_ids_;
    delivery_terms removed_;                                // totals of subscriptions that are gone
    std::map<std::string, std::int64_t> cancelled_folded_;  // the same, by topic, once it drains
    std::uint64_t events_folded_ = 0;                       // accepted by routes that are gone
    std::uint32_t next_number_ = 1;
    std::uint32_t untyped_count_ = 0;
    std::uint32_t last_topic_number_ = 0;

    // --- the end
    std::mutex drain_mutex_;
    // The earliest deadline of all drains; written by each that comes.
    std::atomic<std::int64_t> drain_until_{std::numeric_limits<std::int64_t>::max()};
    bool stopped_ = false;  // under drain_mutex_
    // Threads without a slot whose inline handler waits for the engine. Written by them.
    std::atomic<std::int64_t> guests_waiting_{0};
    std::atomic<std::int64_t> outside_waits_{0};  // the same of coroutines on users' threads
    // Some call never returned; set once by the drain, read by unsubscribers that wait for it.
    std::atomic<bool> stuck_{false};
    drain_report final_report_;
    // Of an engine that is left behind.
    std::shared_ptr<engine> itself_;
    engine* left_before_ = nullptr;
};

}  // namespace stentor::inline v0::detail
