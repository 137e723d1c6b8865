# SPDX-License-Identifier: MIT
#
# One compile-fail test, run as `cmake -D... -P compile_fail.cmake`:
#   COMPILE  the compiler and its flags, a list    SOURCE  the file
#   EXPECT   a regular expression for what a user must read; empty: the file has it in a line
#   LINES    how long the whole message may be, 0 for any length
# The file is compiled twice. Without STENTOR_MISUSE it must compile: the failure then has no other
# cause than the misuse. With it, it must not, and the message must say what to do.

if(NOT EXPECT)
    file(STRINGS "${SOURCE}" line REGEX "^// STENTOR_MISUSE must fail with: ")
    string(REGEX REPLACE "^// STENTOR_MISUSE must fail with: " "" EXPECT "${line}")
    if(NOT EXPECT)
        message(FATAL_ERROR "does not say what its misuse must fail with")
    endif()
endif()

execute_process(COMMAND ${COMPILE} "${SOURCE}"
    RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output
)
if(NOT status EQUAL 0)
    message("${output}")
    message(FATAL_ERROR "does not compile even without its misuse")
endif()

execute_process(COMMAND ${COMPILE} -DSTENTOR_MISUSE "${SOURCE}"
    RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output
)
if(status EQUAL 0)
    message(FATAL_ERROR "compiles, although it must not")
endif()
if(NOT output MATCHES "${EXPECT}")
    message("${output}")
    message(FATAL_ERROR "fails, but does not say '${EXPECT}'")
endif()

string(REGEX MATCHALL "\n" newlines "${output}")
list(LENGTH newlines length)
if(LINES AND length GREATER LINES)
    message("${output}")
    message(FATAL_ERROR "says it in ${length} lines; ${LINES} at most")
endif()
message(STATUS "refused in ${length} lines, as it should be")
