// SPDX-License-Identifier: MIT
#include "churn.hpp"

#include "support/stress/publishing.hpp"

#include <algorithm>
#include <chrono>

namespace stentor::stress {

namespace {

constexpr auto patience = std::chrono::seconds(30);

bool gets(std::size_t topic, std::size_t stream) noexcept {
    return topic == 2 || stage::topic_of(stream) == topic;
}

std::string in_stream(const char* what, std::size_t stream, std::uint64_t number) {
    return std::string(what) + ": event " + std::to_string(number) + " of stream " +
           std::to_string(stream) + '\n';
}

}  // namespace

stage::stage(std::uint64_t events_max) : events_max_(events_max) {
    for (std::size_t stream = 0; stream < streams; ++stream) {
        sent.open(stream, events_max);
    }
    for (std::size_t index = 0; index < publishers; ++index) {
        threads_.emplace_back([this, index] { publish(index); });
    }
}

// `called` is stored with sequential consistency: who has subscribed and then reads a number knows
// that this and all later events are published afterwards.
void stage::publish(std::size_t publisher) {
    std::array<std::uint64_t, topics> numbers{};
    random_source dice(publisher + 1);
    for (std::uint64_t place = 0; !stop_.load(std::memory_order_relaxed); ++place) {
        const auto topic = static_cast<std::size_t>(dice.next() % topics);
        const auto stream = publisher * topics + topic;
        const auto number = numbers[topic]++;
        if (number >= events_max_) {
            return;
        }
        const auto mark = stamp::make(stream, number, publisher, place);
        auto& mine = progress_[stream].value;
        mine.called.store(number + 1, std::memory_order_seq_cst);
        const auto status = topic == 0 ? bus.publish(pulse_a{mark}).status()
                                       : bus.publish(letter_of(mark)).status();
        if (status == publish_status::accepted) {
            sent.whole(mark);
        } else if (status != publish_status::no_subscribers) {
            sent.record(mark, status);
            refused.fetch_add(1);
        }
        mine.returned.store(number + 1, std::memory_order_release);
        if (dice.one_in(64)) {
            std::this_thread::sleep_for(std::chrono::microseconds(100));
        }
    }
}

stage::border stage::returned() const noexcept {
    border now{};
    for (std::size_t stream = 0; stream < streams; ++stream) {
        now[stream] = progress_[stream].value.returned.load(std::memory_order_acquire);
    }
    return now;
}

stage::border stage::called() const noexcept {
    border now{};
    for (std::size_t stream = 0; stream < streams; ++stream) {
        now[stream] = progress_[stream].value.called.load(std::memory_order_seq_cst);
    }
    return now;
}

void stage::stop() {
    stop_.store(true);
    for (auto& one : threads_) {
        one.join();
    }
    threads_.clear();
    static_cast<void>(bus.drain(patience));
}

void life::begin() {
    over_.store(false);
    count_.store(0);
    gone_.store(false);
    token_ = std::shared_ptr<int>(new int(0), [this](const int* token) {
        delete token;
        gone_.store(true);
    });
}

void life::take(const stamp& mark) noexcept {
    if (over_.load()) {
        late_.fetch_add(1);
        return;
    }
    if (!mark.intact()) {
        broken_.fetch_add(1);
    }
    const auto at = count_.fetch_add(1);
    if (at < events_max) {
        // Not 0, so that a reader tells a place that is taken but not yet written.
        seen_[at].store(mark.event + 1, std::memory_order_release);
    }
}

std::vector<std::uint64_t> life::numbers(std::size_t stream) const {
    std::vector<std::uint64_t> found;
    const auto upto = std::min(count(), events_max);
    for (std::size_t at = 0; at < upto; ++at) {
        const stamp one{.event = seen_[at].load(std::memory_order_acquire) - 1};
        if (one.stream() == stream) {
            found.push_back(one.number());
        }
    }
    std::ranges::sort(found);
    return found;
}

subscription subscribe_life(bus& on, const std::string& name, std::size_t topic, life& to,
                            std::function<void()> also) {
    to.begin();
    auto handle = [&to, also = std::move(also), token = to.token()](const stamp& mark) {
        to.take(mark);
        if (also) {
            also();
        }
    };
    if (topic == 0) {
        return on.subscribe<pulse_a>(name,
                                     [handle](const pulse_a& event) { handle(stamp_of(event)); });
    }
    if (topic == 1) {
        return on.subscribe<letter>(name,
                                    [handle](const letter& event) { handle(stamp_of(event)); });
    }
    return on.subscribe(name, pattern("stress.*.a"),
                        [handle](const any_event& event) { handle(stamp_of_any(event)); });
}

std::string check_due(const stage& on, const life& seen, std::size_t topic,
                      const life_borders& borders) {
    const auto until = std::chrono::steady_clock::now() + patience;
    for (std::size_t stream = 0; stream < stage::streams; ++stream) {
        for (auto number = borders.due_from[stream];
             gets(topic, stream) && number < borders.due_to[stream];) {
            const auto numbers = seen.numbers(stream);
            while (number < borders.due_to[stream] &&
                   (!on.accepted(stream, number) || std::ranges::binary_search(numbers, number))) {
                ++number;
            }
            if (seen.overflowed()) {
                return {};  // it does not remember all; the others do
            }
            if (number < borders.due_to[stream]) {
                if (std::chrono::steady_clock::now() > until) {
                    return in_stream("never seen, though published in between", stream, number);
                }
                std::this_thread::sleep_for(std::chrono::microseconds(50));
            }
        }
    }
    return {};
}

std::string check_seen(const stage& on, const life& seen, std::size_t topic,
                       const life_borders& borders) {
    if (seen.late() != 0 || seen.broken() != 0) {
        return "calls after unsubscribe: " + std::to_string(seen.late()) +
               ", broken payloads: " + std::to_string(seen.broken()) + '\n';
    }
    const auto returned = on.returned();
    for (std::size_t stream = 0; stream < stage::streams; ++stream) {
        const auto numbers = seen.numbers(stream);
        if (!numbers.empty() && !gets(topic, stream)) {
            return in_stream("seen, though not subscribed", stream, numbers.front());
        }
        if (const auto twice = std::ranges::adjacent_find(numbers); twice != numbers.end()) {
            return in_stream("seen twice", stream, *twice);
        }
        for (const auto number : numbers) {
            if (number < borders.possible_from[stream]) {
                return in_stream("seen, though published before subscribe", stream, number);
            }
            if (number >= borders.possible_to[stream]) {
                return in_stream("seen, though published after unsubscribe", stream, number);
            }
            if (number < returned[stream] && !on.accepted_by_some(stream, number)) {
                return in_stream("seen, though refused", stream, number);
            }
        }
    }
    return {};
}

}  // namespace stentor::stress
