# Four of the undefined behaviour checks take half of the compile time and say what the address
# sanitizer says too (but for alignment). The protocol in model/ keeps them; all else goes without.
function(lmsim_lean_checks)
    if(LMSIM_SANITIZE MATCHES "undefined" AND ARGN)
        set_source_files_properties(${ARGN} PROPERTIES
            COMPILE_OPTIONS "-fno-sanitize=null,alignment,object-size,vptr")
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
        target_link_libraries(${name} PUBLIC lmsim_options ${ARGN})
    else()
        add_library(${name} INTERFACE)
        target_link_libraries(${name} INTERFACE lmsim_options ${ARGN})
    endif()
endfunction()
