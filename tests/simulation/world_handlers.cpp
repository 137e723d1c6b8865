// SPDX-License-Identifier: MIT
#include "simulation/world.hpp"

#include <chrono>
#include <set>
#include <span>
#include <stdexcept>
#include <utility>
#include <vector>

// What happens from inside: handlers, and publishes from anywhere.
namespace stentor_test {

namespace {

constexpr std::int64_t published_max = 2'000;
constexpr std::int64_t published_max_redriven = 300;  // with letters of many of them

}  // namespace

template <class E>
stentor::publish_result world::send(E event, stentor::context* through, bool waits,
                                    const stentor::publish_options& options) {
    if (through != nullptr) {
        return through->publish(std::move(event), options);
    }
    return waits ? bus_.publish_for(std::move(event), std::chrono::milliseconds(1), options)
                 : bus_.publish(std::move(event), options);
}

void world::publish_one(stentor::context* through, std::int32_t hops) {
    const fact event{.number = ++published_,
                     .key = static_cast<std::int32_t>(bus_.choose(key_count)),
                     .hops = hops,
                     .expires = one_in(16) ? 1 : 0};
    const auto topic = bus_.choose(topic_count);
    const bool caused = through != nullptr && !one_in(4);
    const bool waits = !caused && one_in(8);
    stentor::publish_options options;
    if (event.expires != 0) {
        const auto now = std::chrono::nanoseconds(bus_.clock().system_ns());
        options.expires_at = std::chrono::system_clock::time_point(
            std::chrono::duration_cast<std::chrono::system_clock::duration>(
                now + std::chrono::milliseconds(bus_.choose(3))));
    }
    model_.publish_begins({.event = event.number,
                           .topic = 1U << topic,
                           .key = event.key,
                           .inside = through != nullptr,
                           .caused = caused,
                           .expires = event.expires != 0,
                           .waits = waits});
    auto* way = caused ? through : nullptr;
    switch (topic) {
        case 0: note_result(event.number, send(small_event{event}, way, waits, options)); break;
        case 1:
            note_result(event.number,
                        send(large_event{event, std::string(100, 'x')}, way, waits, options));
            break;
        default: note_result(event.number, send(other_event{event}, way, waits, options)); break;
    }
}

void world::note_result(std::int64_t number, const stentor::publish_result& result) {
    std::set<std::string> dropped;
    if (result.status() == stentor::publish_status::accepted_partial) {
        dropped = model_.dropped_since(bus_.audit(), number);
    }
    const auto full = result.status() == stentor::publish_status::rejected_full
                          ? bus_.name_of(result.which())
                          : std::string();
    model_.publish_returns(number, result.status(), dropped, full);
}

const fact& fact_of(const stentor::any_event& event) {
    if (const auto* small = stentor::get_if<small_event>(event)) {
        return *small;
    }
    if (const auto* large = stentor::get_if<large_event>(event)) {
        return *large;
    }
    const auto* other = stentor::get_if<other_event>(event);
    return other != nullptr ? *other : throw std::logic_error("an event of no type of this world");
}

template <class E>
stentor::handler<E> world::handler_of(form how, std::size_t which, std::shared_ptr<int> captures) {
    const auto one = [this, which, captures](const E& event, stentor::context& about) {
        const fact* const events[] = {&fact_of(event)};
        return handle(which, events, about);
    };
    switch (how) {
        case form::answers: return one;
        case form::batch:
            return
                [this, which, captures](std::span<const E* const> batch, stentor::context& about) {
                    std::vector<const fact*> events;
                    for (const auto* each : batch) {
                        events.push_back(&fact_of(*each));
                    }
                    return handle(which, events, about);
                };
        case form::coroutine:
            // The captures are those of the handler, which is kept until its last coroutine ends.
            return [this, which, captures](const E& event, stentor::context& about) {
                return handle_slowly(which, fact_of(event), about);
            };
        case form::plain: break;
    }
    return [one](const E& event, stentor::context& about) { static_cast<void>(one(event, about)); };
}

template stentor::handler<small_event> world::handler_of(form, std::size_t, std::shared_ptr<int>);
template stentor::handler<large_event> world::handler_of(form, std::size_t, std::shared_ptr<int>);
template stentor::handler<other_event> world::handler_of(form, std::size_t, std::shared_ptr<int>);
template stentor::handler<stentor::any_event> world::handler_of(form, std::size_t,
                                                                std::shared_ptr<int>);

stentor::outcome world::handle(std::size_t which, std::span<const fact* const> events,
                               stentor::context& about) {
    const auto id = members_[which]->id;
    const bool kept_back = one_in(plan_.lies);
    const auto tell_end = [&](shadow::ending how) {
        lied_ = lied_ || (kept_back && how != shadow::ending::given_back);
        for (const auto* one : events) {
            if (!kept_back) {
                model_.call_ends(id, one->number, how);
            }
        }
    };
    model_.note_drops(bus_.audit());
    for (const auto* one : events) {
        trace_.emplace_back(which, one->number);
        if (!kept_back) {
            begin_call(which, *one, about);
        }
    }
    try {
        auto said = behave(which, *events.front(), about);
        if (!kept_back && says_nothing(which, said)) {
            model_.trial_is_none(id, events.front()->number);
        }
        tell_end(ending_of(which, said));
        return said;
    } catch (...) {
        tell_end(failure_of(which, about));
        throw;
    }
}

void world::begin_call(std::size_t which, const fact& event, const stentor::context& about) {
    const auto id = members_[which]->id;
    model_.time_is(bus_.clock().steady_ns());
    if (members_[which]->how != form::batch) {  // whose context is that of the first event
        model_.event_named(event.number, about.id());
    }
    if (about.redriven()) {
        model_.redriven_call_begins(id, event.number, about.attempt(), event.mended);
    } else {
        model_.call_begins(id, event.number, about.attempt());
    }
}

// Of what its breaker watches.
bool world::says_nothing(std::size_t which, const stentor::outcome& said) const {
    using verdict = stentor::outcome::verdict;
    return members_[which]->how != form::plain &&
           (said.what() == verdict::release || said.what() == verdict::reject);
}

// What was thrown, not said.
shadow::ending world::failure_of(std::size_t which, const stentor::context& about) const {
    return about.attempt() < members_[which]->attempts ? shadow::ending::put_off
                                                       : shadow::ending::failed;
}

shadow::ending world::ending_of(std::size_t which, const stentor::outcome& said) const {
    using verdict = stentor::outcome::verdict;
    const bool answers = members_[which]->how != form::plain;
    // Without a queue nothing can be given back to.
    const auto given_back =
        members_[which]->inlined ? shadow::ending::failed : shadow::ending::given_back;
    return !answers || said.what() == verdict::done || said.what() == verdict::ignore
               ? shadow::ending::completed
           : said.what() == verdict::release ? given_back
                                             : shadow::ending::failed;
}

// Lives in the coroutine. When that goes without having ended, it was destroyed where it waited.
class world::coroutine_watch {
public:
    coroutine_watch(world& of, std::size_t which, const fact& event, const stentor::context& about)
        : world_(of),
          id_(of.members_[which]->id),
          event_(event.number),
          secret_(of.one_in(of.plan_.lies)) {
        world_.model_.note_drops(world_.bus_.audit());
        world_.trace_.emplace_back(which, event_);
        if (!secret_) {
            world_.begin_call(which, event, about);
        }
    }
    coroutine_watch(const coroutine_watch&) = delete;
    coroutine_watch& operator=(const coroutine_watch&) = delete;
    ~coroutine_watch() {
        if (!ended_ && !secret_) {
            world_.model_.trial_is_none(id_, event_);
            world_.model_.call_cancelled(id_, event_);
        }
    }
    void waits() {
        if (!secret_) {
            world_.model_.call_waits(id_, event_);
        }
    }
    void goes_on() {
        if (!secret_) {
            world_.model_.time_is(world_.bus_.clock().steady_ns());
            world_.model_.call_goes_on(id_, event_);
        }
    }
    void says_nothing() {
        if (!secret_) {
            world_.model_.trial_is_none(id_, event_);
        }
    }
    void ends(shadow::ending how) {
        ended_ = true;
        world_.lied_ = world_.lied_ || (secret_ && how != shadow::ending::given_back);
        if (!secret_) {
            world_.model_.call_ends(id_, event_, how);
        }
    }

private:
    world& world_;
    const shadow::sub id_;
    const std::int64_t event_;
    const bool secret_;
    bool ended_ = false;
};

stentor::task<stentor::outcome> world::handle_slowly(std::size_t which, const fact& event,
                                                     stentor::context& about) {
    coroutine_watch watch(*this, which, event, about);
    try {
        for (auto waits = bus_.choose(4); waits != 0; --waits) {
            if (one_in(8)) {
                static_cast<void>(behave(which, event, about));
            }
            const auto time = std::chrono::milliseconds(bus_.choose(4));
            watch.waits();
            co_await about.sleep(time);
            watch.goes_on();
            model_.note_drops(bus_.audit());
        }
        auto said = behave(which, event, about);
        if (says_nothing(which, said)) {
            watch.says_nothing();
        }
        watch.ends(ending_of(which, said));
        co_return said;
    } catch (...) {
        watch.ends(failure_of(which, about));
        throw;
    }
}

stentor::outcome world::behave(std::size_t which, const fact& event, stentor::context& about) {
    const auto does = members_[which]->does;
    const auto most = plan_.redrives ? published_max_redriven : published_max;
    if (one_in(does.publishes) && event.hops < hops_max_ && published_ < most) {
        publish_one(&about, event.hops + 1);
    }
    if (one_in(does.subscribes)) {
        subscribe();
    }
    if (one_in(does.ends_another)) {
        end_any();
    }
    if (one_in(does.ends_itself)) {
        end(which);
    }
    if (one_in(does.pauses)) {
        one_in(2) ? pause(which) : pause_any();  // its own pauses come in the middle of a batch
    }
    if (one_in(does.resumes)) {
        resume_any();
    }
    if (one_in(does.audits) && bus_.audit().unaccounted() < 0) {
        model_.complain("the books show more ends than beginnings");
    }
    if (one_in(does.waits) && bus_.wait_idle()) {
        model_.complain("wait_idle waited inside a handler");
    }
    if (one_in(does.drains)) {
        drained_ = true;
        model_.drain_begins();
        static_cast<void>(bus_.drain());
    }
    if (one_in(does.redrives)) {
        redrive_from_within();
    }
    if (event.mended % 2 != 0) {
        return stentor::outcome::done();
    }
    if (one_in(does.throws)) {
        throw std::runtime_error("on purpose");
    }
    if (one_in(does.rejects)) {
        return one_in(2) ? stentor::outcome::ignore() : stentor::outcome::reject("on purpose");
    }
    return one_in(does.gives_back) ? stentor::outcome::release() : stentor::outcome::done();
}

}  // namespace stentor_test
