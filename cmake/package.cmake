# Debian packages: `cpack -G DEB` in a build folder makes lmsim (the program, its scenarios, pages,
# man pages and completions) and lmsim-dev (the libraries). tools/nightly deb installs, runs and
# removes them in a clean Debian 12; docs/install.md tells users.
set(LMSIM_PACKAGE_MAINTAINER "lmsim maintainers <maintainers@lmsim.invalid>" CACHE STRING
    "Who made the Debian packages: Name <address>")
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME lmsim)
set(CPACK_PACKAGE_CONTACT "${LMSIM_PACKAGE_MAINTAINER}")
set(CPACK_PACKAGE_VERSION "${PROJECT_VERSION}")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_COMPONENTS_ALL program development)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)

set(CPACK_DEBIAN_PROGRAM_PACKAGE_NAME lmsim)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SUGGESTS
    "graphviz, fio, qemu-system-x86, slurm-client, bash-completion")
string(CONCAT CPACK_COMPONENT_PROGRAM_DESCRIPTION
    "Simulates the live migration of a virtual machine whose disks are NVMe SR-IOV\n"
    "virtual functions: how long the guest stands still, whose time that is, and\n"
    "what its I/O sees. The protocol inside is an executable specification that can\n"
    "be searched, printed, drawn, and put beside real devices.")

set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME lmsim-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
# Static libraries: what their headers include and what they are linked with, which
# dpkg-shlibdeps cannot know.
string(CONCAT CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS "libsystemc-dev, libfmt-dev, "
    "libtomlplusplus-dev, nlohmann-json3-dev, libboost-dev")
string(CONCAT CPACK_COMPONENT_DEVELOPMENT_DESCRIPTION
    "The libraries: the specification as plain C++17, and the simulator on SystemC,\n"
    "static, with headers, for find_package(lmsim) and pkg-config.")

set(CPACK_PRE_BUILD_SCRIPTS "${PROJECT_SOURCE_DIR}/cmake/debian/files.cmake")
set(CPACK_LMSIM_COPYRIGHT "${PROJECT_SOURCE_DIR}/cmake/debian/copyright")
set(CPACK_LMSIM_CHANGELOG "${PROJECT_SOURCE_DIR}/CHANGELOG.md")
set(CPACK_LMSIM_SBOM "${PROJECT_SOURCE_DIR}/tools/sbom")
set(CPACK_LMSIM_BUILD "${PROJECT_BINARY_DIR}")
include(CPack)
