// SPDX-License-Identifier: MIT
#pragma once

#include "support/stress/plan.hpp"
#include "support/stress/sink.hpp"
#include <stentor/base/cache_line.hpp>
#include <stentor/bus/bus.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

// The publishers of a stress round: they send what the plan says and keep account of it.
//
// Threads: publish_all() one thread per publisher; accepted() any.
namespace stentor::stress {

// The stamp of an event that a pattern's handler got.
[[nodiscard]] stamp stamp_of_any(const any_event& event) noexcept;

class publishing {
public:
    publishing(const plan& what, bus& to, sent_log& sent, status_counts& told, watchdog& dog,
               std::atomic<std::uint64_t>& gone_out);

    // Publisher `index`, until its share is out or the bus is closed.
    void publish_all(std::size_t index);

    // Events of a stream that all its subscriptions have to handle; never too many.
    [[nodiscard]] std::uint64_t accepted(std::size_t stream) const noexcept {
        return accepted_[stream].value.load();
    }
    [[nodiscard]] std::size_t streams() const noexcept { return what_.publishers * topics(); }
    [[nodiscard]] std::size_t topic_of(std::size_t stream) const noexcept {
        return what_.topics[stream % topics()];
    }

private:
    struct publisher_state;

    [[nodiscard]] std::size_t topics() const noexcept { return what_.topics.size(); }
    bool publish_one(publisher_state& mine);
    bool publish_many(publisher_state& mine);
    template <class E, class Make>
    std::size_t bulk_of(const std::vector<stamp>& marks, Make&& make);
    struct answer {
        publish_status status;
        bool may_expire;
    };
    answer publish_marked(publisher_state& mine, std::size_t topic, const stamp& mark);
    publish_status publish_plain(publisher_state& mine, std::size_t topic, const stamp& mark,
                                 const publish_options& options);
    void record(publisher_state& mine, const stamp& mark, answer told);

    const plan& what_;
    bus& to_;
    sent_log& sent_;
    status_counts& told_;
    watchdog& dog_;
    std::atomic<std::uint64_t>& gone_out_;
    // seq_cst by default: the sampler compares them with what handlers count.
    std::vector<padded<std::atomic<std::uint64_t>>> accepted_;
    std::vector<stentor::topic> texts_;
};

}  // namespace stentor::stress
