# SPDX-License-Identifier: MIT
#
# Finds moodycamel's ConcurrentQueue, which distributions install without a package file and under
# different folders. Gives the target ConcurrentQueue::ConcurrentQueue, whose include directory
# makes <concurrentqueue.h> reachable.

find_path(ConcurrentQueue_INCLUDE_DIR NAMES concurrentqueue.h
    PATH_SUFFIXES concurrentqueue moodycamel concurrentqueue/moodycamel
    DOC "Folder of concurrentqueue.h"
)
mark_as_advanced(ConcurrentQueue_INCLUDE_DIR)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(ConcurrentQueue
    REQUIRED_VARS ConcurrentQueue_INCLUDE_DIR
    REASON_FAILURE_MESSAGE
        "install libconcurrentqueue-dev, or point ConcurrentQueue_INCLUDE_DIR at concurrentqueue.h"
)

if(ConcurrentQueue_FOUND AND NOT TARGET ConcurrentQueue::ConcurrentQueue)
    add_library(ConcurrentQueue::ConcurrentQueue INTERFACE IMPORTED)
    set_target_properties(ConcurrentQueue::ConcurrentQueue PROPERTIES
        INTERFACE_INCLUDE_DIRECTORIES "${ConcurrentQueue_INCLUDE_DIR}"
    )
endif()
