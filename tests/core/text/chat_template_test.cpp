#include "core/text/chat_template.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "core/base/error.h"

namespace ogam {
namespace {

using ::testing::HasSubstr;

const Json kMessages = {{{"role", "system"}, {"content", "친절하게"}},
                        {{"role", "user"}, {"content", " 안녕 "}}};

std::string render(const std::string& text, const ChatOptions& options = {}) {
  return ChatTemplate::parse(text, "chat_template.jinja").render(kMessages, nullptr, options);
}

/// The error that parsing or rendering ends with.
Error error_of(const std::string& text) {
  try {
    const auto result = render(text);
    return {ErrorCode::internal, "no error, but the text " + result};
  } catch (const Error& error) {
    return error;
  }
}

TEST(ChatTemplateTest, AConversationIsWrittenAsTheTemplateSays) {
  EXPECT_EQ(render("{%- for m in messages %}\n<{{ m.role }}>{{ m.content | trim }}</>\n{%- endfor "
                   "%}{% if add_generation_prompt %}<assistant>{% endif %}"),
            "<system>친절하게</><user>안녕</><assistant>");
}

TEST(ChatTemplateTest, OptionsReachTheTemplate) {
  ChatOptions options;
  options.add_generation_prompt = false;
  options.enable_thinking = false;
  options.variables = {{"bos_token", "<s>"}};
  const std::string text =
      "{{ bos_token }}{{ add_generation_prompt }}{{ enable_thinking }}{{ tools }}{{ documents }}";
  EXPECT_EQ(render(text, options), "<s>FalseFalseNoneNone");
  EXPECT_EQ(render("{{ enable_thinking is defined }}"), "False");
}

TEST(ChatTemplateTest, AVariableThatIsGivenTwiceIsRefused) {
  ChatOptions options;
  options.variables = {{"tools", 1}};
  EXPECT_THROW(render("", options), Error);
}

TEST(ChatTemplateTest, OneTemplateServesManyConversations) {
  const auto chat = ChatTemplate::parse(
      "{% set ns = namespace(n=0) %}{% for m in messages %}{% set ns.n = ns.n + 1 %}{% endfor %}"
      "{{ ns.n }}",
      "t");
  EXPECT_EQ(chat.render(kMessages), "2");
  EXPECT_EQ(chat.render(Json::array({kMessages[0]})), "1");
  EXPECT_EQ(chat.render(kMessages), "2");
}

TEST(ChatTemplateTest, MacrosThatLookBackToTheirScopeLeaveNothingBehind) {
  EXPECT_EQ(render("{% set ns = namespace() %}{% for i in range(3) %}{% set k = i %}{% macro m() "
                   "%}{{ k }}{% endmacro %}{% set ns.f = m %}{% endfor %}{{ ns.f() }}"),
            "2");
}

TEST(ChatTemplateTest, TheRefusalOfATemplateIsPassedOn) {
  const auto error = error_of("a\n{{ raise_exception('no system message, please') }}");
  EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
  EXPECT_THAT(error.what(), HasSubstr("chat_template.jinja, line 2"));
  EXPECT_THAT(error.what(), HasSubstr("no system message, please"));
}

TEST(ChatTemplateTest, AnUnknownConstructIsNamedWithItsLine) {
  for (const auto& [text, name] :
       {std::pair{"\n{% include 'x' %}", "include"}, std::pair{"\n{{ 1 | xmlattr }}", "xmlattr"},
        std::pair{"\n{{ 1 is weekday }}", "weekday"}, std::pair{"\n{{ 'a'.zfill(3) }}", "zfill"}}) {
    const auto error = error_of(text);
    EXPECT_EQ(error.code(), ErrorCode::unsupported) << error.what();
    EXPECT_THAT(error.what(), HasSubstr(name));
    EXPECT_THAT(error.what(), HasSubstr("line 2"));
  }
}

TEST(ChatTemplateTest, ATemplateThatIsNoneIsCorrupt) {
  for (const char* text : {"{{", "{% if x %}", "{{ 'a }}", "{% endfor %}", "{{ a b }}", "\xFF"}) {
    EXPECT_EQ(error_of(text).code(), ErrorCode::corrupt_data) << text;
  }
}

TEST(ChatTemplateTest, ATemplateWithoutEndIsStopped) {
  for (const char* text :
       {"{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "{{ 'a' * 99999999999 }}",
        "{% set ns = namespace(x=[]) %}{% for a in range(9999) %}{% set ns.x = [ns.x] %}{% endfor "
        "%}"}) {
    EXPECT_EQ(error_of(text).code(), ErrorCode::resource_exhausted) << text;
  }
}

TEST(ChatTemplateTest, TextThatIsNotUtf8IsRepaired) {
  const Json broken = {{{"role", "user"}, {"content", "a\xFF"}}};
  EXPECT_EQ(ChatTemplate::parse("{{ messages[0].content | upper }}", "t").render(broken),
            "A\xEF\xBF\xBD");
}

}  // namespace
}  // namespace ogam
