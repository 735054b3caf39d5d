#include "core/text/sentencepiece_tokenizer.h"

#include <sentencepiece_processor.h>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/text/unicode.h"

namespace ogam {

namespace {
constexpr std::size_t kMaxModelBytes = 64u << 20;
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
  const auto status = state_->processor.Encode(to_nfc(text), &ids);
  require(status.ok(), ErrorCode::internal, "SentencePiece cannot split {} bytes of text: {}",
          text.size(), status.ToString());
  return ids;
}

int SentencePieceTokenizer::vocabulary_size() const { return state_->processor.GetPieceSize(); }

}  // namespace ogam
