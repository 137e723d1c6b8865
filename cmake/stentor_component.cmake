# SPDX-License-Identifier: MIT
#
# A component is one library: target stentor_<name>, alias stentor::<name>, file
# libstentor-<name>, its own export file, and its own pkg-config file.

include(CMakePackageConfigHelpers)
include(GenerateExportHeader)

# stentor_add_component(<name>
#     HEADERS_BASE <dir>        folder of the public headers
#     HEADERS <file>...         public headers, below HEADERS_BASE
#     SOURCES <file>...         .cpp files
#     PRIVATE_HEADERS <file>... headers that are not installed
#     PUBLIC_LIBS <target>...   PRIVATE_LIBS <target>...
#     BUILD_LIBS <target>...    header-only libraries of our .cpp files; the package forgets them
#     COMPONENTS <name>...      components of ours that its consumers need as well
#     DEPENDENCIES <line>...    find_dependency arguments every consumer needs
#     STATIC_DEPENDENCIES <line>...   the same, for consumers of the static library only
#     PKGCONFIG_REQUIRES_PRIVATE <module>...   PKGCONFIG_LIBS_PRIVATE <flag>...)
function(stentor_add_component name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "HEADERS_BASE"
        "HEADERS;SOURCES;PRIVATE_HEADERS;PUBLIC_LIBS;PRIVATE_LIBS;BUILD_LIBS;COMPONENTS\
;DEPENDENCIES;STATIC_DEPENDENCIES;PKGCONFIG_REQUIRES_PRIVATE;PKGCONFIG_LIBS_PRIVATE"
    )
    set(target stentor_${name})
    add_library(${target})
    add_library(stentor::${name} ALIAS ${target})

    set(generated "${CMAKE_CURRENT_BINARY_DIR}/include")
    stentor_generate_export(${target} ${name} "${generated}" export_header)
    target_sources(${target}
        PRIVATE ${arg_SOURCES}
        PUBLIC FILE_SET HEADERS BASE_DIRS "${arg_HEADERS_BASE}" "${generated}"
        FILES ${arg_HEADERS} "${export_header}"
    )
    target_compile_features(${target} PUBLIC cxx_std_20)
    target_include_directories(${target} PRIVATE "${CMAKE_CURRENT_SOURCE_DIR}/src")
    target_link_libraries(${target} PUBLIC ${arg_PUBLIC_LIBS} PRIVATE ${arg_PRIVATE_LIBS})
    foreach(lib IN LISTS arg_BUILD_LIBS)
        target_include_directories(${target} SYSTEM PRIVATE
            "$<TARGET_PROPERTY:${lib},INTERFACE_INCLUDE_DIRECTORIES>"
        )
    endforeach()
    set_target_properties(${target} PROPERTIES
        EXPORT_NAME ${name}
        OUTPUT_NAME stentor-${name}
        VERSION ${PROJECT_VERSION}
        SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}
        CXX_VISIBILITY_PRESET hidden
        VISIBILITY_INLINES_HIDDEN ON
        POSITION_INDEPENDENT_CODE ON
        CXX_EXTENSIONS OFF
        UNITY_BUILD "${STENTOR_UNITY_BUILD}"
        UNITY_BUILD_BATCH_SIZE 12
    )
    stentor_private_flags(${target})
    if(STENTOR_UNITY_BUILD)
        # What one file calls its own, another's function may have as a local name; and none of them
        # is the main file, whose types of its own GCC knows to be seen by nobody else.
        target_compile_options(${target} PRIVATE -Wno-shadow
            $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>
        )
    endif()
    set_property(GLOBAL APPEND PROPERTY STENTOR_COMPONENTS ${name})

    if(STENTOR_BUILD_TESTS)
        stentor_check_headers(${name} ${arg_HEADERS} ${arg_PRIVATE_HEADERS})
    endif()
    if(STENTOR_INSTALL)
        stentor_install_component(${name})
    endif()
endfunction()

# stentor/export.hpp with STENTOR_EXPORT for core; stentor/<name>/export.hpp with
# STENTOR_<NAME>_EXPORT for the others.
function(stentor_generate_export target name dir out)
    string(TOUPPER "_${name}" suffix)
    set(header "${dir}/stentor/${name}/export.hpp")
    if(name STREQUAL "core")
        set(suffix "")
        set(header "${dir}/stentor/export.hpp")
    endif()
    generate_export_header(${target}
        BASE_NAME STENTOR${suffix}
        EXPORT_FILE_NAME "${header}"
        INCLUDE_GUARD_NAME STENTOR${suffix}_EXPORT_HPP
    )
    get_target_property(type ${target} TYPE)
    if(type STREQUAL "STATIC_LIBRARY")
        target_compile_definitions(${target} PUBLIC STENTOR${suffix}_STATIC_DEFINE)
    endif()
    set(${out} "${header}" PARENT_SCOPE)
endfunction()

