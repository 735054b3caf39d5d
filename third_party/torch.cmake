# LibTorch from the installed torch wheel, CPU part only. find_package(Torch) is not used: it is
# fatal without a CUDA toolkit and enables the CUDA language.
# -DOGAM_PYTHON names the Python whose site-packages hold the wheel, -DOGAM_TORCH_DIR the wheel's folder. What was found
# without them is not cached, since pip builds with another Python each time.
if(NOT OGAM_PYTHON)
  if(SKBUILD)
    set(OGAM_PYTHON "${Python3_EXECUTABLE}")
  else()
    set(OGAM_PYTHON "${PROJECT_SOURCE_DIR}/.venv/bin/python")
  endif()
endif()
if(NOT OGAM_TORCH_DIR)
  execute_process(
    COMMAND "${OGAM_PYTHON}" -c
      "import importlib.util as u; print(u.find_spec('torch').submodule_search_locations[0])"
    OUTPUT_VARIABLE torch_dir OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE torch_result)
  if(NOT torch_result EQUAL 0)
    message(FATAL_ERROR "torch is not installed for ${OGAM_PYTHON}: run scripts/setup.sh first, "
      "or pass -DOGAM_PYTHON=/path/to/python")
  endif()
  set(OGAM_TORCH_DIR "${torch_dir}")
endif()
set(OGAM_TORCH_VERSION 2.11)
file(STRINGS "${OGAM_TORCH_DIR}/include/torch/headeronly/version.h" torch_version_lines
  REGEX "#define TORCH_VERSION_(MAJOR|MINOR) ")
string(REGEX REPLACE ".*MAJOR ([0-9]+).*MINOR ([0-9]+).*" "\\1.\\2" torch_version "${torch_version_lines}")
if(NOT torch_version VERSION_EQUAL OGAM_TORCH_VERSION)
  message(FATAL_ERROR "torch ${torch_version} found in ${OGAM_TORCH_DIR}; ogam is built with ${OGAM_TORCH_VERSION}")
endif()

add_library(torch::c10 SHARED IMPORTED GLOBAL)
set_target_properties(torch::c10 PROPERTIES IMPORTED_LOCATION "${OGAM_TORCH_DIR}/lib/libc10.so")
add_library(torch::cpu SHARED IMPORTED GLOBAL)
set_target_properties(torch::cpu PROPERTIES
  IMPORTED_LOCATION "${OGAM_TORCH_DIR}/lib/libtorch_cpu.so"
  INTERFACE_LINK_LIBRARIES torch::c10
  INTERFACE_LINK_OPTIONS "LINKER:-rpath-link,${OGAM_TORCH_DIR}/../nvidia/cu13/lib")
# The wheel carries headers of another fmt than the one that is linked; the distribution's come first.
find_path(OGAM_FMT_INCLUDE_DIR fmt/format.h NO_CACHE REQUIRED)
file(MAKE_DIRECTORY "${PROJECT_BINARY_DIR}/first_include")
file(CREATE_LINK "${OGAM_FMT_INCLUDE_DIR}/fmt" "${PROJECT_BINARY_DIR}/first_include/fmt" SYMBOLIC)
target_include_directories(torch::cpu SYSTEM INTERFACE "${PROJECT_BINARY_DIR}/first_include"
  "${OGAM_TORCH_DIR}/include" "${OGAM_TORCH_DIR}/include/torch/csrc/api/include")
list(APPEND CMAKE_INSTALL_RPATH "$ORIGIN" "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}" "${OGAM_TORCH_DIR}/lib")

# One precompiled ATen.h for every target that computes with tensors.
file(WRITE "${PROJECT_BINARY_DIR}/ogam_torch_pch.cpp" "#include <ATen/ATen.h>\n")
add_library(ogam_torch_pch STATIC "${PROJECT_BINARY_DIR}/ogam_torch_pch.cpp")
target_link_libraries(ogam_torch_pch PRIVATE torch::cpu ogam_options)
if(NOT OGAM_TIDY)
  target_precompile_headers(ogam_torch_pch PRIVATE <ATen/ATen.h> <string> <vector> <map> <memory> <filesystem>)
endif()
