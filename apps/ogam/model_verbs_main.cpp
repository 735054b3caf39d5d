#include <ATen/Parallel.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "apps/ogam/run_verb.h"
#include "apps/ogam/verbs.h"

namespace {

constexpr std::array kModelVerbs = {
    ogam::Verb{"doctor", "", &ogam::run_doctor},
    ogam::Verb{"embed", "", &ogam::run_embed},
    ogam::Verb{"generate", "", &ogam::run_generate},
    ogam::Verb{"index", "", &ogam::run_index},
    ogam::Verb{"models pack", "", &ogam::run_models_pack},
    ogam::Verb{"models show", "", &ogam::run_models_show},
    ogam::Verb{"search", "", &ogam::run_search},
    ogam::Verb{"shots", "", &ogam::run_shots},
    ogam::Verb{"transcribe", "", &ogam::run_transcribe},
};

}  // namespace

/// The only symbol of this library; see run_model_verb in apps/ogam/model_verbs.h.
extern "C" [[gnu::visibility("default")]] int ogam_run_model_verb(int count, char** arguments) {
  at::set_num_threads(1);  // the stages run side by side instead; see core/base/thread_budget.h
  const std::string name = arguments[1];
  const std::vector<std::string> words(arguments + 2, arguments + count);
  const auto* const verb =
      std::find_if(kModelVerbs.begin(), kModelVerbs.end(),
                   [&](const ogam::Verb& candidate) { return candidate.name == name; });
  return verb == kModelVerbs.end() ? static_cast<int>(ogam::kInternal)
                                   : ogam::run_verb(*verb, words);
}
