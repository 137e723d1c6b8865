// SPDX-License-Identifier: MIT
#pragma once

#include <mutex>
#include <stop_token>

namespace stentor::inline v0::detail {

// Tells the handlers of one subscription that they should come to an end. Nothing is allocated
// until the first handler asks. Any thread; request() calls what handlers have registered.
class stop_signal {
public:
    // Without memory for one: a token that nobody can stop.
    [[nodiscard]] std::stop_token token() noexcept {
        const std::lock_guard lock(mutex_);
        if (!source_.stop_possible()) {
#if defined(__cpp_exceptions)
            try {
                source_ = std::stop_source();
            } catch (...) {
                return {};
            }
#else
            source_ = std::stop_source();
#endif
            if (requested_) {
                source_.request_stop();  // nobody has registered anything yet
            }
        }
        return source_.get_token();
    }

    void request() noexcept {
        std::stop_source told(std::nostopstate);
        {
            const std::lock_guard lock(mutex_);
            requested_ = true;
            told = source_;
        }
        if (told.stop_possible()) {
            told.request_stop();
        }
    }

private:
    std::mutex mutex_;
    std::stop_source source_{std::nostopstate};
    bool requested_ = false;
};

}  // namespace stentor::inline v0::detail
