// SPDX-License-Identifier: MIT
#pragma once

#include "base/allocator.hpp"
#include <stentor/base/cache_line.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>

// A queue of many producers and one consumer at a time whose order is that of happens-before: when
// one enqueue is over before another begins, on whatever threads, the consumer gets its slot first.
//
// A list of nodes from the oldest to the newest. A producer writes its node and exchanges the tail
// for it (X): that is the moment at which the slot takes its place. Then it links the node behind
// the one that was there before (N). The consumer holds the node that it took last and follows the
// links; where there is none yet, it finds nothing, though later nodes may be linked already: their
// order is decided, and they wait for the producer that is between its X and its N.
//
// Order. All X are read-modify-writes of one variable, so they have one order, and each N links
// two neighbours in it: the list is that order. When enqueue A happens before enqueue B, A's X
// comes first in it, because a variable's modifications never contradict happens-before.
// Hand-over. X is acq_rel: its release part publishes the empty link of the new node before anybody
// can follow it there; its acquire part orders this producer's N after the emptiness that it
// replaces. N is a release and the consumer's look at the link an acquire, so it reads whole slots.
// Counter-example of the simpler design, a queue for each producer (what the lanes of unordered
// subscriptions have): A puts 1 into its queue and signals B, which puts 2 into its own; the
// consumer happens to look into B's first and hands out 2 before 1. tests/litmus finds it, and what
// each of the orders is for.
//
// Memory. Nodes come in chunks that belong to a producer, which takes them one after the other. The
// consumer is done with a node when it has followed its link; with the last node of a chunk it is
// done with the chunk, because one producer's nodes leave in their order. The chunk goes back on a
// stack that its producer takes as a whole (no ABA); of more than `kept` bytes it goes to the
// allocator. Nobody else can hold it: a producer touches a foreign node last with its N, which the
// consumer has seen. In steady state nothing is allocated. What can fail is taking a new chunk, and
// that comes before X, so nothing is ever half in.
//
// Progress: enqueue is wait-free but for the allocator. The consumer is not kept from what was
// linked before, only from what lies behind a producer that has stopped between X and N.
namespace stentor::inline v0::detail {

template <class Sync, class Slot, std::size_t ChunkNodes = 32>
class linked_queue {
    struct chunk;
    struct node {
        // Written by the producer that comes behind it, read by the consumer.
        typename Sync::template atomic<node*> next{nullptr};
        chunk* ends = nullptr;  // of the last node of a chunk
        Slot slot;
    };

public:
    static constexpr std::size_t kept = std::size_t{1} << 20;

    // One thread at a time. Destroyed after clear(), before the queue.
    class producer {
    public:
        explicit producer(linked_queue&) noexcept {}
        producer(const producer&) = delete;
        producer& operator=(const producer&) = delete;
        ~producer() {
            free_all(current_);
            free_all(local_);
            free_all(returned_.load(std::memory_order_acquire));  // [PAIR chunk-return]
        }

    private:
        friend class linked_queue;

        // Null: no memory.
        [[nodiscard]] node* take() noexcept {
            if (current_ == nullptr) [[unlikely]] {
                if (!reserve(1)) {
                    return nullptr;
                }
                begin_chunk();
            }
            auto* taken = &current_->nodes[used_++];
            taken->next.store(nullptr, std::memory_order_relaxed);
            if (used_ == ChunkNodes) {
                current_ = nullptr;  // the consumer gives it back
            }
            return taken;
        }

        // Sees to it that the next `count` takes succeed.
        [[nodiscard]] bool reserve(std::size_t count) noexcept {
            auto have = current_ != nullptr ? ChunkNodes - used_ : 0;
            auto** end = count_chunks(&local_, have, count);
            if (have < count) {
                *end =
                    returned_.exchange(nullptr, std::memory_order_acquire);  // [PAIR chunk-return]
                static_cast<void>(count_chunks(end, have, count));
            }
            for (; have < count; have += ChunkNodes) {
                auto* made = make_chunk();
                if (made == nullptr) {
                    return false;
                }
                made->next = local_;
                local_ = made;
            }
            return true;
        }

        static chunk** count_chunks(chunk** end, std::size_t& have, std::size_t wanted) noexcept {
            for (; *end != nullptr && have < wanted; end = &(*end)->next) {
                have += ChunkNodes;
            }
            return end;
        }

