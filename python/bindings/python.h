#pragma once

/// What every file of the bindings sees: pybind11 as the torch wheel carries it, with the casters
/// of tensors and paths.

#include <pybind11/functional.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>
#include <pybind11/stl/filesystem.h>
#include <torch/csrc/utils/pybind.h>

#include <string>
#include <vector>

#include "core/base/lane.h"
#include "core/base/time.h"
#include "core/media/image.h"

namespace ogam::python {

namespace py = pybind11;

/// The lock of the interpreter is not held while a function with this guard runs.
using WithoutInterpreter = py::call_guard<py::gil_scoped_release>;

/// What Python's signal handlers raise (KeyboardInterrupt on Ctrl-C), if a signal has come; for
/// loops that run without the interpreter's lock.
/// @throws py::error_already_set.
void check_signals();

/// A tensor as Python may use it, gradients included. What is computed under InferenceMode cannot
/// take part in training; this shares its memory and can.
at::Tensor for_python(const at::Tensor& tensor);

/// A tensor of these sizes that takes over a vector's memory.
at::Tensor adopt(std::vector<float> values, at::IntArrayRef sizes);

/// [3, H, W] uint8: a view of the picture's own memory, which the tensor keeps.
at::Tensor adopt(Image image);

/// A copy of pixels that lie as Python has them.
/// @param pixels [3, H, W] uint8, of any strides.
/// @throws Error{invalid_argument} for another shape or type.
Image image_of(const at::Tensor& pixels);

/// (start, end) in seconds.
py::tuple seconds_of(const TimeSpan& span);

/// @param names empty: every lane.
std::vector<Lane> lanes_of(const std::vector<std::string>& names);

void bind_errors(py::module_& module);
void bind_pack(py::module_& module);
void bind_archive(py::module_& module);
void bind_model(py::module_& module);
void bind_reader(py::module_& module);
void bind_tasks(py::module_& module);

}  // namespace ogam::python
