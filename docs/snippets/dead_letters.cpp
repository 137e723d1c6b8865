// SPDX-License-Identifier: MIT

#include <stentor/resilience/dead_letter_lines.hpp>
#include <stentor/resilience/memory_dead_letters.hpp>

#include <chrono>
#include <cstdint>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

using namespace std::chrono_literals;

stentor::dead_letter failed_mail(std::uint64_t order, std::string error) {
    // [snippet letter]
    stentor::dead_letter letter;
    letter.id = stentor::event_id::from_words(0x0190'0000'0000'7000, order);
    letter.topic = "order.placed";
    letter.subscription = "mail";
    letter.reason = stentor::dead_letter_reason::exhausted;
    letter.payload = {.content = stentor::dead_letter_content::json,
                      .bytes = "{\"id\":" + std::to_string(order) + "}"};
    stentor::add_attempt(letter, {.number = 1,
                                  .at = std::chrono::system_clock::time_point(1'700'000'000s),
                                  .duration = 20ms,
                                  .errors = {std::move(error)}});
    // [end]
    return letter;
}

void look(const stentor::dead_letter_store& letters) {
    // [snippet look]
    const auto groups = letters.stats();
    for (const stentor::dead_letter_group& group : *groups) {
        std::cout << group.count << " x " << group.subscription << ": " << group.error << '\n';
    }
    const auto page = letters.list({.subscription = "mail", .text = "mailbox"}, {.limit = 10});
    for (const stentor::dead_letter& letter : page->letters) {
        std::cout << letter.number << ' ' << letter.payload.bytes << '\n';
    }
    // [end]
}

void redrive(stentor::dead_letter_store& letters, std::uint64_t number, bool works) {
    // [snippet redrive]
    const auto claim = letters.claim(number);
    if (!claim) {
        std::cout << claim.error().message << '\n';
    } else if (works) {
        letters.finish(*claim).value();
    } else {
        letters.give_back(*claim, {{.number = 2, .errors = {"still full"}}}).value();
    }
    // [end]
}

void export_and_purge(stentor::dead_letter_store& letters) {
    // [snippet export]
    std::string lines;
    const auto exported = export_dead_letters(letters, {}, [&lines](std::string_view line) {
        lines += line;
        return true;
    });
    std::cout << exported->letters << " exported\n";

    const auto purged =
        letters.purge({.subscription = "mail"}, stentor::purge_confirmation::matching);
    std::cout << purged->removed << " purged\n";

    const auto imported = import_dead_letters(lines + "nonsense\n", letters);
    std::cout << imported.letters << " imported, " << imported.duplicates << " there already\n";
    for (const stentor::dead_letter_bad_line& bad : imported.bad_lines) {
        std::cout << "line " << bad.line << ": " << bad.why << '\n';
    }
    // [end]
}

int main() {
    // [snippet store]
    const std::unique_ptr<stentor::memory_dead_letters> letters =
        stentor::memory_dead_letters::make({.letters_max = 3}).value();
    for (std::uint64_t order = 1; order <= 4; ++order) {
        const auto stored =
            letters->put(failed_mail(order, "mailbox " + std::to_string(order) + " is full"));
        if (!stored) {
            std::cout << to_string(stored.error().code) << '\n';
        }
    }
    // [end]
    look(*letters);
    redrive(*letters, 1, true);
    redrive(*letters, 2, false);
    export_and_purge(*letters);
    return 0;
}
