#include "core/text/sentencepiece_tokenizer.h"

#include <sentencepiece_processor.h>

#include <algorithm>
#include <iterator>

#include "core/base/error.h"
#include "core/base/files.h"

namespace ogam {

namespace {

constexpr std::size_t kMaxModelBytes = 64u << 20;

std::optional<std::int32_t> as_optional(int id) {
  return id >= 0 ? std::optional<std::int32_t>(id) : std::nullopt;
}

}  // namespace

struct SentencePieceTokenizer::State {
  sentencepiece::SentencePieceProcessor processor;
};

SentencePieceTokenizer::SentencePieceTokenizer(const std::filesystem::path& model)
    : state_(std::make_unique<State>()) {
  const auto status = state_->processor.LoadFromSerializedProto(read_file(model, kMaxModelBytes));
  require(status.ok(), ErrorCode::corrupt_data, "{} is not a SentencePiece model: {}",
          display_path(model), status.ToString());
}

SentencePieceTokenizer::~SentencePieceTokenizer() = default;
SentencePieceTokenizer::SentencePieceTokenizer(SentencePieceTokenizer&&) noexcept = default;

std::vector<std::int32_t> SentencePieceTokenizer::encode(std::string_view text) const {
  std::vector<int> ids;
  const auto status = state_->processor.Encode({text.data(), text.size()}, &ids);
  require(status.ok(), ErrorCode::internal, "SentencePiece cannot split {} bytes of text: {}",
          text.size(), status.ToString());
  return ids;
}

std::string SentencePieceTokenizer::decode(std::span<const std::int32_t> ids) const {
  std::vector<int> known;
  std::copy_if(ids.begin(), ids.end(), std::back_inserter(known),
               [&](auto id) { return id >= 0 && id < vocabulary_size(); });
  std::string text;
  const auto status = state_->processor.Decode(known, &text);
  require(status.ok(), ErrorCode::internal, "SentencePiece cannot join {} pieces: {}", known.size(),
          status.ToString());
  return text;
}

std::optional<std::int32_t> SentencePieceTokenizer::token_id(std::string_view piece) const {
  const int id = state_->processor.PieceToId({piece.data(), piece.size()});
  const bool known = id >= 0 && id < vocabulary_size() && state_->processor.IdToPiece(id) == piece;
  return known ? as_optional(id) : std::nullopt;
}

std::optional<std::int32_t> SentencePieceTokenizer::bos_id() const {
  return as_optional(state_->processor.bos_id());
}

std::optional<std::int32_t> SentencePieceTokenizer::eos_id() const {
  return as_optional(state_->processor.eos_id());
}

int SentencePieceTokenizer::vocabulary_size() const { return state_->processor.GetPieceSize(); }

}  // namespace ogam
