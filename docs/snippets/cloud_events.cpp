// SPDX-License-Identifier: MIT

#include <stentor/event/cloud_event.hpp>
#include <stentor/event/cloud_event_http.hpp>
#include <stentor/event/cloud_event_json.hpp>
#include <stentor/event/cloud_event_mapping.hpp>

#include <iostream>
#include <string>
#include <string_view>
#include <vector>

// [snippet event]
stentor::cloud_event order_placed() {
    stentor::cloud_event event;
    event.id = "A-1";
    event.source = "/shop/7";
    event.type = "com.example.order.placed";
    event.extensions = {{"tenant", "blue"}, {"retries", 2}};
    event.data = stentor::cloud_event_data::json(R"({"cents": 1999})");
    return event;
}
// [end]

int as_json(const stentor::cloud_event& event) {
    // [snippet json]
    const std::string text = stentor::cloud_event_to_json(event).value();
    std::cout << text << '\n';
    const auto read = stentor::cloud_event_from_json(text);
    if (!read) {
        std::cout << read.error().message() << '\n';
        return 1;
    }
    std::cout << (*read == event) << '\n';
    // [end]

    // [snippet errors]
    for (const std::string_view bad :
         {R"({"specversion":"1.0","id":"A-1","source":"/shop 7","type":"t"})",
          R"({"specversion":"1.0","id":"A-1","source":"/shop","type":"t","price":9.5})"}) {
        std::cout << stentor::cloud_event_from_json(bad).error().message() << '\n';
    }
    // [end]
    return 0;
}

void in_http(stentor::cloud_event event) {
    // [snippet http]
    event.subject = "Müller & Söhne";
    const auto message = stentor::cloud_event_to_http(event, stentor::cloud_event_mode::binary);
    for (const stentor::cloud_event_header& each : message->headers) {
        std::cout << each.name << ": " << each.value << '\n';
    }
    std::cout << '\n' << message->body << '\n';
    // [end]

    // [snippet receive]
    const std::vector<stentor::header> headers = message->header_views();
    const auto events = stentor::cloud_event_batch_from_http(headers, message->body);
    std::cout << events->size() << ' ' << events->front().subject.value() << '\n';

    const std::vector<stentor::header> other = {{"Content-Type", "application/cloudevents+avro"}};
    std::cout << stentor::cloud_event_mode_of(other).error().message() << '\n';
    // [end]
}

void as_ours(const stentor::cloud_event& event) {
    // [snippet out]
    stentor::metadata about;
    about.id = stentor::event_id::from_words(0x0190'0000'0000'7000, 1);
    about.key = "customer 7";
    about.user_id = "ann";
    const std::vector<stentor::header> own = {{"tenant", "blue"}};
    const auto mapped =
        stentor::to_cloud_event("order.placed", about, own, stentor::cloud_event_data::json("{}"),
                                {.type_prefix = "com.example.", .source = "/shop/7"});
    std::cout << stentor::cloud_event_to_json(*mapped).value() << '\n';
    // [end]

    // [snippet in]
    const auto back = stentor::from_cloud_event(*mapped, {.type_prefix = "com.example."});
    std::cout << back->topic << ", " << back->key << ", " << back->headers[0].value << '\n';
    // publish with back->options(back->header_views()) and back->data
    // [end]

    // [snippet foreign]
    const auto refused = stentor::from_cloud_event(event, {.type_prefix = "com.example."});
    std::cout << refused.error().message() << '\n';

    const auto taken = stentor::from_cloud_event(
        event,
        {.type_prefix = "com.example.", .id = stentor::event_id::from_words(0x0190'7000, 2)});
    for (const stentor::cloud_event_text_header& each : taken->headers) {
        std::cout << each.name << ": " << each.value << '\n';
    }
    std::cout << (stentor::to_cloud_event(*taken)->id == event.id) << '\n';
    // [end]
}

int main() {
    const stentor::cloud_event event = order_placed();
    const int status = as_json(event);
    in_http(event);
    as_ours(event);
    return status;
}
