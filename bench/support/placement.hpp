// SPDX-License-Identifier: MIT
#pragma once

// Two threads that take turns on one core can look faster than two that run side by side, and the
// kernel tends to leave them there. So wherever there is a single publisher it has the first CPU of
// this process to itself, and everyone who handles events has the others: the same rule for all
// competitors. Each call is about the calling thread; with a single CPU nothing happens.

namespace bench {

void pin_publisher() noexcept;
void keep_off_publisher() noexcept;

// All CPUs that the process was started with: for threads that inherit what their maker had.
void unpin() noexcept;

// The calling thread publishes, on the publisher's CPU, for as long as this object lives.
struct pinned_publisher {
    pinned_publisher() noexcept { pin_publisher(); }
    ~pinned_publisher() { unpin(); }
    pinned_publisher(const pinned_publisher&) = delete;
    pinned_publisher& operator=(const pinned_publisher&) = delete;
};

// Threads that are made while this object lives inherit a place off the publisher's CPU.
struct made_off_publisher {
    explicit made_off_publisher(bool wanted) noexcept {
        if (wanted) {
            keep_off_publisher();
        }
    }
    ~made_off_publisher() { unpin(); }
    made_off_publisher(const made_off_publisher&) = delete;
    made_off_publisher& operator=(const made_off_publisher&) = delete;
};

}  // namespace bench
