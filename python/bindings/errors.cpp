#include <c10/util/Exception.h>

#include <filesystem>
#include <string>
#include <utility>

#include "core/base/error.h"
#include "python/bindings/python.h"

namespace ogam::python {

namespace {

/// Raises the class of `ogam.errors` that belongs to a code.
void raise(ErrorCode code, const std::string& message) {
  const py::object error =
      py::module_::import("ogam.errors").attr("make_error")(error_code_name(code), message);
  PyErr_SetObject(py::type::of(error).ptr(), error.ptr());
}

void translate(std::exception_ptr thrown) {
  try {
    std::rethrow_exception(std::move(thrown));
  } catch (const Error& error) {
    raise(error.code(), describe(error));
  } catch (const Cancelled& cancelled) {
    PyErr_SetString(PyExc_KeyboardInterrupt, cancelled.what());
  } catch (const c10::Error& error) {
    raise(ErrorCode::internal, error.what_without_backtrace());
  } catch (const std::filesystem::filesystem_error& error) {
    raise(ErrorCode::inaccessible, error.what());
  }
}

}  // namespace

void bind_errors(py::module_&) { py::register_local_exception_translator(&translate); }

}  // namespace ogam::python
