// SPDX-License-Identifier: MIT

#include <stentor/stentor.hpp>

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

// A pattern subscription that looks at metadata, written as a user writes it.

struct order_placed {
    static constexpr std::string_view topic = "order.placed";
    std::string id;
    long cents = 0;
};

void write_line(std::string_view topic, stentor::event_id id, std::int32_t attempt) {
    std::printf("%s %s attempt %d\n", std::string(topic).c_str(), id.to_string().c_str(),
                static_cast<int>(attempt));
}

void note(const std::string& id) {
    std::printf("noted %s\n", id.c_str());
}

int main() {
    stentor::bus bus;
    auto audit = bus.subscribe("audit", stentor::pattern("order.>"),
                               [](const stentor::any_event& event, stentor::context& ctx) {
                                   write_line(event.topic(), event.id(), ctx.attempt());
                                   if (const auto* placed = stentor::get_if<order_placed>(event)) {
                                       note(placed->id);
                                   }
                               });
    const auto result = bus.publish(order_placed{"o-1", 4200});
    std::printf("published %s\n", result.id().to_string().c_str());
    bus.wait_idle();
    bus.publish(stentor::topic("order.cancelled"), R"({"id": "o-1"})");
    bus.publish(stentor::topic("parcel.packed"), "{}");
    bus.drain();
}
