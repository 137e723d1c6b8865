# SPDX-License-Identifier: MIT
#
# Part of the installed package, too.

# stentor_link_handlers(<target> <library>...)
#
# Links libraries whose handlers register themselves (STENTOR_HANDLER, stentor::static_handler). A
# linker takes from a static library only what something else refers to, and drops a shared one that
# nobody refers to; nobody refers to a handler that registers itself. This links static libraries as
# a whole and shared ones in any case. Object libraries and their like need nothing special.
function(stentor_link_handlers target)
    if(NOT ARGN)
        message(FATAL_ERROR "stentor_link_handlers(${target}) names no library")
    endif()
    foreach(library IN LISTS ARGN)
        if(NOT TARGET ${library})
            message(FATAL_ERROR
                "stentor_link_handlers(${target} ${library}): '${library}' is no target; name a "
                "library of this project or an imported one"
            )
        endif()
        get_target_property(aliased ${library} ALIASED_TARGET)
        if(aliased)
            set(library ${aliased})
        endif()
        get_target_property(type ${library} TYPE)
        if(type STREQUAL "STATIC_LIBRARY" AND NOT CMAKE_VERSION VERSION_LESS 3.24)
            target_link_libraries(${target} PRIVATE "$<LINK_LIBRARY:WHOLE_ARCHIVE,${library}>")
        elseif(type STREQUAL "STATIC_LIBRARY")
            target_link_libraries(${target} PRIVATE
                -Wl,--push-state,--whole-archive ${library} -Wl,--pop-state
            )
        elseif(type STREQUAL "SHARED_LIBRARY")
            target_link_libraries(${target} PRIVATE
                -Wl,--push-state,--no-as-needed ${library} -Wl,--pop-state
            )
        else()
            target_link_libraries(${target} PRIVATE ${library})
        endif()
    endforeach()
endfunction()
