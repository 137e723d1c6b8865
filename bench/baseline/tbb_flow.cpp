// SPDX-License-Identifier: MIT
#include "support/latency.hpp"
#include "support/protocol.hpp"
#include "support/throughput.hpp"

#include <tbb/flow_graph.h>
#include <tbb/global_control.h>
#include <tbb/task_arena.h>
#include <tbb/task_scheduler_observer.h>

#include <array>
#include <list>
#include <optional>
#include <vector>

// oneTBB's own event graph, one broadcast node per topic and one serial function node per handler.
//
//   publisher(s) --try_put--> broadcast_node --> function_node (queueing, serial) per handler

namespace {

using namespace bench;

constexpr unsigned workers = 2;

using handler_node = tbb::flow::function_node<payload, tbb::flow::continue_msg>;
using topic_node = tbb::flow::broadcast_node<payload>;

// Workers are made by whoever needs them first and inherit its affinity: a pinned publisher's.
class worker_placement : public tbb::task_scheduler_observer {
public:
    worker_placement(tbb::task_arena& arena, bool one_publisher)
        : tbb::task_scheduler_observer(arena), one_publisher_(one_publisher) {
        observe(true);
    }
    ~worker_placement() override { observe(false); }

    void on_scheduler_entry(bool is_worker) override {
        if (is_worker) {
            one_publisher_ ? keep_off_publisher() : unpin();
        }
    }

private:
    bool one_publisher_;
};

class flow_dispatcher {
public:
    template <class MakeHandler>
    flow_dispatcher(const topology& shape, MakeHandler make)
        : placement_(arena_, shape.publishers == 1) {
        // A graph runs in the arena in which it was made.
        arena_.execute([&] { graph_.emplace(); });
        for (const auto& row : shape.listeners) {
            topic_node& topic = topics_.emplace_back(*graph_);
            for (const std::size_t handler : row) {
                // One handler needs no broadcast in between, but a topic may get more.
                handler_node& node =
                    handlers_.emplace_back(*graph_, tbb::flow::serial, make(handler));
                tbb::flow::make_edge(topic, node);
            }
        }
        for (topic_node& topic : topics_) {
            by_topic_.push_back(&topic);
        }
    }

    ~flow_dispatcher() { graph_->wait_for_all(); }

    void publish(const payload& event) { by_topic_[event.topic]->try_put(event); }

private:
    tbb::task_arena arena_{workers + 1, 1};
    worker_placement placement_;
    std::optional<tbb::flow::graph> graph_;
    std::list<topic_node> topics_;
    std::list<handler_node> handlers_;
    std::vector<topic_node*> by_topic_;
};

struct publisher {
    flow_dispatcher& dispatcher;

    template <std::size_t Topic>
    void operator()(const sample<Topic>& event) const {
        dispatcher.publish(event.body);
    }
};

template <std::size_t Topics = 1>
measurement throughput(const topology& shape, std::uint64_t count) {
    ledger book(shape.handlers());
    flow_dispatcher dispatcher(shape, [&](std::size_t handler) { return adder{&book, handler}; });
    return measure_throughput<Topics>(shape, count, book, workers,
                                      [&](unsigned) { return publisher{dispatcher}; });
}

measurement open_loop(double rate, std::uint64_t count) {
    ledger book(1);
    delay_book delays(count);
    flow_dispatcher dispatcher(one_topic(1, 1), [&](std::size_t handler) {
        return delay_recorder{&delays, &book, handler};
    });
    measurement result =
        open_loop_run(rate, count, book).run(delays, count, [&](const payload& event) {
            dispatcher.publish(event);
        });
    result.threads = 1 + workers;
    verify_each_handler(result, book, count);
    return result;
}

}  // namespace

int main(int argc, char** argv) {
    // TBB counts the caller among its threads, and ours only publishes.
    const tbb::global_control threads(tbb::global_control::max_allowed_parallelism, workers + 1);
    const std::array workloads{
        workload{"one_to_one", 20'000, [](auto n) { return throughput(one_topic(1, 1), n); }},
        workload{"fan_out_4", 5'000, [](auto n) { return throughput(one_topic(1, 4), n); }},
        workload{"fan_out_64", 1'000, [](auto n) { return throughput(one_topic(1, 64), n); }},
        workload{"four_to_one", 20'000, [](auto n) { return throughput(one_topic(4, 1), n); }},
        workload{"four_to_sixteen", 20'000,
                 [](auto n) { return throughput<16>(sixteen_topics(4), n); }},
        workload{"latency_10k", 200, [](auto n) { return open_loop(1e4, n); }},
        workload{"latency_100k", 2'000, [](auto n) { return open_loop(1e5, n); }},
    };
    return serve("tbb_flow", workloads, argc, argv);
}
