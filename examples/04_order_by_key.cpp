// SPDX-License-Identifier: MIT

#include <stentor/stentor.hpp>

#include <array>
#include <cstdio>
#include <string_view>
#include <thread>
#include <vector>

// Order. Two clerks move money between accounts; each account's events are handled one at a time
// and in the order in which they were published, whichever thread published them, while other
// accounts are handled beside. No account needs a lock, a thread or a queue of its own.

struct money_moved {
    static constexpr std::string_view topic = "money.moved";
    int account = 0;
    long number = 0;  // counts the events of the account
    long cents = 0;
};

constexpr int accounts = 100;
constexpr long moves = 50;

struct account_state {
    long last = 0;
    long cents = 0;
    bool in_order = true;
};

int main() {
    stentor::bus bus;

    // One call per account at a time: its state needs no lock.
    std::array<account_state, accounts> books{};
    bus.keep(bus.subscribe<money_moved>("books",
                                        [&books](const money_moved& move) {
                                            auto& one =
                                                books[static_cast<std::size_t>(move.account)];
                                            one.in_order =
                                                one.in_order && move.number == one.last + 1;
                                            one.last = move.number;
                                            one.cents += move.cents;
                                        },
                                        {.order = stentor::by_key(&money_moved::account)}));

    // The journal sees everything in a row, so it needs no lock either.
    std::vector<long> journal;
    bus.keep(bus.subscribe<money_moved>(
        "journal", [&journal](const money_moved& move) { journal.push_back(move.cents); },
        {.order = stentor::order::serial}));

    // A clerk hands over to the next one: what that one publishes comes later in every account.
    const auto clerk = [&bus](long first, long last) {
        for (long number = first; number <= last; ++number) {
            for (int account = 0; account < accounts; ++account) {
                bus.publish(money_moved{account, number, 100});
            }
        }
    };
    std::thread(clerk, 1, moves / 2).join();
    std::thread(clerk, moves / 2 + 1, moves).join();
    bus.drain();

    int in_order = 0;
    long cents = 0;
    for (const auto& one : books) {
        in_order += one.in_order && one.last == moves ? 1 : 0;
        cents += one.cents;
    }
    std::printf("%d of %d accounts in order, %ld cents, %zu lines in the journal\n", in_order,
                accounts, cents, journal.size());
}
