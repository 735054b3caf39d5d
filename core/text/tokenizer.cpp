#include "core/text/tokenizer.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/text/bpe_files.h"
#include "core/text/gguf_tokenizer.h"
#include "core/text/sentencepiece_tokenizer.h"
#include "core/text/text_limits.h"
#include "core/text/unicode.h"

namespace ogam {

class Tokenizer::Backend {
 public:
  virtual ~Backend() = default;
  virtual Ids encode(std::string_view text) const = 0;
  virtual Ids finish(const Ids& text, bool add_special_tokens) const = 0;
  virtual Ids finish_pair(const Ids& first, const Ids& second, bool add_special_tokens) const = 0;
  virtual std::string decode(std::span<const std::int32_t> ids, bool skip_special_tokens) const = 0;
  virtual std::optional<std::int32_t> token_id(std::string_view token) const = 0;
  virtual int vocabulary_size() const = 0;
  virtual std::optional<TokenizerTruncation> truncation() const { return std::nullopt; }
  virtual std::optional<TokenizerPadding> padding() const { return std::nullopt; }
};

class Tokenizer::JsonBackend final : public Backend {
 public:
  explicit JsonBackend(TokenizerJson json) : json_(std::move(json)) {}

  Ids encode(std::string_view text) const override {
    Ids ids;
    bool first = true;
    for (const auto& part : json_.added_tokens.plain().split(text)) {
      if (part.id >= 0) {
        ids.push_back(part.id);
      } else {
        encode_part(part.text, first, ids);
      }
      first = false;
    }
    return ids;
  }

  Ids finish(const Ids& text, bool add_special_tokens) const override {
    return json_.post_processor.apply(text, add_special_tokens);
  }

  Ids finish_pair(const Ids& first, const Ids& second, bool add_special_tokens) const override {
    return json_.post_processor.apply_to_pair(first, second, add_special_tokens);
  }

  std::string decode(std::span<const std::int32_t> ids, bool skip_special_tokens) const override {
    std::vector<std::string> tokens;
    std::size_t bytes = 0;
    for (const auto id : ids) {
      const auto* token = json_.added_tokens.token(id);
      token = token == nullptr ? json_.model->vocabulary().token(id) : token;
      if (token != nullptr && !(skip_special_tokens && json_.added_tokens.is_special(*token))) {
        bytes += token->size();
        require_text_fits(bytes);
        tokens.push_back(*token);
      }
    }
    return json_.decoder.decode(std::move(tokens));
  }

  std::optional<std::int32_t> token_id(std::string_view token) const override {
    const auto added = json_.added_tokens.id(std::string(token));
    return added ? added : json_.model->vocabulary().id(token);
  }

  int vocabulary_size() const override { return json_.largest_id() + 1; }

  std::optional<TokenizerTruncation> truncation() const override { return json_.truncation; }
  std::optional<TokenizerPadding> padding() const override { return json_.padding; }

 private:
  /// Encodes text in which no added token is written as it is; `first` tells whether the input
  /// begins with it.
  void encode_part(std::string_view text, bool first, Ids& ids) const {
    NormalizedText normalized{std::string(text), first ? first_character(text).size : 0};
    json_.normalizer.apply(normalized);
    std::size_t begin = 0;
    for (const auto& part : json_.added_tokens.normalized().split(normalized.text)) {
      if (part.id >= 0) {
        ids.push_back(part.id);
      } else {
        const auto head = normalized.head - std::min(normalized.head, begin);
        const auto split =
            json_.pre_tokenizer.split({std::string(part.text), std::min(head, part.text.size())});
        for (const auto& word : split.words) {
          json_.model->encode(split.word(word), ids);
        }
      }
      begin += part.text.size();
    }
  }

  TokenizerJson json_;
};

class Tokenizer::SentencePieceBackend final : public Backend {
 public:
  explicit SentencePieceBackend(const std::filesystem::path& model)
      : model_(model), config_path_(model.parent_path() / "tokenizer_config.json") {
    if (std::filesystem::exists(config_path_)) {
      read_config(read_json_file(config_path_));
    }
  }

  Ids encode(std::string_view text) const override { return model_.encode(text); }

  Ids finish(const Ids& text, bool add_special_tokens) const override {
    if (!add_special_tokens) {
      return text;
    }
    require(adds_bos_ && adds_eos_, ErrorCode::unsupported,
            "{}: add_bos_token and add_eos_token must say which special tokens surround a text",
            display_path(config_path_));
    Ids ids;
    add_token(*adds_bos_, model_.bos_id(), ids);
    ids.insert(ids.end(), text.begin(), text.end());
    add_token(*adds_eos_, model_.eos_id(), ids);
    return ids;
  }

  Ids finish_pair(const Ids& first, const Ids& second, bool add_special_tokens) const override {
    require(!add_special_tokens, ErrorCode::unsupported,
            "{}: special tokens around two texts are not implemented for a SentencePiece model",
            display_path(config_path_.parent_path()));
    Ids ids = first;
    ids.insert(ids.end(), second.begin(), second.end());
    return ids;
  }

