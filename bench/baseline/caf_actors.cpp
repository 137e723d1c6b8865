// SPDX-License-Identifier: MIT
#include "support/protocol.hpp"
#include "support/throughput.hpp"

#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wshadow"
#endif
#include <caf/all.hpp>
#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif

#include <array>
#include <vector>

// The C++ Actor Framework: one event-based actor per handler, two scheduler threads.
//
//   publisher(s) --anon_send--> mailbox -> actor, once per handler of the topic

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(bench::payload)

namespace {

using namespace bench;

constexpr unsigned workers = 2;

class actor_dispatcher {
public:
    actor_dispatcher(const topology& shape, ledger& book)
        : place_(shape.publishers == 1), system_(config_) {
        for (const auto& row : shape.listeners) {
            auto& actors = by_topic_.emplace_back();
            for (const std::size_t handler : row) {
                actors.push_back(system_.spawn(
                    [&book, handler]() -> caf::behavior { return {adder{&book, handler}}; }));
            }
        }
    }

    ~actor_dispatcher() {
        for (const auto& actors : by_topic_) {
            for (const caf::actor& actor : actors) {
                caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
            }
        }
    }

    void publish(const payload& event) const {
        for (const caf::actor& actor : by_topic_[event.topic]) {
            caf::anon_send(actor, event);
        }
    }

private:
    struct two_workers : caf::actor_system_config {
        two_workers() { set("scheduler.max-threads", workers); }
    };

    made_off_publisher place_;  // the scheduler's threads inherit it
    two_workers config_;
    caf::actor_system system_;
    std::vector<std::vector<caf::actor>> by_topic_;
};

struct publisher {
    const actor_dispatcher& dispatcher;

    template <std::size_t Topic>
    void operator()(const sample<Topic>& event) const {
        dispatcher.publish(event.body);
    }
};

template <std::size_t Topics = 1>
measurement throughput(const topology& shape, std::uint64_t count) {
    ledger book(shape.handlers());
    const actor_dispatcher dispatcher(shape, book);
    return measure_throughput<Topics>(shape, count, book, workers,
                                      [&](unsigned) { return publisher{dispatcher}; });
}

}  // namespace

int main(int argc, char** argv) {
    const std::array workloads{
        workload{"one_to_one", 20'000, [](auto n) { return throughput(one_topic(1, 1), n); }},
        workload{"fan_out_4", 5'000, [](auto n) { return throughput(one_topic(1, 4), n); }},
        workload{"fan_out_64", 500, [](auto n) { return throughput(one_topic(1, 64), n); }},
        workload{"four_to_one", 20'000, [](auto n) { return throughput(one_topic(4, 1), n); }},
        workload{"four_to_sixteen", 10'000,
                 [](auto n) { return throughput<16>(sixteen_topics(4), n); }},
    };
    return serve("caf", workloads, argc, argv);
}
