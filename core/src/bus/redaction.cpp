// SPDX-License-Identifier: MIT
#include <stentor/bus/redaction.hpp>

#include <utility>

namespace stentor::inline v0 {

interceptor redaction(std::string name, std::string pattern,
                      callback<void(std::string& text)> mask) {
    interceptor made;
    made.name = std::move(name);
    made.pattern = std::move(pattern);
    if (mask) {  // else the bus refuses it, with a message
        made.before_publish = [mask = std::move(mask)](outgoing_event& one) {
            if (auto* text = one.text(); text != nullptr) {
                mask(*text);
            }
        };
    }
    return made;
}

interceptor error_redaction(std::string name, callback<void(std::string& text)> mask) {
    interceptor made;
    made.name = std::move(name);
    made.on_error_text = std::move(mask);
    return made;
}

}  // namespace stentor::inline v0
