#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/media/image.h"
#include "core/media/text_lines.h"

namespace ogam {

/// A line of writing that was read.
struct ReadLine {
  std::string text;      ///< NFC, single spaces, never empty
  float confidence = 0;  ///< of the recogniser, 0 to 1
  TextLine line;         ///< where it stands
};

struct TesseractOptions {
  std::string languages = "kor+eng";  ///< names of trained data, joined by '+'
  std::string data_folder{};  ///< of the trained data; empty: TESSDATA_PREFIX or the library's own
  float min_confidence = 0.6F;  ///< of a line of eight letters or more; shorter ones need more
  int glyph_height = 40;        ///< lines are scaled to this before they are read
};

/// Reads the words in pictures with Tesseract's LSTM recogniser, line by line as `find_text_lines`
/// finds them.
///
/// One object holds the engines (about 60 MB) and serves one thread at a time; make one per thread.
/// It computes on the calling thread alone, whatever OpenMP would do, and writes nothing to stderr.
/// Source: Smith, "An Overview of the Tesseract OCR Engine", 2007; the LSTM recogniser came with
/// version 4.
class TesseractReader {
 public:
  /// @throws Error{unavailable} when the trained data of a language is missing, with the command
  /// that installs it.
  explicit TesseractReader(const TesseractOptions& options = {});
  ~TesseractReader();
  TesseractReader(TesseractReader&&) noexcept;
  TesseractReader& operator=(TesseractReader&&) noexcept;

  /// Every line that can be read, from top to bottom.
  std::vector<ReadLine> read(const Image& image);

  /// One line; nothing when it holds no words.
  std::optional<ReadLine> read_line(const Image& image, const TextLine& line);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ogam
