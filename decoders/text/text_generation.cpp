#include "decoders/text/text_generation.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <array>
#include <utility>

#include "core/base/error.h"
#include "decoders/text/text_stream.h"

namespace ogam {

namespace {

/// Tokens of a prompt that are read at once: enough to keep the machine busy, few enough that what
/// is computed on the way stays small.
constexpr std::int64_t kPiece = 512;

/// The text so far, and who is told of it.
class Output {
 public:
  Output(const Tokenizer& tokenizer, const GenerationConfig& config)
      : tokens_(tokenizer), stop_(config.stop), on_text_(&config.on_text) {}

  /// @return whether a stop string came.
  bool push(std::int32_t token) {
    emit(stop_.push(tokens_.push(token)));
    return stop_.found();
  }
  std::string finish() {
    emit(stop_.push(tokens_.finish()));
    emit(stop_.finish());
    return std::move(text_);
  }

 private:
  void emit(const std::string& piece) {
    if (!piece.empty() && *on_text_) {
      (*on_text_)(piece);
    }
    text_ += piece;
  }

  TokenText tokens_;
  StopStrings stop_;
  const std::function<void(std::string_view)>* on_text_;
  std::string text_;
};

}  // namespace

const char* finish_reason_name(FinishReason reason) {
  constexpr std::array kNames = {"end", "stop", "constraint", "length"};
  return kNames.at(static_cast<std::size_t>(reason));
}

std::int64_t TextGenerator::rewind(std::span<const std::uint64_t> keys) {
  // The last token is read again at least: its logits were not kept.
  const auto most = std::min(held_.size(), keys.size() - 1);
  const auto [end, unused] =
      std::mismatch(held_.begin(), held_.begin() + static_cast<std::ptrdiff_t>(most), keys.begin());
  held_.erase(end, held_.end());
  if (cache_) {
    cache_->truncate(std::ssize(held_));
  }
  return std::ssize(held_);
}

void TextGenerator::make_room(std::int64_t tokens) {
  constexpr std::int64_t kLeast = 256;
  if (!cache_) {
    cache_.emplace(model_->make_cache(/*batch=*/1, std::max(tokens, kLeast)));
  }
  if (tokens > cache_->capacity()) {
    // Twice as much each time, so that a long text is not moved token by token.
    cache_->reserve(
        std::max(tokens, std::min(2 * cache_->capacity(), model_->config().context_length)));
  }
}

std::vector<float> TextGenerator::read(const Tokens& tokens, std::int64_t start,
                                       const CancellationToken& cancellation) {
  make_room(std::ssize(held_) + std::ssize(tokens.keys) - start);
  at::Tensor logits;
  while (start < std::ssize(tokens.keys)) {
    cancellation.check();
    const auto count = std::min(std::ssize(tokens.keys) - start, kPiece);
    LanguageModel::Input input = {.cache = &*cache_, .last_only = true};
    EmbeddedTokens piece;
    if (tokens.embedded != nullptr) {
      piece = tokens.embedded->slice(start, count);
      input.embedded = &piece;
    } else {
      const auto ids = tokens.ids.subspan(start, count);
      input.ids = at::tensor(std::vector<std::int64_t>(ids.begin(), ids.end())).unsqueeze(0);
    }
    logits = model_->forward(input);
    const auto keys = tokens.keys.subspan(start, count);
    held_.insert(held_.end(), keys.begin(), keys.end());
    start += count;
  }
  const auto row = logits.contiguous();
  const auto* const data = row.const_data_ptr<float>();
  return {data, data + row.numel()};
}

GeneratedText TextGenerator::generate(std::span<const std::int32_t> prompt,
                                      const GenerationConfig& config) {
  const std::vector<std::uint64_t> keys(prompt.begin(), prompt.end());
  return generate(Tokens{.ids = prompt, .keys = keys}, config);
}

GeneratedText TextGenerator::generate(const EmbeddedPrompt& prompt,
                                      const GenerationConfig& config) {
  require(prompt.tokens.embeddings.defined() && prompt.tokens.embeddings.dim() == 3 &&
              prompt.tokens.embeddings.size(0) == 1 &&
              prompt.tokens.embeddings.size(1) == std::ssize(prompt.ids) &&
              prompt.keys.size() == prompt.ids.size(),
          ErrorCode::invalid_argument, "a prompt of {} ids, {} keys and other embeddings",
          prompt.ids.size(), prompt.keys.size());
  return generate(Tokens{.ids = prompt.ids, .keys = prompt.keys, .embedded = &prompt.tokens},
                  config);
}

GeneratedText TextGenerator::generate(const Tokens& prompt, const GenerationConfig& config) {
  const c10::InferenceMode inference;
  config.sampling.check();
  const auto context = model_->config().context_length;
  require(config.max_tokens > 0, ErrorCode::invalid_argument,
          "max_tokens is {}, expected 1 or more", config.max_tokens);
  const auto count = std::ssize(prompt.ids);
  require(count > 0, ErrorCode::invalid_argument, "the prompt holds no token");
  require(count < context, ErrorCode::invalid_argument,
          "a prompt of {} tokens leaves no room in the model's context of {}; shorten it", count,
          context);
  Output output(*tokenizer_, config);
  SamplingRandom random(config.sampling.seed);
  const auto& ends = model_->eos_token_ids();
  const auto limit = std::min(config.max_tokens, context - count);
  GeneratedText result = {.text = {},
                          .tokens = {},
                          .reason = FinishReason::length,
                          .prompt_tokens = count,
                          .reused_tokens = rewind(prompt.keys)};
  auto logits = read(prompt, result.reused_tokens, config.cancellation);
  Tokenizer::Ids sequence(prompt.ids.begin(), prompt.ids.end());
  std::vector<bool> allowed;
  while (true) {
    if (config.constraint != nullptr) {
      allowed.assign(logits.size(), false);
      config.constraint->mask(allowed, limit - std::ssize(result.tokens));
    }
    const auto token = sample_token(logits, sequence, allowed, config.sampling, random);
    if (std::find(ends.begin(), ends.end(), token) != ends.end()) {
      result.reason = FinishReason::end;
      break;
    }
    result.tokens.push_back(token);
    sequence.push_back(token);
    if (output.push(token)) {
      result.reason = FinishReason::stop;
      break;
    }
    if (config.constraint != nullptr) {
      config.constraint->accept(token);
      if (config.constraint->finished()) {
        result.reason = FinishReason::constraint;
        break;
      }
    }
    if (std::ssize(result.tokens) == limit) {
      break;
    }
    const auto key = static_cast<std::uint64_t>(token);
    logits = read({.ids = {&token, 1}, .keys = {&key, 1}}, 0, config.cancellation);
  }
  result.text = output.finish();
  return result;
}

}  // namespace ogam
