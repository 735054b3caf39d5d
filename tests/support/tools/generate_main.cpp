#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <exception>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/base/json.h"
#include "core/tensor/checkpoint.h"
#include "core/tensor/safetensors_writer.h"
#include "core/text/tokenizer.h"
#include "decoders/text/language_model.h"
#include "decoders/text/text_generation.h"

// What the language model of a folder makes of texts, for the comparison with the reference.
//
//   generate FOLDER REQUEST.json OUT.safetensors
//
// The request: {"text": [...], "precision": "float32" | "bfloat16"}. The tensors written have a row
// for each text:
//   text.logits  after each of its first kPositions tokens, read at once; zeros after its end
//   text.pieces  after its last token, read in pieces and then one by one through a cache
//   text.left    after kFurther tokens of no meaning that follow it one by one, the texts in one
//                batch filled up at their beginnings
//   text.right   the same, filled up at their ends
//   text.tokens  the first kGenerated tokens that are generated greedily, -1 after the end

namespace ogam {
namespace {

constexpr std::int64_t kPositions = 48;
constexpr std::int64_t kPiece = 7;
constexpr std::int64_t kFurther = 4;
constexpr std::int64_t kGenerated = 16;

using Texts = std::vector<Tokenizer::Ids>;

at::Tensor row(const Tokenizer::Ids& ids) {
  return at::tensor(std::vector<std::int64_t>(ids.begin(), ids.end())).unsqueeze(0);
}

at::Tensor first_logits(const LanguageModel& model, const Tokenizer::Ids& ids) {
  auto padded = at::zeros({kPositions, model.config().vocab_size});
  const auto logits = model.forward({.ids = row(ids)})[0].slice(0, 0, kPositions);
  padded.narrow(0, 0, logits.size(0)).copy_(logits);
  return padded.flatten();
}

at::Tensor logits_by_pieces(const LanguageModel& model, const Tokenizer::Ids& ids) {
  const auto all = row(ids);
  const auto tokens = all.size(1);
  auto cache = model.make_cache(1, tokens);
  at::Tensor logits;
  for (std::int64_t start = 0; start < tokens;) {
    const auto size = tokens - start > 2 * kPiece ? kPiece : 1;
    logits = model.forward({.ids = all.narrow(1, start, size), .cache = &cache, .last_only = true});
    start += size;
  }
  return logits[0];
}

/// [N, vocab_size], with the filling before the texts or after them.
at::Tensor logits_in_batch(const LanguageModel& model, const Texts& texts, bool left) {
  std::int64_t longest = 0;
  for (const auto& ids : texts) {
    longest = std::max(longest, std::ssize(ids));
  }
  const auto count = std::ssize(texts);
  auto ids = at::full({count, longest}, 1, at::kLong);
  auto real = at::zeros({count, longest}, at::kBool);
  for (std::int64_t i = 0; i < count; ++i) {
    const auto size = std::ssize(texts[i]);
    const auto start = left ? longest - size : 0;
    ids[i].narrow(0, start, size).copy_(row(texts[i])[0]);
    real[i].narrow(0, start, size).fill_(true);
  }
  auto cache = model.make_cache(count, longest + kFurther);
  auto logits = model.forward({.ids = ids, .real = real, .cache = &cache, .last_only = true});
  for (std::int64_t i = 0; i < kFurther; ++i) {
    const auto token = at::full({count, 1}, 7919 * (i + 1) % model.config().vocab_size, at::kLong);
    logits = model.forward({.ids = token, .cache = &cache, .last_only = true});
  }
  return logits;
}

at::Tensor greedy_tokens(TextGenerator& generator, const Tokenizer::Ids& ids) {
  auto tokens = generator.generate(ids, {.max_tokens = kGenerated}).tokens;
  tokens.resize(kGenerated, -1);
  return row(tokens)[0].to(at::kFloat);
}

void generate(const std::string& folder, const Json& request, const std::string& out) {
  const c10::InferenceMode inference;
  const bool rounded = request.value("precision", std::string()) == "bfloat16";
  Checkpoint checkpoint(folder, rounded ? at::kBFloat16 : at::kFloat);
  const LanguageModel model(checkpoint);
  const Tokenizer tokenizer{std::filesystem::path(folder)};
  TextGenerator generator(model, tokenizer);
  Texts texts;
  std::map<std::string, std::vector<at::Tensor>> rows;
  for (const auto& text : request.at("text")) {
    texts.push_back(tokenizer.encode(text.get<std::string>()));
    rows["text.logits"].push_back(first_logits(model, texts.back()));
    rows["text.pieces"].push_back(logits_by_pieces(model, texts.back()));
    rows["text.tokens"].push_back(greedy_tokens(generator, texts.back()));
  }
  std::map<std::string, at::Tensor> tensors = {
      {"text.left", logits_in_batch(model, texts, /*left=*/true)},
      {"text.right", logits_in_batch(model, texts, /*left=*/false)}};
  for (const auto& [name, of_texts] : rows) {
    tensors[name] = at::stack(of_texts);
  }
  save_safetensors(out, tensors);
}

}  // namespace
}  // namespace ogam

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: generate FOLDER REQUEST.json OUT.safetensors\n";
    return 2;
  }
  try {
    at::set_num_threads(1);
    ogam::generate(argv[1], ogam::read_json_file(argv[2]), argv[3]);
    return 0;
  } catch (const std::exception& error) {
    std::cerr << ogam::describe(error) << '\n';
    return 1;
  }
}
