# How everything here is compiled. The presets set these; a user rarely does.
option(LMSIM_BENCH "Build bench/ (Google Benchmark; figures mean something in release only)" OFF)
option(LMSIM_LIBRARY_ASSERTIONS "Turn on the assertions inside the standard library" OFF)
option(LMSIM_BATCHES "Compile several files at once: less in all, more after each change" OFF)
option(LMSIM_COVERAGE "Instrument for gcov" OFF)
set(LMSIM_SANITIZE "" CACHE STRING "Value for -fsanitize=, empty for none")

set(CMAKE_CXX_STANDARD 17)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)

find_program(LMSIM_CCACHE ccache)
if(LMSIM_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    set(CMAKE_CXX_COMPILER_LAUNCHER "${LMSIM_CCACHE}")
endif()

# Linked by our own targets only, so that no foreign header is judged by our rules.
add_library(lmsim_options INTERFACE)
target_compile_options(lmsim_options INTERFACE
    -Wall -Wextra -Wpedantic -Werror
    # Paths inside the program are relative: assert messages do not depend on the checkout.
    "-fmacro-prefix-map=${PROJECT_SOURCE_DIR}/=")
target_include_directories(lmsim_options INTERFACE "${PROJECT_SOURCE_DIR}")

if(LMSIM_LIBRARY_ASSERTIONS)
    target_compile_definitions(lmsim_options INTERFACE _GLIBCXX_ASSERTIONS)
endif()
if(LMSIM_SANITIZE)
    target_compile_options(lmsim_options INTERFACE
        -fsanitize=${LMSIM_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer
        # GCC's flow analysis sees ghosts in instrumented code; the plain builds keep the warning.
        -Wno-maybe-uninitialized)
    target_link_options(lmsim_options INTERFACE -fsanitize=${LMSIM_SANITIZE})
endif()
if(LMSIM_COVERAGE)
    target_compile_options(lmsim_options INTERFACE --coverage -fprofile-update=atomic)
    target_link_options(lmsim_options INTERFACE --coverage)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    # Clang 14 lacks the GCC-only warning names used in pragmas and flags above.
    target_compile_options(lmsim_options INTERFACE -Wno-unknown-warning-option)
endif()
