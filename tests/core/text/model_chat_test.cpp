#include "core/text/model_chat.h"

#include <gtest/gtest.h>

#include <fstream>

#include "core/base/error.h"
#include "tests/support/temporary_folder.h"

namespace ogam {
namespace {

class ModelChatTest : public ::testing::Test {
 protected:
  void write(const std::string& name, const std::string& content) const {
    std::ofstream(folder_.path() / name) << content;
  }
  std::string rendered() const {
    const auto chat = ModelChat::open(folder_.path());
    return chat ? chat->render({{{"role", "user"}, {"content", "hi"}}}) : "no template";
  }

  test::TemporaryFolder folder_;
};

TEST_F(ModelChatTest, TheTemplateOfTheConfigurationKnowsTheSpecialTokens) {
  write("tokenizer_config.json",
        R"({"chat_template": "{{ bos_token }}{{ messages[0].content }}{{ eos_token }}",
            "bos_token": "<s>", "eos_token": {"content": "</s>", "lstrip": false}, "pad_token": null})");
  EXPECT_EQ(rendered(), "<s>hi</s>");
}

TEST_F(ModelChatTest, ATemplateOfItsOwnFileComesFirst) {
  write("tokenizer_config.json", R"({"chat_template": "config", "eos_token": "</s>"})");
  write("chat_template.jinja", "file{{ eos_token }}");
  EXPECT_EQ(rendered(), "file</s>");
}

TEST_F(ModelChatTest, OfSeveralTemplatesTheDefaultOneIsTaken) {
  write("tokenizer_config.json",
        R"({"chat_template": [{"name": "tool_use", "template": "tools"},
                              {"name": "default", "template": "plain"}]})");
  EXPECT_EQ(rendered(), "plain");
  write("tokenizer_config.json", R"({"chat_template": [{"name": "rag", "template": "tools"}]})");
  EXPECT_THROW(rendered(), Error);
}

TEST_F(ModelChatTest, ModelsAreAskedNotToThinkAloud) {
  write("chat_template.jinja", "{{ enable_thinking }}");
  EXPECT_EQ(rendered(), "False");
}

TEST_F(ModelChatTest, AModelMayHaveNone) {
  EXPECT_EQ(rendered(), "no template");
  write("tokenizer_config.json", R"({"chat_template": null})");
  EXPECT_EQ(rendered(), "no template");
  write("tokenizer_config.json", R"({"chat_template": 7})");
  EXPECT_THROW(rendered(), Error);
  write("tokenizer_config.json", R"([])");
  EXPECT_EQ(rendered(), "no template");
}

}  // namespace
}  // namespace ogam
