// SPDX-License-Identifier: MIT
#include "event/envelope.hpp"

#include "base/allocator.hpp"
#include "event/delivery_tracker.hpp"
#include "event/reply_ticket.hpp"

#include <algorithm>
#include <bit>
#include <new>
#include <utility>

namespace stentor::inline v0::detail {

namespace {

constexpr std::size_t envelope_align = cache_line_size;
constexpr std::uint16_t no_class = 0xffff;

std::size_t class_of(std::size_t bytes) noexcept {
    const auto rounded = std::bit_ceil(std::max(bytes, envelope_pool::smallest));
    return static_cast<std::size_t>(std::countr_zero(rounded) -
                                    std::countr_zero(envelope_pool::smallest));
}

void give_back(envelope* block) noexcept {
    const auto align = block->block_align;
    block->~envelope();
    free_bytes(block, align);
}

}  // namespace

std::int64_t envelope::drop_reference() noexcept {
    // acq_rel: the last one sees what all others did with the payload. [PAIR envelope]
    if (references.fetch_sub(1, std::memory_order_acq_rel) != 1) {
        return 0;
    }
    const auto charged = charged_bytes;
    if (destroys) {
        type->destroy(payload.object);
        destroys = false;
    }
    if (tracker != nullptr) {
        tracker->drop_reference();
        tracker = nullptr;
    }
    if (asks != nullptr) {
        std::exchange(asks, nullptr)->forsake();
    }
    home->release(this);
    return charged;
}

std::size_t envelope_pool::block_bytes(std::size_t bytes) noexcept {
    const auto index = class_of(bytes);
    return index < classes ? smallest << index : bytes;
}

envelope_pool::~envelope_pool() {
    trim();
}

envelope* envelope_pool::allocate(std::size_t bytes, std::size_t align) noexcept {
    const auto index = class_of(bytes);
    const bool pooled = index < classes && align <= envelope_align;
    if (pooled) {
        if (local_[index] == nullptr) {
            collect();
        }
        if (auto* block = local_[index]; block != nullptr) {
            local_[index] = block->next;
            const auto size = block->block_bytes;
            kept_.fetch_sub(size, std::memory_order_relaxed);
            block->~envelope();
            auto* fresh = ::new (block) envelope{};
            fresh->block_bytes = size;
            fresh->block_align = envelope_align;
            fresh->size_class = static_cast<std::uint16_t>(index);
            fresh->home = this;
            count_made();
            return fresh;
        }
    }
    const auto size = pooled ? smallest << index : bytes;
    const auto block_align = std::max(align, envelope_align);
    void* memory = allocate_bytes(size, block_align);
    if (memory == nullptr) {
        return nullptr;
    }
    auto* fresh = ::new (memory) envelope{};
    fresh->block_bytes = static_cast<std::uint32_t>(size);
    fresh->block_align = static_cast<std::uint32_t>(block_align);
    fresh->size_class = pooled ? static_cast<std::uint16_t>(index) : no_class;
    fresh->home = this;
    count_made();
    return fresh;
}

void envelope_pool::release(envelope* block) noexcept {
    const auto size = static_cast<std::int64_t>(block->block_bytes);
    const bool pooled = block->size_class != no_class;
    // relaxed: the bound may be exceeded by as many blocks as threads release at once.
    if (!pooled ||
        kept_.load(std::memory_order_relaxed) + size > static_cast<std::int64_t>(kept_max)) {
        freed_.fetch_add(1, std::memory_order_relaxed);
        give_back(block);
        return;
    }
    kept_.fetch_add(size, std::memory_order_relaxed);
    auto* head = returned_.load(std::memory_order_relaxed);
    do {
        block->next = head;
    } while (!returned_.compare_exchange_weak(head, block, std::memory_order_release,
                                              std::memory_order_relaxed));
    freed_.fetch_add(1, std::memory_order_relaxed);
}

void envelope_pool::collect() noexcept {
    auto* block = returned_.exchange(nullptr, std::memory_order_acquire);
    while (block != nullptr) {
        auto* rest = block->next;
        block->next = local_[block->size_class];
        local_[block->size_class] = block;
        block = rest;
    }
}

void envelope_pool::trim() noexcept {
    collect();
    for (auto& list : local_) {
        while (list != nullptr) {
            auto* block = list;
            list = block->next;
            kept_.fetch_sub(block->block_bytes, std::memory_order_relaxed);
            give_back(block);
        }
    }
}

}  // namespace stentor::inline v0::detail
