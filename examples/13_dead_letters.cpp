// SPDX-License-Identifier: MIT

#include <stentor/bus/dead_letters.hpp>
#include <stentor/stentor.hpp>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

// A ledger whose entries must be booked in the order of their account. The service behind one
// account is down: its first entry fails for good and becomes a dead letter, and those behind it
// follow. When the service is back they are redriven, in their order. An entry that nobody can read
// is another matter: it is repaired on the way.

struct booked {
    static constexpr std::string_view topic = "ledger.booked";
    std::string account;
    std::string amount;
    int number = 0;
};
STENTOR_FIELDS(booked, account, amount, number);

class ledger {
public:
    void book(const booked& it) {
        if (it.account == "ada" && down_.load()) {
            throw std::runtime_error("the service for ada is down");
        }
        if (it.amount.find_first_not_of("0123456789") != std::string::npos) {
            throw stentor::decode_error("an amount is a number, not " + it.amount);
        }
        const std::lock_guard lock(mutex_);
        balance_[it.account] += std::stol(it.amount);
        in_order_ = in_order_ && it.number > last_[it.account];
        last_[it.account] = it.number;
    }
    void repair() { down_ = false; }
    void show() const {
        for (const auto& [account, balance] : balance_) {
            std::printf("%s has %ld\n", account.c_str(), balance);
        }
        std::printf("each account's entries came %s\n", in_order_ ? "in order" : "out of order");
    }

private:
    std::atomic<bool> down_{true};
    std::mutex mutex_;
    std::map<std::string, long> balance_;
    std::map<std::string, int> last_;
    bool in_order_ = true;
};

void show_letters(stentor::bus& bus) {
    std::map<std::string, std::uint64_t> counts;
    const auto groups = bus.dead_letters().stats().value();
    for (const auto& group : groups) {
        counts[std::string(to_string(group.reason))] += group.count;
    }
    for (const auto& [reason, count] : counts) {
        std::printf("%llu %s\n", static_cast<unsigned long long>(count), reason.c_str());
    }
}

int main() {
    stentor::bus bus{
        {.log = {.on_error = [](const stentor::error_record&) {}}}};  // failures are expected here
    ledger books;
    bus.keep(bus.subscribe<booked>("ledger", [&](const booked& it) { books.book(it); },
                                   {.order = stentor::by_key(&booked::account),
                                    .dead_letters = true,
                                    .letters_hold_keys = true}));
    int number = 0;
    for (const std::string_view amount : {"10", "20", "30"}) {
        for (const std::string_view account : {"ada", "bob"}) {
            bus.publish(booked{std::string(account), std::string(amount), ++number});
        }
    }
    bus.publish(booked{"bob", "forty", ++number});
    bus.wait_idle();
    show_letters(bus);

    books.repair();
    const auto repair = [](stentor::dead_letter& letter) {
        auto entry = *stentor::event_in<booked>(letter);
        if (entry.amount == "forty") {
            entry.amount = "40";
            letter.payload = stentor::payload_with(std::move(entry));
        }
        return true;
    };
    const auto report = bus.dead_letters().redrive({}, {.transform = repair}).value();
    std::printf("%llu of %llu redriven\n", static_cast<unsigned long long>(report.redriven),
                static_cast<unsigned long long>(report.matched));
    books.show();
    bus.wait_idle();
    std::printf("unaccounted %lld\n", static_cast<long long>(bus.audit().unaccounted()));
}
