#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ogam {

/// A sentence as it was spoken.
struct SpokenSentence {
  std::vector<float> samples;         ///< in [-1, 1]; empty when nothing in it can be spoken
  std::vector<std::string> left_out;  ///< characters that the voice does not know
};

/// How a voice speaks.
struct VoiceSettings {
  double speed = 1;                          ///< 2 is twice as fast; 0.25 to 4
  std::optional<std::int64_t> speaker = {};  ///< of several; the first without it
  std::uint64_t seed = 0;                    ///< of what differs from one time to the next
};

/// Something that speaks sentences.
class SpeechVoice {
 public:
  virtual ~SpeechVoice() = default;

  /// What people are told of it: "en-us-joe-medium", "espeak-ng ko (formant synthesis)".
  virtual std::string name() const = 0;
  /// As the voice's own files call it: "en", "kor"; empty when they do not.
  virtual std::string language() const = 0;
  virtual std::string licence() const = 0;  ///< "unknown" where it is not known
  virtual int sample_rate() const = 0;      ///< hertz

  /// @param index of the sentence in its text: with the seed, it decides the noise.
  virtual SpokenSentence speak(const std::string& sentence, std::uint64_t index) const = 0;
};

/// Which voice is asked for.
struct VoiceRequest {
  std::string pack = {};      ///< name or folder; empty: "voice", and espeak-ng for what it lacks
  std::string model = {};     ///< a folder or an id of the hub, instead of a pack
  std::string language = {};  ///< "en", "ko", ...; empty: that of `sample`, or of the model
  std::string_view sample = {};  ///< of the text to be spoken
  VoiceSettings settings = {};
};

/// Opens a voice: the model's, or the pack's; for languages other than English that the pack
/// "voice" does not speak, espeak-ng's own, which says so in its name.
///
/// @throws Error{unavailable} naming the command that mends it when a model, the pack or espeak-ng
///     is missing; Error{invalid_argument} for a language that the voice does not speak or nobody
///     does, and for settings that make no sense; Error{corrupt_data, unsupported} for the model.
std::unique_ptr<SpeechVoice> open_voice(const VoiceRequest& request);

}  // namespace ogam
