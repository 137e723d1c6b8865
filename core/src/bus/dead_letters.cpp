// SPDX-License-Identifier: MIT
#include <stentor/bus/dead_letters.hpp>

#include "bus/life.hpp"
#include <stentor/bus/bus.hpp>

#include <utility>

namespace stentor::inline v0 {

stentor::dead_letters bus::dead_letters() noexcept {
    return stentor::dead_letters(*engine_);
}

dead_letter_list dead_letters::list(const dead_letter_filter& filter, dead_letter_page page) const {
    auto found = store().list(filter, page);
    if (!found) {
        raise(error(found.error().code == dead_letter_errc::no_memory ? errc::no_memory
                                                                      : errc::invalid_option,
                    "the dead letters cannot be listed: " + found.error().message));
    }
    return *std::move(found);
}

dead_letter_result<dead_letter> dead_letters::get(std::uint64_t number) const {
    return store().get(number);
}

dead_letter_result<std::vector<dead_letter_group>> dead_letters::stats(
    const dead_letter_filter& filter) const {
    return store().stats(filter);
}

dead_letter_result<dead_letter_purged> dead_letters::purge(const dead_letter_filter& filter,
                                                           purge_confirmation confirmed) {
    auto done = store().purge(filter, confirmed);
    if (done && done->removed != 0 && !engine_->forked()) {
        engine_->lives().enable_lettered();
    }
    return done;
}

result<redrive_report, error> dead_letters::redrive(const dead_letter_filter& filter,
                                                    const redrive_options& options) {
    return engine_->lives().redrive(filter, options);
}

result<recovered_letters, error> dead_letters::recover(const std::string& path,
                                                       const redrive_options& options) {
    return engine_->lives().recover(path, options);
}

void dead_letters::use_codec(const letter_codec& one) {
    engine_->lives().use_codec(one);
}

dead_letter_store& dead_letters::store() const noexcept {
    return engine_->lives().letters();
}

}  // namespace stentor::inline v0
