// SPDX-License-Identifier: MIT
#include "allocation.hpp"

#include <execinfo.h>

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

#include <unistd.h>

namespace stentor::fault {

namespace {

// relaxed: counts; who arms and who reads is ordered by the test.
std::atomic<bool> armed{false};
std::atomic<bool> everybody{false};
std::atomic<bool> goes_on{false};
std::atomic<std::uint64_t> nth_to_fail{0};
std::atomic<std::uint64_t> counted{0};
std::atomic<std::uint64_t> failed{0};
std::atomic<std::int64_t> alive{0};
constinit thread_local bool mine = false;    // this thread armed
constinit thread_local bool exempt = false;  // inside spared

// With STENTOR_FAULT_TRACE set: the calls that led to the first failure, for addr2line.
void tell_where() noexcept {
    if (std::getenv("STENTOR_FAULT_TRACE") != nullptr) {
        exempt = true;
        void* calls[32];
        ::backtrace_symbols_fd(calls, ::backtrace(calls, 32), STDERR_FILENO);
        exempt = false;
    }
}

bool must_fail() noexcept {
    if (!armed.load(std::memory_order_relaxed) || exempt ||
        !(mine || everybody.load(std::memory_order_relaxed))) {
        return false;
    }
    const auto now = counted.fetch_add(1, std::memory_order_relaxed) + 1;
    const auto nth = nth_to_fail.load(std::memory_order_relaxed);
    if (now == nth || (now > nth && goes_on.load(std::memory_order_relaxed))) {
        if (failed.fetch_add(1, std::memory_order_relaxed) == 0) {
            tell_where();
        }
        return true;
    }
    return false;
}

void* allocate(std::size_t size, std::size_t align) noexcept {
    if (must_fail()) {
        return nullptr;
    }
    const auto rounded = (size + align - 1) / align * align;
    void* block = align <= alignof(std::max_align_t)
                      ? std::malloc(size == 0 ? 1 : size)
                      : std::aligned_alloc(align, rounded == 0 ? align : rounded);
    if (block != nullptr) {
        alive.fetch_add(1, std::memory_order_relaxed);
    }
    return block;
}

void* allocate_or_throw(std::size_t size, std::size_t align) {
    if (void* block = allocate(size, align)) {
        return block;
    }
    throw std::bad_alloc();
}

void release(void* block) noexcept {
    if (block != nullptr) {
        alive.fetch_sub(1, std::memory_order_relaxed);
        std::free(block);
    }
}

constexpr std::size_t plain = alignof(std::max_align_t);

}  // namespace

void arm(std::uint64_t nth, shortage kind, bool all_threads) noexcept {
    nth_to_fail.store(nth);
    counted.store(0);
    failed.store(0);
    goes_on.store(kind == shortage::onward);
    everybody.store(all_threads);
    mine = true;
    armed.store(true);
}

std::uint64_t disarm() noexcept {
    armed.store(false);
    mine = false;
    return counted.load();
}

std::uint64_t failures() noexcept {
    return failed.load();
}

std::int64_t blocks_alive() noexcept {
    return alive.load();
}

spared::spared() noexcept : before_(exempt) {
    exempt = true;
}
spared::~spared() {
    exempt = before_;
}

}  // namespace stentor::fault

using stentor::fault::allocate;
using stentor::fault::allocate_or_throw;
using stentor::fault::plain;
using stentor::fault::release;

void* operator new(std::size_t size) {
    return allocate_or_throw(size, plain);
}
void* operator new[](std::size_t size) {
    return allocate_or_throw(size, plain);
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    return allocate(size, plain);
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
    return allocate(size, plain);
}
void* operator new(std::size_t size, std::align_val_t align) {
    return allocate_or_throw(size, static_cast<std::size_t>(align));
}
void* operator new[](std::size_t size, std::align_val_t align) {
    return allocate_or_throw(size, static_cast<std::size_t>(align));
}
void* operator new(std::size_t size, std::align_val_t align, const std::nothrow_t&) noexcept {
    return allocate(size, static_cast<std::size_t>(align));
}
void* operator new[](std::size_t size, std::align_val_t align, const std::nothrow_t&) noexcept {
    return allocate(size, static_cast<std::size_t>(align));
}

void operator delete(void* block) noexcept {
    release(block);
}
void operator delete[](void* block) noexcept {
    release(block);
}
void operator delete(void* block, std::size_t) noexcept {
    release(block);
}
void operator delete[](void* block, std::size_t) noexcept {
    release(block);
}
void operator delete(void* block, const std::nothrow_t&) noexcept {
    release(block);
}
void operator delete[](void* block, const std::nothrow_t&) noexcept {
    release(block);
}
void operator delete(void* block, std::align_val_t) noexcept {
    release(block);
}
void operator delete[](void* block, std::align_val_t) noexcept {
    release(block);
}
void operator delete(void* block, std::size_t, std::align_val_t) noexcept {
    release(block);
}
void operator delete[](void* block, std::size_t, std::align_val_t) noexcept {
    release(block);
}
void operator delete(void* block, std::align_val_t, const std::nothrow_t&) noexcept {
    release(block);
}
void operator delete[](void* block, std::align_val_t, const std::nothrow_t&) noexcept {
    release(block);
}
