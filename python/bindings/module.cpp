#include "core/base/version.h"
#include "python/bindings/python.h"

PYBIND11_MODULE(_ogam, module) {
  using namespace ogam::python;
  module.doc() = "The native part of ogam; use the functions of the package instead.";
  module.attr("__version__") = ogam::kVersion;
  bind_errors(module);
  bind_pack(module);
  bind_archive(module);
  bind_model(module);
  bind_reader(module);
  bind_tasks(module);
}
