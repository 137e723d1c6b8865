// SPDX-License-Identifier: MIT
#include <stentor/stentor.hpp>
#include <stentor/testing/testing.hpp>

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

// Subscriptions that come after others, in random meshes: of random orders, bounds and forms, which
// fail, are paused, end and come again at random moments, with a bus whose scheduler is the seed's.

namespace {

using namespace std::chrono_literals;
using stentor::testing::test_bus;

struct parcel {
    static constexpr std::string_view topic = "test.parcel";
    int number = 0;
};

constexpr std::size_t members = 6;
constexpr int keys = 3;
constexpr std::uint64_t seeds = 400;
constexpr int turns = 150;

enum class form { plain, coroutine, inlined };

struct member {
    std::string name;
    std::vector<std::size_t> before{};  // who its events are first
    stentor::subscription_options how{};
    form shape = form::plain;
    stentor::subscription handle{};
    // Of this life of it.
    std::map<int, int> last{};  // by key
    std::set<int> busy{};       // keys
    // Ever.
    std::set<int> begun{};
    std::set<int> failed{};
};

class mesh {
public:
    explicit mesh(std::uint64_t seed) : bus_{{.seed = seed, .bus = quiet()}} {
        for (std::size_t at = 0; at < members; ++at) {
            draw(at);
        }
        for (std::size_t at = 0; at < members; ++at) {
            subscribe(at);
        }
    }

    void turn() {
        const auto at = static_cast<std::size_t>(bus_.choose(members));
        auto& one = all_[at];
        switch (bus_.choose(12)) {
            case 0: one.handle = {}; break;
            case 1: subscribe(at); break;
            case 2:
                if (one.shape == form::plain) {  // a pause waits for coroutines
                    static_cast<void>(bus_.registry().disable(
                        one.name,
                        bus_.choose(3) == 0 ? stentor::backlog::drop : stentor::backlog::hold));
                }
                break;
            case 3: static_cast<void>(bus_.registry().enable(one.name)); break;
            case 4: bus_.advance(1ms); break;
            case 5:
            case 6:
            case 7: static_cast<void>(bus_.publish(parcel{++published_})); break;
            default: static_cast<void>(bus_.step()); break;
        }
        const auto report = bus_.audit();
        for (const auto& [name, terms] : report.subscriptions) {
            // Who is alone in its lane is exact at any moment.
            if (!all_[static_cast<std::size_t>(name[0] - 'a')].before.empty()) {
                ASSERT_EQ(terms.unaccounted(), 0) << report.to_string();
            }
        }
    }
    void finish() {
        if (bus_.choose(3) == 0) {
            static_cast<void>(bus_.drain(0ms));
        }
        for (const auto& one : all_) {
            static_cast<void>(bus_.registry().enable(one.name));
        }
        bus_.settle();
        const auto report = bus_.audit();
        EXPECT_EQ(report.unaccounted(), 0) << report.to_string();
        EXPECT_EQ(report.envelopes_alive, 0);
        EXPECT_EQ(report.removed.outstanding(), 0);
        for (const auto& [name, terms] : report.subscriptions) {
            EXPECT_EQ(terms.outstanding(), 0) << name;
        }
    }

private:
    static stentor::bus_options quiet() {
        return {.log = {.on_error = [](const stentor::error_record&) {}}};
    }
    void draw(std::size_t at) {
        auto& one = all_[at];
        one.name = std::string(1, static_cast<char>('a' + at));
        std::vector<std::string> names;
        for (std::size_t other = 0; other < at; ++other) {
            if (bus_.choose(2) == 0) {
                one.before.push_back(other);
                names.push_back(all_[other].name);
            }
        }
        one.how.after = stentor::after(names);
        one.shape = bus_.choose(3) == 0 ? form::coroutine : form::plain;
        if (one.before.empty() && bus_.choose(4) == 0) {
            one.shape = form::inlined;
            one.how.execution = stentor::execution::inline_;
            return;
        }
        one.how.require_success = !one.before.empty() && bus_.choose(4) == 0;
        switch (bus_.choose(4)) {
            case 0: one.how.order = stentor::order::serial; break;
            case 1:
                one.how.order =
                    stentor::by_key<parcel>([](const parcel& it) { return it.number % keys; });
                break;
            default: break;
        }
        if (bus_.choose(3) == 0) {
            one.how.capacity = 1 + static_cast<std::int64_t>(bus_.choose(4));
            one.how.when_full = bus_.choose(2) == 0   ? stentor::when_full::reject
                                : bus_.choose(2) == 0 ? stentor::when_full::drop_newest
                                                      : stentor::when_full::drop_oldest;
        }
        if (one.how.order == stentor::order::unordered && bus_.choose(4) == 0) {
            one.how.max_concurrency = 1;
        }
    }
    void subscribe(std::size_t at) {
        auto& one = all_[at];
        if (one.handle) {
            return;
        }
        one.last.clear();
        one.busy.clear();
        if (one.shape == form::coroutine) {
            one.handle = bus_.subscribe<parcel>(
                one.name,
                [this, at](const parcel& it, stentor::context& ctx) -> stentor::task<> {
                    begin(at, it.number);
                    const auto naps = bus_.choose(3);
                    for (std::uint64_t nap = 0; nap < naps; ++nap) {
                        co_await ctx.sleep(std::chrono::milliseconds(bus_.choose(3)));
                    }
                    end(at, it.number);
                },
                one.how);
        } else {
            one.handle = bus_.subscribe<parcel>(
                one.name,
                [this, at](const parcel& it) {
                    begin(at, it.number);
                    end(at, it.number);
                },
                one.how);
        }
    }

    [[nodiscard]] static int key_of(const member& one, int number) {
        return one.how.order == stentor::order::serial ? 0 : number % keys;
    }
    void begin(std::size_t at, int number) {
        auto& one = all_[at];
        EXPECT_TRUE(one.begun.insert(number).second) << one.name << " twice " << number;
        nobody_went_ahead(at, number);
        for (const auto other : one.before) {
            EXPECT_FALSE(one.how.require_success && all_[other].failed.contains(number))
                << one.name << " without the success of " << all_[other].name;
        }
        if (!(one.how.order == stentor::order::unordered)) {
            const auto key = key_of(one, number);
            EXPECT_LT(one.last[key], number) << one.name << " out of its order";
            one.last[key] = number;
            EXPECT_TRUE(one.busy.insert(key).second) << one.name << " overlaps";
        }
    }
    void end(std::size_t at, int number) {
        auto& one = all_[at];
        nobody_went_ahead(at, number);
        one.busy.erase(key_of(one, number));
        if (bus_.choose(5) == 0) {
            one.failed.insert(number);
            throw std::runtime_error("by the dice");
        }
    }
    // Whoever comes after it has not begun.
    void nobody_went_ahead(std::size_t at, int number) {
        for (const auto& other : all_) {
            for (const auto first : other.before) {
                EXPECT_FALSE(first == at && other.begun.contains(number))
                    << other.name << " went ahead of " << all_[at].name << " with " << number;
            }
        }
    }

    std::array<member, members> all_{};
    int published_ = 0;
    test_bus bus_;  // goes first, before what its handlers use
};

TEST(meshes_of_after, keep_their_promises_at_every_step_of_every_seed) {
    EXPECT_TRUE(stentor::testing::for_each_seed(seeds, [](std::uint64_t seed) {
        mesh one(seed);
        for (int turn = 0; turn < turns && !::testing::Test::HasFailure(); ++turn) {
            one.turn();
        }
        one.finish();
    }));
}

}  // namespace
