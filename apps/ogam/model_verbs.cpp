#include "apps/ogam/model_verbs.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <string>

#include "apps/ogam/run_verb.h"
#include "core/base/files.h"

namespace ogam {

int run_model_verb(int count, char** arguments) {
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
  const auto library = program.parent_path().parent_path() / OGAM_LIBRARY_FOLDER / OGAM_MODEL_VERBS;
  void* const handle = ::dlopen(library.c_str(), RTLD_NOW | RTLD_GLOBAL);
  if (handle == nullptr) {
    fmt::print(stderr, "ogam: cannot open the library of models: {}; build or install ogam again\n",
               ::dlerror());
    return kInternal;
  }
  using Run = int (*)(int, char**);
  const auto run = reinterpret_cast<Run>(::dlsym(handle, "ogam_run_model_verb"));
  if (run == nullptr) {
    fmt::print(stderr, "ogam: {} is not of this release; build or install ogam again\n",
               display_path(library));
    return kInternal;
  }
  return run(count, arguments);
}

}  // namespace ogam
