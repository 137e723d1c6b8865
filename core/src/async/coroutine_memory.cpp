// SPDX-License-Identifier: MIT
#include "base/allocator.hpp"
#include <stentor/async/task_promise.hpp>
#include <stentor/base/error.hpp>
#include <stentor/registry/coroutine_delivery.hpp>

#include <cstddef>
#include <cstdint>
#include <new>

// Where coroutines live: each thread keeps the last few of each size that it freed.
namespace stentor::inline v0::detail {

namespace {

constexpr std::size_t step = 64;
constexpr std::size_t classes = 16;     // up to 1 KiB
constexpr std::uint32_t kept_max = 64;  // of each, per thread
constexpr std::size_t align = alignof(std::max_align_t);

struct free_block {
    free_block* next;
};

// Without a destructor, so that reading it needs no guard; the janitor's end empties it.
struct shelf {
    free_block* first[classes];
    std::uint32_t count[classes];
    bool open;    // the janitor is there
    bool closed;  // and has gone: whatever is freed now goes to the allocator
};
constinit thread_local shelf shelf_of_thread{};

struct janitor {
    janitor() noexcept { shelf_of_thread.open = true; }
    ~janitor() {
        auto& mine = shelf_of_thread;
        mine.closed = true;
        for (auto*& list : mine.first) {
            while (list != nullptr) {
                auto* block = list;
                list = block->next;
                free_bytes(block, align);
            }
        }
    }
    janitor(const janitor&) = delete;
    janitor& operator=(const janitor&) = delete;
};

[[gnu::noinline]] void open_shelf() noexcept {
    static thread_local janitor cleans_up;
    static_cast<void>(cleans_up);
}

constexpr std::size_t class_of(std::size_t bytes) noexcept {
    return (bytes + step - 1) / step - 1;
}

}  // namespace

void* allocate_coroutine(std::size_t bytes) {
    const auto place = class_of(bytes);
    auto& mine = shelf_of_thread;
    if (place < classes && mine.first[place] != nullptr) {
        auto* block = mine.first[place];
        mine.first[place] = block->next;
        --mine.count[place];
        return block;
    }
    auto* memory = allocate_bytes(place < classes ? (place + 1) * step : bytes, align);
    if (memory == nullptr) {
#if defined(__cpp_exceptions)
        throw std::bad_alloc();
#else
        raise(error::out_of_memory());
#endif
    }
    return memory;
}

void free_coroutine(void* memory, std::size_t bytes) noexcept {
    const auto place = class_of(bytes);
    auto& mine = shelf_of_thread;
    if (!mine.open) {
        open_shelf();
    }
    if (place >= classes || mine.closed || mine.count[place] >= kept_max) {
        free_bytes(memory, align);
        return;
    }
    mine.first[place] = ::new (memory) free_block{mine.first[place]};
    ++mine.count[place];
}

void refuse_empty_task() {
    raise(error(errc::invalid_option,
                "a task was awaited that is empty: it was moved from, or awaited before; a task is "
                "awaited once"));
}

}  // namespace stentor::inline v0::detail
