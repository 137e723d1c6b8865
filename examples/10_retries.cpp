// SPDX-License-Identifier: MIT

#include <stentor/stentor.hpp>

#include <chrono>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>

// A payment service that is busy now and then. Payments of one customer stay in their order: while
// one waits for its next attempt, later ones of the same customer wait behind it, and nobody else
// does. A card that does not exist is not tried again.

struct payment {
    static constexpr std::string_view topic = "payment.requested";
    int customer = 0;
    int number = 0;
    bool valid = true;
};

constexpr int customers = 20;
constexpr int payments_each = 50;

// Downstream: every fifth call fails. What it has booked it does not book again.
class payment_service {
public:
    void book(int customer, int number, const std::string& idempotency_key) {
        if (++calls_ % 5 == 0) {
            throw std::runtime_error("503 busy");
        }
        if (!booked_.emplace(idempotency_key, number).second) {
            return;
        }
        auto& last = last_[customer];
        out_of_order_ += number <= last ? 1 : 0;
        last = number;
    }
    [[nodiscard]] std::size_t booked() const { return booked_.size(); }
    [[nodiscard]] int out_of_order() const { return out_of_order_; }

private:
    int calls_ = 0;
    std::unordered_map<std::string, int> booked_;
    std::unordered_map<int, int> last_;
    int out_of_order_ = 0;
};

int main() {
    using namespace std::chrono_literals;
    stentor::bus bus{
        {.log = {.on_error = [](const stentor::error_record&) {}}}};  // failures are expected here

    payment_service service;  // one call at a time
    bus.keep(bus.subscribe<payment>(
        "payments",
        [&](const payment& it, const stentor::context& ctx) {
            if (!it.valid) {
                throw stentor::permanent_error("no such card");
            }
            service.book(it.customer, it.number, ctx.idempotency_key());
        },
        {.order = stentor::by_key(&payment::customer),
         .max_concurrency = 1,
         .retry = stentor::retry_policy{.max_attempts = 10,
                                        .immediate = 0,
                                        .backoff = stentor::backoff::exponential,
                                        .base = 1ms,
                                        .cap = 20ms,
                                        .budget = {}}}));

    for (int number = 1; number <= payments_each; ++number) {
        for (int customer = 0; customer < customers; ++customer) {
            bus.publish(payment{customer, number, customer != 7 || number != 10});
        }
    }
    bus.wait_idle(30s);

    const auto row = bus.snapshot().subscriptions.front();
    std::printf("booked %zu of %d payments, %d out of order\n", service.booked(),
                customers * payments_each, service.out_of_order());
    std::printf("failed for good %lld; attempts made again: %s\n",
                static_cast<long long>(row.terms.dead_lettered), row.retried > 0 ? "some" : "none");
    return service.booked() == customers * payments_each - 1 && service.out_of_order() == 0 &&
                   row.terms.dead_lettered == 1
               ? 0
               : 1;
}
