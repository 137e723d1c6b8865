// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

namespace stentor_test {

// How many objects were made and destroyed; the tests' own measure of "exactly once".
struct ledger {
    std::atomic<std::int64_t> made{0};
    std::atomic<std::int64_t> copied{0};
    std::atomic<std::int64_t> destroyed{0};
    std::atomic<std::int64_t> destroyed_full{0};  // those that were not moved from

    [[nodiscard]] std::int64_t alive() const noexcept { return made.load() - destroyed.load(); }
};

// A member for payloads and for captures of handlers: writes its own life into a ledger.
class counted {
public:
    explicit counted(ledger& book) noexcept : book_(&book) { book_->made.fetch_add(1); }
    counted(const counted& other) noexcept : book_(other.book_), full_(other.full_) {
        book_->made.fetch_add(1);
        book_->copied.fetch_add(1);
    }
    counted(counted&& other) noexcept
        : book_(other.book_), full_(std::exchange(other.full_, false)) {
        book_->made.fetch_add(1);
    }
    counted& operator=(const counted&) = delete;
    ~counted() {
        if (full_) {
            book_->destroyed_full.fetch_add(1);
        }
        book_->destroyed.fetch_add(1);  // last: who sees it may end the book
    }

    // False: it was moved from.
    [[nodiscard]] bool full() const noexcept { return full_; }

private:
    ledger* book_;
    bool full_ = true;
};

}  // namespace stentor_test
