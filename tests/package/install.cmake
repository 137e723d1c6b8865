# SPDX-License-Identifier: MIT
#
# Builds and installs stentor as a packager would, then moves the installed tree.
#   SOURCE BINARY PREFIX  folders    ARGUMENTS  for the configuration

function(run)
    execute_process(COMMAND ${ARGN} RESULT_VARIABLE status OUTPUT_VARIABLE output
        ERROR_VARIABLE output
    )
    if(NOT status EQUAL 0)
        list(JOIN ARGN " " command)
        message("${output}")
        message(FATAL_ERROR "failed: ${command}")
    endif()
endfunction()

file(REMOVE_RECURSE "${PREFIX}" "${PREFIX}-before")
run("${CMAKE_COMMAND}" -S "${SOURCE}" -B "${BINARY}" ${ARGUMENTS}
    -DCMAKE_BUILD_TYPE=Release "-DCMAKE_CXX_FLAGS_RELEASE=-O1 -DNDEBUG"
    -DSTENTOR_UNITY_BUILD=ON -DCMAKE_INSTALL_PREFIX=${PREFIX}-before
    -DSTENTOR_BUILD_TESTS=OFF -DSTENTOR_BUILD_EXAMPLES=OFF -DSTENTOR_BUILD_BENCH=OFF
)
run("${CMAKE_COMMAND}" --build "${BINARY}")
run("${CMAKE_COMMAND}" --install "${BINARY}")
file(RENAME "${PREFIX}-before" "${PREFIX}")

# Nothing that was installed as text may know where it was built.
file(GLOB_RECURSE installed "${PREFIX}/*.cmake" "${PREFIX}/*.pc" "${PREFIX}/*.hpp")
foreach(file IN LISTS installed)
    file(STRINGS "${file}" traces REGEX "${BINARY}|${SOURCE}/|${PREFIX}-before")
    if(traces)
        message(FATAL_ERROR "${file} points back at the build:\n${traces}")
    endif()
endforeach()
