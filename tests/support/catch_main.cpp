// The one translation unit that compiles Catch2's main, so that each suite links it instead of building it again.
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
