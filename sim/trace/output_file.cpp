#include "sim/trace/output_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "sim/core/text.hpp"

namespace lmsim::sim::trace {

std::string system_words(int number) {
    if (number == ENOSPC) return "the disk is full";
    return std::generic_category().message(number);
}

OutputFile::OutputFile(std::string path, int descriptor)
    : path_(std::move(path)), descriptor_(descriptor) {}

OutputFile::OutputFile(OutputFile&& other) noexcept
    : path_(std::move(other.path_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      error_(std::move(other.error_)) {}

OutputFile& OutputFile::operator=(OutputFile&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(descriptor_, other.descriptor_);
    std::swap(error_, other.error_);
    return *this;
}

OutputFile::~OutputFile() { close(); }

sim::Result<OutputFile> OutputFile::create(const std::string& path) {
    const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (descriptor < 0) {
        return Failure{fmt::format("cannot write {}: {}", in_quotes(path), system_words(errno))};
    }
    return OutputFile(path, descriptor);
}

void OutputFile::write(std::string_view bytes) {
    if (descriptor_ < 0 || !error_.empty()) return;
    while (!bytes.empty()) {
        const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return fail(errno);
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
}

void OutputFile::close() {
    if (descriptor_ < 0) return;
    const int result = ::close(std::exchange(descriptor_, -1));
    // EINTR: Linux has closed it all the same (close(2), "Dealing with error returns").
    if (result != 0 && errno != EINTR && error_.empty()) fail(errno);
}

void OutputFile::fail(int number) {
    error_ = fmt::format("cannot write {}: {}", in_quotes(path_), system_words(number));
}

std::string write_file(const std::string& path, std::string_view bytes) {
    sim::Result<OutputFile> file = OutputFile::create(path);
    if (!file) return file.error();
    file.value().write(bytes);
    file.value().close();
    return file.value().error();
}

}  // namespace lmsim::sim::trace
