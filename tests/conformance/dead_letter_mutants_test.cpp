// SPDX-License-Identifier: MIT
#include "conformance/dead_letter_rules.hpp"
#include <stentor/resilience/memory_dead_letters.hpp>

#include <gtest/gtest.h>

#include <set>
#include <utility>

// Stores that each break one promise. The rules must notice every one of them.
namespace {

using conformance::complaints;
using conformance::rule;
using namespace stentor;

// The store in memory, behind calls that a mutant overrides.
class passing : public dead_letter_store {
public:
    dead_letter_result<std::uint64_t> put(dead_letter letter, on_duplicate same) noexcept override {
        return store_->put(std::move(letter), same);
    }
    dead_letter_result<dead_letter> get(std::uint64_t number) const override {
        return store_->get(number);
    }
    dead_letter_result<dead_letter_list> list(const dead_letter_filter& filter,
                                              dead_letter_page page) const override {
        return store_->list(filter, page);
    }
    dead_letter_result<std::vector<dead_letter_group>> stats(
        const dead_letter_filter& filter) const override {
        return store_->stats(filter);
    }
    dead_letter_result<dead_letter_claim> claim(std::uint64_t number) override {
        return store_->claim(number);
    }
    dead_letter_result<void> finish(const dead_letter_claim& claim) override {
        return store_->finish(claim);
    }
    dead_letter_result<void> give_back(const dead_letter_claim& claim,
                                       std::vector<dead_letter_attempt> failed) override {
        return store_->give_back(claim, std::move(failed));
    }
    dead_letter_result<void> release(const dead_letter_claim& claim) override {
        return store_->release(claim);
    }
    dead_letter_result<dead_letter_purged> purge(const dead_letter_filter& filter,
                                                 purge_confirmation confirmed) override {
        return store_->purge(filter, confirmed);
    }
    dead_letter_result<void> annotate(std::uint64_t number, std::string key,
                                      std::string value) override {
        return store_->annotate(number, std::move(key), std::move(value));
    }
    dead_letter_room room() const noexcept override { return store_->room(); }

protected:
    std::unique_ptr<memory_dead_letters> store_ = memory_dead_letters::make().value();
};

struct forgets_headers final : passing {
    dead_letter_result<std::uint64_t> put(dead_letter letter, on_duplicate same) noexcept override {
        letter.headers.clear();
        return passing::put(std::move(letter), same);
    }
};

struct never_merges final : passing {
    dead_letter_result<std::uint64_t> put(dead_letter letter, on_duplicate same) noexcept override {
        letter.id = {};
        return passing::put(std::move(letter), same);
    }
};

struct pages_by_offset final : passing {
    dead_letter_result<dead_letter_list> list(const dead_letter_filter& filter,
                                              dead_letter_page page) const override {
        auto answer = passing::list(filter, page);
        if (answer.has_value() && answer->next != 0) {
            --answer->next;
        }
        return answer;
    }
};

struct ignores_topics final : passing {
    dead_letter_result<dead_letter_list> list(const dead_letter_filter& filter,
                                              dead_letter_page page) const override {
        auto wider = filter;
        wider.topic = filter.topic.empty() ? "" : ">";
        return passing::list(wider, page);
    }
};

struct counts_one final : passing {
    dead_letter_result<std::vector<dead_letter_group>> stats(
        const dead_letter_filter& filter) const override {
        auto answer = passing::stats(filter);
        if (answer.has_value()) {
            for (auto& group : *answer) {
                group.count = 1;
            }
        }
        return answer;
    }
};

struct claims_twice final : passing {
    dead_letter_result<dead_letter_claim> claim(std::uint64_t number) override {
        auto answer = passing::claim(number);
        if (answer.has_value()) {
            last_ = *answer;
            return answer;
        }
        return answer.error().code == dead_letter_errc::claimed
                   ? dead_letter_result<dead_letter_claim>(last_)
                   : answer;
    }
    dead_letter_claim last_{};
};

struct counts_what_is_claimed final : passing {
    dead_letter_result<std::uint64_t> put(dead_letter letter, on_duplicate same) noexcept override {
        const auto now = room();
        if (now.letters >= now.letters_max) {
            return stentor::unexpected(
                stentor::dead_letter_error{dead_letter_errc::full, "no room"});
        }
        return passing::put(std::move(letter), same);
    }
};

struct deletes_on_failure final : passing {
    dead_letter_result<void> give_back(const dead_letter_claim& claim,
                                       std::vector<dead_letter_attempt>) override {
        return passing::finish(claim);
    }
};

struct forgets_history final : passing {
    dead_letter_result<void> give_back(const dead_letter_claim& claim,
                                       std::vector<dead_letter_attempt>) override {
        return passing::give_back(claim, {});
    }
};

struct finishes_what_failed_again final : passing {
    dead_letter_result<void> finish(const dead_letter_claim& claim) override {
        auto answer = passing::finish(claim);
        if (answer.has_value()) {
            static_cast<void>(
                passing::purge({.id = claim.letter.id}, purge_confirmation::matching));
        }
        return answer;
    }
};

struct purges_unasked final : passing {
    dead_letter_result<dead_letter_purged> purge(const dead_letter_filter& filter,
                                                 purge_confirmation) override {
        return passing::purge(filter, purge_confirmation::everything);
    }
};

struct keeps_no_notes final : passing {
    dead_letter_result<void> annotate(std::uint64_t, std::string, std::string) override {
        return {};
    }
};

template <class Mutant>
std::set<std::string> broken_rules() {
    std::set<std::string> broken;
    for (const rule& each : conformance::dead_letter_rules()) {
        Mutant store;
        complaints found;
        each.check(store, found);
        if (!found.empty()) {
            broken.insert(each.name);
        }
    }
    return broken;
}

TEST(dead_letter_rules, accept_a_store_that_passes_everything_on) {
    EXPECT_EQ(broken_rules<passing>(), std::set<std::string>());
}

TEST(dead_letter_rules, notice_what_is_lost) {
    EXPECT_TRUE(broken_rules<forgets_headers>().contains("keeps everything"));
    EXPECT_TRUE(broken_rules<deletes_on_failure>().contains("failed redrives return"));
    EXPECT_TRUE(broken_rules<forgets_history>().contains("failed redrives return"));
    EXPECT_TRUE(
        broken_rules<finishes_what_failed_again>().contains("failures during a claim are kept"));
    EXPECT_TRUE(broken_rules<purges_unasked>().contains("purges are confirmed"));
    EXPECT_TRUE(broken_rules<keeps_no_notes>().contains("notes stay"));
}

TEST(dead_letter_rules, notice_what_is_there_twice) {
    EXPECT_TRUE(broken_rules<never_merges>().contains("merges the same delivery"));
    EXPECT_TRUE(broken_rules<pages_by_offset>().contains("pages are stable"));
    EXPECT_TRUE(broken_rules<claims_twice>().contains("claims are exclusive"));
}

TEST(dead_letter_rules, notice_wrong_answers) {
    EXPECT_TRUE(broken_rules<ignores_topics>().contains("filters"));
    EXPECT_TRUE(broken_rules<counts_one>().contains("groups"));
    EXPECT_TRUE(broken_rules<counts_what_is_claimed>().contains("claims take no room"));
}

}  // namespace
