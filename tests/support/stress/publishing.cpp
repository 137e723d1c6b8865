// SPDX-License-Identifier: MIT
#include "support/stress/publishing.hpp"

#include <stentor/bus/publisher.hpp>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <utility>

namespace stentor::stress {

namespace {

constexpr std::uint64_t events_per_beat = 256;

slab slab_of(const stamp& mark) noexcept {
    slab made{mark, {}};
    made.filler.front() = mark.check;
    made.filler.back() = mark.check;
    return made;
}

}  // namespace

stamp stamp_of_any(const any_event& event) noexcept {
    if (event.type() == nullptr) {
        return stamp_in(event.text());
    }
    if (const auto* one = event.as<pulse_a>()) {
        return stamp_of(*one);
    }
    if (const auto* one = event.as<pulse_b>()) {
        return stamp_of(*one);
    }
    if (const auto* one = event.as<brick>()) {
        return stamp_of(*one);
    }
    if (const auto* one = event.as<letter>()) {
        return stamp_of(*one);
    }
    if (const auto* one = event.as<slab>()) {
        return stamp_of(*one);
    }
    if (const auto* one = event.as<parcel>()) {
        return stamp_of(*one);
    }
    const auto* one = event.as<echo>();
    return one != nullptr ? stamp_of(*one) : stamp{};
}

struct publishing::publisher_state {
    std::size_t index;
    random_source dice;
    std::uint64_t place = 0;             // events so far
    std::vector<std::uint64_t> numbers;  // by topic
    std::size_t topic = 0;               // in the plan's list
    std::uint64_t stretch = 0;           // events until it turns to another topic
    std::optional<publisher<pulse_a>> lease{};

