// SPDX-License-Identifier: MIT
#include "bus/outgoing.hpp"
#include "event/envelope.hpp"
#include "event/reply_ticket.hpp"
#include <stentor/registry/request.hpp>

#include <utility>

// A handler of a request that publishes an event of the reply's type answers with it.
namespace stentor::inline v0::detail {

// The copy is made before, because publishing moves the event. A publish that is refused has no
// effect, so it is no answer either.
publish_result engine::publish_answer(const request& what, outgoing& event,
                                      reply_ticket& asker) noexcept {
    boxed_value copy;
    const bool open = asker.open();
    if (open) {
        const void* object = event.object;
        copy = boxed_value::copied_from(*event.type, object != nullptr ? object : event.payload);
    }
    event.answer = &copy;
    const auto result = publish_now(what, event);
    const auto status = result.status();
    const bool published = status == publish_status::accepted ||
                           status == publish_status::accepted_partial ||
                           status == publish_status::no_subscribers;
    if (published && (copy || !open)) {
        switch (asker.offer(std::move(copy))) {
            case reply_ticket::arrival::taken: break;
            case reply_ticket::arrival::late: count_reply(reply_status::late); break;
            case reply_ticket::arrival::duplicate: count_reply(reply_status::duplicate); break;
        }
    }
    return result;
}

}  // namespace stentor::inline v0::detail
