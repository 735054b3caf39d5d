# The functions that every folder's CMakeLists.txt uses; one target per folder.

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  # Paths relative to the checkout, so that another clone of it finds the same results.
  set(ccache_command ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros
    CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${CCACHE_PROGRAM})
  set(CMAKE_C_COMPILER_LAUNCHER ${ccache_command})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${ccache_command})
endif()

add_library(ogam_options INTERFACE)
target_include_directories(ogam_options INTERFACE "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>")
target_compile_options(ogam_options INTERFACE -Wall -Wextra -Wpedantic $<$<CXX_COMPILER_ID:GNU>:-Wshadow=local>
  -Wnon-virtual-dtor -Woverloaded-virtual -fno-math-errno
  $<$<BOOL:${OGAM_WERROR}>:-Werror>)
# ccache must see the same preprocessed text whatever the precompiled header's timestamp is.
target_compile_options(ogam_options INTERFACE $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)
if(OGAM_SANITIZE)
  target_compile_options(ogam_options INTERFACE -fsanitize=address,undefined -fno-omit-frame-pointer
    -fno-sanitize-recover=undefined -fno-sanitize=vptr)
  target_link_options(ogam_options INTERFACE -fsanitize=address,undefined)
endif()
if(OGAM_FUZZ)
  target_compile_options(ogam_options INTERFACE -fsanitize=fuzzer-no-link,address,undefined)
  target_link_options(ogam_options INTERFACE -fsanitize=address,undefined)
endif()
if(OGAM_TIDY)
  find_program(CLANG_TIDY_PROGRAM NAMES clang-tidy-14 clang-tidy REQUIRED)
  set(CMAKE_CXX_CLANG_TIDY ${CLANG_TIDY_PROGRAM} --quiet)
  set(CMAKE_DISABLE_PRECOMPILE_HEADERS ON)
endif()

# Compiles a target with the shared precompiled ATen.h, which is made with -fPIC where an executable's default is -fPIE.
function(ogam_use_torch_pch name)
  if(OGAM_TIDY)
    return()
  endif()
  get_target_property(type ${name} TYPE)
  if(type STREQUAL "EXECUTABLE")
    set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
    target_compile_options(${name} PRIVATE -fPIC)
  endif()
  target_precompile_headers(${name} REUSE_FROM ogam_torch_pch)
endfunction()

# ogam_library(NAME [TORCH] DEPENDS target... [PRIVATE_DEPENDS target...]): the static library of the calling folder,
# made of every .cpp file in it and in the folders below it. What stands under PRIVATE_DEPENDS shows in no header.
function(ogam_library name)
  cmake_parse_arguments(arg "TORCH" "" "DEPENDS;PRIVATE_DEPENDS" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS RELATIVE "${CMAKE_CURRENT_SOURCE_DIR}" *.cpp *.h)
  add_library(${name} STATIC ${sources})
  set_target_properties(${name} PROPERTIES LINKER_LANGUAGE CXX)
  target_link_libraries(${name} PUBLIC ${arg_DEPENDS} PRIVATE ogam_options ${arg_PRIVATE_DEPENDS})
  target_include_directories(${name} PUBLIC "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>")
  if(arg_TORCH)
    target_link_libraries(${name} PUBLIC torch::cpu)
    ogam_use_torch_pch(${name})
  endif()
endfunction()

# ogam_test(NAME DEPENDS target... [TORCH] [LABELS label...]): one GoogleTest program of the calling
# folder's *_test.cpp files.
function(ogam_test name)
  cmake_parse_arguments(arg "TORCH" "" "DEPENDS;LABELS" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS RELATIVE "${CMAKE_CURRENT_SOURCE_DIR}" *_test.cpp)
  add_executable(${name} ${sources})
  target_link_libraries(${name} PRIVATE ogam_test_support ${arg_DEPENDS} ogam_options)
  if(arg_TORCH)
    ogam_use_torch_pch(${name})
  endif()
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES LABELS "${arg_LABELS}" TIMEOUT 900
    ENVIRONMENT "OGAM_SOURCE_DIR=${PROJECT_SOURCE_DIR}")
endfunction()