    stamp next(const publishing& of) {
        const auto stream = index * of.topics() + topic;
        return stamp::make(stream, numbers[topic]++, index, place++);
    }
    void choose_topic() {
        if (stretch == 0) {
            stretch = dice.within(1, 64);
            topic = static_cast<std::size_t>(dice.next() % numbers.size());
        }
        --stretch;
    }
};

publishing::publishing(const plan& what, bus& to, sent_log& sent, status_counts& told,
                       watchdog& dog, std::atomic<std::uint64_t>& gone_out)
    : what_(what),
      to_(to),
      sent_(sent),
      told_(told),
      dog_(dog),
      gone_out_(gone_out),
      accepted_(what.publishers * what.topics.size()) {
    for (std::size_t topic = text_first; topic < echo_topic; ++topic) {
        texts_.emplace_back(topic_names[topic]);
    }
}

void publishing::publish_all(std::size_t index) {
    publisher_state mine{.index = index,
                         .dice = random_source(what_.seed * 64 + index),
                         .numbers = std::vector<std::uint64_t>(topics())};
    if (what_.leased) {
        mine.lease.emplace(to_.publisher<pulse_a>());
    }
    while (mine.place < what_.events_each) {
        if (mine.dice.one_in(what_.pauses_one_in)) {
            std::this_thread::sleep_for(std::chrono::microseconds(mine.dice.within(1, 400)));
        }
        mine.choose_topic();
        const auto before = mine.place;
        const bool open = what_.bulk > 1 ? publish_many(mine) : publish_one(mine);
        gone_out_.fetch_add(mine.place - before, std::memory_order_relaxed);
        if (mine.place % events_per_beat < what_.bulk) {
            dog_.beat();
        }
        if (!open) {
            gone_out_.fetch_add(what_.events_each - mine.place, std::memory_order_relaxed);
            return;
        }
    }
}

// False: the bus is closed.
bool publishing::publish_one(publisher_state& mine) {
    const auto mark = mine.next(*this);
    const auto told = publish_marked(mine, what_.topics[mine.topic], mark);
    record(mine, mark, told);
    if (told.status == publish_status::rejected_full ||
        told.status == publish_status::accepted_partial) {
        std::this_thread::yield();
    }
    return told.status != publish_status::closed;
}

// An event that may expire counts as sent in part: nobody need see it.
void publishing::record(publisher_state& mine, const stamp& mark, answer told) {
    told_.add(told.status);
    const bool whole = told.status == publish_status::accepted && !told.may_expire;
    if (whole) {
        sent_.whole(mark);
        auto& sum = accepted_[mine.index * topics() + mine.topic].value;
        sum.store(sum.load(std::memory_order_relaxed) + 1);
    } else if (told.status == publish_status::accepted ||
               told.status == publish_status::accepted_partial) {
        sent_.in_part(mark);
    }
}

// With metadata and an expiry time now and then.
publishing::answer publishing::publish_marked(publisher_state& mine, std::size_t topic,
                                              const stamp& mark) {
    publish_options options;
    std::string number;
    header one{"stamp", {}};
    bool expires = false;
    if (mine.dice.one_in(what_.options_one_in)) {
        number = std::to_string(mark.number());
        one.value = number;
        options.correlation_id = number;
        options.user_id = "somebody";
        options.headers = {&one, 1};
    }
    if (mine.dice.one_in(what_.expires_one_in)) {
        expires = true;
        options.expires_at =
            std::chrono::system_clock::now() + std::chrono::microseconds(mine.dice.next() % 400);
    }
    return {publish_plain(mine, topic, mark, options), expires};
}

publish_status publishing::publish_plain(publisher_state& mine, std::size_t topic,
                                         const stamp& mark, const publish_options& options) {
    switch (topic) {
        case 0:
            return mine.lease ? mine.lease->publish(pulse_a{mark}).status()
                              : to_.publish(pulse_a{mark}, options).status();
        case 1: return to_.publish(pulse_b{mark}, options).status();
        case 2: return to_.publish(brick_of(mark), options).status();
        case 3: return to_.publish(letter_of(mark), options).status();
        case 4: return to_.publish(slab_of(mark), options).status();
        case 5: return to_.publish(parcel{std::make_unique<stamp>(mark)}, options).status();
        default: return to_.publish(texts_[topic - text_first], text_of(mark), options).status();
    }
}

template <class E, class Make>
std::size_t publishing::bulk_of(const std::vector<stamp>& marks, Make&& make) {
    std::vector<E> events;
    events.reserve(marks.size());
    std::ranges::transform(marks, std::back_inserter(events), make);
    return to_.publish_bulk_move(std::span<E>(events));
}

// False: the bus is closed. The call does not say which of its events some subscriptions lack, so
// all of them count as sent in part.
bool publishing::publish_many(publisher_state& mine) {
    const auto topic = what_.topics[mine.topic];
    if (topic >= text_first) {
        return publish_one(mine);
    }
    std::vector<stamp> marks;
    const auto count = std::min<std::uint64_t>(what_.bulk, what_.events_each - mine.place);
    for (std::uint64_t index = 0; index < count; ++index) {
        marks.push_back(mine.next(*this));
    }
    std::size_t done = 0;
    switch (topic) {
        case 0:
            done = bulk_of<pulse_a>(marks, [](const stamp& one) { return pulse_a{one}; });
            break;
        case 1:
            done = bulk_of<pulse_b>(marks, [](const stamp& one) { return pulse_b{one}; });
            break;
        case 2: done = bulk_of<brick>(marks, brick_of); break;
        case 3: done = bulk_of<letter>(marks, letter_of); break;
        case 4: done = bulk_of<slab>(marks, slab_of); break;
        default:
            done = bulk_of<parcel>(
                marks, [](const stamp& one) { return parcel{std::make_unique<stamp>(one)}; });
            break;
    }
    for (std::size_t index = 0; index < done; ++index) {
        sent_.in_part(marks[index]);
    }
    told_.add(publish_status::accepted, done);
    if (done < marks.size()) {
        told_.add(publish_status::rejected_full);
        std::this_thread::yield();
        return !to_.closed();
    }
    return true;
}

}  // namespace stentor::stress
