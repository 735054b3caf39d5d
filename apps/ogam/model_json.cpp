#include "apps/ogam/model_json.h"

#include "core/base/files.h"

namespace ogam {

std::uint64_t size_of(const PackModel& model) {
  std::uint64_t bytes = 0;
  for (const PackFile& file : model.files) {
    bytes += file.size;
  }
  return bytes;
}

Json model_json(const PackModel& model) {
  Json files = Json::array();
  for (const PackFile& file : model.files) {
    files.push_back(
        {{"path", display_path(file.path)}, {"size", file.size}, {"sha256", file.sha256}});
  }
  return {{"id", model.id},
          {"model_type", model.model_type},
          {"role", model.role},
          {"origin", model.origin},
          {"licence", model.licence},
          {"licence_note", model.licence_note},
          {"training", model.training},
          {"folder", display_path(model.folder)},
          {"bytes", size_of(model)},
          {"files", files}};
}

}  // namespace ogam