# Target stentor_<name>_headers: one generated file per header, which includes it and nothing else.
function(stentor_check_headers name)
    set(units "")
    foreach(header IN LISTS ARGN)
        string(REGEX REPLACE "^(include|src)/" "" include "${header}")
        string(MAKE_C_IDENTIFIER "${header}" unit)
        set(unit "${CMAKE_CURRENT_BINARY_DIR}/header_checks/${unit}.cpp")
        # Twice, so that a missing guard is seen too.
        file(CONFIGURE OUTPUT "${unit}" @ONLY
            CONTENT "#include \"${include}\"\n#include \"${include}\"\n"
        )
        list(APPEND units "${unit}")
    endforeach()
    set(target stentor_${name}_headers)
    add_library(${target} OBJECT EXCLUDE_FROM_ALL ${units})
    target_link_libraries(${target} PRIVATE stentor::${name})
    target_include_directories(${target} PRIVATE "${CMAKE_CURRENT_SOURCE_DIR}/src")
    stentor_private_flags(${target})
    # Nobody runs them.
    target_compile_options(${target} PRIVATE -O0 -g0)
    set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF)
    set_property(GLOBAL APPEND PROPERTY STENTOR_HEADER_CHECKS ${target})
endfunction()

function(stentor_install_component name)
    set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/stentor")
    install(TARGETS stentor_${name} EXPORT stentor-${name}-targets
        ARCHIVE COMPONENT stentor_dev
        LIBRARY COMPONENT stentor_runtime NAMELINK_COMPONENT stentor_dev
        RUNTIME COMPONENT stentor_runtime
        FILE_SET HEADERS COMPONENT stentor_dev
    )
    install(EXPORT stentor-${name}-targets NAMESPACE stentor::
        DESTINATION "${package_dir}" COMPONENT stentor_dev
    )

    get_target_property(type stentor_${name} TYPE)
    set(dependencies ${arg_DEPENDENCIES})
    set(pc_cflags "")
    if(type STREQUAL "STATIC_LIBRARY")
        list(APPEND dependencies ${arg_STATIC_DEPENDENCIES})
        string(TOUPPER "${name}_" suffix)
        string(REPLACE "CORE_" "" suffix "${suffix}")
        set(pc_cflags "-DSTENTOR_${suffix}STATIC_DEFINE")
    endif()
    set(find_dependencies "")
    foreach(dependency IN LISTS dependencies)
        string(APPEND find_dependencies "find_dependency(${dependency})\n")
    endforeach()
    set(pc_requires "")
    foreach(needed IN LISTS arg_COMPONENTS)
        string(APPEND find_dependencies
            "include(\"\${CMAKE_CURRENT_LIST_DIR}/stentor-${needed}-config.cmake\")\n"
        )
        string(APPEND pc_requires "stentor-${needed} ")
    endforeach()
    set(component ${name})
    configure_file("${PROJECT_SOURCE_DIR}/cmake/stentor-component-config.cmake.in"
        "${PROJECT_BINARY_DIR}/stentor-${name}-config.cmake" @ONLY
    )
    install(FILES "${PROJECT_BINARY_DIR}/stentor-${name}-config.cmake"
        DESTINATION "${package_dir}" COMPONENT stentor_dev
    )

    # The file finds its prefix from where it lies, so that an installed tree can be moved.
    file(RELATIVE_PATH pc_prefix_from_pcfiledir
        "/prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/prefix"
    )
    list(JOIN arg_PKGCONFIG_REQUIRES_PRIVATE " " pc_requires_private)
    list(JOIN arg_PKGCONFIG_LIBS_PRIVATE " " pc_libs_private)
    configure_file("${PROJECT_SOURCE_DIR}/cmake/stentor-component.pc.in"
        "${PROJECT_BINARY_DIR}/stentor-${name}.pc" @ONLY
    )
    install(FILES "${PROJECT_BINARY_DIR}/stentor-${name}.pc"
        DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig" COMPONENT stentor_dev
    )
endfunction()

# The package file that serves find_package(stentor COMPONENTS ...).
function(stentor_install_package)
    set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/stentor")
    get_property(STENTOR_PACKAGED_COMPONENTS GLOBAL PROPERTY STENTOR_COMPONENTS)
    configure_package_config_file(
        "${PROJECT_SOURCE_DIR}/cmake/stentor-config.cmake.in"
        "${PROJECT_BINARY_DIR}/stentor-config.cmake"
        INSTALL_DESTINATION "${package_dir}"
    )
    write_basic_package_version_file("${PROJECT_BINARY_DIR}/stentor-config-version.cmake"
        COMPATIBILITY SameMinorVersion
    )
    install(FILES
        "${PROJECT_BINARY_DIR}/stentor-config.cmake"
        "${PROJECT_BINARY_DIR}/stentor-config-version.cmake"
        "${PROJECT_SOURCE_DIR}/cmake/stentor_handlers.cmake"
        DESTINATION "${package_dir}" COMPONENT stentor_dev
    )
    install(FILES "${PROJECT_SOURCE_DIR}/LICENSE"
        DESTINATION "${CMAKE_INSTALL_DATAROOTDIR}/doc/stentor" COMPONENT stentor_dev
    )
endfunction()
