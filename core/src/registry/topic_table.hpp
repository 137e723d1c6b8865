// SPDX-License-Identifier: MIT
#pragma once

#include "base/attempt.hpp"
#include "registry/route.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

// Topics by name: a fixed number of chains. find() is wait-free for readers inside a read section;
// all else happens under the registry's lock. An entry that is unlinked is freed by the caller when
// a grace period has elapsed and its routes are settled.
namespace stentor::inline v0::detail {

class topic_table {
public:
    [[nodiscard]] topic_entry* find(std::string_view name) const noexcept {
        auto* entry = heads_[place(name)].load(std::memory_order_acquire);  // [PAIR topic]
        while (entry != nullptr && entry->name != name) {
            entry = entry->next.load(std::memory_order_acquire);
        }
        return entry;
    }

    // Under the lock. After make_room_for_one() it does not allocate.
    void make_room_for_one() { make_room(entries_, entries_.size() + 1); }
    topic_entry* insert(const std::shared_ptr<topic_entry>& entry) {
        auto& head = heads_[place(entry->name)];
        entry->next.store(head.load(std::memory_order_relaxed), std::memory_order_relaxed);
        entries_.push_back(entry);
        head.store(entry.get(), std::memory_order_release);  // [PAIR topic]
        return entry.get();
    }

    std::shared_ptr<topic_entry> unlink(topic_entry* gone) {
        auto* link = &heads_[place(gone->name)];
        while (link->load(std::memory_order_relaxed) != gone) {
            link = &link->load(std::memory_order_relaxed)->next;
        }
        link->store(gone->next.load(std::memory_order_relaxed), std::memory_order_release);
        std::shared_ptr<topic_entry> kept;
        std::erase_if(entries_, [&](std::shared_ptr<topic_entry>& one) {
            if (one.get() != gone) {
                return false;
            }
            kept = std::move(one);
            return true;
        });
        return kept;
    }

    [[nodiscard]] const std::vector<std::shared_ptr<topic_entry>>& entries() const noexcept {
        return entries_;
    }

private:
    static constexpr std::size_t chains = 4096;
    static std::size_t place(std::string_view name) noexcept {
        return std::hash<std::string_view>{}(name) % chains;
    }

    std::array<std::atomic<topic_entry*>, chains> heads_{};
    std::vector<std::shared_ptr<topic_entry>> entries_;
};

}  // namespace stentor::inline v0::detail
