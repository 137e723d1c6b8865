// SPDX-License-Identifier: MIT
#include "base/attempt.hpp"
#include "bus/outgoing.hpp"
#include "registry/event_view.hpp"

#include <algorithm>
#include <string>
#include <vector>

// What is said about events that cause each other for ever. The chain is known from the event that
// is being handled, so an event that nobody caused carries nothing for it.
namespace stentor::inline v0::detail {

namespace {

// From the first to the last: the loop when there is one, else as much as is known.
std::string drawn(std::vector<std::string> chain) {
    bool loop = false;
    for (auto at = chain.size() - 1; at-- > 0 && !loop;) {
        if (chain[at] == chain.back()) {
            chain.erase(chain.begin(), chain.begin() + static_cast<std::ptrdiff_t>(at));
            loop = true;
        }
    }
    std::string text = loop ? "" : "... -> ";
    for (std::size_t at = 0; at < chain.size(); ++at) {
        text += (at == 0 ? "" : " -> ") + chain[at];
    }
    return text;
}

}  // namespace

// Outside the publisher's section: a sink may take its time.
void engine::report_loop(const request& what, const outgoing& event) noexcept {
    if (what.cause == nullptr) {
        return;
    }
    static_cast<void>(attempt([&] {
        const std::string name(event.type != nullptr ? event.type->topic : event.topic_name);
        if (!log_.first_this_minute(name)) {
            return;
        }
        std::vector<std::string> chain{name};
        {
            const auto causes = causes_after(*reinterpret_cast<const slot_header*>(what.cause));
            const std::lock_guard lock(registry_);
            for (const auto number : causes) {
                const auto found = std::ranges::find_if(
                    topics_.entries(),
                    [number](const auto& entry) { return entry->number == number; });
                if (number == 0) {
                    break;
                }
                chain.push_back(found == topics_.entries().end() ? "(a forgotten topic)"
                                                                 : (*found)->name);
            }
        }
        std::ranges::reverse(chain);
        log_.notice("an event of topic " + name + " was refused, because more than " +
                    std::to_string(causal_depth_max) +
                    " events caused each other: " + drawn(std::move(chain)) +
                    "; let a handler in the loop publish only when something changes");
    }));
}

}  // namespace stentor::inline v0::detail
