// SPDX-License-Identifier: MIT
#include <stentor/event/cloud_event.hpp>

#include "event/cloud_event_rules.hpp"
#include <stentor/event/json_options.hpp>

#include <algorithm>
#include <utility>

namespace stentor::inline v0 {

std::string to_string(const cloud_event_value& value) {
    if (const auto* const text = std::get_if<std::string>(&value)) {
        return *text;
    }
    if (const auto* const number = std::get_if<std::int32_t>(&value)) {
        return std::to_string(*number);
    }
    return std::get<bool>(value) ? "true" : "false";
}

const cloud_event_value* cloud_event::extension(std::string_view name) const noexcept {
    const auto found =
        std::find_if(extensions.begin(), extensions.end(),
                     [&](const cloud_event_extension& each) { return each.name == name; });
    return found == extensions.end() ? nullptr : &found->value;
}

result<void, codec_error> check_cloud_event(const cloud_event& event) {
    return detail::without_throwing<void>([&]() -> result<void, codec_error> {
        auto fault = detail::check_event(event);
        if (!fault && event.data.content == cloud_event_content::json) {
            fault = detail::check_json_data(event.data.bytes, json_depth_limit);
        }
        if (fault) {
            return unexpected(*std::move(fault));
        }
        return {};
    });
}

}  // namespace stentor::inline v0
