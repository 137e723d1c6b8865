// SPDX-License-Identifier: MIT
#include "registry/gap_note.hpp"

#include "litmus/weakened_sync.hpp"
#include "support/explore/expect.hpp"
#include "support/explore/plain.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>

// What was dropped is counted once, and the first one's words are whole.
namespace {

using namespace stentor::explore;
using stentor::drop_reason;
using stentor::event_id;
using stentor::gap;
using stentor::detail::gap_note;

// The reader sets the count to 0 before it reads the words.
template <class Sync>
class count_first_note {
public:
    void add(std::int64_t amount, drop_reason, event_id first) noexcept {
        if (count_.fetch_add(amount, std::memory_order_acq_rel) != 0) {
            return;
        }
        high_.store(first.high_word(), std::memory_order_relaxed);
        low_.store(first.low_word(), std::memory_order_relaxed);
        written_.store(true, std::memory_order_release);
    }
    std::optional<gap> take() noexcept {
        if (!written_.load(std::memory_order_acquire)) {
            return std::nullopt;
        }
        written_.store(false, std::memory_order_relaxed);
        gap found{};
        found.count = count_.exchange(0, std::memory_order_acq_rel);
        found.first = event_id::from_words(high_.load(std::memory_order_relaxed),
                                           low_.load(std::memory_order_relaxed));
        return found;
    }

private:
    typename Sync::template atomic<std::int64_t> count_{0};
    typename Sync::template atomic<bool> written_{false};
    typename Sync::template atomic<std::uint64_t> high_{0};
    typename Sync::template atomic<std::uint64_t> low_{0};
};

template <class Note>
struct note_model {
    void drop(std::uint64_t number) {
        note.add(1, drop_reason::oldest, event_id::from_words(number, number));
    }
    void take() {
        if (const auto found = note.take()) {
            check(found->count > 0, "a gap has deliveries in it");
            check(found->first.high_word() == found->first.low_word(),
                  "the first one's words are of one event");
            check(found->first.high_word() != 0, "the first one's words were written");
            taken += found->count;
        }
    }

    Note note;
    std::int64_t taken = 0;  // the taker's
};

template <class Note>
scenario drops(int droppers, int each) {
    return [=](world& world) {
        auto& model = world.make<note_model<Note>>();
        static constexpr const char* names[] = {"publisher 0", "publisher 1"};
        for (int index = 0; index < droppers; ++index) {
            world.task(names[index], [&model, index, each] {
                for (int count = 1; count <= each; ++count) {
                    model.drop(static_cast<std::uint64_t>(index * 10 + count));
                }
            });
        }
        world.task("taker", [&model, each] {
            for (int count = 0; count <= each; ++count) {
                model.take();
            }
        });
        world.at_end([&model, droppers, each] {
            model.take();
            check(model.taken == droppers * each, "every drop is told, and told once");
        });
    };
}

TEST(gap_note, tells_every_drop_once_and_whole) {
    expect_holds({.name = "gap_note.two_publishers"}, drops<gap_note<explored_sync>>(2, 2));
}

TEST(gap_note_mutant, that_counts_first_is_found) {
    expect_found({.name = "gap_note.count_first"}, drops<count_first_note<explored_sync>>(2, 2),
                 "words are of one event");
}

}  // namespace
