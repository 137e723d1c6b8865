// SPDX-License-Identifier: MIT
#include <stentor/stentor.hpp>

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

// A handler keeps a pointer into an event that it only borrowed. Reading it after the event is gone
// is the deliberate error.

struct note {
    static constexpr std::string_view topic = "canary.note";
    std::unique_ptr<std::string> text;
};

int main() {
    const std::string* kept = nullptr;
    {
        stentor::bus bus;
        auto keeper =
            bus.subscribe<note>("keeper", [&kept](const note& given) { kept = given.text.get(); });
        bus.publish(note{std::make_unique<std::string>("gone with its event")});
        bus.drain();
    }
    std::puts(kept->c_str());
}
