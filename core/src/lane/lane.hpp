// SPDX-License-Identifier: MIT
#pragma once

#include "base/sync.hpp"
#include "lane/credit_pool.hpp"
#include "lane/flight_gate.hpp"
#include "lane/lane_drop.hpp"
#include "lane/lane_hold.hpp"
#include "lane/lane_state.hpp"
#include <stentor/base/cache_line.hpp>
#include <stentor/event/slot.hpp>
#include <stentor/metrics/counter.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>

namespace stentor::inline v0::detail {

class subscription_record;
struct call_gate;
class retry_room;
class crew;  // of runners; see dispatch/crew.hpp
class lane;

// One publisher slot's side of a lane: its producer token (in the derived class), its cached
// credits, and its count of enqueued entries. Made at the slot's first publish into the lane, kept
// until the lane goes.
struct lane_port {
    // Ports of runners, which put back what handlers release, are numbered from here on.
    static constexpr std::uint32_t of_runners = 1U << 16;

    explicit lane_port(std::uint32_t slot) noexcept : slot_index(slot) {}
    virtual ~lane_port() = default;

    alignas(cache_line_size) credit_cache<real_sync> credits;
    // Written by the holder after its enqueue, read by runners. relaxed: the fences of lane_state
    // order it. On a line of its own, because runners read it when they are about to leave.
    alignas(cache_line_size) counter enqueued;
    lane_port* next = nullptr;  // immutable once the port is in the lane's list
    const std::uint32_t slot_index;
};

// In which order a lane gives its entries out. `serial` is `by_key` with one key.
enum class lane_order : std::uint8_t { unordered, serial, by_key };

// Who can read the keys of entries: a runner, because key functions are users' code.
class key_reader {
public:
    // Writes one key for each entry: a hash, key_free, or key_failed.
    virtual void read_keys(lane& from, const std::byte* slots, std::size_t count,
                           std::uint64_t* keys) noexcept = 0;

protected:
    ~key_reader() = default;
};

// An MPMC queue of slots with its credits and the word that decides who drains it. Publishers
// enqueue through ports, runners dequeue in batches. FIFO per port.
class lane {
public:
    struct traits {
        std::uint32_t id = 0;
        std::uint32_t slot_size = slot_header_size;
        std::uint32_t runners_max = 1;  // inside at once
        std::uint32_t consumers = 1;    // runner indexes that may dequeue
        std::int64_t capacity = 1;
        bool shared = false;        // by the cheap handlers of one topic
        bool batched = false;       // its handler takes spans
        bool answers = false;       // its handler returns outcomes, so it may give entries back
        bool one_by_one = false;    // its entries may keep their keys when their batch is over
        crew* served_by = nullptr;  // null: the pool
        std::int64_t cost_floor_ns = 0;  // its calls count as that long at least
        lane_order order = lane_order::unordered;
        // A batch gets one entry of a key only: its handler may keep the key, or give it back, or
        // it is not its turn yet.
        bool one_each = false;
        bool in_turn = false;  // its deliveries may wait for others of the same event
        // Whose own lane it is; for entries from another lane, whose routes do not name it.
        const void* owner = nullptr;
    };

    explicit lane(const traits& what) noexcept
        : state(what.runners_max),
          credits(what.capacity),
          cost_ns(what.cost_floor_ns),
          traits_(what) {}
    lane(const lane&) = delete;
    lane& operator=(const lane&) = delete;
    virtual ~lane() = default;

    // By the slot's holder only, when port_of() found none. Null: no memory.
    [[nodiscard]] virtual lane_port* add_port(std::uint32_t slot) noexcept = 0;
    [[nodiscard]] lane_port* port_of(std::uint32_t slot) const noexcept {
        auto* port = ports_.load(std::memory_order_acquire);
        while (port != nullptr && port->slot_index != slot) {
            port = port->next;
        }
        return port;
    }
    // The port's holder. False: no memory. Of the payload, as much as a slot holds is readable.
    [[nodiscard]] virtual bool enqueue(lane_port& port, const slot_header& header,
                                       const std::byte* payload) noexcept = 0;
    // Writes what enqueue_bulk() takes: a draft of up to slot_size bytes, which refers to the
    // payload. For lanes whose slots have a payload.
    virtual void write_draft(std::byte* out, const slot_header& header,
                             const std::byte* payload) const noexcept = 0;
    // `count` drafts, slot_size apart. All or nothing.
    [[nodiscard]] virtual bool enqueue_bulk(lane_port& port, const std::byte* drafts,
                                            std::size_t count) noexcept = 0;
    // A runner inside the lane; `consumer` is its index. May return 0 although another runner is
    // about to give an entry free to be taken: pending() decides, not this.
    [[nodiscard]] virtual std::size_t dequeue(std::uint32_t consumer, std::byte* out,
                                              std::size_t max) noexcept = 0;

