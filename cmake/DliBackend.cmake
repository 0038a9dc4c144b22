# Backends: modules that the core loads by name. A folder in backends/ is one backend.
#
# The only API that a backend's CMakeLists.txt uses:
#   dli_add_backend(<name> SOURCES <file>... [INCLUDES <dir>...] [DEFINES <def>...] [LINKS <lib>...] [RPATH <dir>...]
#                   [VARIANTS <options>...])
#   dli_skip_backend(<name> <reason>)      says in the feature table why it is not built; an error when ON was asked
#   DLI_<NAME>_ROOT                        where its runtime lies; default .runtimes/<name>
# RPATH: folders of the framework's libraries, so that no LD_LIBRARY_PATH is needed.
# VARIANTS: options («NAME=VALUE NAME=VALUE») with which the conformance test runs once more.
# DLI_BACKEND_<NAME> is AUTO (build if the runtime is found), ON (fail if not) or OFF.
set(DLI_RUNTIMES ${CMAKE_SOURCE_DIR}/.runtimes CACHE PATH "folder with the fetched runtimes")
set_property(GLOBAL PROPERTY DLI_FEATURES "")

function(dli_record_feature name text)
    set_property(GLOBAL APPEND PROPERTY DLI_FEATURES "${name}: ${text}")
endfunction()

function(dli_skip_backend name reason)
    string(TOUPPER ${name} upper)
    if(DLI_BACKEND_${upper} STREQUAL "ON")
        message(FATAL_ERROR "backend ${name} was asked for, but: ${reason}")
    endif()
    set_property(GLOBAL PROPERTY DLI_SKIP_REASON_${name} "${reason}")
    dli_record_feature(${name} "not built (${reason})")
endfunction()

function(dli_add_backend name)
    cmake_parse_arguments(BACKEND "" "" "SOURCES;INCLUDES;DEFINES;LINKS;RPATH;VARIANTS" ${ARGN})
    add_library(backend_${name} MODULE ${BACKEND_SOURCES})
    target_include_directories(backend_${name} PRIVATE ${CMAKE_SOURCE_DIR}/include)
    target_include_directories(backend_${name} SYSTEM PRIVATE ${BACKEND_INCLUDES})
    target_compile_definitions(backend_${name} PRIVATE _GNU_SOURCE ${BACKEND_DEFINES})
    target_compile_options(backend_${name} PRIVATE -Wall -Wextra -Wshadow $<$<BOOL:${DLI_WERROR}>:-Werror>)
    target_link_libraries(backend_${name} PRIVATE ${BACKEND_LINKS} Threads::Threads)
    # Frameworks never run under sanitizers; a backend without one does.
    if(DLI_SANITIZE AND NOT BACKEND_RPATH)
        target_compile_options(backend_${name} PRIVATE -fsanitize=${DLI_SANITIZE} -fno-sanitize-recover=all)
        target_link_options(backend_${name} PRIVATE -fsanitize=${DLI_SANITIZE})
    endif()
    set_target_properties(backend_${name} PROPERTIES PREFIX "" OUTPUT_NAME ${name}
        LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/backends
        BUILD_RPATH "${BACKEND_RPATH}" INSTALL_RPATH "${BACKEND_RPATH}")
    install(TARGETS backend_${name} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/dli/backends)
    set_property(GLOBAL PROPERTY DLI_VARIANTS_${name} "${BACKEND_VARIANTS}")
    dli_record_feature(${name} "built")
endfunction()

function(dli_print_features)
    get_property(features GLOBAL PROPERTY DLI_FEATURES)
    message(STATUS "Backends:")
    foreach(feature ${features})
        message(STATUS "  ${feature}")
    endforeach()
endfunction()
