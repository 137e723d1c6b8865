// SPDX-License-Identifier: MIT
#pragma once

#include "support/patience.hpp"

#include <deque>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <utility>

// A loop of the user's, for tests of resume_on: runs what it was given when it is told to.
namespace stentor_test {

class user_loop {
public:
    void post(std::function<void()> what) {
        const std::lock_guard held(lock_);
        ++posts_;
        if (posts_ > most_) {
            throw std::runtime_error("the loop is over");
        }
        waiting_.push_back(std::move(what));
    }
    bool run_one() {
        std::function<void()> next;
        {
            const std::lock_guard held(lock_);
            if (waiting_.empty()) {
                return false;
            }
            next = std::move(waiting_.front());
            waiting_.pop_front();
        }
        next();
        return true;
    }
    // A coroutine that was not ready to go on here comes again.
    template <class Condition>
    [[nodiscard]] bool run_until(Condition condition) {
        return eventually([&] {
            static_cast<void>(run_one());
            return condition();
        });
    }
    void forget() {
        const std::lock_guard held(lock_);
        waiting_.clear();
    }
    void take_at_most(int posts) {
        const std::lock_guard held(lock_);
        most_ = posts;
    }

private:
    std::mutex lock_;
    std::deque<std::function<void()>> waiting_;
    int posts_ = 0;
    int most_ = 1 << 30;
};

}  // namespace stentor_test
