// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/event/event_type.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <new>
#include <utility>

namespace stentor::inline v0::detail {

// A value of an event type, by itself.
class boxed_value {
public:
    boxed_value() = default;
    boxed_value(boxed_value&& other) noexcept
        : type_(other.type_), object_(std::exchange(other.object_, nullptr)) {}
    boxed_value& operator=(boxed_value&& other) noexcept {
        std::swap(type_, other.type_);
        std::swap(object_, other.object_);
        return *this;
    }
    ~boxed_value() {
        if (object_ != nullptr) {
            if (type_->destroy != nullptr) {
                type_->destroy(object_);
            }
            ::operator delete(object_, std::align_val_t{type_->align});
        }
    }

    // Empty: no memory.
    [[nodiscard]] static boxed_value moved_from(const event_type& type, void* object) noexcept {
        boxed_value made = room_for(type);
        if (made) {
            type.move_into(made.object_, object);
        }
        return made;
    }
    // Empty also when the type cannot be copied, or its copy constructor throws.
    [[nodiscard]] static boxed_value copied_from(const event_type& type,
                                                 const void* object) noexcept;

    [[nodiscard]] explicit operator bool() const noexcept { return object_ != nullptr; }
    [[nodiscard]] void* get() const noexcept { return object_; }

private:
    [[nodiscard]] static boxed_value room_for(const event_type& type) noexcept {
        boxed_value made;
        made.type_ = &type;
        made.object_ = ::operator new(type.size, std::align_val_t{type.align}, std::nothrow);
        return made;
    }
    void forget() noexcept {
        ::operator delete(std::exchange(object_, nullptr), std::align_val_t{type_->align});
    }

    const event_type* type_ = nullptr;
    void* object_ = nullptr;
};

// Where the answer to one request goes. Held by the asker and by the request's envelope, so whoever
// handles the request finds it there; freed by the last of the two.
//
// Threads: any. Progress: blocking, for a few instructions; no user code runs under the lock. Taken
// before the lock of a waiting room.
class reply_ticket {
public:
    enum class arrival : std::uint8_t { taken, late, duplicate };

    explicit reply_ticket(const event_type& type) noexcept : wanted_(type) {}
    reply_ticket(const reply_ticket&) = delete;
    reply_ticket& operator=(const reply_ticket&) = delete;

    void add_reference() noexcept { references_.fetch_add(1, std::memory_order_relaxed); }
    void drop_reference() noexcept {
        // acq_rel: the last one frees what the other has used. [PAIR reply-ticket]
        if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
            delete this;
        }
    }
    // The envelope is gone: nobody can answer any more.
    void forsake() noexcept {
        {
            const std::lock_guard lock(mutex_);
            forsaken_ = true;
        }
        drop_reference();
    }

    [[nodiscard]] bool wants(const event_type& type) const noexcept {
        return same_type(wanted_, type);
    }
    [[nodiscard]] const event_type& wanted() const noexcept { return wanted_; }
    // Whether an answer would still be taken: else it need not be made.
    [[nodiscard]] bool open() const noexcept {
        const std::lock_guard lock(mutex_);
        return !answered_ && !closed_;
    }

    // The first one that comes in time.
    arrival offer(boxed_value&& value) noexcept {
        std::shared_ptr<void> asker;
        {
            const std::lock_guard lock(mutex_);
            if (answered_) {
                return arrival::duplicate;
            }
            answered_ = true;
            if (closed_) {
                return arrival::late;
            }
            value_ = std::move(value);
            asker = std::move(asker_);
        }
        if (asker != nullptr) {
            wake_(asker.get());
        }
        return arrival::taken;
    }

    // --- the asker -----------------------------------------------------------------------------
    // What is called once when an answer is here; at once if it is already.
    using function = void (*)(void*) noexcept;
    void when_answered(std::shared_ptr<void> asker, function wake) noexcept {
        {
            const std::lock_guard lock(mutex_);
            if (!answered_) {
                asker_ = std::move(asker);
                wake_ = wake;
                return;
            }
        }
        wake(asker.get());
    }
    // Waits no more. The value stays with the ticket; null: there is none.
    [[nodiscard]] void* close() noexcept {
        std::shared_ptr<void> unused;  // let go of without the lock
        const std::lock_guard lock(mutex_);
        closed_ = true;
        unused.swap(asker_);
        return value_.get();
    }
    [[nodiscard]] bool forsaken() const noexcept {
        const std::lock_guard lock(mutex_);
        return forsaken_;
    }

private:
    ~reply_ticket() = default;

    const event_type& wanted_;
    mutable std::mutex mutex_;
    boxed_value value_;
    std::shared_ptr<void> asker_;
    function wake_ = nullptr;
    bool answered_ = false;
    bool closed_ = false;
    bool forsaken_ = false;
    // Counted by the asker and the envelope.
    std::atomic<std::uint32_t> references_{1};
};

}  // namespace stentor::inline v0::detail
