#include "pipelines/pack.h"

#include "python/bindings/python.h"

namespace ogam::python {

namespace {

py::dict space_dict(const Space& space) {
  py::dict fields;
  fields["id"] = space.id;
  fields["name"] = space.name;
  fields["lane"] = space.lane.name();
  fields["dimension"] = space.dimension;
  return fields;
}

py::list spaces_of(const Pack& pack) {
  py::list spaces;
  for (const Space& space : pack.spaces()) {
    spaces.append(space_dict(space));
  }
  return spaces;
}

py::list models_of(const Pack& pack) {
  py::list models;
  for (const PackModel& model : pack.manifest().models) {
    py::dict fields;
    fields["id"] = model.id;
    fields["model_type"] = model.model_type;
    fields["role"] = model.role;
    fields["origin"] = model.origin;
    fields["licence"] = model.licence;
    fields["training"] = model.training;
    models.append(fields);
  }
  return models;
}

}  // namespace

void bind_pack(py::module_& module) {
  py::class_<Pack>(module, "Pack")
      .def_static("open", &Pack::open, py::arg("name_or_folder"), WithoutInterpreter())
      .def_property_readonly("name", [](const Pack& pack) { return pack.manifest().name; })
      .def_property_readonly("folder", [](const Pack& pack) { return pack.manifest().folder; })
      .def("spaces", &spaces_of)
      .def("models", &models_of)
      .def(
          "verify", [](const Pack& pack) { return verify_pack(pack.manifest()); },
          WithoutInterpreter());
}

}  // namespace ogam::python
