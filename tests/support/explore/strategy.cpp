// SPDX-License-Identifier: MIT
#include "support/explore/strategy.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstddef>
#include <utility>
#include <vector>

namespace stentor::explore {

namespace {

unsigned lowest(actor_set actors) {
    return static_cast<unsigned>(std::countr_zero(actors));
}

std::uint64_t seed_of(std::uint64_t base, std::uint64_t iteration) {
    return random_source(base ^ (iteration * 0xd1342543de82ef95ULL)).next();
}

std::string hex(std::uint64_t value) {
    std::array<char, 16> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value, 16).ptr;
    return {digits.data(), end};
}

class random_strategy final : public strategy {
public:
    // With `only` the seed belongs to one schedule, which every iteration repeats.
    random_strategy(std::uint64_t seed, bool only) : base_(seed), only_(only), random_(seed) {}

    void begin(std::uint64_t iteration) override {
        seed_ = only_ ? base_ : seed_of(base_, iteration);
        random_ = random_source(seed_);
    }
    unsigned pick(const menu& choices) override {
        actor_set left = choices.enabled;
        const auto count = static_cast<unsigned>(std::popcount(left));
        for (unsigned skip = random_.below(count); skip > 0; --skip) {
            left &= left - 1;
        }
        return lowest(left);
    }
    unsigned decide(unsigned answers, bool /*unusual*/) override { return random_.below(answers); }
    bool end(std::uint64_t /*steps*/) override { return !only_; }
    [[nodiscard]] std::string ticket() const override { return "random:" + hex(seed_); }

private:
    std::uint64_t base_;
    bool only_;
    std::uint64_t seed_ = 0;
    random_source random_;
};

class pct_strategy final : public strategy {
public:
    pct_strategy(std::uint64_t seed, unsigned depth, std::uint64_t length, bool only)
        : base_(seed), depth_(depth), length_(length), only_(only), random_(seed) {}

    void begin(std::uint64_t iteration) override {
        seed_ = only_ ? base_ : seed_of(base_, iteration);
        random_ = random_source(seed_);
        used_length_ = length_;
        steps_ = 0;
        bottom_ = 0;
        for (auto& priority : priorities_) {
            priority = static_cast<std::int64_t>(random_.next() >> 2U);
        }
        changes_.clear();
        for (unsigned i = 1; i < depth_; ++i) {
            changes_.push_back(1 + random_.below(static_cast<unsigned>(used_length_)));
        }
    }
    unsigned pick(const menu& choices) override {
        ++steps_;
        unsigned best = highest(choices.enabled);
        if (std::find(changes_.begin(), changes_.end(), steps_) != changes_.end()) {
            demote(best);
            best = highest(choices.enabled);
        }
        return best;
    }
    unsigned decide(unsigned answers, bool unusual) override {
        // The ordinary answer keeps the weight it would have in a calm run.
        if (unusual && random_.below(4) != 0) {
            return 0;
        }
        return random_.below(answers);
    }
    void demote(unsigned actor) override { priorities_[actor] = --bottom_; }
    bool end(std::uint64_t /*steps*/) override {
        length_ = std::clamp<std::uint64_t>(steps_, length_, 100'000);
        return !only_;
    }
    [[nodiscard]] std::string ticket() const override {
        return "pct:" + std::to_string(depth_) + ":" + std::to_string(used_length_) + ":" +
               hex(seed_);
    }

private:
    [[nodiscard]] unsigned highest(actor_set actors) const {
        unsigned best = lowest(actors);
        for (actor_set left = actors; left != 0; left &= left - 1) {
            const unsigned actor = lowest(left);
            best = priorities_[actor] > priorities_[best] ? actor : best;
        }
        return best;
    }

    std::uint64_t base_;
    unsigned depth_;
    std::uint64_t length_;  // longest schedule so far: change points fall inside it
    bool only_;
    std::uint64_t seed_ = 0;
    random_source random_;
    std::uint64_t used_length_ = 1;
    std::uint64_t steps_ = 0;
    std::int64_t bottom_ = 0;
    std::array<std::int64_t, actors_max> priorities_{};
    std::vector<std::uint64_t> changes_;
};

// Walks the tree of decisions in depth-first order. A decision is a point with more than one answer
// that the budget allows; answer 0 is always "nothing unusual".
class exhaustive_strategy final : public strategy {
public:
    explicit exhaustive_strategy(unsigned preemptions) : budget_(preemptions) {}
    exhaustive_strategy(unsigned preemptions, std::string_view ranks)
        : budget_(preemptions), only_(true) {
        for (const char rank : ranks) {
            path_.push_back({static_cast<std::uint8_t>(rank <= '9' ? rank - '0' : rank - 'a' + 10),
                             actors_max});
        }
    }

