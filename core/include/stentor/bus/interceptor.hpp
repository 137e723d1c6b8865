// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/base/callback.hpp>
#include <stentor/bus/interceptor_list.hpp>
#include <stentor/event/event_type.hpp>
#include <stentor/event/metadata.hpp>
#include <stentor/export.hpp>
#include <stentor/registry/call_view.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

// Functions of the user's at named points of every event's way, for what has nothing to do with the
// events themselves: tracing, redaction, audits.
//
//     options.interceptors = {{.name = "audit", .on_settle = [](const settled_view& one) { ... }}};
//
// They see, and at one point change, what passes; the order of what the engine does is its own.
namespace stentor::inline v0 {

namespace detail {
struct outgoing_parts;
}  // namespace detail

// An event that is being published: it has no id yet, and nobody has looked at it. What is changed
// here is what validation, handlers and dead letters see.
//
// Threads: a view, valid during the call, on the publisher's thread.
class STENTOR_EXPORT outgoing_event {
public:
    explicit outgoing_event(detail::outgoing_parts& parts) noexcept : parts_(parts) {}
    outgoing_event(const outgoing_event&) = delete;
    outgoing_event& operator=(const outgoing_event&) = delete;

    [[nodiscard]] std::string_view topic() const noexcept;
    // Null for an event without a C++ type.
    [[nodiscard]] const event_type* type() const noexcept;
    // The event, to be changed. Null when it is of another type, or untyped.
    template <event E>
    [[nodiscard]] E* get_if() noexcept {
        const auto* actual = type();
        return actual != nullptr && same_type(*actual, event_type_of<E>) ? static_cast<E*>(object())
                                                                         : nullptr;
    }
    // The text of an event without a C++ type, to be changed; else null.
    [[nodiscard]] std::string* text() noexcept;

    // As it stands: given by the publisher or an interceptor, or inherited from the event whose
    // handler publishes this one. The id is nil but where the publisher gave one.
    [[nodiscard]] stentor::metadata metadata() const noexcept;
    // header_at(i) for i < metadata().header_count.
    [[nodiscard]] header header_at(std::uint32_t index) const noexcept;
    // Whether the publisher or an interceptor gave a traceparent, other than what is inherited.
    [[nodiscard]] bool has_own_trace() const noexcept;
    // The call whose handler publishes the event, through its context; null: nobody's.
    [[nodiscard]] const call_view* cause() const noexcept;
    // It failed before, and its dead letter is tried again: it was published once already, and has
    // its metadata from then.
    [[nodiscard]] bool redriven() const noexcept;
    // As event times are; about the time that it will have.
    [[nodiscard]] std::chrono::system_clock::time_point time() const noexcept;

    // These copy the text; an empty one is as if none was given. Without memory for it the publish
    // answers rejected_no_memory.
    void set_correlation_id(std::string_view text) noexcept;
    void set_user_id(std::string_view text) noexcept;
    void set_source(std::string_view text) noexcept;
    void set_key(std::string_view text) noexcept;
    void set_traceparent(std::string_view text) noexcept;
    void set_tracestate(std::string_view text) noexcept;
    // In the place of the first header of that name, or as one more. Beyond headers_max it answers
    // false.
    bool set_header(std::string_view name, std::string_view value) noexcept;

private:
    [[nodiscard]] void* object() noexcept;

    detail::outgoing_parts& parts_;
};

// Functions at points of the pipeline, any of which may be empty, but not all. Before an event is
// published and before a handler the interceptors of a bus are called in their order; after a
// handler and at the end of a delivery in the reverse order, as layers around what they enclose.
//
// Threads: the functions are called wherever publishers and handlers run, by several at once. What
// they throw never reaches a publisher or a handler: it is counted (bus_snapshot::
// interceptors_threw) and said once a minute.
//
// Cost: who has none pays nothing. Topics with interceptors leave the short ways: their events are
// published through the checks that validation has, and handled one by one.
struct interceptor {
    std::string name{};         // unique in its bus
    std::string pattern = ">";  // topics that it is for; never those of the engine
    // On the publisher's thread, once per publish, before validation. If it throws, nobody gets the
    // event: rejected_interceptor.
    callback<void(outgoing_event&)> before_publish{};
    // Around each attempt, on the thread that calls the handler; of a coroutine before it begins
    // and after its end.
    callback<void(const call_view&)> before_handler{};
    callback<void(const call_view&, const call_end&)> after_handler{};
    // Once per delivery that the books have as accepted, when they get its end, on whatever thread
    // that is: also a publisher's, for what is dropped because a subscription is full. Must not
    // block.
    callback<void(const settled_view&)> on_settle{};
    // The text of an error that a handler caused, before it goes into error records, dead letters,
    // reports and other interceptors; whatever the pattern. If it throws, the text is withheld.
    callback<void(std::string& text)> on_error_text{};
};

}  // namespace stentor::inline v0
