#include <ATen/ATen.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "core/tensor/gguf.h"
#include "core/tensor/gguf_config.h"
#include "core/text/gguf_tokenizer.h"
#include "core/text/tokenizer_json.h"

namespace {

/// The tensors that a header lists, all of them empty.
class ListedTensors : public ogam::WeightSource {
 public:
  explicit ListedTensors(std::vector<ogam::TensorInfo> tensors) : tensors_(std::move(tensors)) {}
  const std::vector<ogam::TensorInfo>& tensors() const override { return tensors_; }
  at::Tensor load(const std::string&) const override { return at::empty({0}, at::kFloat); }

 private:
  std::vector<ogam::TensorInfo> tensors_;
};

/// Runs what must either work or be refused.
template <typename Function>
void attempt(const Function& function) {
  try {
    function();
  } catch (const ogam::Error& error) {
    if (error.code() == ogam::ErrorCode::internal) {
      std::abort();
    }
  }
}

}  // namespace

/// Whatever the bytes, the configuration and the tokenizer of an accepted file are made or refused.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  attempt([&] {
    const auto header = ogam::parse_gguf_header(std::as_bytes(std::span(data, size)), "input.gguf");
    const auto& keys = header.metadata;
    attempt([&] {
      ogam::config_of_gguf(keys, ListedTensors(ogam::infos_of(header.tensors)), "input.gguf");
    });
    attempt([&] { ogam::tokenizer_config_of_gguf(keys, "input.gguf"); });
    attempt([&] {
      ogam::TokenizerJson::of(ogam::tokenizer_json_of_gguf(keys, "input.gguf"), "input.gguf");
    });
  });
  return 0;
}
