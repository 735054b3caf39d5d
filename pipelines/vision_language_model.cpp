#include "pipelines/vision_language_model.h"

#include <vector>

namespace ogam {

VisionLanguageModel::VisionLanguageModel(Checkpoint& checkpoint)
    : tower_(make_visual_tower(checkpoint)), decoder_(checkpoint) {
  checkpoint.finish();
}

EmbeddedPrompt VisionLanguageModel::read(const Question& question) const {
  const auto pictures =
      question.pictures.empty() ? std::vector<TowerTokens>() : tower_->pictures(question.pictures);
  std::vector<TowerTokens> clips;
  clips.reserve(question.clips.size());
  for (const VideoClip& clip : question.clips) {
    clips.push_back(tower_->clip(clip));
  }
  return decoder_.read(question.text, {.pictures = pictures, .clips = clips});
}

}  // namespace ogam
