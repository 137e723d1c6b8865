// SPDX-License-Identifier: MIT
#include <stentor/resilience/bulkhead.hpp>

#include "base/attempt.hpp"
#include "base/sync.hpp"
#include "resilience/option_check.hpp"
#include "resilience/room.hpp"

#include <optional>

namespace stentor::inline v0 {

struct bulkhead::impl {
    callback<void()> on_room;
    detail::room<detail::real_sync> room;
};

bulkhead::bulkhead(std::unique_ptr<impl> parts) noexcept : impl_(std::move(parts)) {}
bulkhead::~bulkhead() = default;

result<std::shared_ptr<bulkhead>, error> bulkhead::make(bulkhead_options options) noexcept {
    std::optional<error> wrong;
    std::shared_ptr<bulkhead> made;
    const bool tried = detail::attempt([&] {
        constexpr std::int64_t limit_max = 1'000'000;
        wrong = detail::check_number("bulkhead", "limit", options.limit, 1, limit_max);
        if (!wrong) {
            std::unique_ptr<impl> parts(new impl{
                std::move(options.on_room),
                detail::room<detail::real_sync>(static_cast<std::uint32_t>(options.limit))});
            made.reset(new bulkhead(std::move(parts)));
        }
    });
    if (!tried) {
        return unexpected(error::out_of_memory());
    }
    if (wrong) {
        return unexpected(*std::move(wrong));
    }
    return made;
}

bulkhead::permit bulkhead::try_enter() noexcept {
    return impl_->room.enter() ? permit(*this) : permit();
}

std::int32_t bulkhead::inside() const noexcept {
    return static_cast<std::int32_t>(impl_->room.inside());
}

std::int32_t bulkhead::limit() const noexcept {
    return static_cast<std::int32_t>(impl_->room.limit());
}

void bulkhead::leave() noexcept {
    if (!impl_->room.leave() || !impl_->on_room) {
        return;
    }
#if defined(__cpp_exceptions)
    try {
        impl_->on_room();
    } catch (...) {  // NOLINT(bugprone-empty-catch): an observer costs nobody their place
    }
#else
    impl_->on_room();
#endif
}

}  // namespace stentor::inline v0
