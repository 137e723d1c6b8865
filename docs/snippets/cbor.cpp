// SPDX-License-Identifier: MIT

#include <stentor/event/cbor.hpp>

#include <stentor/event/json.hpp>
#include <stentor/stentor.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// [snippet describe]
struct reading {
    static constexpr std::string_view topic = "sensor.reading";
    std::string sensor;
    std::chrono::sys_seconds at{};
    std::vector<double> values;
    STENTOR_FIELDS(reading, sensor, at, values);
};
// [end]

// [snippet unknown]
struct parcel_sent {
    std::string id;
    stentor::unknown_fields others;
    STENTOR_FIELDS(parcel_sent, id, others);
};
// [end]

void show(std::span<const std::byte> bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    for (const std::byte one : bytes) {
        std::cout << digits[std::to_integer<unsigned>(one) >> 4]
                  << digits[std::to_integer<unsigned>(one) & 0xF];
    }
    std::cout << '\n';
}

int main() {
    // [snippet both_ways]
    const reading measured{"t-1", std::chrono::sys_seconds(std::chrono::seconds(0)), {20.5, 21}};
    const std::vector<std::byte> bytes = stentor::to_cbor(measured).value();
    std::cout << bytes.size() << " bytes, " << stentor::to_json(measured)->size() << " in JSON\n";

    const auto read = stentor::from_cbor<reading>(bytes);
    if (!read) {
        std::cout << read.error().message() << '\n';
        return 1;
    }
    std::cout << read->sensor << ": " << read->values[0] << '\n';
    // [end]
    show(bytes);

    // [snippet errors]
    std::vector<std::byte> cut = bytes;
    cut.pop_back();
    std::cout << stentor::from_cbor<reading>(cut).error().message() << '\n';

    const auto numbers = stentor::to_cbor(std::vector<int>{1, 300}).value();
    std::cout << stentor::from_cbor<std::vector<std::uint8_t>>(numbers).error().message() << '\n';
    // [end]

    // [snippet again]
    const auto parcel = stentor::from_json<parcel_sent>(R"({"id":"p-1","drone":{"number":7}})");
    const auto passed_on = stentor::from_cbor<parcel_sent>(stentor::to_cbor(*parcel).value());
    std::cout << stentor::to_json(*passed_on).value() << '\n';
    // [end]
}
