# SPDX-License-Identifier: MIT
#
# Warnings, sanitizers and the configuration of private parts, always PRIVATE: a consumer of the
# library inherits none of them.

# stentor_private_flags(target...): what all our own libraries, tests and programs are built with.
function(stentor_private_flags)
    foreach(target IN LISTS ARGN)
        stentor_set_warnings(${target})
        stentor_set_sanitizers(${target})
        stentor_set_configuration(${target})
    endforeach()
endfunction()

function(stentor_set_warnings target)
    target_compile_options(${target} PRIVATE -Wall -Wextra -Wconversion -Wshadow)
    if(STENTOR_WERROR)
        target_compile_options(${target} PRIVATE -Werror)
    endif()
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND STENTOR_SANITIZE MATCHES "thread")
        # GCC warns at every atomic_thread_fence, which ThreadSanitizer does not model.
        target_compile_options(${target} PRIVATE -Wno-tsan)
    endif()
    if(STENTOR_NO_EXCEPTIONS)
        target_compile_options(${target} PRIVATE -fno-exceptions -fno-rtti)
    endif()
endfunction()

function(stentor_set_sanitizers target)
    if(STENTOR_SANITIZE)
        target_compile_options(${target} PRIVATE
            -fsanitize=${STENTOR_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer
        )
        target_link_options(${target} PRIVATE -fsanitize=${STENTOR_SANITIZE})
    endif()
endfunction()

# Private headers read these macros, so the library and the tests of its private parts must agree.
# A public header never reads them: consumers do not have them.
function(stentor_set_configuration target)
    target_compile_definitions(${target} PRIVATE
        $<$<STREQUAL:${STENTOR_QUEUE},mutex>:STENTOR_QUEUE_MUTEX=1>
        $<$<STREQUAL:${STENTOR_EXECUTOR},threads>:STENTOR_EXECUTOR_THREADS=1>
        $<$<STREQUAL:${STENTOR_ALLOCATOR},mimalloc>:STENTOR_ALLOCATOR_MIMALLOC=1>
        $<$<NOT:$<BOOL:${STENTOR_METRICS}>>:STENTOR_NO_METRICS=1>
    )
endfunction()
