// SPDX-License-Identifier: MIT
#include <stentor/bus/bus.hpp>

#include "bus/engine.hpp"
#include "bus/life.hpp"
#include "bus/validating.hpp"
#include "event/delivery_tracker.hpp"

#include <utility>

// The facade: every call goes to the engine.
namespace stentor::inline v0 {

namespace {

std::shared_ptr<detail::engine> made_or_raised(bus_options options,
                                               std::shared_ptr<detail::probe> kit = nullptr) {
    auto made = detail::engine::make(std::move(options), std::move(kit));
    if (!made) {
        raise(made.error());
    }
    return *std::move(made);
}

}  // namespace

bus::bus() : bus(bus_options{}) {}
bus::bus(bus_options options) : bus(made_or_raised(std::move(options))) {}
bus::bus(bus_options options, std::shared_ptr<detail::probe> kit)
    : bus(made_or_raised(std::move(options), std::move(kit))) {}
bus::bus(std::shared_ptr<detail::engine> engine) noexcept
    : engine_(std::move(engine)), target_(&engine_->front()) {}
bus::bus(bus&& other) noexcept
    : engine_(std::move(other.engine_)), target_(std::exchange(other.target_, nullptr)) {}

result<bus, error> bus::create(bus_options options) {
    auto made = detail::engine::make(std::move(options));
    if (!made) {
        return unexpected<error>(made.error());
    }
    return bus(*std::move(made));
}

bus::~bus() {
    if (engine_ == nullptr) {
        return;
    }
    STENTOR_ASSERT(!engine_->inside_handler(),
                   "a bus is destroyed inside one of its own handlers, which it would wait for; "
                   "destroy it on another thread");
    if (!engine_->forked()) {
        static_cast<void>(engine_->drain(engine_->drain_deadline()));
    }
    if (engine_->forked() || engine_->stuck()) {
        // The threads are the parent's, or one of them will never return: what they use stays.
        detail::engine::leave_behind(std::move(engine_));
    }
}

subscription bus::unwrap(result<subscription, error> made) {
    if (!made) {
        raise(made.error());
    }
    return *std::move(made);
}

result<subscription, error> bus::add(std::string_view name, const event_type* type,
                                     const pattern* topics, detail::compiled_handler handler,
                                     subscription_options options, std::source_location where) {
    return engine_->subscribe(name, type, topics, std::move(handler), std::move(options), where);
}

validation bus::validate(const pattern& topics, validator<candidate> function,
                         const validation_policy& policy) {
    return unwrap(try_validate(topics, std::move(function), policy));
}

validation bus::validate(const pattern& topics, const validation_policy& policy) {
    return unwrap(try_validate(topics, nullptr, policy));
}

result<validation, error> bus::try_validate(const pattern& topics, validator<candidate> function,
                                            const validation_policy& policy) {
    detail::rule_function call;
    if (function) {
        call = std::move(function);
    }
    return add_rule({.topics = &topics, .function = std::move(call), .policy = policy});
}

void bus::keep(subscription kept) {
    engine_->keep(std::move(kept));
}

publish_result bus::publish(const topic& name, std::string text,
                            const publish_options& options) noexcept {
    return target_->publish_text({.options = &options}, name.view(), text);
}

std::size_t bus::bulk(const event_type& type, void* first, std::size_t count, bool move,
                      violations* found) {
    auto last = publish_status::accepted;
    if (found == nullptr) {
        return target_->publish_bulk({.type = &type}, first, count, move, last);
    }
    const publish_options options{.violations = found};
    return target_->publish_bulk({.type = &type, .options = &options}, first, count, move, last);
}

validation bus::unwrap(result<validation, error> made) {
    if (!made) {
        raise(made.error());
    }
    return *std::move(made);
}

result<validation, error> bus::add_rule(detail::wanted_rule wanted) {
    return engine_->lives().rules().add(std::move(wanted));
}

void bus::keep(validation kept) {
    engine_->lives().rules().keep(std::move(kept));
}

detail::delivery_tracker* bus::track(publish_result& refused) noexcept {
    return engine_->track(refused);
}
void bus::untrack(detail::delivery_tracker* tracker) noexcept {
    if (tracker != nullptr) {
        tracker->drop_reference();
    }
}
delivery_report bus::await_report(const detail::delivery_tracker& tracker,
                                  const publish_result& published,
                                  std::chrono::nanoseconds timeout) noexcept {
    return engine_->await_report(tracker, published, timeout);
}

std::shared_ptr<detail::publish_target> bus::target() const noexcept {
    return {engine_, target_};
}
detail::slot_lease bus::lease(const event_type* type) {
    return engine_->lease(type);
}
bool bus::has_subscribers(std::string_view name) const noexcept {
    return engine_->has_subscribers(name);
}

std::size_t bus::poll(std::size_t max) noexcept {
    return engine_->poll(nullptr, max);
}
std::size_t bus::poll(const loop& whose, std::size_t max) noexcept {
    return engine_->poll(&whose, max);
}

void bus::warm() {
    engine_->warm();
}
drain_report bus::drain(std::chrono::nanoseconds deadline) noexcept {
    return engine_->drain(deadline);
}
bool bus::wait_idle(std::chrono::nanoseconds deadline) noexcept {
    return engine_->wait_idle(deadline);
}
bool bus::closed() const noexcept {
    return engine_->closed();
}
audit_report bus::audit() const {
    return engine_->audit();
}
std::optional<std::chrono::nanoseconds> bus::until_next_timer() const noexcept {
    return engine_->until_next_timer();
}

bus_snapshot bus::snapshot() const {
    return engine_->snapshot();
}
std::string bus::name_of(std::uint32_t which) const {
    return engine_->name_of(which);
}

namespace detail {

slot_lease::slot_lease() noexcept = default;
slot_lease::slot_lease(std::shared_ptr<void> pool, publisher_slot* slot) noexcept
    : pool_(std::move(pool)), slot_(slot) {}
slot_lease::slot_lease(slot_lease&& other) noexcept
    : pool_(std::move(other.pool_)), slot_(std::exchange(other.slot_, nullptr)) {}
slot_lease& slot_lease::operator=(slot_lease&& other) noexcept {
    std::swap(pool_, other.pool_);
    std::swap(slot_, other.slot_);
    return *this;
}
slot_lease::~slot_lease() {
    if (slot_ != nullptr) {
        static_cast<slot_pool*>(pool_.get())->give_back(slot_);
    }
}

}  // namespace detail
}  // namespace stentor::inline v0
