#include "core/text/piper_tokenizer.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/text/unicode.h"

namespace ogam {

PiperTokenizer::PiperTokenizer(const std::filesystem::path& folder)
    : symbols_(folder / "vocab.json") {
  const auto file = folder / "tokenizer_config.json";
  const auto origin = display_path(file);
  const auto config = read_json_file(file);
  const auto text = [&](const char* key) { return json_value<std::string>(config, key, origin); };
  require(text("tokenizer_class") == "PiperTokenizer", ErrorCode::unsupported,
          "{}: \"tokenizer_class\" is '{}', expected PiperTokenizer", origin,
          display_path(text("tokenizer_class")));
  espeak_voice_ = text("espeak_voice");
  language_ = text("language");
  const auto id = [&](const char* key) { return symbols_.id_of(text(key), key, origin); };
  pad_ = id("pad_token");
  start_ = id("bos_token");
  end_ = id("eos_token");
}

SpokenIds PiperTokenizer::encode(std::string_view phonemes) const {
  SpokenIds spoken;
  spoken.ids = {start_, pad_};
  bool anything = false;
  for (const auto c : code_points(normalize(phonemes, NormalizationForm::nfd))) {
    if (const auto id = symbols_.find(c)) {
      spoken.ids.push_back(*id);
      spoken.ids.push_back(pad_);
      anything = anything || is_letter_or_digit(c);
    } else if (!is_white_space(c)) {
      note_left_out(c, spoken);
    }
  }
  spoken.ids.push_back(end_);
  if (!anything) {
    spoken.ids.clear();
  }
  return spoken;
}

}  // namespace ogam
