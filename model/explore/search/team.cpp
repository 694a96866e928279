#include "model/explore/search/team.hpp"

namespace lmsim::explore {

Team::Team(unsigned members) : members_(members == 0 ? 1 : members) {
    for (unsigned member = 1; member < members_; ++member) {
        threads_.emplace_back([this, member] { serve(member); });
    }
}

Team::~Team() {
    {
        const std::lock_guard<std::mutex> lock(mutex_);
        over_ = true;
    }
    begun_.notify_all();
    for (std::thread& thread : threads_) {
        thread.join();
    }
}

void Team::run(const std::function<void(unsigned)>& work) {
    if (members_ > 1) {
        const std::lock_guard<std::mutex> lock(mutex_);
        work_ = &work;
        busy_ = members_ - 1;
        ++round_;
    }
    begun_.notify_all();
    work(0);
    std::unique_lock<std::mutex> lock(mutex_);
    done_.wait(lock, [this] { return busy_ == 0; });
}

void Team::serve(unsigned member) {
    std::uint64_t seen = 0;
    for (;;) {
        const std::function<void(unsigned)>* work = nullptr;
        {
            std::unique_lock<std::mutex> lock(mutex_);
            begun_.wait(lock, [&] { return over_ || round_ != seen; });
            if (over_) {
                return;
            }
            seen = round_;
            work = work_;
        }
        (*work)(member);
        const std::lock_guard<std::mutex> lock(mutex_);
        if (--busy_ == 0) {
            done_.notify_one();
        }
    }
}

}  // namespace lmsim::explore
