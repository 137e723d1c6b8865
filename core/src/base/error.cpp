// SPDX-License-Identifier: MIT
#include <stentor/base/error.hpp>

#include <cstdio>
#include <cstdlib>

namespace stentor::inline v0 {

std::string_view to_string(errc code) noexcept {
    switch (code) {
        case errc::invalid_topic: return "invalid_topic";
        case errc::invalid_pattern: return "invalid_pattern";
        case errc::invalid_name: return "invalid_name";
        case errc::duplicate_name: return "duplicate_name";
        case errc::invalid_option: return "invalid_option";
        case errc::unsupported_combination: return "unsupported_combination";
        case errc::type_mismatch: return "type_mismatch";
        case errc::closed: return "closed";
        case errc::no_memory: return "no_memory";
        case errc::no_threads: return "no_threads";
        case errc::not_found: return "not_found";
        case errc::invalid_id: return "invalid_id";
        case errc::busy: return "busy";
        case errc::hook_failed: return "hook_failed";
    }
    return "unknown";
}

bus_error::bus_error(error details)
    : std::runtime_error(details.message()),
      details_(std::make_shared<const error>(std::move(details))) {}

bus_error::~bus_error() = default;

void raise(error details) {
#if defined(__cpp_exceptions)
    throw bus_error(std::move(details));
#else
    const std::string_view code = to_string(details.code());
    std::fprintf(stderr, "stentor: %s (%.*s)\n", details.message().c_str(),
                 static_cast<int>(code.size()), code.data());
    std::fflush(stderr);
    std::abort();
#endif
}

}  // namespace stentor::inline v0
