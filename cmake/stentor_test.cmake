# SPDX-License-Identifier: MIT

# stentor_add_test(NAME <kind>_<subject> SOURCES <file>... [LIBS <target>...] [LABELS <label>...]
#                  [TIMEOUT <seconds>] [SERIAL] [ENVIRONMENT <VAR=value>...])
#
# A GoogleTest program stentor_<kind>_<subject>. Each TEST of it becomes a ctest test named
# <kind>.<suite>.<test>, labelled with its kind. TIMEOUT is for a plain build (default 60); a
# sanitized one gets four times as long. SERIAL is for tests that measure time or need all
# cores. Tests see the private headers of core as "lane/lane_state.hpp" and those of tests as
# "support/...".
function(stentor_add_test)
    cmake_parse_arguments(PARSE_ARGV 0 arg "SERIAL" "NAME;TIMEOUT"
        "SOURCES;LIBS;LABELS;ENVIRONMENT"
    )
    if(NOT arg_NAME OR NOT arg_SOURCES)
        message(FATAL_ERROR "stentor_add_test needs NAME and SOURCES")
    endif()
    string(REGEX MATCH "^[a-z]+" kind "${arg_NAME}")
    if(NOT arg_TIMEOUT)
        set(arg_TIMEOUT 60)
    endif()
    if(STENTOR_SANITIZE)
        math(EXPR arg_TIMEOUT "${arg_TIMEOUT} * 4")
    endif()

    set(target stentor_${arg_NAME})
    stentor_add_program(NAME ${target} SOURCES ${arg_SOURCES} LIBS GTest::gtest_main ${arg_LIBS})
    target_include_directories(${target} PRIVATE
        "${PROJECT_SOURCE_DIR}/core/src" "${PROJECT_SOURCE_DIR}/tests"
    )
    stentor_use_test_pch(${target})
    stentor_test_optimisation(${target} ${kind})
    gtest_discover_tests(${target} NO_PRETTY_VALUES
        TEST_PREFIX "${kind}."
        TEST_LIST ${target}_tests
        DISCOVERY_TIMEOUT 60
    )
    stentor_set_discovered_properties(${target}
        LABELS ${kind} ${arg_LABELS}
        TIMEOUT ${arg_TIMEOUT}
        RUN_SERIAL ${arg_SERIAL}
        ENVIRONMENT ${arg_ENVIRONMENT}
    )
endfunction()

# One precompiled header for all tests: GoogleTest and the umbrella header are most of what their
# compilation costs.
function(stentor_use_test_pch target)
    if(NOT STENTOR_TEST_PCH)
        return()
    endif()
    if(NOT TARGET stentor_test_pch)
        file(CONFIGURE OUTPUT "${PROJECT_BINARY_DIR}/stentor_test_pch.cpp" CONTENT "")
        add_library(stentor_test_pch OBJECT "${PROJECT_BINARY_DIR}/stentor_test_pch.cpp")
        target_link_libraries(stentor_test_pch PRIVATE stentor::core GTest::gtest)
        set_target_properties(stentor_test_pch PROPERTIES CXX_EXTENSIONS OFF)
        stentor_private_flags(stentor_test_pch)
        stentor_test_optimisation(stentor_test_pch all)
        target_precompile_headers(stentor_test_pch PRIVATE
            <stentor/stentor.hpp> <gtest/gtest.h>
            <algorithm> <atomic> <chrono> <string> <thread> <vector>
        )
    endif()
    target_precompile_headers(${target} REUSE_FROM stentor_test_pch)
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        # GCC forgets that what it precompiled were system headers, and reports false positives.
        target_compile_options(${target} PRIVATE
            -Wno-array-bounds -Wno-restrict -Wno-stringop-overflow -Wno-stringop-overread
        )
    endif()
endfunction()

# The library is compiled as its preset says; this is about the tests' own code, half of what a
# build costs. With AddressSanitizer it is not optimised (the precompiled header must agree). Unit
# tests ask what is right, not how fast, and do with little; the races are for the other kinds.
function(stentor_test_optimisation target kind)
    if(STENTOR_SANITIZE MATCHES "address")
        target_compile_options(${target} PRIVATE -O0)
    elseif(kind STREQUAL "unit" AND CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
        target_compile_options(${target} PRIVATE -Og)
    endif()
endfunction()

# gtest_discover_tests takes apart a property whose value is a list, so ctest sets the properties
# from a file of ours, which it reads after the one that names the tests.
function(stentor_set_discovered_properties target)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "TIMEOUT;RUN_SERIAL" "LABELS;ENVIRONMENT")
    set(file "${CMAKE_CURRENT_BINARY_DIR}/${target}_properties.cmake")
    file(CONFIGURE OUTPUT "${file}" @ONLY CONTENT [[
if(@target@_tests)
    set_tests_properties(${@target@_tests} PROPERTIES
        LABELS "@arg_LABELS@" TIMEOUT @arg_TIMEOUT@ RUN_SERIAL @arg_RUN_SERIAL@
        ENVIRONMENT "@arg_ENVIRONMENT@"
    )
endif()
]])
    set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES "${file}")
endfunction()

# stentor_add_program(NAME <target> SOURCES <file>... [LIBS <target>...]): an executable of our own
# (test, bench, example) that links core and is built with our private flags.
function(stentor_add_program)
    cmake_parse_arguments(PARSE_ARGV 0 arg "" "NAME" "SOURCES;LIBS")
    add_executable(${arg_NAME} ${arg_SOURCES})
    target_link_libraries(${arg_NAME} PRIVATE stentor::core ${arg_LIBS})
    set_target_properties(${arg_NAME} PROPERTIES CXX_EXTENSIONS OFF)
    stentor_private_flags(${arg_NAME})
endfunction()
