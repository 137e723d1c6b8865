// SPDX-License-Identifier: MIT
#pragma once

#include "simulation/shadow.hpp"
#include <stentor/bus/dead_letters.hpp>
#include <stentor/stentor.hpp>
#include <stentor/testing/test_bus.hpp>

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace stentor_test {

class watched_letters;

// What all events of the simulation carry.
struct fact {
    std::int64_t number = 0;
    std::int32_t key = 0;
    std::int32_t hops = 0;  // how many handlers stand between it and the outside
    std::int32_t expires = 0;
    std::int32_t mended = 0;  // by which transform; its handlers take well what is odd
};

struct small_event : fact {
    static constexpr std::string_view topic = "sim.pair.small";
};
STENTOR_FIELDS(small_event, number, key, hops, expires, mended);
struct large_event : fact {
    static constexpr std::string_view topic = "sim.pair.large";
    std::string text{};
};
STENTOR_FIELDS(large_event, number, key, hops, expires, mended, text);
struct other_event : fact {
    static constexpr std::string_view topic = "sim.other";
    std::array<std::int64_t, 5> more{};
};
STENTOR_FIELDS(other_event, number, key, hops, expires, mended, more);

inline constexpr int key_count = 3;
inline constexpr unsigned topic_count = 3;
inline constexpr unsigned small_bit = 1;
inline constexpr unsigned large_bit = 2;
inline constexpr unsigned other_bit = 4;

// Whichever of these an event is.
[[nodiscard]] const fact& fact_of(const stentor::any_event& event);
[[nodiscard]] inline const fact& fact_of(const fact& event) {
    return event;
}

// One scenario: a bus, a model of it, and things that happen to both, all chosen by one seed.
// Handlers publish, fail, subscribe, end themselves and each other, look at the books, and drain.
//
// One thread.
class world {
public:
    struct plan {
        // Of so many calls one is kept from the model, to show that the model notices. 0: none.
        std::uint64_t lies = 0;
        // Some subscriptions are serial, or by key.
        bool ordered = false;
        // Some handlers are coroutines, which sleep.
        bool coroutines = false;
        // Subscriptions are disabled and enabled, from outside and by handlers.
        bool pauses = false;
        // Most handlers share the lane of their topic.
        bool shares = false;
        // Some handlers run elsewhere than in the pool.
        bool places = false;
        // Some handlers run inside publish, and some scenarios go deep.
        bool inlines = false;
        // Some subscriptions make failed attempts again.
        bool retries = false;
        // Some have a circuit breaker, or a rate.
        bool gates = false;
        // The dead letter store is full most of the time, and purged now and then.
        bool letters = false;
        // Dead letters are redriven, and much happens meanwhile.
        bool redrives = false;
        // Some subscriptions have a fallback, and some are critical.
        bool last_places = false;
    };
    explicit world(std::uint64_t seed);
    world(std::uint64_t seed, const plan& how);
    world(const world&) = delete;
    world& operator=(const world&) = delete;
    ~world();

    // Runs the scenario to its end. False: the engine and the model disagree.
    bool run();
    [[nodiscard]] std::string complaint() const;
    [[nodiscard]] const shadow& model() const { return model_; }
    [[nodiscard]] bool lied() const { return lied_; }
    // The calls in their order: which handler, which event.
    [[nodiscard]] const std::vector<std::pair<std::size_t, std::int64_t>>& trace() const {
        return trace_;
    }

private:
    // How one handler behaves: of so many calls one does this. 0: none.
    struct habits {
        std::uint64_t throws = 0;
        std::uint64_t publishes = 0;
        std::uint64_t ends_itself = 0;
        std::uint64_t ends_another = 0;
        std::uint64_t subscribes = 0;
        std::uint64_t audits = 0;
        std::uint64_t waits = 0;
        std::uint64_t drains = 0;
        std::uint64_t gives_back = 0;
        std::uint64_t rejects = 0;
        std::uint64_t pauses = 0;
        std::uint64_t resumes = 0;
        std::uint64_t redrives = 0;
        std::uint64_t fallback_throws = 0;
    };
    enum class form { plain, answers, batch, coroutine };
    struct member {
        shadow::sub id = 0;
        stentor::subscription handle{};
        std::weak_ptr<int> captures{};
        std::shared_ptr<int> owner{};
        habits does{};
        form how = form::plain;
        bool over = false;
        bool inlined = false;
        bool polled = false;
        bool critical = false;
        bool falls = false;
        std::int32_t attempts = 1;
    };
    class coroutine_watch;

    // world.cpp
    void act();
    void step();
    void publish_outside();
    void publish_many();
    void publish_and_wait();
    void pass_time();
    void look_for_waiting();
    [[nodiscard]] bool anybody_waits_for_room();
    void settle();
    void finish();
    void drain();
    void end(std::size_t which);
    void end_any();
    void pause_any();
    void pause(std::size_t which);
    void resume_any();
    void look_for_captures();
    void check();
    // world_letters.cpp
    [[nodiscard]] stentor::testing::test_bus_options options_for();
    [[nodiscard]] std::uint64_t letters_max() const;
    bool purge();
    void redrive();
    void redrive_from_within();
    [[nodiscard]] stentor::dead_letter_filter some_filter();
    [[nodiscard]] stentor::redrive_options some_redrive();
    [[nodiscard]] bool transform(stentor::dead_letter& letter, bool dry);
    void interfere();
    void fall_back(std::size_t which, std::int64_t event);
    void not_stored(shadow::sub which, std::int64_t event);
    void look_for_letters();
    void look_for_saved();
    // world_members.cpp
    void subscribe();
    [[nodiscard]] stentor::subscription_options some_options(shadow_limits& limits);
    void choose_place(stentor::subscription_options& options, shadow_limits& limits);
    void put_gate(std::size_t which, stentor::subscription_options& options, shadow_limits& limits);
    void make_again(std::size_t which, stentor::subscription_options& options,
                    shadow_limits& limits);
    void fail_for_good(std::size_t which, stentor::subscription_options& options,
                       shadow_limits& limits);
    void run_inside_publish(stentor::subscription_options& options, shadow_limits& limits);
    [[nodiscard]] form some_form(const stentor::subscription_options& options,
                                 const shadow_limits& limits);
    [[nodiscard]] habits some_habits();
    [[nodiscard]] stentor::subscription make(const std::string& name, unsigned topics,
                                             std::size_t which, std::shared_ptr<int> captures,
                                             stentor::subscription_options options, int keys);
    template <class E>
    void add_fallback(std::size_t which, stentor::subscription_options& options);
    template <class E>
    [[nodiscard]] stentor::subscription make_typed(const std::string& name, std::size_t which,
                                                   std::shared_ptr<int> captures,
                                                   stentor::subscription_options options, int keys);
    template <class E>
    [[nodiscard]] stentor::handler<E> handler_of(form how, std::size_t which,
                                                 std::shared_ptr<int> captures);
    // world_handlers.cpp
    void publish_one(stentor::context* through, std::int32_t hops);
    template <class E>
    stentor::publish_result send(E event, stentor::context* through, bool waits,
                                 const stentor::publish_options& options);
    void begin_call(std::size_t which, const fact& event, const stentor::context& about);
    void note_result(std::int64_t number, const stentor::publish_result& result);
    // One call, for one event or for several.
    stentor::outcome handle(std::size_t which, std::span<const fact* const> events,
                            stentor::context& about);
    stentor::task<stentor::outcome> handle_slowly(std::size_t which, const fact& event,
                                                  stentor::context& about);
    [[nodiscard]] bool says_nothing(std::size_t which, const stentor::outcome& said) const;
    [[nodiscard]] shadow::ending ending_of(std::size_t which, const stentor::outcome& said) const;
    [[nodiscard]] shadow::ending failure_of(std::size_t which, const stentor::context& about) const;
    stentor::outcome behave(std::size_t which, const fact& event, stentor::context& about);

    [[nodiscard]] bool one_in(std::uint64_t count) { return count != 0 && bus_.choose(count) == 0; }

    std::uint64_t seed_;
    plan plan_;
    shadow model_;
    std::shared_ptr<watched_letters> letters_;
    std::vector<std::unique_ptr<member>> members_;
    std::int32_t hops_max_ = 3;
    std::int64_t published_ = 0;
    std::int64_t told_ = 0;  // of drops
    std::int64_t actions_ = 0;
    std::int32_t mends_ = 0;
    int redriving_ = 0;
    std::stop_source* redrive_stop_ = nullptr;
    bool saves_ = false;            // critical letters go to a file
    std::string emergency_file_{};  // removed at the end
    bool drained_ = false;
    bool lied_ = false;
    std::vector<std::pair<std::size_t, std::int64_t>> trace_;
    stentor::testing::test_bus bus_;  // last: its end calls handlers
};

}  // namespace stentor_test
