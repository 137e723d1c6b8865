// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/export.hpp>

#include <initializer_list>
#include <memory>
#include <vector>

namespace stentor::inline v0 {

struct interceptor;

// The interceptors of a bus, in the order that they are called in. A type of its own, so that who
// has none needs to know nothing about them; whoever makes one includes <stentor/bus/
// interceptor.hpp>.
//
// Threads: a value, moved only. Progress: adding allocates.
class STENTOR_EXPORT interceptor_list {
public:
    interceptor_list() noexcept = default;
    interceptor_list(std::initializer_list<interceptor> all);
    interceptor_list(interceptor_list&&) noexcept = default;
    interceptor_list& operator=(interceptor_list&&) noexcept = default;
    ~interceptor_list() = default;

    void add(interceptor one);
    // For the engine. Null: none.
    [[nodiscard]] const std::vector<interceptor>* all() const noexcept { return all_.get(); }

private:
    std::shared_ptr<std::vector<interceptor>> all_;
};

}  // namespace stentor::inline v0
