#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/base/space.h"
#include "core/pack/manifest.h"

namespace ogam {

class AudioEncoder;
class ClassNameQuery;
struct Encoders;
class FusionModel;
class ImageEncoder;
class SpeechRecognizer;
class TextEncoder;
class TransNetV2;

/// The models of a pack. A model is loaded when it is first asked for and shared from then on;
/// asking is safe from any thread. Copies of a Pack share their models.
class [[gnu::visibility("default")]] Pack {
 public:
  /// @param name_or_folder a name under `OGAM_HOME/packs`, or a folder.
  /// @throws Error{unavailable} when it is missing or damaged, naming the command that mends it.
  static Pack open(const std::string& name_or_folder = "starter");

  const PackManifest& manifest() const;

  /// The spaces of `lanes`; lanes without a model have none. Nothing is loaded.
  std::vector<Space> spaces(const std::vector<Lane>& lanes = Lane::all()) const;

  /// The space of one output of a lane's encoder.
  Space space(const PackLane& lane, const PackSpace& output) const;

  /// Models by their id in the manifest, and what leads texts through the names of classes.
  /// @throws Error{unavailable} naming the model, what is wrong with it and what mends it.
  std::shared_ptr<const TextEncoder> text_encoder(const std::string& id) const;
  std::shared_ptr<const ClassNameQuery> class_names(const PackQueryRoute& route) const;
  std::shared_ptr<const ImageEncoder> image_encoder(const std::string& id) const;
  std::shared_ptr<const AudioEncoder> audio_encoder(const std::string& id) const;
  /// Every encoder of a model, for those who choose by lane; see lane_encoders.h.
  const Encoders& encoders(const std::string& id) const;
  std::shared_ptr<const TransNetV2> shot_model(const std::string& id) const;

  /// What makes a lane of others.
  /// @throws as above; Error{unavailable} when the model is not made for the towers.
  std::shared_ptr<const FusionModel> fusion(const PackLane& lane) const;

  /// The recogniser of a lane of speech: what it names as its "recognizer" and its "vad".
  /// @throws as above; Error{unavailable} when the lane does not name both.
  std::shared_ptr<const SpeechRecognizer> speech_recognizer(const PackLane& lane) const;

 private:
  struct State;
  explicit Pack(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace ogam
