// SPDX-License-Identifier: MIT

#include "failure_log.hpp"

#include <filesystem>

namespace github {

stentor::log_sink failure_log::sink() {
    return {
        .on_error =
            [this](const stentor::error_record& record) {
                std::pair kind{std::string(record.subscription), std::string(record.error)};
                const std::lock_guard lock(mutex_);
                if (examples_.contains(kind) || examples_.size() >= kept_max) {
                    return;
                }
                const std::filesystem::path file = record.location.file_name();
                example seen{
                    kind.first, kind.second, std::string(record.topic),
                    file.filename().string() + ":" + std::to_string(record.location.line())};
                examples_.emplace(std::move(kind), std::move(seen));
            },
        .on_notice =
            [this](const stentor::notice_record& record) {
                const std::lock_guard lock(mutex_);
                if (notices_.size() < kept_max) {
                    notices_.emplace_back(record.message);
                }
            },
    };
}

std::vector<failure_log::example> failure_log::examples() const {
    const std::lock_guard lock(mutex_);
    std::vector<example> list;
    list.reserve(examples_.size());
    for (const auto& [kind, seen] : examples_) {
        list.push_back(seen);
    }
    return list;
}

std::vector<std::string> failure_log::notices() const {
    const std::lock_guard lock(mutex_);
    return notices_;
}

}  // namespace github
