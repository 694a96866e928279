# The few files that each simulated command runs through are compiled once more, and linked as one
# into the programs whose speed is measured: calls between them cost a tenth of a run. Tests and
# libraries have them as all others. Batches leave them out: they would bring the other copy along.
# A command's path is long and each of its parts has one caller or two: larger functions than usual
# are put into their callers.
include_guard()
set(LMSIM_INLINE_MORE -finline-limit=400 --param=inline-unit-growth=100)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_BUILD_TYPE STREQUAL "Release"
   AND NOT LMSIM_SANITIZE AND NOT LMSIM_COVERAGE)
    set(LMSIM_LINKED_AS_ONE ON)
else()
    set(LMSIM_LINKED_AS_ONE OFF)
endif()

# lmsim_hot_files(library file...): those of the library, in its own folder.
function(lmsim_hot_files library)
    if(LMSIM_LINKED_AS_ONE)
        set_source_files_properties(${ARGN} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
        list(TRANSFORM ARGN PREPEND "${CMAKE_CURRENT_SOURCE_DIR}/")
        set_source_files_properties(${ARGN} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
        add_library(${library}_hot OBJECT ${ARGN})
        target_link_libraries(${library}_hot PUBLIC ${library})
        target_compile_options(${library}_hot PRIVATE -flto -fno-fat-lto-objects
                               ${LMSIM_INLINE_MORE})
    endif()
endfunction()

# The program has all of them, as one.
function(lmsim_link_as_one program)
    if(LMSIM_LINKED_AS_ONE)
        target_link_libraries(${program} PRIVATE lmsim_model_hot lmsim_sim_hot)
        target_link_options(${program} PRIVATE -flto -flto-partition=one ${LMSIM_INLINE_MORE})
    endif()
endfunction()