    // Takes the entry that has waited longest, in the order of the lane, into a whole slot image.
    // Any thread, when the lane is full. False: none is queued.
    [[nodiscard]] virtual bool dequeue_oldest(std::byte* out) noexcept = 0;

    // Asks the next runner inside to look after what else the subscription is to be told. The
    // caller claims the lane afterwards, as after an enqueue. [PAIR lane-edge]
    void give_notice() noexcept { notice_.store(true, std::memory_order_release); }
    [[nodiscard]] bool take_notice() noexcept {
        return notice_.load(std::memory_order_relaxed) &&
               notice_.exchange(false, std::memory_order_acq_rel);
    }
    // Deliveries of the lane's subscription whose next attempt is due; see retry_room. The caller
    // claims the lane afterwards, as after an enqueue. [PAIR lane-edge]
    void count_due(std::int64_t more) noexcept { due_.fetch_add(more, std::memory_order_release); }
    [[nodiscard]] bool any_due() const noexcept { return due_.load(std::memory_order_relaxed) > 0; }
    // --- lanes with an order
    // dequeue(), with the key of each entry. The batch holds its keys until each entry is released.
    [[nodiscard]] virtual std::size_t dequeue_in_order(key_reader& reader, std::byte* out,
                                                       std::uint64_t* keys,
                                                       std::size_t max) noexcept;
    // Entries in the hands of nobody, whatever they wait for: to be cancelled. Their keys are free.
    [[nodiscard]] virtual std::size_t dequeue_cancelled(std::uint32_t consumer, std::byte* out,
                                                        std::uint64_t* keys,
                                                        std::size_t max) noexcept;
    // An entry that the caller's batch holds comes before all others of its key, once that is
    // released. False: no memory.
    [[nodiscard]] virtual bool give_back(std::uint64_t key, const std::byte* slot) noexcept;
    // Entries with these keys are done with, or given back. By any thread, in any order. True:
    // others can be dequeued now, so the caller announces the lane as a publisher does.
    [[nodiscard]] virtual bool release(const std::uint64_t* keys, std::size_t count) noexcept;
    // Entries that wait for a key that somebody holds, and count in no backlog.
    [[nodiscard]] virtual std::int64_t behind_keys() noexcept { return 0; }
    // dequeue(), but what was put aside comes first.
    [[nodiscard]] std::size_t take(std::uint32_t consumer, std::byte* out,
                                   std::size_t max) noexcept {
        if (aside_.load(std::memory_order_acquire) != 0) [[unlikely]] {
            if (const auto count = take_aside(out, max); count != 0) {
                return count;
            }
        }
        return dequeue(consumer, out, max);
    }
    [[nodiscard]] bool take_oldest(std::byte* out) noexcept {
        return (aside_.load(std::memory_order_acquire) != 0 && take_aside(out, 1) == 1) ||
               dequeue_oldest(out);
    }
    // Of a paused subscription: entries that wait before all that are queued. `put_back`: a runner
    // inside took them from here, and they go to the front; `carry_in`: they come from another
    // lane. `stride` apart, in order. Not where there is an order. False: no memory, and nothing
    // has changed.
    [[nodiscard]] bool put_back(const std::byte* slots, std::size_t stride,
                                std::size_t count) noexcept;
    [[nodiscard]] bool carry_in(const std::byte* slots, std::size_t stride,
                                std::size_t count) noexcept;

    // Of a paused subscription whose events are dropped, while coroutines of it keep their flights
    // and keys: runners take what is queued whatever it waits for. True: the caller puts the lane
    // into the ready set.
    [[nodiscard]] bool begin_dropping() noexcept { return drops_.begin(flights.get()); }
    void end_dropping() noexcept { drops_.end(); }
    [[nodiscard]] bool dropping() const noexcept { return drops_.on(); }
    // A runner inside. 0 also when dropping is over.
    [[nodiscard]] std::size_t take_dropped(std::uint32_t consumer, std::byte* out,
                                           std::uint64_t* keys, std::size_t max) noexcept {
        return drops_.take([&] { return dequeue_cancelled(consumer, out, keys, max); });
    }

