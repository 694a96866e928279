# Everything comes from Debian's packages (tools/setup installs them). Foreign headers are SYSTEM
# headers: their warnings are not ours.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(Boost REQUIRED CONFIG)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(SQLite3 REQUIRED)
pkg_check_modules(SYSTEMC REQUIRED IMPORTED_TARGET systemc)
include(systemc_check)

# Boost.MPL stops at 20 rows unless told otherwise; Boost.MSM tables here have up to 50.
add_library(lmsim_boost INTERFACE)
target_link_libraries(lmsim_boost INTERFACE Boost::headers)
target_compile_definitions(lmsim_boost INTERFACE
    BOOST_MPL_CFG_NO_PREPROCESSED_HEADERS
    BOOST_MPL_LIMIT_LIST_SIZE=50
    BOOST_MPL_LIMIT_VECTOR_SIZE=50)