    void begin(std::uint64_t /*iteration*/) override {
        at_ = 0;
        used_ = 0;
    }
    unsigned pick(const menu& choices) override {
        // First the one that costs nothing: whoever runs, else whoever has not acted for longest,
        // which is what makes loops that wait end.
        const unsigned first =
            choices.preempting ? choices.current : longest_idle(choices, choices.enabled);
        std::array<unsigned, actors_max> options{first};
        std::array<bool, actors_max> costs{};
        unsigned count = 1;
        for (actor_set left = choices.enabled & ~(1U << first); left != 0; left &= left - 1) {
            const unsigned actor = lowest(left);
            const bool cost = choices.preempting || choices.paused || actor >= timeout_bit;
            if (!cost || used_ < budget_) {
                costs[count] = cost;
                options[count++] = actor;
            }
        }
        const unsigned rank = next_rank(count);
        used_ += costs[rank] ? 1U : 0U;
        return options[rank];
    }
    unsigned decide(unsigned answers, bool unusual) override {
        if (unusual && used_ == budget_) {
            return 0;
        }
        const unsigned rank = next_rank(answers);
        used_ += unusual && rank != 0 ? 1U : 0U;
        return rank;
    }
    bool end(std::uint64_t /*steps*/) override {
        last_.assign(path_.begin(), path_.begin() + static_cast<std::ptrdiff_t>(at_));
        path_.resize(at_);
        while (!path_.empty() && path_.back().rank + 1U >= path_.back().count) {
            path_.pop_back();
        }
        if (path_.empty() || only_) {
            return false;
        }
        ++path_.back().rank;
        return true;
    }
    [[nodiscard]] std::string ticket() const override {
        std::string ranks;
        for (std::size_t i = 0; i < last_.size(); ++i) {
            const unsigned rank = last_[i].rank;
            ranks += static_cast<char>(rank < 10 ? '0' + rank : 'a' + (rank - 10));
        }
        ranks.erase(ranks.find_last_not_of('0') + 1);
        return "dfs:" + std::to_string(budget_) + ":" + ranks;
    }

private:
    static unsigned longest_idle(const menu& choices, actor_set among) {
        among &= ~timeout_actors;
        unsigned longest = lowest(among);
        for (actor_set left = among; left != 0; left &= left - 1) {
            const unsigned actor = lowest(left);
            longest = choices.last_acted[actor] < choices.last_acted[longest] ? actor : longest;
        }
        return longest;
    }

    struct decision {
        std::uint8_t rank;
        std::uint8_t count;
    };

    unsigned next_rank(unsigned count) {
        if (count < 2) {
            return 0;
        }
        if (at_ == path_.size()) {
            path_.push_back({0, static_cast<std::uint8_t>(count)});
        }
        return std::min<unsigned>(path_[at_++].rank, count - 1);
    }

    unsigned budget_;
    bool only_ = false;
    unsigned used_ = 0;
    std::size_t at_ = 0;
    std::vector<decision> path_;
    std::vector<decision> last_;
};

template <class Number>
bool take_number(std::string_view& text, Number& value, int base) {
    const char* end = text.data() + text.size();
    const auto [stop, fault] = std::from_chars(text.data(), end, value, base);
    if (fault != std::errc{}) {
        return false;
    }
    text.remove_prefix(static_cast<std::size_t>(stop - text.data()));
    if (!text.empty() && text.front() == ':') {
        text.remove_prefix(1);
    }
    return true;
}

}  // namespace

std::unique_ptr<strategy> make_random(std::uint64_t seed) {
    return std::make_unique<random_strategy>(seed, false);
}

std::unique_ptr<strategy> make_pct(std::uint64_t seed, unsigned depth) {
    return std::make_unique<pct_strategy>(seed, depth, 16, false);
}

std::unique_ptr<strategy> make_exhaustive(unsigned preemptions) {
    return std::make_unique<exhaustive_strategy>(preemptions);
}

std::unique_ptr<strategy> make_replay(std::string_view ticket) {
    const auto colon = ticket.find(':');
    const std::string_view kind = ticket.substr(0, colon);
    std::string_view rest = colon == std::string_view::npos ? "" : ticket.substr(colon + 1);
    std::uint64_t seed = 0;
    unsigned number = 0;
    std::uint64_t length = 0;
    if (kind == "random" && take_number(rest, seed, 16)) {
        return std::make_unique<random_strategy>(seed, true);
    }
    if (kind == "pct" && take_number(rest, number, 10) && take_number(rest, length, 10) &&
        take_number(rest, seed, 16) && length > 0) {
        return std::make_unique<pct_strategy>(seed, number, length, true);
    }
    if (kind == "dfs" && take_number(rest, number, 10)) {
        return std::make_unique<exhaustive_strategy>(number, rest);
    }
    return nullptr;
}

}  // namespace stentor::explore
