// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/base/inline_function.hpp>
#include <stentor/export.hpp>
#include <stentor/metrics/audit.hpp>
#include <stentor/registry/delivery_frame.hpp>
#include <stentor/registry/publish_target.hpp>

#include <cstdint>
#include <string_view>

namespace stentor::inline v0::detail {

// What a testing kit puts inside an engine when the bus is made: it stands between those who
// publish and the engine, around each handler, and it makes the choices that the engine is free to
// make. An engine without one compares a pointer when a subscription is made or moved, and when a
// manual executor steps it; publishers, and runners on threads, never look for it.
//
// Threads: `around` and `gone` are called under the registry's lock, so they must not call the bus;
// `choose` by whoever steps. Progress: as the kit's.
class STENTOR_EXPORT probe {
public:
    probe() = default;
    probe(const probe&) = delete;
    probe& operator=(const probe&) = delete;
    virtual ~probe();

    // What buses, publishers and contexts publish through, instead of through the engine. Once.
    virtual publish_target& outside(publish_target& inside) noexcept = 0;
    // The handler as the engine will call it. What it throws is charged to the delivery.
    virtual inline_function<void(delivery_frame&)> around(
        std::string_view subscription, inline_function<void(delivery_frame&)> call) = 0;
    // A number below `count`, which is at least 1.
    virtual std::uint64_t choose(std::uint64_t count) noexcept = 0;
    // The subscription has ended, and the audit is about to forget its name.
    virtual void gone(std::string_view subscription, const delivery_terms& terms) noexcept = 0;
};

}  // namespace stentor::inline v0::detail
