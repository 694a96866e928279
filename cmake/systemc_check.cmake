# SystemC refuses to link when it was built for another C++ standard, with a mangled name as the
# only hint. Say it in words, once, before anything is built.
set(LMSIM_SYSTEMC_KEY "${CMAKE_CXX_COMPILER}:${SYSTEMC_VERSION}:${SYSTEMC_LINK_LIBRARIES}")
if(NOT "${LMSIM_SYSTEMC_CHECKED}" STREQUAL "${LMSIM_SYSTEMC_KEY}")
    unset(LMSIM_SYSTEMC_LINKS CACHE)
    try_compile(LMSIM_SYSTEMC_LINKS
        "${PROJECT_BINARY_DIR}/systemc_check"
        "${CMAKE_CURRENT_LIST_DIR}/systemc_check.cpp"
        LINK_LIBRARIES PkgConfig::SYSTEMC Threads::Threads
        CXX_STANDARD 17 CXX_STANDARD_REQUIRED ON CXX_EXTENSIONS OFF
        OUTPUT_VARIABLE LMSIM_SYSTEMC_OUTPUT)
    if(NOT LMSIM_SYSTEMC_LINKS)
        if(LMSIM_SYSTEMC_OUTPUT MATCHES "sc_api_version")
            message(FATAL_ERROR "SystemC ${SYSTEMC_VERSION} was built for a C++ standard other "
                "than C++17, which lmsim uses; install Debian's libsystemc-dev or rebuild SystemC "
                "with -DCMAKE_CXX_STANDARD=17.")
        endif()
        message(FATAL_ERROR "A three-line SystemC program does not build with "
            "${CMAKE_CXX_COMPILER} and SystemC ${SYSTEMC_VERSION}:\n${LMSIM_SYSTEMC_OUTPUT}")
    endif()
    set(LMSIM_SYSTEMC_CHECKED "${LMSIM_SYSTEMC_KEY}" CACHE INTERNAL "")
endif()
