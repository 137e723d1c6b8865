// SPDX-License-Identifier: MIT
#include <stentor/stentor.hpp>

#include <memory>
#include <string_view>

// A handler that forgets what the event gave it. The leak is the deliberate error.

struct parcel {
    static constexpr std::string_view topic = "canary.parcel";
    std::shared_ptr<std::unique_ptr<int>> content;
};

int main() {
    stentor::bus bus;
    auto thief = bus.subscribe<parcel>(
        "thief", [](const parcel& given) { static_cast<void>(given.content->release()); });
    bus.publish(parcel{std::make_shared<std::unique_ptr<int>>(std::make_unique<int>(1))});
    bus.drain();
}
