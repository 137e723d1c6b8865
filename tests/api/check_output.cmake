# SPDX-License-Identifier: MIT
#
# One program of the API's specification, run as `cmake -DPROGRAM=... -DEXPECTED=... -P
# check_output.cmake`. It must succeed and write to standard output, and nowhere else, what stands
# in the file EXPECTED: line by line, each a regular expression for a whole line; a line `...`
# stands for any lines.

execute_process(COMMAND "${PROGRAM}"
    RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE errors
)
if(NOT status EQUAL 0 OR NOT errors STREQUAL "")
    message("${output}${errors}")
    message(FATAL_ERROR "ends with ${status}")
endif()

file(STRINGS "${EXPECTED}" lines)
set(pattern "")
foreach(line IN LISTS lines)
    if(line STREQUAL "...")
        string(APPEND pattern "(.*\n)?")
    else()
        string(APPEND pattern "${line}\n")
    endif()
endforeach()
if(NOT output MATCHES "^${pattern}$")
    message("${output}")
    message(FATAL_ERROR "writes something else than ${EXPECTED} says")
endif()
