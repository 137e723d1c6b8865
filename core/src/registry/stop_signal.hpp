// SPDX-License-Identifier: MIT
#pragma once

#include <mutex>
#include <stop_token>

namespace stentor::inline v0::detail {

// Where a handler's stop token comes from: its subscription, or the attempt that runs now.
class stop_giver {
public:
    // Without memory for one: a token that nobody can stop.
    [[nodiscard]] virtual std::stop_token token() noexcept = 0;

protected:
    ~stop_giver() = default;
};

// Null state: no memory.
[[nodiscard]] inline std::stop_source make_stop_source() noexcept {
#if defined(__cpp_exceptions)
    try {
        return {};
    } catch (...) {
        return std::stop_source(std::nostopstate);
    }
#else
    return {};
#endif
}

// Tells the handlers of one subscription that they should come to an end. Nothing is allocated
// until the first handler asks. Any thread; request() calls what handlers have registered.
class stop_signal final : public stop_giver {
public:
    [[nodiscard]] std::stop_token token() noexcept override {
        const std::lock_guard lock(mutex_);
        if (!source_.stop_possible()) {
            source_ = make_stop_source();
            if (requested_ && source_.stop_possible()) {
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
