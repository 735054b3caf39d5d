#include "core/tensor/name_table.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

#include "core/base/error.h"

namespace ogam {

namespace {

constexpr std::array kGgufEndings = {
    NameTable::Ending{".weight", ".weight"},
    NameTable::Ending{".bias", ".bias"},
};

// Source: llama.cpp's convert_hf_to_gguf and the package gguf, tensor_mapping.
constexpr std::array<std::string_view, 3> kBertTypes = {"bert", "roberta", "xlm-roberta"};
constexpr std::array kBertRows = {
    NameRow{"token_embd", {"embeddings.word_embeddings"}},
    NameRow{"position_embd", {"embeddings.position_embeddings"}, NameRow::Change::after_padding},
    NameRow{"token_types", {"embeddings.token_type_embeddings"}},
    NameRow{"token_embd_norm", {"embeddings.LayerNorm"}},
    NameRow{"blk.{}.attn_q", {"encoder.layer.{}.attention.self.query"}},
    NameRow{"blk.{}.attn_k", {"encoder.layer.{}.attention.self.key"}},
    NameRow{"blk.{}.attn_v", {"encoder.layer.{}.attention.self.value"}},
    NameRow{"blk.{}.attn_qkv",
            {"encoder.layer.{}.attention.self.query", "encoder.layer.{}.attention.self.key",
             "encoder.layer.{}.attention.self.value"}},
    NameRow{"blk.{}.attn_output", {"encoder.layer.{}.attention.output.dense"}},
    NameRow{"blk.{}.attn_output_norm", {"encoder.layer.{}.attention.output.LayerNorm"}},
    NameRow{"blk.{}.ffn_up", {"encoder.layer.{}.intermediate.dense"}},
    NameRow{"blk.{}.ffn_down", {"encoder.layer.{}.output.dense"}},
    NameRow{"blk.{}.layer_output_norm", {"encoder.layer.{}.output.LayerNorm"}},
};

constexpr std::array<std::string_view, 1> kModernBertTypes = {"modernbert"};
constexpr std::array kModernBertRows = {
    NameRow{"token_embd", {"embeddings.tok_embeddings"}},
    NameRow{"token_embd_norm", {"embeddings.norm"}},
    NameRow{"output_norm", {"final_norm"}},
    NameRow{"blk.{}.attn_norm", {"layers.{}.attn_norm"}},
    NameRow{"blk.{}.attn_qkv", {"layers.{}.attn.Wqkv"}},
    NameRow{"blk.{}.attn_output", {"layers.{}.attn.Wo"}},
    NameRow{"blk.{}.ffn_norm", {"layers.{}.mlp_norm"}},
    NameRow{"blk.{}.ffn_up", {"layers.{}.mlp.Wi"}},
    NameRow{"blk.{}.ffn_down", {"layers.{}.mlp.Wo"}},
};

constexpr std::array<std::string_view, 1> kQwen2Types = {"qwen2"};
constexpr std::array<std::string_view, 1> kQwen3Types = {"qwen3"};
constexpr std::array kQwenRows = {
    NameRow{"token_embd", {"model.embed_tokens"}},
    NameRow{"output_norm", {"model.norm"}},
    NameRow{"output", {"lm_head"}},
    NameRow{"blk.{}.attn_norm", {"model.layers.{}.input_layernorm"}},
    NameRow{"blk.{}.attn_q", {"model.layers.{}.self_attn.q_proj"}},
    NameRow{"blk.{}.attn_k", {"model.layers.{}.self_attn.k_proj"}},
    NameRow{"blk.{}.attn_v", {"model.layers.{}.self_attn.v_proj"}},
    NameRow{"blk.{}.attn_output", {"model.layers.{}.self_attn.o_proj"}},
    NameRow{"blk.{}.attn_q_norm", {"model.layers.{}.self_attn.q_norm"}},
    NameRow{"blk.{}.attn_k_norm", {"model.layers.{}.self_attn.k_norm"}},
    NameRow{"blk.{}.ffn_norm", {"model.layers.{}.post_attention_layernorm"}},
    NameRow{"blk.{}.ffn_gate", {"model.layers.{}.mlp.gate_proj"}},
    NameRow{"blk.{}.ffn_up", {"model.layers.{}.mlp.up_proj"}},
    NameRow{"blk.{}.ffn_down", {"model.layers.{}.mlp.down_proj"}},
};

constexpr std::array<std::string_view, 1> kLlamaTypes = {"llama"};
constexpr std::array kLlamaRows = {
    NameRow{"token_embd", {"model.embed_tokens"}},
    NameRow{"output_norm", {"model.norm"}},
    NameRow{"output", {"lm_head"}},
    NameRow{"rope_freqs", {}},
    NameRow{"blk.{}.attn_norm", {"model.layers.{}.input_layernorm"}},
    NameRow{"blk.{}.attn_q", {"model.layers.{}.self_attn.q_proj"}, NameRow::Change::query_pairs},
    NameRow{"blk.{}.attn_k", {"model.layers.{}.self_attn.k_proj"}, NameRow::Change::key_pairs},
    NameRow{"blk.{}.attn_v", {"model.layers.{}.self_attn.v_proj"}},
    NameRow{"blk.{}.attn_output", {"model.layers.{}.self_attn.o_proj"}},
    NameRow{"blk.{}.ffn_norm", {"model.layers.{}.post_attention_layernorm"}},
    NameRow{"blk.{}.ffn_gate", {"model.layers.{}.mlp.gate_proj"}},
    NameRow{"blk.{}.ffn_up", {"model.layers.{}.mlp.up_proj"}},
    NameRow{"blk.{}.ffn_down", {"model.layers.{}.mlp.down_proj"}},
};

constexpr std::array<std::string_view, 1> kGemma3Types = {"gemma3_text"};
constexpr auto kPlusOne = NameRow::Change::plus_one;
constexpr std::array kGemma3Rows = {
    NameRow{"token_embd", {"model.embed_tokens"}},
    NameRow{"output_norm", {"model.norm"}, kPlusOne},
    NameRow{"output", {"lm_head"}},
    NameRow{"blk.{}.attn_norm", {"model.layers.{}.input_layernorm"}, kPlusOne},
    NameRow{"blk.{}.attn_q", {"model.layers.{}.self_attn.q_proj"}},
    NameRow{"blk.{}.attn_k", {"model.layers.{}.self_attn.k_proj"}},
    NameRow{"blk.{}.attn_v", {"model.layers.{}.self_attn.v_proj"}},
    NameRow{"blk.{}.attn_output", {"model.layers.{}.self_attn.o_proj"}},
    NameRow{"blk.{}.attn_q_norm", {"model.layers.{}.self_attn.q_norm"}, kPlusOne},
    NameRow{"blk.{}.attn_k_norm", {"model.layers.{}.self_attn.k_norm"}, kPlusOne},
    NameRow{"blk.{}.post_attention_norm", {"model.layers.{}.post_attention_layernorm"}, kPlusOne},
    NameRow{"blk.{}.ffn_norm", {"model.layers.{}.pre_feedforward_layernorm"}, kPlusOne},
    NameRow{"blk.{}.post_ffw_norm", {"model.layers.{}.post_feedforward_layernorm"}, kPlusOne},
    NameRow{"blk.{}.ffn_gate", {"model.layers.{}.mlp.gate_proj"}},
    NameRow{"blk.{}.ffn_up", {"model.layers.{}.mlp.up_proj"}},
    NameRow{"blk.{}.ffn_down", {"model.layers.{}.mlp.down_proj"}},
};

constexpr std::array kCTranslate2Endings = {
    NameTable::Ending{"/weight", ".weight"},    NameTable::Ending{"/bias", ".bias"},
    NameTable::Ending{"/gamma", ".weight"},     NameTable::Ending{"/beta", ".bias"},
    NameTable::Ending{"/encodings", ".weight"},
};

// Source: CTranslate2's specs (whisper_spec, attention_spec) and its converter of transformers.
constexpr std::array<std::string_view, 1> kWhisperTypes = {"whisper"};
constexpr std::array kWhisperRows = {
    NameRow{"encoder/conv1", {"model.encoder.conv1"}},
    NameRow{"encoder/conv2", {"model.encoder.conv2"}},
    NameRow{"encoder/position_encodings", {"model.encoder.embed_positions"}},
    NameRow{"encoder/layer_norm", {"model.encoder.layer_norm"}},
    NameRow{"encoder/layer_{}/self_attention/layer_norm",
            {"model.encoder.layers.{}.self_attn_layer_norm"}},
    NameRow{"encoder/layer_{}/self_attention/linear_0",
            {"model.encoder.layers.{}.self_attn.q_proj", "model.encoder.layers.{}.self_attn.k_proj",
             "model.encoder.layers.{}.self_attn.v_proj"}},
    NameRow{"encoder/layer_{}/self_attention/linear_1",
            {"model.encoder.layers.{}.self_attn.out_proj"}},
    NameRow{"encoder/layer_{}/ffn/layer_norm", {"model.encoder.layers.{}.final_layer_norm"}},
    NameRow{"encoder/layer_{}/ffn/linear_0", {"model.encoder.layers.{}.fc1"}},
    NameRow{"encoder/layer_{}/ffn/linear_1", {"model.encoder.layers.{}.fc2"}},
    NameRow{"decoder/embeddings", {"model.decoder.embed_tokens"}},
    NameRow{"decoder/position_encodings", {"model.decoder.embed_positions"}},
    NameRow{"decoder/layer_norm", {"model.decoder.layer_norm"}},
    NameRow{"decoder/projection", {"proj_out"}},
    NameRow{"decoder/layer_{}/self_attention/layer_norm",
            {"model.decoder.layers.{}.self_attn_layer_norm"}},
    NameRow{"decoder/layer_{}/self_attention/linear_0",
            {"model.decoder.layers.{}.self_attn.q_proj", "model.decoder.layers.{}.self_attn.k_proj",
             "model.decoder.layers.{}.self_attn.v_proj"}},
    NameRow{"decoder/layer_{}/self_attention/linear_1",
            {"model.decoder.layers.{}.self_attn.out_proj"}},
    NameRow{"decoder/layer_{}/attention/layer_norm",
            {"model.decoder.layers.{}.encoder_attn_layer_norm"}},
    NameRow{"decoder/layer_{}/attention/linear_0", {"model.decoder.layers.{}.encoder_attn.q_proj"}},
    NameRow{"decoder/layer_{}/attention/linear_1",
            {"model.decoder.layers.{}.encoder_attn.k_proj",
             "model.decoder.layers.{}.encoder_attn.v_proj"}},
    NameRow{"decoder/layer_{}/attention/linear_2",
            {"model.decoder.layers.{}.encoder_attn.out_proj"}},
    NameRow{"decoder/layer_{}/ffn/layer_norm", {"model.decoder.layers.{}.final_layer_norm"}},
    NameRow{"decoder/layer_{}/ffn/linear_0", {"model.decoder.layers.{}.fc1"}},
    NameRow{"decoder/layer_{}/ffn/linear_1", {"model.decoder.layers.{}.fc2"}},
};

constexpr std::array kTables = {
    NameTable{"GGUF", "bert", kBertTypes, kGgufEndings, kBertRows},
    NameTable{"GGUF", "modern-bert", kModernBertTypes, kGgufEndings, kModernBertRows},
    NameTable{"GGUF", "qwen2", kQwen2Types, kGgufEndings, kQwenRows},
    NameTable{"GGUF", "qwen3", kQwen3Types, kGgufEndings, kQwenRows},
    NameTable{"GGUF", "llama", kLlamaTypes, kGgufEndings, kLlamaRows},
    NameTable{"GGUF", "gemma3", kGemma3Types, kGgufEndings, kGemma3Rows},
    NameTable{"CTranslate2", "WhisperSpec", kWhisperTypes, kCTranslate2Endings, kWhisperRows,
              ".k_proj.bias"},
};

}  // namespace

const NameTable& find_name_table(std::string_view format, std::string_view architecture,
                                 std::string_view model_type, const std::string& origin) {
  std::vector<std::string> known;
  for (const auto& table : kTables) {
    if (table.format != format) {
      continue;
    }
    if (table.architecture == architecture &&
        (model_type.empty() || std::find(table.model_types.begin(), table.model_types.end(),
                                         model_type) != table.model_types.end())) {
      return table;
    }
    known.push_back(fmt::format("{} ({})", table.architecture, fmt::join(table.model_types, ", ")));
  }
  fail(ErrorCode::unsupported,
       "{}: {} files of the architecture '{}' are not read as the model_type '{}'; there are: {}; "
       "use the model's safetensors",
       origin, format, architecture, model_type, fmt::join(known, ", "));
}

}  // namespace ogam
