// SPDX-License-Identifier: MIT
#pragma once

#include "support/patience.hpp"

#include <condition_variable>
#include <cstdint>
#include <mutex>

// How tests and handlers wait for each other. A test waits for as long as `patience`; a handler at
// a closed door for longer, so that its giving up cannot end a wait that tests something. All waits
// end, so that a broken promise fails a test instead of hanging it.
//
// Threads: any.
namespace stentor_test {

// A closed door: handlers that pass() stop there until the test opens it.
class gate {
public:
    gate() = default;
    gate(const gate&) = delete;
    gate& operator=(const gate&) = delete;

    // Waits until the door is open. False: it never was.
    bool pass();
    void open();
    // The next ones that pass() stop again.
    void close();

    // Waits until that many callers stand before the door at the same time.
    [[nodiscard]] bool await_waiting(int callers);
    [[nodiscard]] int waiting() const;

private:
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    int waiting_ = 0;
    bool open_ = false;
};

// Opens a gate at the end of a scope. Declare it behind the subscription whose handler waits there:
// then a failed ASSERT does not leave the handler, and the unsubscribe behind it, waiting.
class open_at_end {
public:
    explicit open_at_end(gate& door) : door_(door) {}
    ~open_at_end() { door_.open(); }
    open_at_end(const open_at_end&) = delete;
    open_at_end& operator=(const open_at_end&) = delete;

private:
    gate& door_;
};

// Counts what handlers did, and lets the test wait for it.
class tally {
public:
    void add(std::int64_t amount = 1);
    [[nodiscard]] std::int64_t count() const;
    // Waits until the count is at least that. False: it did not get there.
    [[nodiscard]] bool await(std::int64_t at_least);

private:
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::int64_t count_ = 0;
};

// Every caller of meet() waits until `parties` of them are there at the same time.
class rendezvous {
public:
    explicit rendezvous(int parties) : parties_(parties) {}

    // False: the others did not come.
    bool meet();

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    const int parties_;
    int present_ = 0;
    std::uint64_t meetings_ = 0;
};

}  // namespace stentor_test
