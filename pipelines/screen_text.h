#pragma once

#include <string>
#include <vector>

#include "core/base/time.h"
#include "core/base/timed_text.h"
#include "core/media/image.h"
#include "core/media/text_line_rendering.h"
#include "decoders/text/tesseract_reader.h"

namespace ogam {

struct ScreenTextOptions {
  float same_strokes = 0.8F;       ///< signatures this alike show the same words: not read again
  float sure = 0.85F;              ///< a reading this confident is final; others are tried again
  Time longest_gap = 2 * kSecond;  ///< a text that is unseen for longer has gone
};

/// Reads the words that a video shows, each once, with the span in which they are seen.
///
/// Frames are pushed at whatever steps they were sampled. Lines that look as they did on the frame
/// before are not read again, so a caption costs one reading however long it stands. Lines that
/// stand together for the same time become one text, from top to bottom, with spaces between: a
/// caption that was broken into two lines is one phrase to a search. Memory depends on what is on
/// screen, not on the length of the video.
class ScreenTextReader {
 public:
  explicit ScreenTextReader(TesseractReader reader = TesseractReader(),
                            const ScreenTextOptions& options = {});

  /// @param time later than that of the frame before.
  /// @throws Error{invalid_argument} when it is not.
  void push(Time time, const Image& frame);

  /// The texts in order of their start; the object is empty afterwards and may be used again.
  std::vector<TimedText> finish();

  /// Lines that were handed to the recogniser so far.
  int lines_read() const { return lines_read_; }

 private:
  /// A line that is followed over time.
  struct Track {
    TextLine line;
    TextLineSignature signature;
    std::vector<ReadLine> readings;  // the surest few; no text for strokes that are no words
    Time first_seen = 0;
    Time last_seen = 0;
    Time seen_until = 0;  // the time of the frame after the last on which it was seen

    /// The reading that agrees best with the others; of equals the surest.
    const ReadLine& reading() const;
    void add(ReadLine reading);
  };

  Track* find_same_strokes(const TextLine& line, const TextLineSignature& signature, Time time);
  Track* find_same_words(const ReadLine& reading, Time time);
  bool must_read_again(const Track& track) const;
  void close_tracks(Time time);

  TesseractReader reader_;
  const ScreenTextOptions options_;
  std::vector<Track> tracks_;  // seen lately
  std::vector<Track> gone_;    // gone, waiting for those that stood beside them
  std::vector<TimedText> texts_;
  Time last_time_ = -1;
  Time step_ = kSecond;  // between the last two frames
  int lines_read_ = 0;
};

/// The texts of a still picture, one for each block of lines.
std::vector<std::string> read_screen_text(TesseractReader& reader, const Image& image);

/// How alike two texts are: 1 less their edit distance over the longer one's length, spaces left
/// out.
float text_similarity(const std::string& a, const std::string& b);

}  // namespace ogam
