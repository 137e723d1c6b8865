// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/event/publish_result.hpp>
#include <stentor/export.hpp>
#include <stentor/registry/publish_target.hpp>

#include <memory>
#include <type_traits>
#include <utility>

namespace stentor::inline v0 {

namespace detail {

// Holds a publisher slot of its own. Returning it survives the bus's destruction.
class STENTOR_EXPORT slot_lease {
public:
    slot_lease() noexcept;
    slot_lease(std::shared_ptr<void> pool, publisher_slot* slot) noexcept;
    slot_lease(slot_lease&&) noexcept;
    slot_lease& operator=(slot_lease&&) noexcept;
    ~slot_lease();

    [[nodiscard]] publisher_slot* slot() const noexcept { return slot_; }

private:
    std::shared_ptr<void> pool_;
    publisher_slot* slot_ = nullptr;
};

}  // namespace detail

// A leased publisher for a hot thread: FIFO, its memory touched before the first event. One thread
// at a time; move it to another thread if need be. Must not outlive the bus while it publishes.
template <event E>
class publisher {
public:
    publisher(std::shared_ptr<detail::publish_target> target, detail::slot_lease lease) noexcept
        : target_(std::move(target)), lease_(std::move(lease)) {}

    publish_result publish(E&& event, const publish_options& options) noexcept {
        return detail::publish_to(*target_, {.options = &options, .slot = lease_.slot()}, event);
    }
    publish_result publish(E&& event) noexcept {
        return detail::publish_to(*target_, {.slot = lease_.slot()}, event);
    }
    publish_result publish(const E& event) noexcept(std::is_nothrow_copy_constructible_v<E>) {
        if constexpr (detail::fits_slot<E>) {
            return detail::publish_to(*target_, {.slot = lease_.slot()}, const_cast<E&>(event));
        } else {
            E copy(event);
            return detail::publish_to(*target_, {.slot = lease_.slot()}, copy);
        }
    }

private:
    std::shared_ptr<detail::publish_target> target_;
    detail::slot_lease lease_;
};

}  // namespace stentor::inline v0
