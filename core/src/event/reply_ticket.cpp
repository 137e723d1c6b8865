// SPDX-License-Identifier: MIT
#include "event/reply_ticket.hpp"

namespace stentor::inline v0::detail {

boxed_value boxed_value::copied_from(const event_type& type, const void* object) noexcept {
    if (type.copy_into == nullptr) {
        return {};
    }
    auto made = room_for(type);
    if (!made) {
        return made;
    }
#if defined(__cpp_exceptions)
    try {
        type.copy_into(made.object_, object);
    } catch (...) {
        made.forget();
    }
#else
    type.copy_into(made.object_, object);
#endif
    return made;
}

}  // namespace stentor::inline v0::detail