  std::string decode(std::span<const std::int32_t> ids, bool) const override {
    return model_.decode(ids);
  }
  std::optional<std::int32_t> token_id(std::string_view token) const override {
    return model_.token_id(token);
  }
  int vocabulary_size() const override { return model_.vocabulary_size(); }

 private:
  void read_config(const Json& config) {
    const auto origin = display_path(config_path_);
    const auto read_flag = [&](const char* key) {
      return config.contains(key) ? std::optional(json_value<bool>(config, key, origin))
                                  : std::nullopt;
    };
    adds_bos_ = read_flag("add_bos_token");
    adds_eos_ = read_flag("add_eos_token");
    const auto added = json_value_or<Json>(config, "added_tokens_decoder", origin, Json::object());
    for (const auto& [id, token] : added.items()) {
      const auto content = json_value<std::string>(token, "content", origin);
      const auto known = model_.token_id(content);
      require(known && std::to_string(*known) == id, ErrorCode::unsupported,
              "{}: the added token '{}' is not in the SentencePiece model; save the tokenizer as "
              "tokenizer.json",
              origin, content);
    }
  }

  void add_token(bool wanted, std::optional<std::int32_t> id, Ids& ids) const {
    require(!wanted || id, ErrorCode::corrupt_data,
            "{}: asks for a special token that the SentencePiece model does not have",
            display_path(config_path_));
    if (wanted) {
      ids.push_back(*id);
    }
  }

  SentencePieceTokenizer model_;
  std::filesystem::path config_path_;
  std::optional<bool> adds_bos_;
  std::optional<bool> adds_eos_;
};

std::unique_ptr<Tokenizer::Backend> Tokenizer::open(const std::filesystem::path& folder) {
  constexpr std::array kModels = {"tokenizer.model", "spiece.model"};
  const auto is_there = [&](const char* name) { return std::filesystem::exists(folder / name); };
  const auto* const model = std::find_if(kModels.begin(), kModels.end(), is_there);
  if (is_there("tokenizer.json") || model == kModels.end()) {
    // Models that come with this file have other ids than it, by a rule of their own.
    require(is_there("tokenizer.json") || !is_there("sentencepiece.bpe.model"),
            ErrorCode::unsupported,
            "{}: sentencepiece.bpe.model alone does not tell the ids; save the tokenizer as "
            "tokenizer.json",
            display_path(folder));
    const auto path = folder / "tokenizer.json";
    if (!is_there("tokenizer.json") && has_bpe_files(folder)) {
      return std::make_unique<JsonBackend>(TokenizerJson(
          std::string_view(tokenizer_json_of_bpe_files(folder)), display_path(folder)));
    }
    if (const auto files = gguf_files_of(folder); !is_there("tokenizer.json") && !files.empty()) {
      return std::make_unique<JsonBackend>(
          TokenizerJson::of(tokenizer_json_of_gguf(files.front()), display_path(files.front())));
    }
    return std::make_unique<JsonBackend>(
        TokenizerJson(std::string_view(read_file(path, kMaxTokenizerBytes)), display_path(path)));
  }
  return std::make_unique<SentencePieceBackend>(folder / *model);
}

Tokenizer::Tokenizer(const std::filesystem::path& folder) : backend_(open(folder)) {}
Tokenizer::Tokenizer(std::unique_ptr<Backend> backend) : backend_(std::move(backend)) {}

Tokenizer Tokenizer::parse(std::string_view tokenizer_json, const std::string& origin) {
  return Tokenizer(std::make_unique<JsonBackend>(TokenizerJson(tokenizer_json, origin)));
}

Tokenizer::~Tokenizer() = default;
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;

Tokenizer::Ids Tokenizer::encode(std::string_view text, EncodeOptions options) const {
  auto ids = backend_->encode(repair_utf8(text));
  if (options.max_tokens) {
    const auto special = backend_->finish({}, options.add_special_tokens).size();
    require(special <= *options.max_tokens, ErrorCode::invalid_argument,
            "a text cannot have {} tokens: the special tokens around it are {}",
            *options.max_tokens, special);
    ids.resize(std::min(ids.size(), *options.max_tokens - special));
  }
  return backend_->finish(ids, options.add_special_tokens);
}

Tokenizer::Ids Tokenizer::encode_pair(std::string_view first, std::string_view second,
                                      EncodeOptions options) const {
  return backend_->finish_pair(backend_->encode(repair_utf8(first)),
                               backend_->encode(repair_utf8(second)), options.add_special_tokens);
}

std::string Tokenizer::decode(std::span<const std::int32_t> ids, DecodeOptions options) const {
  auto text = backend_->decode(ids, options.skip_special_tokens);
  return options.repair ? repair_utf8(text) : text;
}

std::optional<std::int32_t> Tokenizer::token_id(std::string_view token) const {
  return backend_->token_id(token);
}

int Tokenizer::vocabulary_size() const { return backend_->vocabulary_size(); }

std::optional<TokenizerTruncation> Tokenizer::truncation() const { return backend_->truncation(); }

std::optional<TokenizerPadding> Tokenizer::padding() const { return backend_->padding(); }

}  // namespace ogam
