// SPDX-License-Identifier: MIT

#include <stentor/stentor.hpp>

#include <cstdint>
#include <iostream>
#include <memory>
#include <string>

// [snippet own]
struct order_placed {
    static constexpr std::string_view topic = "order.placed";
    static constexpr std::uint32_t schema_version = 2;  // 1 when it is not given
    std::string id;
    long cents = 0;
};
// [end]

// [snippet foreign]
namespace geometry {  // somebody else's
struct point {
    double x = 0;
    double y = 0;
};
}  // namespace geometry

template <>
struct stentor::event_traits<geometry::point> {
    static constexpr std::string_view topic = "mouse.moved";
};
// [end]

// [snippet any_type]
struct frame {  // only moves, large, over-aligned: all of it is fine
    static constexpr std::string_view topic = "camera.frame";
    std::unique_ptr<int> buffer;
    alignas(128) char head[4096];
};
// [end]

struct impostor {
    static constexpr std::string_view topic = "camera.frame";
};

// [snippet layout]
static_assert(stentor::event_type_of<geometry::point>.in_slot);  // lies in the queue itself
static_assert(!stentor::event_type_of<order_placed>.in_slot);    // lies in an envelope
// [end]

int main() {
    stentor::bus bus;
    auto frames = bus.subscribe<frame>("frames", [](const frame& shot) {
        const auto address = reinterpret_cast<std::uintptr_t>(shot.head);
        std::cout << "frame " << *shot.buffer << ", aligned: " << (address % 128 == 0) << '\n';
    });
    auto shot = frame{std::make_unique<int>(7), {}};
    bus.publish(std::move(shot));
    bus.wait_idle();

    // [snippet untyped]
    auto returns =
        bus.subscribe("returns", stentor::pattern("order.returned"),
                      [](const stentor::any_event& event) { std::cout << event.text() << '\n'; });
    bus.publish(stentor::topic("order.returned"), R"({"id": "o-0"})");
    bus.wait_idle();
    // [end]

    // [snippet mismatch]
    const auto answer = bus.publish(impostor{});  // the topic belongs to `frame`
    std::cout << to_string(answer.status()) << '\n';
    // [end]
}
