#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>

namespace ogam {

/// How tensors of a file are named that is not Hugging Face's. "{}" stands for the number of a
/// layer; endings such as ".weight" are left out, see NameTable::endings.
struct NameRow {
  /// What the file has done to the numbers.
  enum class Change {
    none,
    /// It leaves out the rows of positions that stand before a text's first token: RoBERTa counts
    /// positions from the padding token on.
    after_padding,
    /// The rows of each head of queries, or of keys and values, come in another order: those of the
    /// first and second half in turns, so that rotated pairs are neighbours.
    query_pairs,
    key_pairs,
    /// One was added to the weights of a norm.
    plus_one,
  };

  std::string_view theirs;
  /// One name, or as many as the tensor is stacked of: equal parts of its rows, in this order. None
  /// where config.json says what the tensor does.
  std::array<std::string_view, 3> ours;
  Change change = Change::none;
};

/// The names of one architecture in one format of files.
struct NameTable {
  struct Ending {
    std::string_view theirs;
    std::string_view ours;
  };

  std::string_view format;
  std::string_view architecture;                  ///< as the file says it
  std::span<const std::string_view> model_types;  ///< of config.json; the first where there is none
  std::span<const Ending> endings;
  std::span<const NameRow> rows;
  /// A part of a tensor whose new name ends with this is one that Hugging Face's model does not
  /// have: it must be zero. Empty: there is none.
  std::string_view always_zero = "";
};

/// The names that are used in files of `format` ("GGUF", "CTranslate2") for a model.
/// @param model_type of config.json; empty where there is none.
/// @param origin the file's name, for errors.
/// @throws Error{unsupported} listing the architectures and model types that there are.
const NameTable& find_name_table(std::string_view format, std::string_view architecture,
                                 std::string_view model_type, const std::string& origin);

}  // namespace ogam
