// SPDX-License-Identifier: MIT
#include "base/attempt.hpp"
#include "bus/life.hpp"
#include <stentor/registry/system_events.hpp>
#include <stentor/resilience/breaker.hpp>

#include <string>
#include <utility>

// What the engine publishes about its subscriptions. Without any lock; to nobody it costs a look.
namespace stentor::inline v0::detail {

template <class Event, class Make>
void engine::life::announce(bool about_listener, Make&& make) noexcept {
    if (about_listener || !of_.has_subscribers(Event::topic)) {
        return;
    }
    static_cast<void>(attempt([&] {
        Event event = make();
        static_cast<void>(publish_to(of_, {}, event));
    }));
}

void engine::life::announce_started(const subscription_record& about) noexcept {
    announce<system::handler_started>(about.system, [&] {
        return system::handler_started{.name = about.name,
                                       .topics = std::string(about.topic_text()),
                                       .file = about.where.file_name(),
                                       .line = about.where.line()};
    });
}

void engine::life::announce_paused(const subscription_record& about,
                                   const pause_terms& terms) noexcept {
    announce<system::handler_paused>(about.system, [&] {
        system::handler_paused event{.name = about.name,
                                     .by = std::string(terms.by),
                                     .why = std::string(terms.why),
                                     .holds = terms.what == backlog::hold};
        if (terms.until_ns) {
            event.until = of_.shared_.wall_time(*terms.until_ns);
        }
        return event;
    });
}

void engine::life::announce_dead_lettered(const subscription_record& about,
                                          const dead_letter& letter,
                                          std::uint64_t number) noexcept {
    announce<system::dead_letter_added>(about.system, [&] {
        return system::dead_letter_added{.number = number,
                                         .subscription = letter.subscription,
                                         .event_id = letter.id,
                                         .event_topic = letter.topic,
                                         .reason = std::string(to_string(letter.reason)),
                                         .error = std::string(last_error(letter))};
    });
}

void engine::life::announce_resumed(const subscription_record& about) noexcept {
    announce<system::handler_resumed>(about.system,
                                      [&] { return system::handler_resumed{.name = about.name}; });
}

void engine::life::announce_stopped(const subscription_record& about) noexcept {
    announce<system::handler_stopped>(about.system,
                                      [&] { return system::handler_stopped{.name = about.name}; });
}

void engine::life::announce_failed(const subscription_record& about, std::string_view hook,
                                   std::string_view why) noexcept {
    announce<system::handler_failed>(about.system, [&] {
        return system::handler_failed{
            .name = about.name, .hook = std::string(hook), .error = std::string(why)};
    });
}

template <class Event>
void engine::life::announce_breaker(std::string_view name, const breaker_change& what) noexcept {
    announce<Event>(false, [&] {
        return Event{.name = std::string(name),
                     .from = std::string(to_string(what.from)),
                     .to = std::string(to_string(what.to)),
                     .number = what.number};
    });
}

void engine::life::announce_change(std::string_view name, const breaker_change& what) noexcept {
    switch (what.to) {
        case breaker_state::open:
        case breaker_state::forced_open:
            announce_breaker<system::breaker_opened>(name, what);
            break;
        case breaker_state::half_open:
            announce_breaker<system::breaker_half_opened>(name, what);
            break;
        case breaker_state::closed:
        case breaker_state::forced_closed:
            announce_breaker<system::breaker_closed>(name, what);
            break;
    }
}

// A breaker may outlive the bus, in the hands of who asked the registry for it.
void engine::life::announce_changes_of(breaker& options, std::string_view subscription) const {
    options.on_change = [told = std::move(options.on_change), bus = of_.weak_from_this(),
                         name = options.name.empty() ? std::string(subscription)
                                                     : options.name](const breaker_change& what) {
        if (const auto still = bus.lock()) {
            still->life_->announce_change(name, what);
        }
        if (told) {
            told(what);
        }
    };
}

void engine::life::announce_late(const late_call& about) noexcept {
    announce<system::handler_late>(about.system, [&] {
        return system::handler_late{.name = about.name,
                                    .file = about.where.file_name(),
                                    .line = about.where.line(),
                                    .hook = about.hook,
                                    .event_id = about.id,
                                    .event_topic = about.topic,
                                    .age = std::chrono::nanoseconds(about.age_ns)};
    });
}

}  // namespace stentor::inline v0::detail
