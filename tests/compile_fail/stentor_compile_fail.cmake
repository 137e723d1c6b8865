# SPDX-License-Identifier: MIT

# stentor_add_compile_fail(<name> SOURCE <file> [EXPECT "<regex>"] [LINES <n>] [INCLUDE <dir>...]
#                          [FAILS])
#
# A ctest test compile_fail.<name>: the file compiles as it stands, and with STENTOR_MISUSE defined
# it fails with a message that matches EXPECT and has at most LINES lines. Without EXPECT
# the file says it, in its line "STENTOR_MISUSE must fail with: <regex>". Only the syntax is
# checked, so nothing is linked. FAILS turns the test round: the harness itself is tested with it.
function(stentor_add_compile_fail name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "FAILS" "SOURCE;EXPECT;LINES" "INCLUDE")
    if(NOT arg_SOURCE)
        message(FATAL_ERROR "stentor_add_compile_fail(${name}) needs SOURCE")
    endif()
    if(NOT arg_LINES)
        set(arg_LINES 0)
    endif()
    get_filename_component(source "${arg_SOURCE}" ABSOLUTE)
    # What a consumer has: the interface of stentor::core and nothing of ours.
    set(directories "$<TARGET_PROPERTY:stentor_core,INTERFACE_INCLUDE_DIRECTORIES>")
    set(definitions "$<TARGET_PROPERTY:stentor_core,INTERFACE_COMPILE_DEFINITIONS>")
    set(compile
        "${CMAKE_CXX_COMPILER}" -std=c++20 -fsyntax-only -fno-diagnostics-color
        "-I$<JOIN:${directories},;-I>" "-D$<JOIN:${definitions},;-D>"
    )
    foreach(directory IN LISTS arg_INCLUDE)
        list(APPEND compile "-I${directory}")
    endforeach()
    if(STENTOR_NO_EXCEPTIONS)
        list(APPEND compile -fno-exceptions -fno-rtti)
    endif()
    add_test(NAME compile_fail.${name} COMMAND "${CMAKE_COMMAND}"
        "-DCOMPILE=${compile}" "-DSOURCE=${source}" "-DEXPECT=${arg_EXPECT}" "-DLINES=${arg_LINES}"
        -P "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/compile_fail.cmake"
    )
    set_tests_properties(compile_fail.${name} PROPERTIES
        LABELS compile_fail TIMEOUT 120 WILL_FAIL ${arg_FAILS}
    )
endfunction()
