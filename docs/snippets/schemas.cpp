// SPDX-License-Identifier: MIT

#include <stentor/bus/schema_rule.hpp>
#include <stentor/event/json_schema.hpp>
#include <stentor/stentor.hpp>

#include <iostream>
#include <string_view>

void print(const stentor::violations& found) {
    for (const auto& one : found) {
        std::cout << "  " << one.path << " [" << one.code << "] " << one.message << '\n';
    }
}

void rule(stentor::bus& bus) {
    // [snippet rule]
    constexpr std::string_view text = R"({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "object",
        "required": ["id", "commits"],
        "properties": {
            "id": {"type": "integer", "minimum": 1},
            "commits": {"type": "array", "items": {"$ref": "#/definitions/commit"}}
        },
        "definitions": {
            "commit": {"required": ["sha"], "properties": {"sha": {"pattern": "^[0-9a-f]{40}$"}}}
        }
    })";
    const auto schema = stentor::json_schema::compile(text);
    if (!schema) {
        std::cerr << schema.error().message << '\n';
        return;
    }
    bus.keep(bus.validate(stentor::pattern("hook.push"), stentor::schema_rule(*schema)));

    stentor::violations found;
    bus.publish(stentor::topic("hook.push"), R"({"id": 0, "commits": [{"sha": "12"}, {}]})",
                {.violations = &found});
    print(found);
    // [end]
}

void wrong() {
    // [snippet wrong]
    const auto schema = stentor::json_schema::compile(R"({"properties": {"id": {"type": "int"}}})");
    std::cout << schema.error().message << '\n';
    // [end]
}

void many(std::string_view github) {
    // [snippet many]
    const stentor::json_schema_document documents[] = {{"https://github.example/all", github}};
    const auto push = stentor::json_schema::compile(
        R"({"$ref": "https://github.example/all#/definitions/push"})", {.documents = documents});
    const auto fork = stentor::json_schema::compile(github, {.pointer = "/definitions/fork"});
    // [end]
    stentor::violations found;
    std::cout << push->validate("{}", found) << fork->validate("{}", found) << '\n';
    print(found);
}

int main() {
    stentor::bus bus;
    rule(bus);
    wrong();
    many(R"({"definitions": {"push": {}, "fork": {"required": ["forkee"]}}})");
}
