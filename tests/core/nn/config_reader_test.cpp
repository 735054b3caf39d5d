#include "core/nn/config_reader.h"

#include <gtest/gtest.h>

#include <functional>

namespace ogam {
namespace {

ErrorCode code_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.code();
  }
  ADD_FAILURE() << "nothing was thrown";
  return ErrorCode::internal;
}

TEST(ConfigReaderTest, ReadsNumbersWithinLimits) {
  const auto json = parse_json(R"({"width": 7, "sides": [1, 2], "eps": 0.5})", "config.json");
  const ConfigReader config(json, "config.json");
  EXPECT_EQ(config.size("width", 7), 7);
  EXPECT_EQ(config.sizes("sides", 2), (std::vector<std::int64_t>{1, 2}));
  EXPECT_EQ(config.number("eps", 0, 1), 0.5);
}

TEST(ConfigReaderTest, ASquareIsANumberOrTwiceTheSame) {
  const auto json = parse_json(R"({"a": 7, "b": [7, 7], "c": [7, 8], "d": [7], "e": [0, 0]})", "f");
  const ConfigReader config(json, "f");
  EXPECT_EQ(config.square("a", 9, 3), 7);
  EXPECT_EQ(config.square("b", 9, 3), 7);
  EXPECT_EQ(config.square("missing", 9, 3), 3);
  EXPECT_EQ(code_of([&] { config.square("c", 9, 3); }), ErrorCode::unsupported);
  EXPECT_EQ(code_of([&] { config.square("d", 9, 3); }), ErrorCode::unsupported);
  EXPECT_EQ(code_of([&] { config.square("e", 9, 3); }), ErrorCode::corrupt_data);
  EXPECT_EQ(code_of([&] { config.square("a", 6, 3); }), ErrorCode::corrupt_data);
}

TEST(ConfigReaderTest, RefusesAbsurdAndMissingNumbers) {
  const auto json = parse_json(
      R"({"width": -1, "sides": [1, 99], "eps": 7, "name": "x", "half": 1.5, "halves": [1, 1.5]})",
      "f");
  const ConfigReader config(json, "f");
  EXPECT_EQ(code_of([&] { config.size("width", 7); }), ErrorCode::corrupt_data);
  EXPECT_EQ(code_of([&] { config.size("missing", 7); }), ErrorCode::corrupt_data);
  EXPECT_EQ(code_of([&] { config.size("name", 7); }), ErrorCode::corrupt_data);
  EXPECT_EQ(code_of([&] { config.sizes("sides", 10); }), ErrorCode::corrupt_data);
  EXPECT_EQ(code_of([&] { config.size("half", 7); }), ErrorCode::corrupt_data);
  EXPECT_EQ(code_of([&] { config.sizes("halves", 7); }), ErrorCode::corrupt_data);
  EXPECT_EQ(code_of([&] { config.number("eps", 0, 1); }), ErrorCode::corrupt_data);
}

TEST(ConfigReaderTest, ReadsIdsWithinATable) {
  const auto json = parse_json(R"({"first": 0, "last": 9, "beyond": 10, "negative": -1})", "f");
  const ConfigReader config(json, "f");
  EXPECT_EQ(config.id("first", 10), 0);
  EXPECT_EQ(config.id("last", 10), 9);
  EXPECT_EQ(config.id("left_out", 10, 3), 3);
  EXPECT_EQ(code_of([&] { config.id("beyond", 10); }), ErrorCode::corrupt_data);
  EXPECT_EQ(code_of([&] { config.id("negative", 10); }), ErrorCode::corrupt_data);
  EXPECT_EQ(code_of([&] { config.id("left_out", 10); }), ErrorCode::corrupt_data);
}

TEST(ConfigReaderTest, ReadsListsOfTexts) {
  const auto json = parse_json(R"({"kinds": ["a", "b"], "mixed": ["a", 1], "one": "a"})", "f");
  const ConfigReader config(json, "f");
  EXPECT_EQ(config.texts("kinds", 2), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(code_of([&] { config.texts("kinds", 1); }), ErrorCode::corrupt_data);
  EXPECT_EQ(code_of([&] { config.texts("mixed", 2); }), ErrorCode::corrupt_data);
  EXPECT_EQ(code_of([&] { config.texts("one", 2); }), ErrorCode::corrupt_data);
}

TEST(ConfigReaderTest, RefusesMathematicsThatIsNotImplemented) {
  const auto json = parse_json(R"({"hidden_act": "swish"})", "f");
  const ConfigReader config(json, "f");
  EXPECT_EQ(code_of([&] { config.demand<std::string>("hidden_act", "relu6"); }),
            ErrorCode::unsupported);
}

}  // namespace
}  // namespace ogam
