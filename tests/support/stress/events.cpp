// SPDX-License-Identifier: MIT
#include "support/stress/events.hpp"

#include <algorithm>

namespace stentor::stress {

namespace {

stamp broken(stamp mark) noexcept {
    mark.check = ~mark.check;
    return mark;
}

}  // namespace

std::string text_of(const stamp& mark) {
    return std::to_string(mark.event) + ' ' + std::to_string(mark.order) + ' ' +
           std::to_string(mark.check);
}

stamp stamp_in(std::string_view text) noexcept {
    stamp mark;
    const auto* at = text.data();
    const auto* end = text.data() + text.size();
    for (auto* number : {&mark.event, &mark.order, &mark.check}) {
        const auto [behind, fault] = std::from_chars(at, end, *number);
        if (fault != std::errc{}) {
            return broken(mark);
        }
        at = behind == end ? end : behind + 1;
    }
    return mark;
}

stamp stamp_of(const brick& event) noexcept {
    const bool whole = std::ranges::all_of(
        event.filler, [&](std::uint64_t one) { return one == event.mark.check; });
    return whole ? event.mark : broken(event.mark);
}

stamp stamp_of(const letter& event) noexcept {
    const bool whole = event.text.size() == event.mark.check % 200 &&
                       std::ranges::all_of(event.text, [&](char one) {
                           return one == static_cast<char>('a' + event.mark.check % 26);
                       });
    return whole ? event.mark : broken(event.mark);
}

stamp stamp_of(const slab& event) noexcept {
    const bool placed = reinterpret_cast<std::uintptr_t>(&event) % alignof(slab) == 0;
    const bool whole =
        event.filler.front() == event.mark.check && event.filler.back() == event.mark.check;
    return placed && whole ? event.mark : broken(event.mark);
}

stamp stamp_of(const parcel& event) noexcept {
    return event.mark != nullptr ? *event.mark : broken({});
}

}  // namespace stentor::stress
