// SPDX-License-Identifier: MIT
#include <algorithm>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// A fuzzer for compilers without libFuzzer: replays every file of a folder, then feeds mutations of
// those files and texts of its own. One seed always makes the same inputs. The input under test is
// written to a file when the process dies, so that it can be replayed: give the file instead of the
// folder.
//
//     topic_fuzz CORPUS [--runs N] [--seed N]

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

struct options {
    std::filesystem::path corpus;
    std::uint64_t runs = 10'000;
    std::uint64_t seed = 1;
};

// What the dying process was fed. Global, because a signal handler cannot be told.
std::string current_input;

extern "C" void keep_input(int signal_number) {
    constexpr const char* path = "fuzz_crash_input";
    if (std::FILE* const file = std::fopen(path, "wb")) {
        std::fwrite(current_input.data(), 1, current_input.size(), file);
        std::fclose(file);
        std::fprintf(stderr, "the input is in %s\n", path);
    }
    std::signal(signal_number, SIG_DFL);
    std::raise(signal_number);
}

void feed(std::string input) {
    current_input = std::move(input);
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(current_input.data()),
                           current_input.size());
}

class generator {
public:
    generator(std::uint64_t seed, const std::vector<std::string>& corpus)
        : random_(seed), corpus_(corpus) {}

    std::string next() {
        if (!corpus_.empty() && below(3) != 0) {
            return mutated(corpus_[below(corpus_.size())]);
        }
        return below(4) == 0 ? random_bytes() : random_text();
    }

private:
    std::size_t below(std::size_t bound) {
        return std::uniform_int_distribution<std::size_t>(0, bound - 1)(random_);
    }

    char random_character() {
        using namespace std::string_view_literals;
        constexpr std::string_view likely = "aaabbz09_-...**>>\nA \0"sv;
        return below(20) == 0 ? static_cast<char>(below(256)) : likely[below(likely.size())];
    }

    // Short ones are likely, those around the limits of 64 and 255 bytes possible.
    std::size_t random_size() {
        constexpr std::size_t limits[] = {1, 8, 24, 80, 300, 3000};
        return below(limits[below(std::size(limits))] + 1);
    }

    std::string random_bytes() {
        std::string out(random_size(), '\0');
        for (char& c : out) {
            c = static_cast<char>(below(256));
        }
        return out;
    }

    std::string random_text() {
        std::string out(random_size(), '\0');
        for (char& c : out) {
            c = random_character();
        }
        return out;
    }

    std::string mutated(std::string text) {
        for (std::size_t left = 1 + below(4); left > 0; --left) {
            mutate(text);
        }
        return text;
    }

    void mutate(std::string& text) {
        const std::size_t at = below(text.size() + 1);
        const std::size_t size = below(text.size() - at + 1);
        switch (below(6)) {
            case 0: text.insert(at, 1, random_character()); break;
            case 1: text.erase(at, size); break;
            case 2: text.insert(at, text.substr(at, size)); break;
            case 3: text.insert(at, corpus_[below(corpus_.size())]); break;
            case 4: text.insert(at, below(70), 'a'); break;
            default:
                if (at < text.size()) {
                    text[at] = random_character();
                }
        }
    }

    std::mt19937_64 random_;
    const std::vector<std::string>& corpus_;
};

std::string read_file(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> read_corpus(const std::filesystem::path& path) {
    std::vector<std::string> corpus;
    if (!std::filesystem::is_directory(path)) {
        corpus.push_back(read_file(path));
        return corpus;
    }
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(path)) {
        files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());  // the folder's order is not the same everywhere
    for (const auto& file : files) {
        corpus.push_back(read_file(file));
    }
    return corpus;
}

bool parse(int count, char** words, options& out) {
    for (int at = 1; at < count; ++at) {
        const std::string_view word = words[at];
        const bool is_number = word == "--runs" || word == "--seed";
        if (is_number && at + 1 < count) {
            (word == "--runs" ? out.runs : out.seed) = std::strtoull(words[++at], nullptr, 10);
        } else if (!is_number && out.corpus.empty()) {
            out.corpus = word;
        } else {
            return false;
        }
    }
    return std::filesystem::exists(out.corpus);
}

}  // namespace

int main(int count, char** words) {
    options chosen;
    if (!parse(count, words, chosen)) {
        std::fprintf(stderr, "usage: %s CORPUS_FOLDER_OR_FILE [--runs N] [--seed N]\n", words[0]);
        return 2;
    }
    std::signal(SIGABRT, keep_input);
    std::signal(SIGSEGV, keep_input);
    const std::vector<std::string> corpus = read_corpus(chosen.corpus);
    if (corpus.empty()) {
        std::fprintf(stderr, "there is no file in %s\n", chosen.corpus.c_str());
        return 2;
    }
    for (const std::string& input : corpus) {
        feed(input);
    }
    generator inputs(chosen.seed, corpus);
    for (std::uint64_t run = 0; run < chosen.runs; ++run) {
        feed(inputs.next());
    }
    std::printf("%zu files and %llu inputs of seed %llu hold\n", corpus.size(),
                static_cast<unsigned long long>(chosen.runs),
                static_cast<unsigned long long>(chosen.seed));
    return 0;
}
