# What the Python module is made with: the headers of the Python that has the torch wheel, and the wheel's own pybind11
# and casters of tensors, which belong to it.
if(OGAM_PYTHON_MODULE)
  set(Python3_EXECUTABLE "${OGAM_PYTHON}")
  find_package(Python3 3.10 REQUIRED COMPONENTS Interpreter Development.Module)
  add_library(torch::python SHARED IMPORTED GLOBAL)
  set_target_properties(torch::python PROPERTIES
    IMPORTED_LOCATION "${OGAM_TORCH_DIR}/lib/libtorch_python.so" INTERFACE_LINK_LIBRARIES torch::cpu)
endif()
