#include "core/text/gguf_tokenizer.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/table.h"
#include "core/text/text_limits.h"
#include "core/text/unicode.h"

namespace ogam {

namespace {

constexpr std::string_view kSpace = "\u2581";

/// What a piece of the vocabulary is; the numbers are those of the format.
enum class PieceKind : std::int64_t { normal = 1, unknown = 2, control = 3, user_defined = 4 };

constexpr const char* kTokens = "tokenizer.ggml.tokens";
constexpr const char* kTypes = "tokenizer.ggml.token_type";
constexpr const char* kScores = "tokenizer.ggml.scores";
constexpr const char* kMerges = "tokenizer.ggml.merges";

/// The pieces of a file, in the order of their ids.
struct Pieces {
  std::vector<std::string> texts;
  std::vector<std::int64_t> kinds;

  PieceKind kind(std::size_t id) const { return static_cast<PieceKind>(kinds[id]); }
};

void check_size(const GgufMetadata& keys, const char* key, const std::string& origin) {
  require(keys.size_of(key) <= kMaxTokenizerBytes, ErrorCode::resource_exhausted,
          "{}: key '{}' takes {} bytes, at most {} are read", origin, key, keys.size_of(key),
          kMaxTokenizerBytes);
}

template <typename T>
std::vector<T> read_array(const GgufMetadata& keys, const char* key, const std::string& origin) {
  check_size(keys, key, origin);
  return keys.value<std::vector<T>>(key);
}

Pieces read_pieces(const GgufMetadata& keys, const std::string& origin) {
  Pieces pieces{.texts = read_array<std::string>(keys, kTokens, origin),
                .kinds = read_array<std::int64_t>(keys, kTypes, origin)};
  require(pieces.kinds.size() == pieces.texts.size(), ErrorCode::corrupt_data,
          "{}: {} tokens and {} types of them", origin, pieces.texts.size(), pieces.kinds.size());
  return pieces;
}

/// The piece that a key names by its id; nothing where there is no such key.
std::optional<std::string> named_piece(const GgufMetadata& keys, const char* name,
                                       const std::vector<std::string>& texts,
                                       const std::string& origin) {
  const auto key = fmt::format("tokenizer.ggml.{}_token_id", name);
  if (!keys.contains(key)) {
    return std::nullopt;
  }
  const auto id = keys.value<std::int64_t>(key);
  require(id >= 0 && std::cmp_less(id, texts.size()), ErrorCode::corrupt_data,
          "{}: {} is {}, and there are {} tokens", origin, key, id, texts.size());
  return texts[static_cast<std::size_t>(id)];
}

SortedJson vocabulary_of(const Pieces& pieces, const std::string& origin) {
  SortedJson vocabulary = SortedJson::object();
  for (std::size_t id = 0; id < pieces.texts.size(); ++id) {
    const auto [place, is_new] = vocabulary.emplace(pieces.texts[id], id);
    require(is_new, ErrorCode::corrupt_data, "{}: tokens {} and {} are the same, '{}'", origin,
            place->get<std::size_t>(), id, display_path(pieces.texts[id]));
  }
  return vocabulary;
}

/// Pieces that are looked for in a text before it is split.
SortedJson added_tokens_of(const Pieces& pieces) {
  SortedJson added = SortedJson::array();
  for (std::size_t id = 0; id < pieces.texts.size(); ++id) {
    const auto kind = pieces.kind(id);
    const bool is_special = kind == PieceKind::control || kind == PieceKind::unknown;
    if ((is_special || kind == PieceKind::user_defined) && !pieces.texts[id].empty()) {
      added.push_back({{"id", id},
                       {"content", pieces.texts[id]},
                       {"single_word", false},
                       {"lstrip", false},
                       {"rstrip", false},
                       {"normalized", false},
                       {"special", is_special}});
    }
  }
  return added;
}

/// The tokens around a text, and around each of two.
SortedJson template_of(const GgufMetadata& keys, const Pieces& pieces, bool adds_bos,
                       const std::string& origin) {
  adds_bos = keys.value_or<bool>("tokenizer.ggml.add_bos_token", adds_bos);
  const bool adds_eos = keys.value_or<bool>("tokenizer.ggml.add_eos_token", false);
  if (!adds_bos && !adds_eos) {
    return nullptr;
  }
  SortedJson special = SortedJson::object();
  const auto add = [&](bool wanted, const char* name, SortedJson& to) {
    if (!wanted) {
      return;
    }
    const auto token = named_piece(keys, name, pieces.texts, origin);
    require(token.has_value(), ErrorCode::corrupt_data,
            "{}: asks for a token around texts that tokenizer.ggml.{}_token_id does not name",
            origin, name);
    const auto id = keys.value<std::int64_t>(fmt::format("tokenizer.ggml.{}_token_id", name));
    special[*token] = {{"id", *token},
                       {"ids", SortedJson::array({static_cast<std::uint64_t>(id)})},
                       {"tokens", SortedJson::array({*token})}};
    to.push_back({{"SpecialToken", {{"id", *token}, {"type_id", 0}}}});
  };
  SortedJson single = SortedJson::array();
  SortedJson pair = SortedJson::array();
  for (const auto* const text : {"A", "B"}) {
    for (auto* const to : {&pair, text == std::string_view("A") ? &single : nullptr}) {
      if (to != nullptr) {
        add(adds_bos, "bos", *to);
        to->push_back({{"Sequence", {{"id", text}, {"type_id", 0}}}});
        add(adds_eos, "eos", *to);
      }
    }
  }
  return {{"type", "TemplateProcessing"},
          {"single", single},
          {"pair", pair},
          {"special_tokens", special}};
}

SortedJson sequence(const char* list, std::initializer_list<SortedJson> parts) {
  return {{"type", "Sequence"}, {list, SortedJson(SortedJson::array_t(parts))}};
}

/// How a byte-level tokenizer splits a text before it looks for merges.
struct SplitRow {
  std::string_view name;  ///< `tokenizer.ggml.pre`
  const char* pattern;
  bool composes;       ///< characters to NFC first
  bool ignore_merges;  ///< a word that is in the vocabulary is not split
  bool adds_bos;       ///< where the file does not say
};

constexpr const char* kQwen2Split =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr const char* kLlama3Split =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";

constexpr std::array kSplits = {
    SplitRow{"qwen2", kQwen2Split, true, false, false},
    SplitRow{"deepseek-r1-qwen", kQwen2Split, true, false, true},
    SplitRow{"llama-bpe", kLlama3Split, false, true, true},
    SplitRow{"llama3", kLlama3Split, false, true, true},
    SplitRow{"llama-v3", kLlama3Split, false, true, true},
};

SortedJson byte_level_tokenizer(const GgufMetadata& keys, const std::string& origin) {
  const auto& split = find_row(kSplits, keys.value<std::string>("tokenizer.ggml.pre"),
                               "tokenizer.ggml.pre", origin);
  const auto pieces = read_pieces(keys, origin);
  const SortedJson byte_level = {{"type", "ByteLevel"},
                                 {"add_prefix_space", false},
                                 {"trim_offsets", true},
                                 {"use_regex", false}};
  SortedJson normalizer = nullptr;
  if (split.composes) {
    normalizer = {{"type", "NFC"}};
  }
  return {{"version", "1.0"},
          {"added_tokens", added_tokens_of(pieces)},
          {"normalizer", normalizer},
          {"pre_tokenizer", sequence("pretokenizers", {{{"type", "Split"},
                                                        {"pattern", {{"Regex", split.pattern}}},
                                                        {"behavior", "Isolated"},
                                                        {"invert", false}},
                                                       byte_level})},
          {"post_processor", template_of(keys, pieces, split.adds_bos, origin)},
          {"decoder", byte_level},
          {"model",
           {{"type", "BPE"},
            {"ignore_merges", split.ignore_merges},
            {"vocab", vocabulary_of(pieces, origin)},
            {"merges", read_array<std::string>(keys, kMerges, origin)}}}};
}

/// Two pieces that make a third.
struct Merge {
  double order = 0;  ///< of the third; larger is sooner
  std::size_t left_size = 0;
  std::size_t right_size = 0;  ///< in characters
  std::int64_t left = 0;
  std::int64_t right = 0;
};

/// Every way to make a piece of two others, the best first: those of the best piece, and of one
/// piece those with the longest left part.
std::vector<Merge> merges_of(const Pieces& pieces, const std::vector<double>& order,
                             const std::string& origin) {
  constexpr std::size_t kLongestPiece = 256;  // bytes; the longest in use have about 100
  constexpr std::size_t kMostMerges = std::size_t{1} << 22;
  std::unordered_map<std::string_view, std::int64_t> ids;
  for (std::size_t id = 0; id < pieces.texts.size(); ++id) {
    ids.emplace(pieces.texts[id], id);
  }
  std::vector<Merge> merges;
  for (std::size_t id = 0; id < pieces.texts.size(); ++id) {
    const std::string_view text = pieces.texts[id];
    if (pieces.kind(id) != PieceKind::normal) {
      continue;  // found whole, or never
    }
    require(text.size() <= kLongestPiece, ErrorCode::resource_exhausted,
            "{}: token {} has {} bytes, at most {} are possible", origin, id, text.size(),
            kLongestPiece);
    std::vector<std::size_t> starts;  // of characters
    for (std::size_t begin = 0; begin < text.size();
         begin += first_character(text.substr(begin)).size) {
      starts.push_back(begin);
    }
    for (std::size_t i = starts.size(); i-- > 1;) {
      const auto left = ids.find(text.substr(0, starts[i]));
      const auto right = ids.find(text.substr(starts[i]));
      if (left != ids.end() && right != ids.end()) {
        merges.push_back({order[id], i, starts.size() - i, left->second, right->second});
      }
    }
    require(merges.size() <= kMostMerges, ErrorCode::resource_exhausted,
            "{}: the tokens can be made of each other in more than {} ways", origin, kMostMerges);
  }
  std::stable_sort(merges.begin(), merges.end(), [](const Merge& a, const Merge& b) {
    return std::tie(a.order, a.left_size, a.right_size) >
           std::tie(b.order, b.left_size, b.right_size);
  });
  return merges;
}

SortedJson sentencepiece_tokenizer(const GgufMetadata& keys, const std::string& origin) {
  auto pieces = read_pieces(keys, origin);
  const bool is_gemma = keys.value<std::string>("general.architecture").starts_with("gemma");
  std::vector<double> order;
  if (is_gemma) {
    // Its scores do not follow the order of its merges, its ids do. The file spells runs of spaces
    // as spaces, and the tokenizer makes them of single ones.
    for (std::size_t id = 0; id < pieces.texts.size(); ++id) {
      auto& text = pieces.texts[id];
      if (!text.empty() && text.find_first_not_of(' ') == std::string::npos) {
        std::string marks;
        for (std::size_t i = 0; i < text.size(); ++i) {
          marks += kSpace;
        }
        text = std::move(marks);
        pieces.kinds[id] = static_cast<std::int64_t>(PieceKind::normal);
      }
      order.push_back(-static_cast<double>(id));
    }
  } else {
    order = read_array<double>(keys, kScores, origin);
    require(order.size() == pieces.texts.size(), ErrorCode::corrupt_data,
            "{}: {} tokens and {} scores of them", origin, pieces.texts.size(), order.size());
  }
  SortedJson merges = SortedJson::array();
  for (const auto& merge : merges_of(pieces, order, origin)) {
    merges.push_back(SortedJson::array({pieces.texts[static_cast<std::size_t>(merge.left)],
                                        pieces.texts[static_cast<std::size_t>(merge.right)]}));
  }
  const SortedJson to_marks = {
      {"type", "Replace"}, {"pattern", {{"String", " "}}}, {"content", kSpace}};
  const SortedJson from_marks = {
      {"type", "Replace"}, {"pattern", {{"String", kSpace}}}, {"content", " "}};
  SortedJson normalizer = to_marks;
  SortedJson decoder =
      sequence("decoders", {from_marks, {{"type", "ByteFallback"}}, {{"type", "Fuse"}}});
  if (keys.value_or<bool>("tokenizer.ggml.add_space_prefix", !is_gemma)) {
    normalizer = sequence("normalizers", {{{"type", "Prepend"}, {"prepend", kSpace}}, to_marks});
    decoder["decoders"].push_back({{"type", "Strip"}, {"content", " "}, {"start", 1}, {"stop", 0}});
  }
  SortedJson model = {{"type", "BPE"},
                      {"byte_fallback", true},
                      {"fuse_unk", true},
                      {"vocab", vocabulary_of(pieces, origin)},
                      {"merges", std::move(merges)}};
  if (const auto unknown = named_piece(keys, "unknown", pieces.texts, origin)) {
    model["unk_token"] = *unknown;
  }
  return {{"version", "1.0"},
          {"added_tokens", added_tokens_of(pieces)},
          {"normalizer", normalizer},
          {"pre_tokenizer", nullptr},
          {"post_processor", template_of(keys, pieces, /*adds_bos=*/true, origin)},
          {"decoder", decoder},
          {"model", std::move(model)}};
}

struct TokenizerRow {
  std::string_view name;  ///< `tokenizer.ggml.model`
  SortedJson (*make)(const GgufMetadata& keys, const std::string& origin);
};

constexpr std::array kTokenizers = {
    TokenizerRow{"gpt2", &byte_level_tokenizer},
    TokenizerRow{"llama", &sentencepiece_tokenizer},
};

/// The beginning of a file, read for as long as it is looked at.
template <typename Result>
Result with_keys(const std::filesystem::path& path,
                 Result (*read)(const GgufMetadata& keys, const std::string& origin)) {
  const MappedFile file(path);
  FileCursor cursor(file.bytes(), display_path(path));
  return read(read_gguf_start(cursor).metadata, cursor.origin());
}

}  // namespace

SortedJson tokenizer_json_of_gguf(const GgufMetadata& keys, const std::string& origin) {
  require(keys.contains("tokenizer.ggml.model"), ErrorCode::not_found,
          "{} holds no tokenizer; put the model's tokenizer.json beside it", origin);
  return find_row(kTokenizers, keys.value<std::string>("tokenizer.ggml.model"),
                  "tokenizer.ggml.model", origin)
      .make(keys, origin);
}

SortedJson tokenizer_json_of_gguf(const std::filesystem::path& file) {
  return with_keys<SortedJson>(file, &tokenizer_json_of_gguf);
}

Json tokenizer_config_of_gguf(const GgufMetadata& keys, const std::string& origin) {
  Json config = Json::object();
  if (keys.contains("tokenizer.chat_template")) {
    check_size(keys, "tokenizer.chat_template", origin);
    config["chat_template"] = keys.value<std::string>("tokenizer.chat_template");
  }
  const auto texts = keys.contains(kTokens) ? read_array<std::string>(keys, kTokens, origin)
                                            : std::vector<std::string>();
  for (const auto& [theirs, ours] :
       {std::pair("bos", "bos_token"), std::pair("eos", "eos_token"),
        std::pair("padding", "pad_token"), std::pair("unknown", "unk_token")}) {
    if (const auto piece = named_piece(keys, theirs, texts, origin)) {
      config[ours] = *piece;
    }
  }
  for (const auto* const flag : {"add_bos_token", "add_eos_token"}) {
    if (const auto key = fmt::format("tokenizer.ggml.{}", flag); keys.contains(key)) {
      config[flag] = keys.value<bool>(key);
    }
  }
  return config;
}

Json tokenizer_config_of_gguf(const std::filesystem::path& file) {
  return with_keys<Json>(file, &tokenizer_config_of_gguf);
}

}  // namespace ogam
