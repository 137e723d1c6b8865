// SPDX-License-Identifier: MIT
#pragma once

#include "bus/life.hpp"
#include <stentor/bus/redrive.hpp>
#include <stentor/registry/order.hpp>

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_set>
#include <vector>

namespace stentor::inline v0::detail {

class redrive_flights;

// A letter that is claimed and, once published, followed to the end of its delivery. Its claim ends
// with it: as if nothing had been tried, unless it landed.
struct redrive_flight {
    std::shared_ptr<redrive_flights> of;
    std::shared_ptr<dead_letter_store> store;
    dead_letter_claim claim{};
    delivery_tracker* tracker = nullptr;
    std::uint64_t group = 0;  // those of one group go one after the other
    bool grouped = false;
    bool renamed = false;  // it goes to another subscription than it came from
    bool landed = false;

    redrive_flight() = default;
    redrive_flight(const redrive_flight&) = delete;
    redrive_flight& operator=(const redrive_flight&) = delete;
    ~redrive_flight();
};

// What a redrive has under way. It outlives the redrive that stops waiting for it.
//
// Threads: any. Its lock is for redrives only: no other delivery comes here.
class redrive_flights {
public:
    // Before the publish, so that its end finds it counted.
    void begin(const redrive_flight& one);
    void cancel(const redrive_flight& one) noexcept;
    // By whoever ends the delivery.
    static void land(void* flight) noexcept;
    void refuse(std::uint64_t number, std::string why);

    [[nodiscard]] bool busy(std::uint64_t group) const;
    // One of the group did not succeed.
    [[nodiscard]] bool broken(std::uint64_t group) const;
    [[nodiscard]] std::uint64_t pending() const;
    [[nodiscard]] std::uint64_t ended() const;
    [[nodiscard]] redrive_report report() const;
    // Until more have ended than that, a millisecond at most.
    void await_change(std::uint64_t ended_before) const;

private:
    void settle(redrive_flight& one) noexcept;

    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    redrive_report report_;
    std::uint64_t ended_ = 0;
    std::unordered_set<std::uint64_t> busy_;
    std::unordered_set<std::uint64_t> broken_;
};

// One call of dead_letters::redrive(), on its caller's thread. Throws for want of memory; what it
// holds then goes back.
class engine::life::redriving {
public:
    redriving(life& of, const redrive_options& options);
    redriving(const redriving&) = delete;
    redriving& operator=(const redriving&) = delete;
    ~redriving();

    [[nodiscard]] redrive_report run(const std::vector<std::uint64_t>& numbers);

private:
    enum class next : std::uint8_t { goes_on, stop };
    // A topic's events to one subscription.
    struct way {
        record_ptr record;
        route* through = nullptr;  // kept by its count of redrives
        std::shared_ptr<lane> lane_then;
        stentor::order sequence;  // a copy: the subscription may end
    };

    [[nodiscard]] next look_at(std::uint64_t number);
    [[nodiscard]] next try_again(std::uint64_t number);
    [[nodiscard]] bool transform(dead_letter& letter, std::string& why);
    // Null: `why` not.
    [[nodiscard]] way* way_for(const dead_letter& letter, std::string& why);
    void decode(dead_letter& letter, std::string& why);
    [[nodiscard]] static std::string mismatch(const dead_letter& letter, const topic_entry* known);
    [[nodiscard]] way* add_way(const record_ptr& to, topic_entry& entry);
    static void group(redrive_flight& flight, const way& through, const dead_letter& letter);
    [[nodiscard]] next publish(const std::shared_ptr<redrive_flight>& flight, const way& through,
                               dead_letter& letter);
    [[nodiscard]] publish_result publish_once(const publish_target::request& what,
                                              dead_letter& letter) noexcept;
    [[nodiscard]] bool await_turn();
    template <class Done>
    [[nodiscard]] bool await(Done&& done);
    [[nodiscard]] bool step_or_wait(std::uint64_t ended_before) const;
    void add_own(redrive_report& to, std::uint64_t matched) const;
    void tell(std::uint64_t matched) const;

    life& life_;
    engine& of_;
    const redrive_options& options_;
    const std::shared_ptr<redrive_flights> flights_;
    std::vector<std::unique_ptr<way>> ways_;
    std::int64_t next_ns_ = 0;  // when the next letter may go
    std::uint64_t skipped_ = 0;
    std::uint64_t held_ = 0;
    std::uint64_t possible_ = 0;  // in a dry run
};

}  // namespace stentor::inline v0::detail
