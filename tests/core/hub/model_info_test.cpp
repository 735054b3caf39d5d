#include "core/hub/model_info.h"

#include <gtest/gtest.h>

#include "core/base/error.h"
#include "core/base/json.h"
#include "core/hub/file_selection.h"

namespace ogam::hub {
namespace {

const std::string kCommit(40, 'a');
const std::string kGit(40, 'b');
const std::string kSha256(64, 'c');

Json description() {
  return {{"sha", kCommit},
          {"siblings",
           {{{"rfilename", "model.safetensors"},
             {"size", 7},
             {"blobId", kGit},
             {"lfs", {{"sha256", kSha256}, {"size", 7}, {"pointerSize", 134}}}},
            {{"rfilename", "config.json"}, {"size", 2}, {"blobId", kGit}}}}};
}

ModelInfo parsed(const Json& json) { return parse_model_info(json.dump(), "test"); }

ErrorCode code_of(const Json& json) {
  try {
    parsed(json);
  } catch (const Error& error) {
    return error.code();
  }
  return ErrorCode::internal;
}

TEST(ModelInfoTest, LargeFilesAreNamedBySha256AndSmallOnesByGit) {
  const ModelInfo info = parsed(description());
  EXPECT_EQ(info.commit, kCommit);
  ASSERT_EQ(info.files.size(), 2U);
  EXPECT_EQ(info.files[0].path, "config.json");
  EXPECT_EQ(info.files[0].etag, kGit);
  EXPECT_EQ(info.files[0].size, 2U);
  EXPECT_EQ(info.files[1].etag, kSha256);
  EXPECT_EQ(info.files[1].size, 7U);
}

TEST(ModelInfoTest, FilesWithoutSizesAreLeftToBeAskedFor) {
  Json json = description();
  json["siblings"] = Json::array({{{"rfilename", "config.json"}}});
  EXPECT_EQ(parsed(json).files.at(0).etag, "");
}

TEST(ModelInfoTest, LicencesComeFromTheCardAndTheTags) {
  Json json = description();
  EXPECT_TRUE(parsed(json).licences.empty());
  json["tags"] = {"pytorch", "license:Apache-2.0"};
  EXPECT_EQ(parsed(json).licences, std::vector<std::string>{"apache-2.0"});
  json["cardData"] = {{"license", {"MIT", "apache-2.0"}}};
  EXPECT_EQ(parsed(json).licences, (std::vector<std::string>{"mit", "apache-2.0"}));
  json["cardData"] = nullptr;
  EXPECT_EQ(parsed(json).licences, std::vector<std::string>{"apache-2.0"});
}

TEST(ModelInfoTest, PathsThatCouldLeaveTheirFolderAreRefused) {
  using namespace std::string_literals;
  for (const std::string& path :
       {""s, "/etc/passwd"s, ".."s, "../a"s, "a/../b"s, "a/.."s, "./a"s, "a//b"s, "a/"s, "a\0b"s,
        "a\nb"s, std::string(256, 'x'), std::string(600, 'a') + "/" + std::string(600, 'b')}) {
    EXPECT_THROW(check_file_path(path), Error) << path;
  }
  EXPECT_NO_THROW(check_file_path("1_Pooling/..config..json"));
  EXPECT_NO_THROW(check_file_path("한글/모델.json"));
  Json json = description();
  json["siblings"][1]["rfilename"] = "../../evil.json";
  EXPECT_EQ(code_of(json), ErrorCode::corrupt_data);
}

TEST(ModelInfoTest, DescriptionsThatMakeNoSenseAreRefused) {
  EXPECT_THROW(parse_model_info("{\"sha\":", "test"), Error);
  EXPECT_THROW(parse_model_info("[]", "test"), Error);
  const auto changed = [](const char* pointer, Json value) {
    Json json = description();
    json[Json::json_pointer(pointer)] = std::move(value);
    return code_of(json);
  };
  EXPECT_EQ(changed("/sha", "main"), ErrorCode::corrupt_data);
  EXPECT_EQ(changed("/siblings", 3), ErrorCode::corrupt_data);
  EXPECT_EQ(changed("/siblings/0/lfs/sha256", "../../x"), ErrorCode::corrupt_data);
  EXPECT_EQ(changed("/siblings/0/lfs/size", -1), ErrorCode::corrupt_data);
  EXPECT_EQ(changed("/siblings/0/lfs/size", 1e300), ErrorCode::corrupt_data);
  EXPECT_EQ(changed("/siblings/0/lfs/size", std::int64_t{1} << 60), ErrorCode::corrupt_data);
  EXPECT_EQ(changed("/siblings/0/rfilename", "config.json"), ErrorCode::corrupt_data);
}

TEST(FileSelectionTest, TheDefaultIsWhatOgamCanUse) {
  const FileSelection selection;
  for (const char* path :
       {"config.json", "model.safetensors", "model-00001-of-00002.safetensors",
        "model.safetensors.index.json", "tokenizer.json", "tokenizer.model", "vocab.txt",
        "merges.txt", "chat_template.jinja", "1_Pooling/config.json", "LICENSE.md", "README.md"}) {
    EXPECT_TRUE(selection.wants(path)) << path;
  }
  for (const char* path :
       {"pytorch_model.bin", "model.pt", "tf_model.h5", "flax_model.msgpack", "onnx/model.onnx",
        "model-q4.gguf", ".gitattributes", "consolidated.safetensors", "original/params.json"}) {
    EXPECT_FALSE(selection.wants(path)) << path;
  }
}

TEST(FileSelectionTest, PatternsReplaceTheDefaultAndTakeAway) {
  EXPECT_TRUE((FileSelection{.include = {"*.gguf"}, .exclude = {}}.wants("a/model.gguf")));
  EXPECT_FALSE((FileSelection{.include = {"*.gguf"}, .exclude = {}}.wants("config.json")));
  EXPECT_FALSE((FileSelection{.include = {}, .exclude = {"onnx/*"}}.wants("onnx/config.json")));
  EXPECT_TRUE((FileSelection{.include = {"*.bin"}, .exclude = {}}.wants("pytorch_model.bin")));
}

}  // namespace
}  // namespace ogam::hub
