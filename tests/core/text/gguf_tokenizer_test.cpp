#include "core/text/gguf_tokenizer.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/text/tokenizer_json.h"
#include "tests/support/gguf_bytes.h"

namespace ogam {
namespace {

using test::bytes_of;

std::string strings(const std::string& key, const std::vector<std::string>& texts) {
  std::string elements;
  for (const auto& text : texts) {
    elements += test::gguf_string(text);
  }
  return test::gguf_array(key, GgufType::string, texts.size(), elements);
}

std::string numbers(const std::string& key, const std::vector<std::int32_t>& values) {
  std::string elements;
  for (const auto value : values) {
    elements += bytes_of(value);
  }
  return test::gguf_array(key, GgufType::i32, values.size(), elements);
}

std::string text(const std::string& key, const std::string& value) {
  return test::gguf_key(key, GgufType::string, test::gguf_string(value));
}

std::string id(const std::string& name, std::uint32_t value) {
  return test::gguf_key("tokenizer.ggml." + name + "_token_id", GgufType::u32, bytes_of(value));
}

/// A byte-level tokenizer of three pieces.
std::vector<std::string> small(std::vector<std::string> more = {}) {
  std::vector<std::string> keys = {
      text("general.architecture", "qwen2"), text("tokenizer.ggml.model", "gpt2"),
      text("tokenizer.ggml.pre", "qwen2"), strings("tokenizer.ggml.merges", {})};
  keys.insert(keys.end(), more.begin(), more.end());
  return keys;
}

const std::string kTokens = strings("tokenizer.ggml.tokens", {"a", "b", "<end>"});
const std::string kTypes = numbers("tokenizer.ggml.token_type", {1, 1, 3});

class GgufTokenizerTest : public ::testing::Test {
 protected:
  const GgufMetadata& read(const std::vector<std::string>& keys) {
    file_ = test::GgufBytes{.keys = keys}.bytes();
    FileCursor cursor(test::as_file(file_), "tiny.gguf");
    start_.emplace(read_gguf_start(cursor));
    return start_->metadata;
  }
  ErrorCode refusal(const std::vector<std::string>& keys) {
    try {
      TokenizerJson::of(tokenizer_json_of_gguf(read(keys), "tiny.gguf"), "tiny.gguf");
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find("tiny.gguf"), std::string::npos);
      return error.code();
    }
    ADD_FAILURE() << "was accepted";
    return ErrorCode::internal;
  }

 private:
  std::string file_;
  std::optional<GgufStart> start_;
};

TEST_F(GgufTokenizerTest, ControlPiecesAreSpecialTokens) {
  const auto json = tokenizer_json_of_gguf(read(small({kTokens, kTypes})), "tiny.gguf");
  EXPECT_EQ(json["added_tokens"].size(), 1U);
  EXPECT_EQ(json["added_tokens"][0]["content"], "<end>");
  EXPECT_EQ(json["added_tokens"][0]["id"], 2);
  EXPECT_EQ(json["added_tokens"][0]["special"], true);
  EXPECT_TRUE(json["post_processor"].is_null());
}

TEST_F(GgufTokenizerTest, TheConfigurationNamesTokensByTheirText) {
  const auto flag =
      test::gguf_key("tokenizer.ggml.add_bos_token", GgufType::boolean, std::string(1, '\0'));
  const auto config = tokenizer_config_of_gguf(
      read(
          small({kTokens, kTypes, id("eos", 2), flag, text("tokenizer.chat_template", "{{ x }}")})),
      "tiny.gguf");
  EXPECT_EQ(config,
            Json({{"chat_template", "{{ x }}"}, {"eos_token", "<end>"}, {"add_bos_token", false}}));
}

TEST_F(GgufTokenizerTest, WhatContradictsItselfIsRefused) {
  const auto starts =
      test::gguf_key("tokenizer.ggml.add_bos_token", GgufType::boolean, std::string(1, '\1'));
  EXPECT_EQ(refusal(small({kTokens})), ErrorCode::corrupt_data);
  EXPECT_EQ(refusal(small({kTokens, numbers("tokenizer.ggml.token_type", {1})})),
            ErrorCode::corrupt_data);
  EXPECT_EQ(refusal(small({strings("tokenizer.ggml.tokens", {"a", "a", "b"}), kTypes})),
            ErrorCode::corrupt_data);
  EXPECT_EQ(refusal(small({kTokens, kTypes, starts})), ErrorCode::corrupt_data);
  EXPECT_EQ(refusal(small({kTokens, kTypes, starts, id("bos", 3)})), ErrorCode::corrupt_data);
}

TEST_F(GgufTokenizerTest, PiecesBeyondAllMeasureAreRefused) {
  EXPECT_EQ(refusal({text("general.architecture", "gemma3"), text("tokenizer.ggml.model", "llama"),
                     strings("tokenizer.ggml.tokens", {std::string(300, 'a')}),
                     numbers("tokenizer.ggml.token_type", {1})}),
            ErrorCode::resource_exhausted);
}

TEST_F(GgufTokenizerTest, AFileWithoutATokenizerSaysWhatToDo) {
  EXPECT_EQ(refusal({text("general.architecture", "bert")}), ErrorCode::not_found);
}

}  // namespace
}  // namespace ogam
