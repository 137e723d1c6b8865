// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/base/callback.hpp>
#include <stentor/base/error.hpp>
#include <stentor/base/result.hpp>
#include <stentor/export.hpp>

#include <cstdint>
#include <memory>
#include <utility>

// A limit on how much of something is done at once, shared by whoever does it: ten calls to one
// database, from whichever handlers. (What one subscription may do at once is its max_concurrency.)
//
//     auto room = stentor::bulkhead::make({.limit = 10}).value();
//     if (auto permit = room->try_enter()) { ... }
//
// Nobody waits inside. Who is refused waits for on_room, and is certain to hear it if it was ready
// to before it called try_enter().
//
// Ownership: shared. Permits refer to the bulkhead and must not outlive it.
// Threads: all functions by any number at once; a permit is used by one thread at a time.
// Progress: lock-free, but for what on_room does; a permit costs two exchanges. Only make()
// allocates.
namespace stentor::inline v0 {

struct bulkhead_options {
    std::int32_t limit = 1;  // permits at once: 1 to 1 000 000
    // A permit has come back, and somebody was refused since the last time. Called by the thread
    // that gave it back. What it throws is swallowed.
    callback<void()> on_room{};
};

class STENTOR_EXPORT bulkhead {
public:
    class permit;

    // errc::invalid_option or errc::no_memory.
    [[nodiscard]] static result<std::shared_ptr<bulkhead>, error> make(
        bulkhead_options options) noexcept;

    bulkhead(const bulkhead&) = delete;
    bulkhead& operator=(const bulkhead&) = delete;
    ~bulkhead();

    // An empty permit: full.
    [[nodiscard]] permit try_enter() noexcept;
    // How many are inside, at some moment of the call.
    [[nodiscard]] std::int32_t inside() const noexcept;
    [[nodiscard]] std::int32_t limit() const noexcept;

private:
    struct impl;
    explicit bulkhead(std::unique_ptr<impl> parts) noexcept;
    void leave() noexcept;

    std::unique_ptr<impl> impl_;
};

// A place inside, until it is destroyed.
class [[nodiscard]] bulkhead::permit {
public:
    permit() noexcept = default;
    permit(permit&& other) noexcept : bulkhead_(std::exchange(other.bulkhead_, nullptr)) {}
    permit& operator=(permit&& other) noexcept {
        if (this != &other) {
            leave();
            bulkhead_ = std::exchange(other.bulkhead_, nullptr);
        }
        return *this;
    }
    permit(const permit&) = delete;
    permit& operator=(const permit&) = delete;
    ~permit() { leave(); }

    [[nodiscard]] explicit operator bool() const noexcept { return bulkhead_ != nullptr; }
    void leave() noexcept {
        if (bulkhead_ != nullptr) {
            std::exchange(bulkhead_, nullptr)->leave();
        }
    }

private:
    friend class bulkhead;
    explicit permit(bulkhead& of) noexcept : bulkhead_(&of) {}

    bulkhead* bulkhead_ = nullptr;
};

}  // namespace stentor::inline v0
