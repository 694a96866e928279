#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <type_traits>

#include "model/assert.hpp"

namespace lmsim::bench {

/// What `work` returns, computed in a process of its own: SystemC has one kernel in each, and
/// what one run leaves in the heap and the caches does not help the next.
template <class Work>
auto in_child(Work&& work) -> std::invoke_result_t<Work> {
    using Value = std::invoke_result_t<Work>;
    static_assert(std::is_trivially_copyable_v<Value>);
    int ends[2];
    LMSIM_ASSERT(pipe(ends) == 0);
    const pid_t child = fork();
    LMSIM_ASSERT(child >= 0);
    if (child == 0) {
        const Value value = work();
        const bool sent = write(ends[1], &value, sizeof value) == ssize_t{sizeof value};
        _exit(sent ? 0 : 1);
    }
    close(ends[1]);
    Value value{};
    const bool got = read(ends[0], &value, sizeof value) == ssize_t{sizeof value};
    close(ends[0]);
    int status = 0;
    LMSIM_ASSERT(waitpid(child, &status, 0) == child && status == 0 && got);
    return value;
}

}  // namespace lmsim::bench
