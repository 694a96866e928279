# Four of the undefined behaviour checks take half of the compile time and say what the address
# sanitizer says too (but for alignment). The protocol in model/ keeps them; all else goes without.
function(lmsim_lean_checks)
    if(LMSIM_SANITIZE MATCHES "undefined" AND ARGN)
        set_source_files_properties(${ARGN} PROPERTIES
            COMPILE_OPTIONS "-fno-sanitize=null,alignment,object-size,vptr")
    endif()
endfunction()

# Compiles the files of a library several at once, if the preset wants that. They see each other's
# names then, also those of unnamed namespaces: name apart what is not the same, move what is. In
# model/ each machine's table has its Context and its guards; those files stay alone.
function(lmsim_compile_in_batches name)
    if(LMSIM_BATCHES)
        set_target_properties(${name} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 8)
    endif()
endfunction()

# A folder is a library: all its .cpp files, found again at every build. A folder without sources
# yet is a library without code, so that the flow between the folders is written once.
function(lmsim_folder name)
    file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cpp")
    if(NOT name STREQUAL "lmsim_model")
        lmsim_lean_checks(${sources})
    endif()
    if(sources)
        add_library(${name} STATIC ${sources})
        # Our warnings are not for those who build on the installed library.
        target_link_libraries(${name} PUBLIC $<BUILD_INTERFACE:lmsim_options> ${ARGN})
        target_compile_features(${name} PUBLIC cxx_std_17)
        if(NOT name STREQUAL "lmsim_model")
            lmsim_compile_in_batches(${name})
        endif()
    else()
        add_library(${name} INTERFACE)
        target_link_libraries(${name} INTERFACE lmsim_options ${ARGN})
    endif()
endfunction()
