#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace ogam {

/// One voice of espeak-ng: text to phonemes, and text to speech by formants.
///
/// The library has one state for the whole process; objects share it one after another, from any
/// thread. It is opened when the first object is made, and never closed.
/// Source: espeak-ng 1.51, `speak_lib.h`.
class Espeak {
 public:
  /// @param voice as espeak-ng calls it: "en-us", "ko".
  /// @throws Error{unavailable} when espeak-ng or its data is not installed, with the command that
  ///     installs it; Error{invalid_argument} for a voice that it lacks.
  explicit Espeak(std::string voice);

  const std::string& voice() const { return voice_; }

  /// The phonemes of a text in the International Phonetic Alphabet, with stress marks, and each
  /// clause with the mark that ends it (one of . ? ! , : ;) and a space: "həlˈoʊ, wˈɜːld!". Words
  /// of another language are spoken in it; the marks by which espeak-ng says so are left out.
  /// @param text any; broken UTF-8 is repaired.
  std::string phonemes(std::string_view text) const;

  /// Speaks a text; samples in [-1, 1] at sample_rate().
  ///
  /// @param rate 1 is as fast as espeak-ng speaks by itself (175 words a minute), 2 is twice as
  ///     fast; espeak-ng keeps within 0.46 and 2.57.
  /// @throws Error{internal} when espeak-ng fails.
  std::vector<float> speak(std::string_view text, double rate) const;

  /// Hertz, the same for all voices.
  static int sample_rate();

 private:
  std::string voice_;
};

}  // namespace ogam
