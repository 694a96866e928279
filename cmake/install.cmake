# What `cmake --install` puts where, in two parts: the program with what it reads and its pages, and
# the libraries for those who build on them. docs/install.md says how to use both.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(LMSIM_HEADERS "${CMAKE_INSTALL_INCLUDEDIR}/lmsim")
set(LMSIM_DATA "${CMAKE_INSTALL_DATADIR}/lmsim")

# The program. It finds its data from where it is itself: tools/cli/data_files.cpp.
install(TARGETS lmsim RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}" COMPONENT program)
install(DIRECTORY scenarios DESTINATION "${LMSIM_DATA}" COMPONENT program
    FILES_MATCHING PATTERN "*.toml" PATTERN "*.fio" PATTERN "*.csv")
install(DIRECTORY docs/schema DESTINATION "${LMSIM_DATA}" COMPONENT program)
install(DIRECTORY docs/ DESTINATION "${CMAKE_INSTALL_DOCDIR}" COMPONENT program
    FILES_MATCHING PATTERN "*.md" PATTERN "schema" EXCLUDE PATTERN "pictures" EXCLUDE)

# Man pages and completions: the program prints them, out of its own command line, when it is
# installed.
set(LMSIM_ZSH_COMPLETIONS "${CMAKE_INSTALL_DATADIR}/zsh/site-functions" CACHE STRING
    "Where zsh looks for completions (Debian's: share/zsh/vendor-completions)")
set(LMSIM_PRINTED "${PROJECT_BINARY_DIR}/installed")
set(LMSIM_BASH_COMPLETIONS "${CMAKE_INSTALL_DATADIR}/bash-completion/completions")
set(LMSIM_FISH_COMPLETIONS "${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d")
install(CODE "
    file(REMOVE_RECURSE \"${LMSIM_PRINTED}/man1\")
    file(MAKE_DIRECTORY \"${LMSIM_PRINTED}\")
    execute_process(COMMAND \"$<TARGET_FILE:lmsim>\" man --out \"${LMSIM_PRINTED}/man1\"
        COMMAND_ERROR_IS_FATAL ANY)
    foreach(shell bash zsh fish)
        execute_process(COMMAND \"$<TARGET_FILE:lmsim>\" completion \${shell}
            OUTPUT_FILE \"${LMSIM_PRINTED}/lmsim.\${shell}\" COMMAND_ERROR_IS_FATAL ANY)
    endforeach()" COMPONENT program)
install(DIRECTORY "${LMSIM_PRINTED}/man1" DESTINATION "${CMAKE_INSTALL_MANDIR}"
    COMPONENT program)
install(FILES "${LMSIM_PRINTED}/lmsim.bash" DESTINATION "${LMSIM_BASH_COMPLETIONS}"
    RENAME lmsim COMPONENT program)
install(FILES "${LMSIM_PRINTED}/lmsim.zsh" DESTINATION "${LMSIM_ZSH_COMPLETIONS}"
    RENAME _lmsim COMPONENT program)
install(FILES "${LMSIM_PRINTED}/lmsim.fish" DESTINATION "${LMSIM_FISH_COMPLETIONS}"
    COMPONENT program)

# The libraries.
set_target_properties(lmsim_model PROPERTIES EXPORT_NAME model)
set_target_properties(lmsim_sim PROPERTIES EXPORT_NAME sim)
set_target_properties(lmsim_boost PROPERTIES EXPORT_NAME boost)
install(TARGETS lmsim_model lmsim_sim lmsim_boost EXPORT lmsim
    ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT development
    INCLUDES DESTINATION "${LMSIM_HEADERS}")
install(DIRECTORY model sim DESTINATION "${LMSIM_HEADERS}" COMPONENT development
    FILES_MATCHING PATTERN "*.hpp" PATTERN "*.def" PATTERN "profiles" EXCLUDE
    PATTERN "version.hpp" EXCLUDE)
# With the version itself in the place of a definition on the command line.
file(READ sim/core/version.hpp header)
string(REPLACE "LMSIM_VERSION" "\"${PROJECT_VERSION}\"" header "${header}")
file(CONFIGURE OUTPUT "${PROJECT_BINARY_DIR}/installed/version.hpp" CONTENT "${header}" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/installed/version.hpp" COMPONENT development
    DESTINATION "${LMSIM_HEADERS}/sim/core")
install(EXPORT lmsim FILE lmsimTargets.cmake NAMESPACE lmsim::
    DESTINATION "${CMAKE_INSTALL_LIBDIR}/cmake/lmsim" COMPONENT development)
write_basic_package_version_file("${PROJECT_BINARY_DIR}/lmsimConfigVersion.cmake"
    COMPATIBILITY SameMinorVersion)
install(FILES cmake/lmsimConfig.cmake "${PROJECT_BINARY_DIR}/lmsimConfigVersion.cmake"
    DESTINATION "${CMAKE_INSTALL_LIBDIR}/cmake/lmsim" COMPONENT development)
file(RELATIVE_PATH LMSIM_UP "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
get_target_property(definitions lmsim_boost INTERFACE_COMPILE_DEFINITIONS)
list(TRANSFORM definitions PREPEND "-D")
list(JOIN definitions " " LMSIM_BOOST_FLAGS)
foreach(part model sim)
    configure_file("cmake/lmsim-${part}.pc.in" "${PROJECT_BINARY_DIR}/lmsim-${part}.pc" @ONLY)
    install(FILES "${PROJECT_BINARY_DIR}/lmsim-${part}.pc"
        DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig" COMPONENT development)
endforeach()
