#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/json.h"

namespace ogam {

/// The post-processor of a tokenizer.json: puts special tokens around a text, or around and between
/// two.
///
/// TemplateProcessing, BertProcessing, RobertaProcessing, ByteLevel (which leaves ids as they are)
/// and a Sequence of these of which one at most adds tokens.
class PostProcessor {
 public:
  using Ids = std::vector<std::int32_t>;

  PostProcessor() = default;
  /// @param json the component, or null for none.
  /// @param origin the file's name, for errors.
  /// @throws Error{corrupt_data}, Error{unsupported} naming what is not implemented.
  PostProcessor(const SortedJson& json, const std::string& origin);

  Ids apply(const Ids& text, bool add_special_tokens) const;
  Ids apply_to_pair(const Ids& first, const Ids& second, bool add_special_tokens) const;

  /// The largest id of a special token; -1 when there is none.
  std::int32_t largest_id() const;

  /// A text, or special tokens.
  struct Piece {
    int text = -1;    ///< 0 for the first or only one, 1 for the second, -1 for tokens
    Ids tokens = {};  ///< special
  };
  /// The special tokens around one text and around two.
  struct Template {
    std::vector<Piece> single = {{.text = 0}};
    std::vector<Piece> pair = {{.text = 0}, {.text = 1}};
    bool adds_tokens = false;
  };

 private:
  Template template_;
};

}  // namespace ogam
