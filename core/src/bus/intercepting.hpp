// SPDX-License-Identifier: MIT
#pragma once

#include "bus/life.hpp"
#include "bus/outgoing.hpp"
#include "bus/validation_record.hpp"
#include "registry/interception.hpp"
#include <stentor/base/error.hpp>
#include <stentor/bus/interceptor.hpp>
#include <stentor/event/pattern.hpp>
#include <stentor/metrics/counter.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stentor::inline v0::detail {

// What is wrong with the interceptors that a bus is given; nothing: they are fine.
[[nodiscard]] std::optional<error> check_interceptors(const std::vector<interceptor>& all);

// The interceptors of a bus. Unchanged from its beginning to its end, so that routes name them.
//
// Threads: any. Progress: as the functions.
class engine::life::intercepting final : public error_mask {
public:
    intercepting(engine& of, const std::vector<interceptor>* all);
    ~intercepting();

    // --- for a route that is built ---------------------------------------------------------------
    // Who looks at its events before they are published, in their order.
    [[nodiscard]] std::vector<const interceptor*> before_publish(std::string_view topic) const;
    // Null: nobody looks at its deliveries.
    [[nodiscard]] std::shared_ptr<const interception> of(std::string_view topic) const;

    // --- an event whose route says that somebody looks at it (intercepted_publish.cpp) -----------
    [[gnu::cold]] publish_result publish(publisher_slot*& slot, const request& what,
                                         outgoing& event, const topic_rules& rules) noexcept;
    // A bulk publish of events that may be invalid, as publish_bulk(): all of them are looked at
    // before the first is published.
    [[gnu::cold]] std::size_t publish_bulk(publisher_slot*& slot, const request& what,
                                           std::byte* first, std::size_t count, bool move,
                                           const topic_rules& rules, publish_status& last) noexcept;

    // Calls a function of one of them. False: it threw, which was counted and said.
    template <class Call>
    bool guarded(const interceptor& whose, std::string_view point, Call&& call) noexcept;

    // Some of them look at error texts.
    [[nodiscard]] bool masks() const noexcept { return masks_; }
    // --- error_mask
    void mask(std::string& text) noexcept override;

    shared_counter threw;
    // Numbers the calls of handlers. Written by who calls, relaxed: it orders nothing.
    std::atomic<std::uint64_t> calls{0};

private:
    class passing;
    [[nodiscard]] publish_status show(passing& one, const topic_rules& rules) noexcept;
    [[gnu::cold]] void complain(const interceptor& whose, std::string_view point) noexcept;

    engine& of_;
    std::vector<interceptor> all_;
    std::vector<pattern> patterns_;  // of each
    bool masks_ = false;
};

template <class Call>
bool engine::life::intercepting::guarded(const interceptor& whose, std::string_view point,
                                         Call&& call) noexcept {
#if defined(__cpp_exceptions)
    try {
        call();
    } catch (...) {
        complain(whose, point);
        return false;
    }
#else
    call();
    static_cast<void>(whose);
    static_cast<void>(point);
#endif
    return true;
}

}  // namespace stentor::inline v0::detail
