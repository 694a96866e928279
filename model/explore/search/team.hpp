#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace lmsim::explore {

/// Threads that do one piece of work after the other together; the caller is number 0.
class Team {
  public:
    explicit Team(unsigned members);
    ~Team();
    Team(const Team&) = delete;
    Team& operator=(const Team&) = delete;

    unsigned members() const { return members_; }

    /// Calls work(member) on each thread and returns when all are done.
    void run(const std::function<void(unsigned)>& work);

  private:
    void serve(unsigned member);

    const unsigned members_;
    std::mutex mutex_;
    std::condition_variable begun_;
    std::condition_variable done_;
    const std::function<void(unsigned)>* work_ = nullptr;
    std::uint64_t round_ = 0;
    unsigned busy_ = 0;
    bool over_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace lmsim::explore
