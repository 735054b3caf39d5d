#include "decoders/text/tesseract_reader.h"

#include <allheaders.h>
#include <dlfcn.h>
#include <tesseract/baseapi.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "core/base/error.h"
#include "core/media/text_line_rendering.h"
#include "core/text/unicode.h"

namespace ogam {
namespace {

// A reading this good needs no second opinion.
constexpr float kSureConfidence = 0.85F;

/// Keeps OpenMP from starting threads on behalf of the calling thread for as long as it lives.
///
/// Tesseract asks for four threads by number, so `omp_set_num_threads` has no say; with no active
/// level allowed, its parallel regions run on the caller. The functions are looked up in whichever
/// OpenMP library the process has (LibTorch brings its own), and if there is none there are no
/// threads either.
class SingleThread {
 public:
  SingleThread() {
    static const auto get =
        reinterpret_cast<int (*)()>(dlsym(RTLD_DEFAULT, "omp_get_max_active_levels"));
    set_ = reinterpret_cast<void (*)(int)>(dlsym(RTLD_DEFAULT, "omp_set_max_active_levels"));
    if (get != nullptr && set_ != nullptr) {
      levels_ = get();
      set_(0);
    }
  }
  ~SingleThread() {
    if (levels_ >= 0) {
      set_(levels_);
    }
  }
  SingleThread(const SingleThread&) = delete;
  SingleThread& operator=(const SingleThread&) = delete;

 private:
  void (*set_)(int) = nullptr;
  int levels_ = -1;
};

std::string single_spaced(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool space = c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f';
    if (!space) {
      out += c;
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
  }
  while (!out.empty() && out.back() == ' ') {
    out.pop_back();
  }
  return out;
}

/// How many signs of each kind a text has.
struct Census {
  int letters = 0;  // and digits
  int hangul = 0;
  int latin = 0;
  int signs = 0;