    // A runner that took the lane from the ready set. True: it goes away without entering it.
    [[nodiscard]] bool keeps_out() noexcept {
        return hold.keep() || (flights != nullptr && drops_.keep(*flights));
    }

    [[nodiscard]] std::uint32_t id() const noexcept { return traits_.id; }
    [[nodiscard]] std::uint32_t slot_size() const noexcept { return traits_.slot_size; }
    [[nodiscard]] bool shared() const noexcept { return traits_.shared; }
    [[nodiscard]] crew* served_by() const noexcept { return traits_.served_by; }
    [[nodiscard]] std::int64_t cost_floor() const noexcept { return traits_.cost_floor_ns; }
    [[nodiscard]] bool batched() const noexcept { return traits_.batched; }
    [[nodiscard]] bool answers() const noexcept { return traits_.answers; }
    [[nodiscard]] bool one_by_one() const noexcept { return traits_.one_by_one; }
    [[nodiscard]] bool in_turn() const noexcept { return traits_.in_turn; }
    [[nodiscard]] bool ordered() const noexcept { return traits_.order != lane_order::unordered; }
    [[nodiscard]] std::uint32_t runners_max() const noexcept { return traits_.runners_max; }
    [[nodiscard]] const void* owner() const noexcept { return traits_.owner; }

    // Entries in the queue that nobody dequeued; of those that had to wait for their key, the ones
    // that need not any more. Exact after the fences of lane_state, else as of a
    // moment ago. `dequeued` first: an entry that comes and goes meanwhile is then not owed.
    [[nodiscard]] std::int64_t backlog() const noexcept {
        const auto gone = dequeued_.load(std::memory_order_acquire);
        std::uint64_t come = 0;
        for (const auto* port = ports_.load(std::memory_order_acquire); port != nullptr;
             port = port->next) {
            come += port->enqueued.read();
        }
        return static_cast<std::int64_t>(come - gone) + ready_.load(std::memory_order_relaxed);
    }
    // There is something for a runner to do.
    [[nodiscard]] bool pending() const noexcept {
        return notice_.load(std::memory_order_acquire) ||
               due_.load(std::memory_order_acquire) > 0 || backlog() > 0;
    }

    // Entries accepted and not settled, from the credits: what is neither in the centre nor cached.
    [[nodiscard]] std::int64_t outstanding() const noexcept {
        auto home = credits.available();
        for (const auto* port = ports_.load(std::memory_order_acquire); port != nullptr;
             port = port->next) {
            home += port->credits.held();
        }
        return credits.capacity() - home;
    }

    // Moves the cached credits of all ports back to the lane's centre, but for those of publishers
    // that are inside a publish: `inside(slot)`. Returns how many.
    template <class Inside>
    std::int64_t sweep_credits(Inside&& inside) noexcept {
        auto* const first = ports_.load(std::memory_order_acquire);
        const auto moved = sweep_caches<real_sync>([&](auto&& visit) {
            for (auto* port = first; port != nullptr; port = port->next) {
                visit(port->credits, [&] { return inside(port->slot_index); });
            }
        });
        if (moved > 0) {
            credits.give(moved);
        }
        return moved;
    }
    // Enough that waking a publisher pays: what takes the handlers a millisecond, or an eighth of
    // the lane. With less, each entry of a quick handler would wake publishers for one place. They
    // look again by themselves after 10 ms, should it never be as much. The reserve is not theirs.
    [[nodiscard]] bool room_is_worth_it() const noexcept {
        constexpr std::int64_t pays_ns = 1'000'000;
        const auto share = std::max<std::int64_t>(credits.capacity() / 8, 1);
        const auto entries =
            pays_ns / std::max<std::int64_t>(cost_ns.load(std::memory_order_relaxed), 1);
        return credits.available() - credits.reserve() >=
               std::clamp<std::int64_t>(entries, 1, share);
    }
    // All cached credits of a lane that nobody can publish to any more.
    std::int64_t take_cached_credits() noexcept {
        std::int64_t taken = 0;
        for (auto* port = ports_.load(std::memory_order_acquire); port != nullptr;
             port = port->next) {
            taken += port->credits.take_all();
        }
        return taken;
    }

