#pragma once

// One name for Catch2: Debian 12 has 2.13 (a single header), Debian 13 has 3.
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
using Catch::Approx;
#else
#include <catch2/catch.hpp>
#endif
