# The installed headers as pages of HTML, for who builds on the libraries: target docs_api.
find_program(LMSIM_DOXYGEN doxygen)
configure_file(docs/Doxyfile.in "${PROJECT_BINARY_DIR}/Doxyfile" @ONLY)
if(LMSIM_DOXYGEN)
    add_custom_target(docs_api VERBATIM WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}"
        COMMAND "${CMAKE_COMMAND}" -E make_directory "${PROJECT_BINARY_DIR}/api"
        COMMAND "${LMSIM_DOXYGEN}" "${PROJECT_BINARY_DIR}/Doxyfile"
        COMMENT "Pages about the headers: ${PROJECT_BINARY_DIR}/api/html/index.html")
endif()
