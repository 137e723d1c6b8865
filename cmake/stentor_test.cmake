# SPDX-License-Identifier: MIT

# stentor_add_test(NAME <kind>_<subject> SOURCES <file>... [LIBS <target>...] [LABELS <label>...]
#                  [TIMEOUT <seconds>] [SERIAL] [ENVIRONMENT <VAR=value>...])
#
# A GoogleTest program stentor_<kind>_<subject>. Each TEST of it becomes a ctest test named
# <kind>.<suite>.<test>, labelled with its kind. SERIAL is for tests that measure time or need all
# cores. Tests see the private headers of core as "lane/lane_state.hpp".
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

    set(target stentor_${arg_NAME})
    stentor_add_program(NAME ${target} SOURCES ${arg_SOURCES} LIBS GTest::gtest_main ${arg_LIBS})
    target_include_directories(${target} PRIVATE
        "${PROJECT_SOURCE_DIR}/core/src" "${PROJECT_SOURCE_DIR}/tests"
    )
    set(properties TIMEOUT ${arg_TIMEOUT})
    if(arg_SERIAL)
        list(APPEND properties RUN_SERIAL ON)
    endif()
    if(arg_ENVIRONMENT)
        list(APPEND properties ENVIRONMENT "${arg_ENVIRONMENT}")
    endif()
    # A list of labels cannot pass through PROPERTIES whole; a semicolon in quotes can.
    set(labels ${kind} ${arg_LABELS})
    gtest_discover_tests(${target}
        TEST_PREFIX "${kind}."
        DISCOVERY_TIMEOUT 60
        PROPERTIES LABELS "${labels}" ${properties}
    )
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