        void begin_chunk() noexcept {
            current_ = local_;
            local_ = local_->next;
            current_->next = nullptr;
            used_ = 0;
        }

        [[nodiscard]] chunk* make_chunk() noexcept {
            void* block = allocate_bytes(sizeof(chunk), alignof(chunk));
            if (block == nullptr) {
                return nullptr;
            }
            auto* made = ::new (block) chunk;
            made->home = this;
            made->nodes[ChunkNodes - 1].ends = made;
            return made;
        }

        // The consumer.
        void give_back(chunk* done) noexcept {
            auto* top = returned_.load(std::memory_order_relaxed);
            do {
                // The depth below a chunk that its producer has just taken away is only too deep.
                done->depth = top == nullptr ? 1 : top->depth + 1;
                if (done->depth * sizeof(chunk) > kept) {
                    free_chunk(done);
                    return;
                }
                done->next = top;
            } while (!returned_.compare_exchange_strong(  // [PAIR chunk-return]
                top, done, std::memory_order_release, std::memory_order_relaxed));
        }

        static void free_all(chunk* first) noexcept {
            while (first != nullptr) {
                auto* next = first->next;
                free_chunk(first);
                first = next;
            }
        }

        chunk* current_ = nullptr;
        std::size_t used_ = 0;  // nodes of it
        chunk* local_ = nullptr;
        // Chunks that came back. Pushed by the consumer (release), taken whole by the producer
        // (acquire). [PAIR chunk-return]
        alignas(cache_line_size) typename Sync::template atomic<chunk*> returned_{nullptr};
    };

    linked_queue() noexcept : tail_(&first_), taken_(&first_) {}
    linked_queue(const linked_queue&) = delete;
    linked_queue& operator=(const linked_queue&) = delete;

    // False: no memory; then nothing has happened.
    [[nodiscard]] bool enqueue(producer& from, const Slot& draft) noexcept {
        auto* made = from.take();
        if (made == nullptr) [[unlikely]] {
            return false;
        }
        made->slot.take(draft);
        append(made, made);
        return true;
    }

    // All or nothing; the slots stand side by side in the queue.
    [[nodiscard]] bool enqueue_bulk(producer& from, const Slot* drafts,
                                    std::size_t count) noexcept {
        if (count == 0) {
            return true;
        }
        if (!from.reserve(count)) {
            return false;
        }
        auto* first = from.take();
        first->slot.take(drafts[0]);
        auto* last = first;
        for (std::size_t at = 1; at < count; ++at) {
            auto* made = from.take();
            made->slot.take(drafts[at]);
            last->next.store(made, std::memory_order_relaxed);  // published by the N before `first`
            last = made;
        }
        append(first, last);
        return true;
    }

    // One consumer at a time.
    [[nodiscard]] std::size_t dequeue(Slot* out, std::size_t max) noexcept {
        std::size_t count = 0;
        auto* at = taken_;
        while (count < max) {
            auto* next = at->next.load(std::memory_order_acquire);  // [PAIR link]
            if (next == nullptr) {
                break;
            }
            out[count++] = next->slot;
            leave(at);
            at = next;
        }
        taken_ = at;
        return count;
    }

    // Before the producers are destroyed, when nobody uses the queue any more.
    void clear() noexcept {
        while (auto* next = taken_->next.load(std::memory_order_acquire)) {  // [PAIR link]
            leave(taken_);
            taken_ = next;
        }
        leave(taken_);
        taken_ = &first_;
    }

private:
    struct chunk {
        chunk* next = nullptr;
        producer* home = nullptr;
        std::size_t depth = 0;  // of the returned stack below it, with it; the consumer's
        node nodes[ChunkNodes];
    };

    static void free_chunk(chunk* one) noexcept {
        one->~chunk();
        free_bytes(one, alignof(chunk));
    }

    void append(node* first, node* last) noexcept {
        auto* before = tail_.exchange(last, std::memory_order_acq_rel);  // X [PAIR link]
        before->next.store(first, std::memory_order_release);            // N [PAIR link]
    }

    static void leave(node* done) noexcept {
        if (done->ends != nullptr) {
            done->ends->home->give_back(done->ends);
        }
    }

    // The newest node. Written by producers.
    alignas(cache_line_size) typename Sync::template atomic<node*> tail_;
    // The node whose slot was taken last. The consumer's.
    alignas(cache_line_size) node* taken_;
    node first_;  // what it is before the first
};

}  // namespace stentor::inline v0::detail
