#include "sim/scenario/input_file.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>

namespace lmsim::sim {

namespace {

constexpr std::size_t largest_input = 1U << 20U;

}  // namespace

Result<std::string> read_input(const std::string& file, const char* what) {
    std::error_code error;
    if (std::filesystem::is_directory(file, error)) {
        return Failure{std::string("this is a folder; expected ") + what};
    }
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> stream(std::fopen(file.c_str(), "rb"),
                                                                 &std::fclose);
    if (!stream) {
        return Failure{std::string("cannot be opened: ") + std::strerror(errno)};
    }
    // Piece by piece: most files are small, and to clear what the largest takes is felt at each
    // start.
    std::string text;
    char piece[4096];
    for (std::size_t some = 1; some != 0 && text.size() <= largest_input;) {
        some = std::fread(piece, 1, sizeof piece, stream.get());
        text.append(piece, some);
    }
    if (std::ferror(stream.get()) != 0) {
        return Failure{std::string("cannot be read: ") + std::strerror(errno)};
    }
    if (text.size() > largest_input) {
        return Failure{std::string("is larger than 1 MiB; expected ") + what};
    }
    return text;
}

}  // namespace lmsim::sim