  explicit Census(const std::string& text) {
    for (const char32_t c : code_points(text)) {
      if (is_letter_or_digit(c)) {
        ++letters;
        hangul += is_hangul_syllable(c) ? 1 : 0;
        latin += (c | 0x20) >= U'a' && (c | 0x20) <= U'z' ? 1 : 0;
      } else if (c != U' ') {
        ++signs;
      }
    }
  }
};

/// Drops words without a letter or digit from both ends: edges of boxes and specks read as signs.
std::string without_loose_signs(std::string text) {
  const auto is_loose = [](const std::string& word) { return Census(word).letters == 0; };
  for (auto end = text.find(' '); end != std::string::npos && is_loose(text.substr(0, end));
       end = text.find(' ')) {
    text.erase(0, end + 1);
  }
  for (auto start = text.rfind(' '); start != std::string::npos && is_loose(text.substr(start + 1));
       start = text.rfind(' ')) {
    text.erase(start);
  }
  return text;
}

/// Whether a reading looks like words and not like texture read as signs.
bool looks_written(const std::string& text) {
  const Census census(text);
  return census.letters >= 2 && census.letters > census.signs;
}

/// What is asked of a reading: the shorter it is, the easier texture passes for it.
float needed_confidence(const std::string& text, float least) {
  constexpr float kShortest = 0.93F;  // of two letters
  constexpr int kLong = 8;            // letters from which the least will do
  const int letters = std::clamp(Census(text).letters, 2, kLong);
  const float share = static_cast<float>(kLong - letters) / (kLong - 2);
  return std::max(least, least + (kShortest - least) * share);
}

struct Reading {
  std::string text;
  float confidence = 0;
};

/// Starts an engine that reads single lines.
std::unique_ptr<tesseract::TessBaseAPI> start_engine(const std::string& languages,
                                                     const std::string& data_folder) {
  auto api = std::make_unique<tesseract::TessBaseAPI>();
  api->SetVariable("debug_file", "/dev/null");
  const char* const folder = data_folder.empty() ? nullptr : data_folder.c_str();
  std::vector<std::string> loaded;
  if (api->Init(folder, languages.c_str(), tesseract::OEM_LSTM_ONLY) == 0) {
    api->GetLoadedLanguagesAsVector(&loaded);
  }
  std::string_view rest = languages;
  while (!rest.empty()) {
    const auto end = std::min(rest.find('+'), rest.size());
    const std::string language(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    require(std::find(loaded.begin(), loaded.end(), language) != loaded.end(),
            ErrorCode::unavailable,
            "Tesseract's trained data for '{}' is not there; words on screen cannot be read "
            "without it: "
            "apt-get install tesseract-ocr-kor tesseract-ocr-eng",
            language);
  }
  api->SetPageSegMode(tesseract::PSM_SINGLE_LINE);
  return api;
}

Reading recognise(tesseract::TessBaseAPI& api, const GrayImage& paper) {
  api.SetImage(paper.pixels.data(), paper.width, paper.height, 1, paper.width);
  api.SetSourceResolution(300);
  if (api.Recognize(nullptr) != 0) {
    return {};
  }
  const std::unique_ptr<char[]> text(api.GetUTF8Text());
  if (text == nullptr) {
    return {};
  }
  return {without_loose_signs(single_spaced(to_nfc(text.get()))),
          static_cast<float>(api.MeanTextConf()) / 100};
}

}  // namespace

struct TesseractReader::State {
  TesseractOptions options;
  std::unique_ptr<tesseract::TessBaseAPI> all;    // every language
  std::unique_ptr<tesseract::TessBaseAPI> first;  // the first alone; null when it is the only one
};

TesseractReader::TesseractReader(const TesseractOptions& options)
    : state_(std::make_unique<State>()) {
  setMsgSeverity(L_SEVERITY_NONE);
  const SingleThread alone;
  state_->options = options;
  state_->all = start_engine(options.languages, options.data_folder);
  if (const auto plus = options.languages.find('+'); plus != std::string::npos) {
    state_->first = start_engine(options.languages.substr(0, plus), options.data_folder);
  }
}

TesseractReader::~TesseractReader() = default;
TesseractReader::TesseractReader(TesseractReader&&) noexcept = default;
TesseractReader& TesseractReader::operator=(TesseractReader&&) noexcept = default;

std::vector<ReadLine> TesseractReader::read(const Image& image) {
  std::vector<ReadLine> lines;
  for (const TextLine& line : find_text_lines(image)) {
    if (auto read = read_line(image, line)) {
      lines.push_back(std::move(*read));
    }
  }
  return lines;
}

std::optional<ReadLine> TesseractReader::read_line(const Image& image, const TextLine& line) {
  const SingleThread alone;
  const int height = state_->options.glyph_height;
  TextLine other = line;
  other.light = !line.light;
  const std::pair<TextLine, LineRendering> attempts[] = {
      {line, LineRendering::strokes},  {line, LineRendering::gray},
      {line, LineRendering::outlined}, {other, LineRendering::outlined},
      {other, LineRendering::strokes}, {other, LineRendering::gray}};
  Reading best;
  GrayImage best_paper;
  for (const auto& [as, rendering] : attempts) {
    GrayImage paper = render_text_line(image, as, height, rendering);
    Reading reading = recognise(*state_->all, paper);
    if (looks_written(reading.text) && reading.confidence > best.confidence) {
      best = std::move(reading);
      best_paper = std::move(paper);
    }
    if (best.confidence >= kSureConfidence) {
      break;
    }
  }
  // With several languages a Korean word is now and then taken for an English one ("AAS" for
  // 김치를).
  if (const Census census(best.text); state_->first && census.hangul > 0 && census.latin > 0) {
    Reading reading = recognise(*state_->first, best_paper);
    if (looks_written(reading.text) && reading.confidence + 0.01F >= best.confidence) {
      best = std::move(reading);
    }
  }
  if (best.text.empty() ||
      best.confidence < needed_confidence(best.text, state_->options.min_confidence)) {
    return std::nullopt;
  }
  return ReadLine{std::move(best.text), best.confidence, line};
}

}  // namespace ogam
