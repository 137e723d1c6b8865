// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/event/cloud_event_http.hpp>
#include <stentor/event/cloud_event_mapping.hpp>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <random>
#include <string>
#include <string_view>

// CloudEvents and events of ours by chance, all of them valid. One seed always makes the same.
//
// Threads: one. Progress: allocates.
namespace stentor_test {

class random_cloud_events {
public:
    explicit random_cloud_events(std::uint64_t seed) : random_(seed) {}

    std::size_t below(std::size_t bound) {
        return std::uniform_int_distribution<std::size_t>(0, bound - 1)(random_);
    }
    bool chance() { return below(2) == 0; }
    std::string one_of(std::initializer_list<std::string_view> all) {
        return std::string(all.begin()[below(all.size())]);
    }

    // A String of CloudEvents. `plain`: what the JavaScript SDK has unencoded in HTTP headers.
    std::string text(bool plain = false) {
        std::string out;
        for (std::size_t left = 1 + below(4); left > 0; --left) {
            out += plain ? one_of({"a", "B-7", "/x/y", "0", "order.placed", "{[,:]}", "#?&=;"})
                         : one_of({"a", " ", "\"", "%41", "\\", "é", "\u20ac", "\U0001F600", "0",
                                   "%", "&x=1", "\u00a0", "\uFFFC", "12345678"});
        }
        return out;
    }

    stentor::cloud_event event(bool plain = false) {
        stentor::cloud_event out;
        out.id = text(plain);
        out.source = plain ? one_of({"/shop", "urn:x:y", "https://a.example/b?c=d#f", "a"})
                           : one_of({"/shop", "urn:x:y", "https://a.example/b?c=d%20e#f"});
        out.type = text(plain);
        if (chance()) {
            out.subject = text(plain);
        }
        if (chance()) {
            out.time = stentor::cloud_event_time(std::chrono::nanoseconds(integer()));
        }
        if (chance()) {
            out.dataschema = one_of({"https://a.example/s.json", "urn:s:1", "tag:b"});
        }
        for (std::size_t left = below(4); left > 0; --left) {
            out.extensions.push_back({"ext" + std::to_string(left), value(plain)});
        }
        fill_data(out);
        return out;
    }

    stentor::mapped_event mapped() {
        stentor::mapped_event out;
        out.topic = one_of({"order.placed", "a", "order.status-x.changed_2"});
        out.id = stentor::event_id::from_words(random_(), random_());
        using clock = std::chrono::system_clock;
        out.time = clock::time_point(clock::duration(integer()));
        out.correlation_id = maybe_any_bytes();
        out.user_id = maybe_any_bytes();
        out.source = maybe_any_bytes();
        out.key = maybe_any_bytes();
        out.traceparent = chance() ? "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" : "";
        out.tracestate = maybe_any_bytes();
        if (chance()) {
            out.causation_id = stentor::event_id::from_words(random_(), random_());
            out.expires_at = clock::time_point(clock::duration(integer()));
        }
        out.depth = static_cast<std::int32_t>(below(65));
        out.schema_version = chance() ? static_cast<std::uint32_t>(random_()) : 1;
        for (std::size_t left = below(5); left > 0; --left) {
            const bool ours = chance();
            out.headers.push_back(
                {ours ? any_bytes()
                      : one_of({"ce-id", "ce-", "ce-x", "CE-x", "ce-source", "ce-attribute-types",
                                "ce-stentordepth", "ce-subject"}),
                 chance() ? any_bytes() : "x=integer"});
        }
        stentor::cloud_event data;
        fill_data(data);
        out.data = data.data;
        if (out.data.content == stentor::cloud_event_content::binary && chance()) {
            out.content_type = "application/cbor";
        }
        return out;
    }

private:
    std::int64_t integer() { return static_cast<std::int64_t>(random_()); }

    stentor::cloud_event_value value(bool plain) {
        constexpr auto max = std::numeric_limits<std::int32_t>::max();
        switch (below(4)) {
            case 0: return chance();
            case 1: return static_cast<std::int32_t>(random_());
            case 2: return chance() ? max : -max - 1;
            default: return text(plain);
        }
    }

    std::string json() {
        return one_of({"null", "{}", "[1, 2.50,\t-1e-7]", "\"\\u0041 text\"", "0", "true",
                       "{ \"a\" : [ { \"b\" : null } ] }", "12345678901234567890123"});
    }

    void fill_data(stentor::cloud_event& out) {
        switch (below(4)) {
            case 0: break;
            case 1:
                out.data = stentor::cloud_event_data::json(json());
                out.datacontenttype = one_of({"application/json", "application/x+json"});
                break;
            case 2:
                out.data = stentor::cloud_event_data::text(text() + "\n<x a=\"b\"/>");
                out.datacontenttype = one_of({"text/plain", "application/xml; charset=\"utf-8\""});
                break;
            default:
                out.data = stentor::cloud_event_data::binary(any_bytes() + "\xff");
                out.datacontenttype = one_of({"application/octet-stream", "image/png"});
        }
    }

    std::string any_bytes() {
        std::string out;
        for (std::size_t left = below(6); left > 0; --left) {
            out += static_cast<char>(random_() >> (chance() ? 57U : 56U));
        }
        return out;
    }
    std::string maybe_any_bytes() { return chance() ? any_bytes() : std::string(); }

    std::mt19937_64 random_;
};

}  // namespace stentor_test
