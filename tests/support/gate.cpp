// SPDX-License-Identifier: MIT
#include "support/gate.hpp"

namespace stentor_test {

bool gate::pass() {
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    const bool opened = changed_.wait_for(lock, 3 * patience, [this] { return open_; });
    --waiting_;
    return opened;
}

void gate::open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
}

void gate::close() {
    const std::lock_guard lock(mutex_);
    open_ = false;
}

bool gate::await_waiting(int callers) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, patience, [&] { return waiting_ >= callers; });
}

int gate::waiting() const {
    const std::lock_guard lock(mutex_);
    return waiting_;
}

void tally::add(std::int64_t amount) {
    const std::lock_guard lock(mutex_);
    count_ += amount;
    changed_.notify_all();
}

std::int64_t tally::count() const {
    const std::lock_guard lock(mutex_);
    return count_;
}

bool tally::await(std::int64_t at_least) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, patience, [&] { return count_ >= at_least; });
}

bool rendezvous::meet() {
    std::unique_lock lock(mutex_);
    const auto meeting = meetings_;
    if (++present_ == parties_) {
        present_ = 0;
        ++meetings_;
        changed_.notify_all();
        return true;
    }
    if (changed_.wait_for(lock, patience, [&] { return meetings_ != meeting; })) {
        return true;
    }
    --present_;
    return false;
}

}  // namespace stentor_test
