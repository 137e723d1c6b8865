// SPDX-License-Identifier: MIT
#include "support/measurement.hpp"

#include <cmath>
#include <cstdio>
#include <thread>

namespace bench {
namespace {

void append_string(std::string& out, std::string_view text) {
    out += '"';
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            out += '\\';
        }
        out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
    out += '"';
}

void append_field(std::string& out, std::string_view name, double value) {
    append_string(out, name);
    char text[40];
    std::snprintf(text, sizeof text, ":%.9g,", std::isfinite(value) ? value : -1.0);
    out += text;
}

void append_cpus(std::string& out, std::string_view name, std::uint64_t mask) {
    append_string(out, name);
    out += ":[";
    for (int cpu = 0; mask != 0; ++cpu, mask >>= 1) {
        if ((mask & 1) != 0) {
            out += out.back() == '[' ? "" : ",";
            out += std::to_string(cpu);
        }
    }
    out += "],";
}

}  // namespace

std::string to_json(std::string_view competitor, std::string_view workload,
                    const measurement& result) {
    std::string out = "{\"competitor\":";
    append_string(out, competitor);
    out += ",\"workload\":";
    append_string(out, workload);
    out += ",\"count\":" + std::to_string(result.count);
    out += ",\"deliveries\":" + std::to_string(result.deliveries);
    // As text: a JSON number would lose its low bits in some readers.
    out += ",\"checksum\":\"" + std::to_string(result.checksum) + "\",";
    append_field(out, "seconds", result.seconds);
    append_field(out, "cpu_seconds", result.cpu_seconds);
    append_field(out, "threads", result.threads);
    append_field(out, "cores", std::thread::hardware_concurrency());
    append_cpus(out, "publisher_cpus", result.publisher_cpus);
    append_cpus(out, "handler_cpus", result.handler_cpus);
    out += "\"metrics\":{";
    for (const auto& [name, value] : result.metrics) {
        append_field(out, name, value);
    }
    if (out.back() == ',') {
        out.pop_back();
    }
    out += "},\"ok\":";
    out += result.ok ? "true" : "false";
    out += ",\"why\":";
    append_string(out, result.why);
    out += '}';
    return out;
}

}  // namespace bench
