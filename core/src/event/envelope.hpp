// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/base/cache_line.hpp>
#include <stentor/event/metadata.hpp>
#include <stentor/event/slot.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace stentor::inline v0::detail {

class delivery_tracker;
class envelope_pool;
class event_turns;
class reply_ticket;

// Topics of the events that caused an event, the nearest first, as numbers of the bus; 0: none. As
// many as it takes to show the loops that people build.
inline constexpr std::size_t ancestors_kept = 7;
using ancestry = std::array<std::uint32_t, ancestors_kept>;

// What outlives a slot: given or inherited metadata, and a payload that does not fit the slot.
// One block: this struct, the texts, the payload. Immutable from its first enqueue on, but for the
// count of references; whoever drops the last one returns it.
struct envelope {
    envelope_payload payload{};  // first: handlers compiled outside find the object here
    std::atomic<std::uint32_t> references{1};
    std::uint32_t block_bytes = 0;
    std::uint32_t block_align = 0;
    std::int64_t charged_bytes = 0;  // of the bus's envelope memory
    std::uint16_t size_class = 0;
    bool destroys = false;
    bool has_id = false;
    bool has_causation = false;
    bool redriven = false;
    std::uint16_t header_count = 0;
    std::int32_t depth = 0;
    const event_type* type = nullptr;  // of the payload; null for text
    reply_ticket* asks = nullptr;      // of a request
    envelope_pool* home = nullptr;
    envelope* next = nullptr;  // in the home's lists only
    event_id id{};
    event_id causation{};
    std::int64_t expires_system_ns = 0;   // 0: never
    std::int64_t published_unix_ns = 0;   // of a redriven event: at first; 0: as its stamp says
    delivery_tracker* tracker = nullptr;  // a reference, when somebody waits for its deliveries
    event_turns* turns = nullptr;  // in this block, when some of its deliveries wait for others
    ancestry causes{};

    // Texts, in one run behind the struct.
    std::string_view correlation_id{}, user_id{}, source{}, key{}, traceparent{}, tracestate{};
    const header* headers = nullptr;
    std::string_view text{};  // payload of an untyped event

    // relaxed: the queue orders the hand-over to those who will drop the new references.
    void add_references(std::uint32_t count) noexcept {
        references.fetch_add(count, std::memory_order_relaxed);
    }
    // Returns the bytes to give back to the bus, when this was the last one; else 0.
    std::int64_t drop_reference() noexcept;
};

// Envelope memory of one publisher slot: free lists per size, refilled from the blocks that runners
// push back. allocate() is for the slot's holder, release() for any thread. Lock-free; allocates
// from below only when the lists are empty, and keeps at most `kept_max` bytes.
class envelope_pool {
public:
    static constexpr std::size_t classes = 9;  // 256 B ... 64 KiB
    static constexpr std::size_t smallest = 256;
    static constexpr std::size_t kept_max = std::size_t{256} << 10;

    envelope_pool() = default;
    envelope_pool(const envelope_pool&) = delete;
    ~envelope_pool();

    // Raw block for an envelope of `bytes`; null when memory cannot be had.
    [[nodiscard]] envelope* allocate(std::size_t bytes, std::size_t align) noexcept;
    void release(envelope* block) noexcept;

    // Bytes of the block that allocate() would use.
    [[nodiscard]] static std::size_t block_bytes(std::size_t bytes) noexcept;
    // Gives free blocks back to the allocator; for the slot's holder, or when nobody holds it.
    void trim() noexcept;

    [[nodiscard]] std::int64_t alive() const noexcept {
        // Freed ones first: an envelope in between shows as alive.
        const auto gone = freed_.load(std::memory_order_relaxed);
        return made_.load(std::memory_order_relaxed) - gone;
    }
    [[nodiscard]] std::int64_t bytes_kept() const noexcept {
        return kept_.load(std::memory_order_relaxed);
    }

private:
    void collect() noexcept;
    void count_made() noexcept {
        made_.store(made_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    }

    std::array<envelope*, classes> local_{};  // the holder's
    std::atomic<std::int64_t> made_{0};       // written by the holder, read by audits
    // Bytes in all lists, for the bound; written by the holder and by releasers.
    alignas(cache_line_size) std::atomic<std::int64_t> kept_{0};
    std::atomic<std::int64_t> freed_{0};  // written by releasers, read by audits
    // Blocks that came back. Pushed by releasers (release), taken whole by the holder (acquire), so
    // there is no ABA. [PAIR pool-return]
    std::atomic<envelope*> returned_{nullptr};
};

}  // namespace stentor::inline v0::detail
