// SPDX-License-Identifier: MIT
#pragma once

#include "recorder.hpp"
#include "seeds.hpp"
#include <stentor/base/clock.hpp>
#include <stentor/dispatch/manual_executor.hpp>
#include <stentor/metrics/audit.hpp>
#include <stentor/registry/probe.hpp>

#include <cstdint>
#include <deque>
#include <exception>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace stentor::inline v0::testing::detail {

// What the kit knows about one handler. The name may be subscribed again after its end.
struct handler_notes {
    struct failure {
        std::exception_ptr what;
        std::int32_t calls = 0;
    };

    std::string name;
    std::int64_t attempts = 0;
    std::int64_t recent = 0;        // attempts since settle() last looked
    std::deque<failure> to_come{};  // instead of the next calls
    delivery_terms ended{};         // of subscriptions that are over
};

// Inside the engine of a test_bus: the clock, the executor, the dice, the recorder, and what stands
// around each handler. The engine owns it, so it outlives everything that it serves.
//
// Threads: one at a time.
class kit final : public stentor::detail::probe {
public:
    explicit kit(std::uint64_t seed);
    ~kit() override;

    // --- for the engine
    stentor::detail::publish_target& outside(
        stentor::detail::publish_target& inside) noexcept override;
    inline_function<void(stentor::detail::delivery_frame&)> around(
        std::string_view subscription,
        inline_function<void(stentor::detail::delivery_frame&)> call) override;
    std::uint64_t choose(std::uint64_t count) noexcept override;
    void gone(std::string_view subscription, const delivery_terms& terms) noexcept override;

    // --- for the bus
    // Throws std::invalid_argument when no such handler was ever subscribed.
    [[nodiscard]] handler_notes& notes_of(std::string_view handler) const;
    void forget_recent() noexcept;
    // The handlers that were called since then, the busiest first.
    [[nodiscard]] std::string busy() const;

    const std::uint64_t seed;
    virtual_clock clock;
    const std::shared_ptr<manual_executor> executor;
    recorder tape;

private:
    std::map<std::string, std::unique_ptr<handler_notes>, std::less<>> handlers_;
    dice dice_;
};

}  // namespace stentor::inline v0::testing::detail
