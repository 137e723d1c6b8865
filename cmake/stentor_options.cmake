# SPDX-License-Identifier: MIT
#
# Every option of the build, its default and the check of its value. Nothing here touches a target.

option(BUILD_SHARED_LIBS "Build shared libraries instead of static ones" OFF)
option(STENTOR_BUILD_TESTS "Build the tests" ${PROJECT_IS_TOP_LEVEL})
option(STENTOR_BUILD_BENCH "Build the benches" ${PROJECT_IS_TOP_LEVEL})
option(STENTOR_BUILD_EXAMPLES "Build the examples" ${PROJECT_IS_TOP_LEVEL})
option(STENTOR_BUILD_TOOLS "Build the stentor command" ${PROJECT_IS_TOP_LEVEL})
option(STENTOR_INSTALL "Generate the install rules" ${PROJECT_IS_TOP_LEVEL})
option(STENTOR_METRICS "Keep histograms and counters; OFF only to measure what they cost" ON)
option(STENTOR_WERROR "Treat warnings as errors in our own targets" OFF)
option(STENTOR_TEST_PCH "Precompile what most tests include; hides missing includes" OFF)
option(STENTOR_UNITY_BUILD
    "Compile many of the library's files as one: quicker to build, hides missing includes" OFF
)
option(STENTOR_NO_EXCEPTIONS "Compile our own targets without exceptions and RTTI" OFF)

# stentor_choice(NAME default "help" value...): a cached string that accepts only the listed values.
function(stentor_choice name default help)
    set(${name} "${default}" CACHE STRING "${help}")
    set_property(CACHE ${name} PROPERTY STRINGS ${ARGN})
    if(NOT "${${name}}" IN_LIST ARGN)
        list(JOIN ARGN " | " allowed)
        message(FATAL_ERROR "${name}=${${name}} is not known; use one of: ${allowed}")
    endif()
endfunction()

stentor_choice(STENTOR_QUEUE moodycamel "What stands behind a lane" moodycamel mutex)
stentor_choice(STENTOR_EXECUTOR arena "The default executor" arena threads)
stentor_choice(STENTOR_ALLOCATOR system "Where envelope memory comes from" system mimalloc)

set(STENTOR_SANITIZE "" CACHE STRING "Sanitizers for our own targets: address,undefined | thread")
if(NOT STENTOR_SANITIZE MATCHES "^(address|undefined|address,undefined|thread)?$")
    message(FATAL_ERROR
        "STENTOR_SANITIZE=${STENTOR_SANITIZE} is not known; use address,undefined or thread"
    )
endif()
if(STENTOR_SANITIZE AND STENTOR_ALLOCATOR STREQUAL "mimalloc")
    message(FATAL_ERROR
        "mimalloc hides memory errors from sanitizers; use STENTOR_ALLOCATOR=system"
    )
endif()

if(PROJECT_IS_TOP_LEVEL)
    if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
        set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "Build type" FORCE)
    endif()
    find_program(STENTOR_CCACHE ccache)
    mark_as_advanced(STENTOR_CCACHE)
    if(STENTOR_CCACHE AND NOT DEFINED CMAKE_CXX_COMPILER_LAUNCHER)
        set(CMAKE_CXX_COMPILER_LAUNCHER "${STENTOR_CCACHE}")
    endif()
endif()

# The tests reach private parts, which a shared library hides.
if(BUILD_SHARED_LIBS AND STENTOR_BUILD_TESTS)
    message(STATUS "stentor: tests need the static library; STENTOR_BUILD_TESTS is off here")
    set(STENTOR_BUILD_TESTS OFF)
endif()

function(stentor_print_summary)
    if(NOT PROJECT_IS_TOP_LEVEL)
        return()
    endif()
    get_property(missing GLOBAL PROPERTY STENTOR_NOT_FOUND)
    get_property(components GLOBAL PROPERTY STENTOR_COMPONENTS)
    set(library static)
    if(BUILD_SHARED_LIBS)
        set(library shared)
    endif()
    message(STATUS "stentor ${PROJECT_VERSION}")
    foreach(row IN ITEMS
        "components|${components}" "library|${library}" "build type|${CMAKE_BUILD_TYPE}"
        "compiler|${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}"
        "queue|${STENTOR_QUEUE}" "executor|${STENTOR_EXECUTOR}" "allocator|${STENTOR_ALLOCATOR}"
        "metrics|${STENTOR_METRICS}" "sanitizers|${STENTOR_SANITIZE}"
        "tests|${STENTOR_BUILD_TESTS}" "benches|${STENTOR_BUILD_BENCH}"
        "examples|${STENTOR_BUILD_EXAMPLES}" "ccache|${STENTOR_CCACHE}" "not found|${missing}"
    )
        string(REGEX MATCH "^([^|]*)\\|(.*)$" row "${row}")
        set(value "${CMAKE_MATCH_2}")
        if(value STREQUAL "")
            set(value "none")
        endif()
        string(REPLACE ";" ", " value "${value}")
        string(LENGTH "${CMAKE_MATCH_1}" length)
        math(EXPR length "12 - ${length}")
        string(REPEAT " " ${length} gap)
        message(STATUS "  ${CMAKE_MATCH_1}${gap}${value}")
    endforeach()
endfunction()
