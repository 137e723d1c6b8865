// SPDX-License-Identifier: MIT
#include <stentor/base/clock.hpp>

#include <stentor/base/assert.hpp>

#include <new>

namespace stentor::inline v0 {

clock::~clock() = default;
virtual_clock::~virtual_clock() = default;

namespace {

class machine_clock final : public clock {
public:
    std::int64_t steady_ns() noexcept override {
        return nanoseconds(std::chrono::steady_clock::now().time_since_epoch());
    }
    std::int64_t system_ns() noexcept override {
        return nanoseconds(std::chrono::system_clock::now().time_since_epoch());
    }

private:
    template <class Duration>
    static std::int64_t nanoseconds(Duration since_epoch) noexcept {
        return std::chrono::duration_cast<std::chrono::nanoseconds>(since_epoch).count();
    }
};

}  // namespace

clock& system_clock_source() noexcept {
    // In storage whose end runs no destructor: handlers may still run while statics are destroyed.
    alignas(machine_clock) static std::byte storage[sizeof(machine_clock)];
    static machine_clock* const instance = ::new (static_cast<void*>(storage)) machine_clock;
    return *instance;
}

std::int64_t virtual_clock::steady_ns() noexcept {
    return steady_.load(std::memory_order_relaxed);
}

std::int64_t virtual_clock::system_ns() noexcept {
    return system_.load(std::memory_order_relaxed);
}

void virtual_clock::advance(std::chrono::nanoseconds step) noexcept {
    STENTOR_ASSERT(step.count() >= 0, "a virtual clock only goes forward");
    steady_.fetch_add(step.count(), std::memory_order_relaxed);
    system_.fetch_add(step.count(), std::memory_order_relaxed);
}

void virtual_clock::jump_system(std::chrono::nanoseconds step) noexcept {
    system_.fetch_add(step.count(), std::memory_order_relaxed);
}

}  // namespace stentor::inline v0
