# Run by CPack between the installation into a folder of its own and the packages: what Debian has
# otherwise than `cmake --install`.
cmake_minimum_required(VERSION 3.25)

# lmsim_compress(FILE...): as Debian's policy asks, and the same bytes every time.
function(lmsim_compress)
    if(ARGN)
        execute_process(COMMAND gzip -9nf ${ARGN} COMMAND_ERROR_IS_FATAL ANY)
    endif()
endfunction()

set(top "${CPACK_TEMPORARY_INSTALL_DIRECTORY}")
foreach(package program:lmsim development:lmsim-dev)
    string(REPLACE ":" ";" package "${package}")
    list(GET package 0 component)
    list(GET package 1 name)
    set(usr "${top}/${component}/usr")
    if(NOT IS_DIRECTORY "${usr}")
        message(FATAL_ERROR "${usr} is not there: what CPack installed lies elsewhere")
    endif()
    set(doc "${usr}/share/doc/${name}")
    file(MAKE_DIRECTORY "${doc}")
    file(COPY_FILE "${CPACK_LMSIM_COPYRIGHT}" "${doc}/copyright")
    file(COPY_FILE "${CPACK_LMSIM_CHANGELOG}" "${doc}/changelog")
    file(CHMOD "${doc}/copyright" "${doc}/changelog"
        FILE_PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
    if(component STREQUAL "program")
        execute_process(COMMAND "${CPACK_LMSIM_SBOM}" "${CPACK_LMSIM_BUILD}"
            --program "${usr}/bin/lmsim" --out "${doc}/lmsim.spdx.json" COMMAND_ERROR_IS_FATAL ANY)
        file(CHMOD "${doc}/lmsim.spdx.json"
            FILE_PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
        lmsim_compress("${doc}/lmsim.spdx.json")
    endif()
    file(GLOB pages "${usr}/share/man/man1/*.1")
    lmsim_compress("${doc}/changelog" ${pages})
    # Debian's zsh does not look into site-functions of /usr.
    if(IS_DIRECTORY "${usr}/share/zsh/site-functions")
        file(RENAME "${usr}/share/zsh/site-functions" "${usr}/share/zsh/vendor-completions")
    endif()
endforeach()
