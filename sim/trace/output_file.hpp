#pragma once

#include <string>
#include <string_view>

#include "sim/core/result.hpp"

namespace lmsim::sim::trace {

constexpr std::size_t buffer_bytes = std::size_t{1} << 16U;  // stays in the cache

/// A file that is written from its begin to its end. The first failure (disk full, file too large)
/// is kept as a sentence; what comes after it is dropped, so that it is said once.
class OutputFile {
  public:
    /// Makes the file or empties it.
    static sim::Result<OutputFile> create(const std::string& path);
    OutputFile(OutputFile&& other) noexcept;
    OutputFile& operator=(OutputFile&& other) noexcept;
    ~OutputFile();

    void write(std::string_view bytes);
    /// Some file systems tell only now that the disk was full. Nothing is written after it.
    void close();

    /// Empty as long as all is well.
    const std::string& error() const { return error_; }
    const std::string& path() const { return path_; }

  private:
    OutputFile(std::string path, int descriptor);
    void fail(int number);

    std::string path_;
    int descriptor_ = -1;
    std::string error_;
};

/// The whole file at once; an empty text, or what went wrong.
std::string write_file(const std::string& path, std::string_view bytes);

/// "the disk is full", "permission denied": the system's words for an errno.
std::string system_words(int number);

}  // namespace lmsim::sim::trace
