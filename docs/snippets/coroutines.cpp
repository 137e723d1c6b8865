// SPDX-License-Identifier: MIT
#include <stentor/dispatch/manual_executor.hpp>
#include <stentor/stentor.hpp>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <iostream>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

using namespace std::chrono_literals;

struct order_placed {
    static constexpr std::string_view topic = "order.placed";
    std::string id;
};
struct reserve_stock {
    static constexpr std::string_view topic = "stock.reserve";
    std::string order;
};
struct stock_reserved {
    static constexpr std::string_view topic = "stock.reserved";
    std::string shelf;
};
struct order_confirmed {
    static constexpr std::string_view topic = "order.confirmed";
    std::string id;
    std::string shelf;
};

// [snippet sleep]
stentor::task<> remind(const order_placed& order, stentor::context& ctx) {
    co_await ctx.sleep(20ms);  // no thread sleeps
    std::cout << order.id << " is still open\n";
}
// [end]

// [snippet nested]
stentor::task<std::string> find_shelf(const std::string& order, stentor::context& ctx) {
    const reserve_stock ask{order};  // named before co_await
    auto stock = co_await ctx.request<stock_reserved>(ask, 5s);
    co_return stock.shelf;
}

stentor::task<> confirm(const order_placed& order, stentor::context& ctx) {
    auto shelf = co_await find_shelf(order.id, ctx);
    ctx.publish(order_confirmed{order.id, shelf});
}
// [end]

// [snippet failure]
stentor::task<> ask_nobody(const order_placed& order, stentor::context& ctx) {
    const reserve_stock ask{order.id};
    auto stock = co_await ctx.try_request<stock_reserved>(ask, 10ms);
    if (!stock) {
        std::cout << stock.error().message() << '\n';
    }
}
// [end]

class event_loop {
public:
    event_loop() : thread_([this] { run(); }) {}
    ~event_loop() {
        post(nullptr);
        thread_.join();
    }
    void post(std::function<void()> what) {
        {
            const std::lock_guard held(lock_);
            waiting_.push_back(std::move(what));
        }
        more_.notify_one();
    }
    [[nodiscard]] bool is_here() const { return std::this_thread::get_id() == thread_.get_id(); }

private:
    void run() {
        for (;;) {
            std::unique_lock held(lock_);
            more_.wait(held, [this] { return !waiting_.empty(); });
            const auto next = std::move(waiting_.front());
            waiting_.pop_front();
            held.unlock();
            if (next == nullptr) {
                return;
            }
            next();
        }
    }
    std::mutex lock_;
    std::condition_variable more_;
    std::deque<std::function<void()>> waiting_;
    std::thread thread_;
};

void close_orders() {
    stentor::bus bus;
    // [snippet delivered]
    auto closing = bus.subscribe<order_placed>(
        "closing", [&bus](const order_placed& order) -> stentor::task<> {
            const order_confirmed event{order.id, "B2"};
            const auto all = co_await bus.delivered(event, 5s);
            for (const auto& one : all) {
                std::cout << one.subscription << ": " << to_string(one.status) << '\n';
            }
        });
    // [end]
    auto ledger = bus.subscribe<order_confirmed>("ledger", [](const order_confirmed&) {});
    bus.publish(order_placed{"o-6"});
    bus.drain();
}

void ask_in_vain() {
    // The timeout comes when it is said to, however busy the machine is.
    const auto runners = std::make_shared<stentor::manual_executor>();
    stentor::virtual_clock clock;
    stentor::bus bus{{.executor = runners, .clock = &clock}};
    auto lonely = bus.subscribe<order_placed>("lonely", ask_nobody);
    bus.publish(order_placed{"o-3"});
    runners->run_until_idle();
    auto silent = bus.subscribe<reserve_stock>("silent", [](const reserve_stock&) {});
    bus.publish(order_placed{"o-4"});
    runners->run_until_idle();
    clock.advance(10ms);
    bus.drain();
}

void pause_reminders() {
    const auto runners = std::make_shared<stentor::manual_executor>();
    stentor::virtual_clock clock;
    stentor::bus bus{{.executor = runners, .clock = &clock}};
    // [snippet pause]
    auto patient = bus.subscribe<order_placed>(
        "patient", [](const order_placed& order, stentor::context& ctx) -> stentor::task<> {
            co_await ctx.sleep(1h);
            std::cout << order.id << " has waited\n";
        });
    bus.publish(order_placed{"o-7"});
    runners->run_until_idle();
    bus.registry().disable("patient");  // does not wait for an hour
    clock.advance(2h);
    runners->run_until_idle();
    std::cout << bus.registry().find("patient")->terms.held << " held\n";
    bus.registry().enable("patient");
    runners->run_until_idle();
    // [end]
}

int main() {
    {
        stentor::bus bus;
        auto reminder = bus.subscribe<order_placed>("reminder", remind);
        bus.publish(order_placed{"o-1"});
        bus.drain();
    }
    {
        stentor::bus bus;
        auto confirmations = bus.subscribe<order_placed>("confirm", confirm);
        // [snippet reply]
        auto stock = bus.subscribe<reserve_stock>(
            "stock", [](const reserve_stock& wanted, stentor::context& ctx) {
                ctx.reply(stock_reserved{"A7 for " + wanted.order});
            });
        // [end]
        auto printer = bus.subscribe<order_confirmed>("printer", [](const order_confirmed& order) {
            std::cout << order.id << " from shelf " << order.shelf << '\n';
        });
        bus.publish(order_placed{"o-2"});
        bus.drain();
    }
    ask_in_vain();
    close_orders();
    {
        event_loop window;
        stentor::bus bus;
        // [snippet resume_on]
        auto shown = bus.subscribe<order_placed>(
            "window", [&](const order_placed& order, stentor::context& ctx) -> stentor::task<> {
                co_await stentor::resume_on(window);  // any object with post(f) or execute(f)
                std::cout << order.id << (window.is_here() ? " shown" : " elsewhere") << '\n';
                co_await stentor::resume_on(ctx);  // back to the engine's runners
                std::cout << (window.is_here() ? "still there\n" : "and back\n");
            });
        // [end]
        bus.publish(order_placed{"o-5"});
        bus.drain();
    }
    pause_reminders();
    {
        const auto runners = std::make_shared<stentor::manual_executor>();
        stentor::bus bus{{.executor = runners}};
        // [snippet limit]
        auto careful = bus.subscribe<order_placed>(
            "careful",
            [](const order_placed&, stentor::context& ctx) -> stentor::task<> {
                co_await ctx.sleep(1h);
            },
            {.max_concurrency = 2});
        // [end]
        for (int number = 0; number < 5; ++number) {
            bus.publish(order_placed{"o"});
        }
        runners->run_until_idle();
        // [snippet drain]
        const auto report = bus.drain(100ms);
        for (const auto& one : report.suspended) {
            std::cout << one.subscription << ": " << one.coroutines << " still waiting\n";
        }
        // [end]
    }
}