    // Whose own lane it is. Set before anybody can publish to it.
    std::weak_ptr<subscription_record> serves;
    // Its breaker and rate; null: neither. Set where `serves` is.
    std::shared_ptr<const call_gate> gate;
    // Where its deliveries wait between attempts; null: nowhere. Set where `serves` is, which keeps
    // it as long as anything of the lane is outstanding.
    retry_room* retries = nullptr;

    // Runners: a look per activation and per batch.
    lane_hold<real_sync> hold;
    // Publishers: a look every time. Alone on its line.
    alignas(cache_line_size) lane_state<real_sync> state;
    // Publishers in chunks, runners per batch.
    alignas(cache_line_size) credit_centre<real_sync> credits;
    // Credits of both centres that were set apart for what is carried into it. Here and not at the
    // subscription, because a runner may carry into a lane that the subscription has left since,
    // and what it takes must be that lane's.
    std::atomic<std::int64_t> set_apart{0};
    // Publishers that wait for room (when_full::block); runners that free some bump the epoch.
    std::atomic<std::uint32_t> room_waiters{0};
    std::atomic<std::uint32_t> room_epoch{0};
    // Of a lane whose deliveries may outlive their batches and are limited in number; else null.
    std::unique_ptr<flight_gate<real_sync>> flights;
    // Entries' mean service time, all handlers of the lane together; a hint among runners.
    std::atomic<std::int64_t> cost_ns;
    // Most entries ever seen waiting; decides whether an idle lane gives its memory back.
    std::atomic<std::int64_t> backlog_peak{0};
    // Batches in a row that the handler gave back whole, and until when the lane rests for that.
    // Written by runners inside it, read by whoever takes resting lanes.
    std::atomic<std::uint32_t> vain_batches{0};
    std::atomic<std::int64_t> rests_until_ns{0};

protected:
    void link(lane_port* port) noexcept {
        port->next = ports_.load(std::memory_order_relaxed);
        while (!ports_.compare_exchange_weak(port->next, port, std::memory_order_release,
                                             std::memory_order_relaxed)) {
        }
    }
    [[nodiscard]] lane_port* first_port() const noexcept {
        return ports_.load(std::memory_order_acquire);
    }
    void count_dequeued(std::size_t amount) noexcept {
        dequeued_.fetch_add(amount, std::memory_order_release);
    }
    void count_ready(std::int64_t amount) noexcept {
        ready_.fetch_add(amount, std::memory_order_relaxed);
    }
    [[nodiscard]] std::int64_t ready_count() const noexcept {
        return ready_.load(std::memory_order_relaxed);
    }
    [[nodiscard]] bool any_ready() const noexcept { return ready_count() > 0; }
    [[nodiscard]] const traits& limits() const noexcept { return traits_; }

private:
    [[nodiscard]] bool put_aside(const std::byte* slots, std::size_t stride, std::size_t count,
                                 bool in_front) noexcept;
    [[nodiscard]] std::size_t take_aside(std::byte* out, std::size_t max) noexcept;
    void count_aside() noexcept;

    // Written by runners, read by runners.
    alignas(cache_line_size) std::atomic<std::uint64_t> dequeued_{0};
    // Written under an ordered lane's mutex. relaxed: the fences of lane_state order it, as they do
    // the counts of enqueued entries.
    std::atomic<std::int64_t> ready_{0};
    // How many entries are put aside. Written under the lock by runners (release), read by runners
    // that are about to dequeue (acquire). [PAIR aside]
    std::atomic<std::size_t> aside_{0};
    // Pushed by publishers' first publishes (release), read by all (acquire). [PAIR ports]
    std::atomic<lane_port*> ports_{nullptr};
    // Set by publishers that drop, taken by runners.
    std::atomic<bool> notice_{false};
    // Written under the retry room's lock, read by runners.
    std::atomic<std::int64_t> due_{0};
    lane_drop<real_sync> drops_;
    const traits traits_;
    std::mutex aside_mutex_;
    std::optional<std::deque<slot_image>> aside_entries_;  // made when it is needed
};

// Null: no memory.
[[nodiscard]] std::unique_ptr<lane> make_lane(const lane::traits& what) noexcept;

}  // namespace stentor::inline v0::detail
