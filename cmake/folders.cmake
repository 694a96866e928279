# A folder is a library: all its .cpp files, found again at every build. A folder without sources
# yet is a library without code, so that the flow between the folders is written once.
function(lmsim_folder name)
    file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cpp")
    if(sources)
        add_library(${name} STATIC ${sources})
        target_link_libraries(${name} PUBLIC lmsim_options ${ARGN})
    else()
        add_library(${name} INTERFACE)
        target_link_libraries(${name} INTERFACE lmsim_options ${ARGN})
    endif()
endfunction()
