// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstdint>

// Whether the bus takes events. Lies on a page that the kernel wipes in a forked child
// (madvise MADV_WIPEONFORK), so that there every publish reads `closed` without asking who it is.
namespace stentor::inline v0::detail {

class intake {
public:
    enum state : std::uint32_t {
        closed = 0,    // also what a forked child sees
        draining = 1,  // events that handlers publish are still taken
        open = 2,
    };

    intake();
    ~intake();
    intake(const intake&) = delete;
    intake& operator=(const intake&) = delete;

    // relaxed: publishers look inside their read section, whose fence orders it. [PAIR grace]
    [[nodiscard]] std::uint32_t now() const noexcept {
        return word_->load(std::memory_order_relaxed);
    }
    void set(state next) noexcept { word_->store(next, std::memory_order_release); }
    // This process did not make it.
    [[nodiscard]] bool forked() const noexcept;

private:
    // Written by drain, read by every publish; nothing else lies on its page.
    std::atomic<std::uint32_t>* word_;
    std::size_t page_;
    std::int32_t owner_;
};

}  // namespace stentor::inline v0::detail
