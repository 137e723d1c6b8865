// SPDX-License-Identifier: MIT
#include "scenarios/scenario.hpp"
#include "support/backoff.hpp"
#include "support/latency.hpp"
#include "topology/engine_bus.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <thread>
#include <utility>
#include <vector>

// The bench's topologies as drivers without end: same events, same handlers, no clock but the
// budget's.

namespace perf {
namespace {

using namespace bench;
using namespace std::chrono_literals;

constexpr std::uint64_t stretch = 512;

std::int64_t settle(stentor::bus& bus) {
    bus.wait_idle();
    bus.drain();
    return bus.audit().unaccounted();
}

template <std::size_t Topics, class Publisher>
void publish_stretch(Publisher& publisher, std::uint64_t id, std::uint64_t first) {
    for (std::uint64_t i = first; i < first + stretch; i += Topics) {
        [&]<std::size_t... Topic>(std::index_sequence<Topic...>) {
            (publisher(sample<Topic>{make_payload(id, i + Topic, Topic)}), ...);
        }(std::make_index_sequence<Topics>{});
    }
}

template <std::size_t Topics>
std::int64_t throughput(const topology& shape, budget& left) {
    ledger book(shape.handlers());
    stentor::bus bus(engine_options(stentor::profile::balanced, shape.publishers == 1));
    subscribe_adders<Topics>(bus, shape, book);
    bus.warm();
    {
        std::vector<std::jthread> publishers;
        for (unsigned id = 0; id < shape.publishers; ++id) {
            publishers.emplace_back([&, id] {
                leased_publisher publisher(bus, std::make_index_sequence<Topics>{});
                for (std::uint64_t first = 0; left.take(stretch); first += stretch) {
                    publish_stretch<Topics>(publisher, id, first);
                }
            });
        }
    }
    return settle(bus);
}

std::int64_t one_to_one(budget& left) {
    return throughput<1>(one_topic(1, 1), left);
}
std::int64_t fan_out_4(budget& left) {
    return throughput<1>(one_topic(1, 4), left);
}
std::int64_t four_to_one(budget& left) {
    return throughput<1>(one_topic(4, 1), left);
}
std::int64_t four_to_sixteen(budget& left) {
    return throughput<16>(sixteen_topics(4), left);
}

std::int64_t bulk(budget& left) {
    const topology shape = one_topic(1, 1);
    ledger book(1);
    stentor::bus bus(engine_options(stentor::profile::balanced, true));
    subscribe_adders<1>(bus, shape, book);
    plain_publisher publisher(bus);
    std::array<sample<0>, 64> batch{};
    while (left.take(batch.size())) {
        publisher.bulk(batch);
    }
    return settle(bus);
}

// Events that come one by one: what lies between a publish and the handler when nobody is busy.
std::int64_t paced(stentor::profile profile, std::chrono::nanoseconds period, budget& left) {
    ledger book(1);
    stentor::bus bus(engine_options(profile, true));
    subscribe_adders<1>(bus, one_topic(1, 1), book);
    leased_publisher publisher(bus, std::make_index_sequence<1>{});
    std::int64_t due = now_ns();
    for (std::uint64_t i = 0; left.take(1); ++i) {
        for (due += period.count(); now_ns() < due;) {
            spin_pause();
        }
        publisher(sample<0>{make_payload(0, i, 0)});
    }
    return settle(bus);
}

std::int64_t paced_100k(budget& left) {
    return paced(stentor::profile::balanced, 10us, left);
}
std::int64_t cold_1k(budget& left) {
    return paced(stentor::profile::efficient, 1ms, left);
}

// Handlers come and go under load.
std::int64_t churn(budget& left) {
    ledger book(1);
    stentor::bus bus(engine_options(stentor::profile::balanced, false));
    subscribe_adders<1>(bus, one_topic(1, 1), book);
    {
        const std::jthread guests([&](std::stop_token stop) {
            while (!stop.stop_requested()) {
                const auto guest = bus.subscribe<sample<0>>("guest", [](const sample<0>&) {});
                std::this_thread::sleep_for(100us);
            }
        });
        for (std::uint64_t first = 0; left.take(stretch); first += stretch) {
            for (std::uint64_t i = first; i < first + stretch; ++i) {
                // A guest that is full takes nothing from the others.
                backoff full;
                while (bus.publish(sample<0>{make_payload(0, i, 0)}).status() ==
                       stentor::publish_status::rejected_full) {
                    full.wait();
                }
            }
        }
    }
    return settle(bus);
}

std::int64_t idle(budget& left) {
    ledger book(1);
    stentor::bus bus(engine_options(stentor::profile::balanced, false));
    subscribe_adders<1>(bus, one_topic(1, 1), book);
    while (left.take(1)) {
        std::this_thread::sleep_for(100ms);
    }
    return settle(bus);
}

constexpr std::array all{
    scenario{"one_to_one", "one publisher, one handler (W1)", one_to_one},
    scenario{"bulk", "the same in batches of 64", bulk},
    scenario{"fan_out_4", "one publisher, four handlers (W2)", fan_out_4},
    scenario{"four_to_one", "four publishers, one handler (W3)", four_to_one},
    scenario{"four_to_sixteen", "four publishers, sixteen topics (W4)", four_to_sixteen},
    scenario{"paced_100k", "100 000 events a second, one by one (W5)", paced_100k},
    scenario{"cold_1k", "1 000 events a second, every runner parked in between", cold_1k},
    scenario{"churn", "handlers come and go under load", churn},
    scenario{"idle", "nothing at all (W8)", idle},
};

}  // namespace

std::span<const scenario> scenarios() {
    return all;
}

}  // namespace perf
