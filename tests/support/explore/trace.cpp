// SPDX-License-Identifier: MIT
#include "support/explore/trace.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <iomanip>
#include <sstream>
#include <string_view>

namespace stentor::explore {

namespace {

constexpr std::array operation_names{"starts",
                                     "ends",
                                     "load",
                                     "store",
                                     "exchange",
                                     "compare_exchange",
                                     "fetch_add",
                                     "fetch_sub",
                                     "fetch_or",
                                     "fetch_and",
                                     "full_fence",
                                     "light_fence",
                                     "heavy_fence",
                                     "pause",
                                     "reaches memory",
                                     "waits",
                                     "is woken",
                                     "times out",
                                     "wakes",
                                     "sleeps",
                                     "reads",
                                     "writes",
                                     ""};

constexpr std::array order_names{"relaxed", "consume", "acquire", "release", "acq_rel", "seq_cst"};

// Long runs fail by not ending; their last steps say why, and nobody reads 20 000 lines.
constexpr std::size_t steps_printed_max = 200;

std::string_view file_name(const char* path) {
    const std::string_view text = path;
    const auto slash = text.rfind('/');
    return slash == std::string_view::npos ? text : text.substr(slash + 1);
}

// Prints values. Addresses differ from run to run, so they get names in the order of appearance.
class value_printer {
public:
    explicit value_printer(std::ostream& out) : out_(out) {}

    void print(const trace_step& step, std::uint64_t bits) {
        if (step.address && bits != 0) {
            auto known = std::find(addresses_.begin(), addresses_.end(), bits);
            if (known == addresses_.end()) {
                known = addresses_.insert(known, bits);
            }
            out_ << '@' << (known - addresses_.begin()) + 1;
            return;
        }
        out_ << bits;
        if (bits > 9) {  // words of flags and counts are read best in both forms
            out_ << "/0x" << std::hex << bits << std::dec;
        }
    }

    void print_operands(const trace_step& step) {
        switch (step.kind) {
            case operation::load: print_one(" = ", step); break;
            case operation::store:
            case operation::flush: print_one(" <- ", step); break;
            case operation::wait: print_one(" while ", step); break;
            case operation::wake: print_one(": ", step); break;
            case operation::compare_exchange:
                print_change(step, step.succeeded ? " -> " : " refused, wanted ");
                break;
            case operation::exchange:
            case operation::fetch_add:
            case operation::fetch_sub:
            case operation::fetch_or:
            case operation::fetch_and: print_change(step, " -> "); break;
            default: break;
        }
    }

private:
    void print_one(const char* sign, const trace_step& step) {
        out_ << sign;
        print(step, step.after);
    }
    void print_change(const trace_step& step, const char* sign) {
        out_ << ' ';
        print(step, step.before);
        out_ << sign;
        print(step, step.after);
    }

    std::ostream& out_;
    std::vector<std::uint64_t> addresses_;
};

bool has_location(operation kind) {
    return (kind >= operation::load && kind <= operation::fetch_and) || kind == operation::flush ||
           kind == operation::wait || kind == operation::wake || kind == operation::read ||
           kind == operation::write;
}

}  // namespace

std::string to_string(const std::vector<trace_step>& steps,
                      const std::vector<const char*>& task_names) {
    std::size_t width = 4;
    for (const char* name : task_names) {
        width = std::max(width, std::string_view(name).size());
    }
    std::ostringstream out;
    value_printer values(out);
    std::size_t number = 0;
    if (steps.size() > steps_printed_max) {
        number = steps.size() - steps_printed_max;
        out << "  ... " << number << " earlier steps\n";
    }
    for (; number < steps.size(); ++number) {
        const trace_step& step = steps[number];
        out << std::setw(6) << number << "  " << std::left << std::setw(static_cast<int>(width))
            << task_names[step.task] << std::right << "  ";
        out << operation_names[static_cast<std::size_t>(step.kind)];
        if (has_location(step.kind)) {
            out << ' ';
            if (step.name != nullptr) {
                out << step.name;
            } else {
                out << '#' << step.id;
            }
        } else if (step.name != nullptr) {
            out << step.name;
        }
        values.print_operands(step);
        if (step.kind >= operation::load && step.kind <= operation::fetch_and) {
            out << "  " << order_names[step.order];
        }
        if (step.file != nullptr) {
            out << "  (" << file_name(step.file) << ':' << step.line << ')';
        }
        out << '\n';
    }
    return out.str();
}

}  // namespace stentor::explore
