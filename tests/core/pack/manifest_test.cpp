#include "core/pack/manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <functional>
#include <string>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/hash.h"
#include "core/base/json.h"
#include "tests/support/temporary_folder.h"

namespace ogam {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// A complete pack with files of a few bytes, to be spoilt by a test.
class SmallPack {
 public:
  explicit SmallPack(const fs::path& folder) : folder_(folder) {
    fs::create_directories(folder / "models" / "eye");
    fs::create_directories(folder / "names");
    const Json weights = add_file("models/eye/model.safetensors", "weights");
    const Json names = add_file("names/things.json", "{}");
    const Json model = {
        {"id", "eye"},          {"model_type", "eye_type"}, {"role", "image"},
        {"origin", "a test"},   {"licence", "MIT"},         {"licence_note", "none"},
        {"training", "frozen"}, {"folder", "models/eye"},   {"files", {weights}}};
    const Json words = {{"id", "words"},    {"model_type", "words_type"},
                        {"role", "text"},   {"origin", "the distribution"},
                        {"licence", "MIT"}, {"training", "frozen"}};
    const Json text = {{"via", "class_names"},
                       {"model", "words"},
                       {"names", "names/things.json"},
                       {"temperature", 0.05},
                       {"calibration", {{"intercept", -4.5}, {"slope", 1.25}}}};
    const Json space = {{"output", "posterior"},
                        {"dimension", 1000},
                        {"queries", {{"text", text}, {"image", {{"via", "encoder"}}}}}};
    json = {{"format", "ogam-pack"},
            {"version", 1},
            {"name", "small"},
            {"description", "for tests"},
            {"models", {model, words}},
            {"lanes",
             {{{"lane", "visual"},
               {"encoder", "eye"},
               {"models", {{"reader", "words"}}},
               {"spaces", {space}}}}},
            {"tasks", {{"shots", "eye"}}},
            {"files", {names}},
            {"background", {"a dog", "강아지"}}};
  }

  void write() const { write_file_atomically(folder_ / "pack.json", dump_json(json)); }
  const fs::path& folder() const { return folder_; }

  Json json;

 private:
  Json add_file(const std::string& path, const std::string& content) const {
    write_file_atomically(folder_ / path, content);
    return {{"path", path},
            {"size", content.size()},
            {"sha256", sha256_hex(std::as_bytes(std::span(content)))}};
  }

  fs::path folder_;
};

/// The message with which read_pack refuses the pack; empty when it takes it.
std::string refusal(const fs::path& folder) {
  try {
    read_pack(folder);
    return "";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::unavailable);
    EXPECT_THAT(error.what(), HasSubstr(folder.string()));
    EXPECT_THAT(error.what(), HasSubstr(kPackMendingCommand));
    return error.what();
  }
}

TEST(ReadPackTest, GivesEverythingThatPackJsonSays) {
  const test::TemporaryFolder folder;
  const SmallPack small(folder.path());
  small.write();
  const PackManifest pack = read_pack(folder.path());

  EXPECT_EQ(pack.name, "small");
  EXPECT_EQ(pack.folder, folder.path());
  EXPECT_THAT(pack.background, ElementsAre("a dog", "강아지"));
  EXPECT_EQ(pack.tasks.at("shots"), "eye");
  ASSERT_EQ(pack.files.size(), 1u);
  const PackModel& eye = pack.model("eye");
  EXPECT_EQ(eye.model_type, "eye_type");
  EXPECT_EQ(eye.folder, folder / "models/eye");
  ASSERT_EQ(eye.files.size(), 1u);
  EXPECT_EQ(eye.files[0].size, 7u);
  EXPECT_TRUE(pack.model("words").folder.empty());

  const PackLane* lane = pack.lane(Lane::visual);
  ASSERT_NE(lane, nullptr);
  EXPECT_EQ(lane->models.at("reader"), "words");
  const PackSpace& space = lane->spaces.at(0);
  EXPECT_EQ(space.dimension, 1000);
  const PackQueryRoute& text = space.queries.at("text");
  EXPECT_EQ(text.names, folder / "names/things.json");
  EXPECT_DOUBLE_EQ(text.temperature, 0.05);
  EXPECT_DOUBLE_EQ(text.intercept, -4.5);
  EXPECT_DOUBLE_EQ(text.slope, 1.25);
  EXPECT_DOUBLE_EQ(space.queries.at("image").slope, PackQueryRoute().slope);
  EXPECT_EQ(pack.lane(Lane::sound), nullptr);
}

TEST(ReadPackTest, ARouteMayMeasureByTheArchivesOwnContent) {
  const test::TemporaryFolder folder;
  SmallPack small(folder.path());
  Json& queries = small.json["lanes"][0]["spaces"][0]["queries"];
  queries["image"]["background"] = "archive";
  queries["video"] = {{"via", "encoder"}, {"background", "texts"}};
  small.write();
  const PackManifest pack = read_pack(folder.path());
  const auto& read = pack.lane(Lane::visual)->spaces.at(0).queries;
  EXPECT_TRUE(read.at("image").own_background);
  EXPECT_FALSE(read.at("video").own_background);
  EXPECT_FALSE(read.at("text").own_background);
}

TEST(ReadPackTest, ACreatedPackIsMendedByCreatingItAgain) {
  const test::TemporaryFolder folder;
  SmallPack small(folder.path());
  small.json["created_with"] = {"small",          "--force", "--visual",
                                "/a folder/it's", "--base",  "x; rm y"};
  small.write();
  const std::string command =
      "ogam models pack create small --force --visual '/a folder/it'\\''s' --base 'x; rm y'";
  EXPECT_EQ(read_pack(folder.path()).mending_command(), command);
  fs::remove(folder / "models/eye/model.safetensors");
  try {
    read_pack(folder.path());
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("mend it with: " + command));
  }
}

TEST(ReadPackTest, AModelThatIsNotThereIsNamed) {
  const test::TemporaryFolder folder;
  SmallPack(folder.path()).write();
  const PackManifest pack = read_pack(folder.path());
  EXPECT_THAT([&] { (void)pack.model("ear"); },
              ::testing::ThrowsMessage<Error>(HasSubstr("pack small has no model 'ear'")));
}

/// A way to spoil pack.json, and what the refusal must say.
struct Spoiled {
  const char* name;
  std::function<void(Json&)> spoil;
  const char* message;
};

class SpoiledPackTest : public ::testing::TestWithParam<Spoiled> {};

TEST_P(SpoiledPackTest, IsRefusedWithAReason) {
  const test::TemporaryFolder folder;
  SmallPack pack(folder.path());
  GetParam().spoil(pack.json);
  pack.write();
  EXPECT_THAT(refusal(folder.path()), HasSubstr(GetParam().message));
}

/// A lane made of the pack's only other one, to be spoilt.
Json& add_fused_lane(Json& json) {
  json["lanes"].push_back(
      {{"lane", "fused"},
       {"fusion", {{"towers", {{{"name", "seen"}, {"lane", "visual"}, {"output", "posterior"}}}}}},
       {"spaces",
        {{{"output", "fused"},
          {"dimension", 1000},
          {"queries", {{"text", {{"via", "fusion"}}}}}}}}});
  return json["lanes"].back();
}

TEST(WritePackTest, WhatIsWrittenIsReadTheSame) {
  const test::TemporaryFolder folder;
  SmallPack small(folder.path());
  add_fused_lane(small.json);
  small.json["lanes"][0]["spaces"][0]["queries"]["image"]["background"] = "archive";
  small.json["created_with"] = {"small"};
  small.write();
  const PackManifest pack = read_pack(folder.path());
  const Json first = read_json_file(folder / "pack.json");
  fs::remove(folder / "pack.json");
  write_pack(pack);
  const PackManifest again = read_pack(folder.path());
  write_pack(again);
  // What was left out before is written with its usual value; nothing is lost.
  Json expected = first;
  for (Json& lane : expected["lanes"]) {
    lane["models"] = lane.value("models", Json::object());
    for (auto& [modality, route] : lane["spaces"][0]["queries"].items()) {
      route["calibration"] = route.value("calibration", Json{{"intercept", -6.0}, {"slope", 1.5}});
      route["background"] = route.value("background", "texts");
    }
  }
  for (Json& model : expected["models"]) {
    model["licence_note"] = model.value("licence_note", "");
    model["files"] = model.value("files", Json::array());
  }
  // Compared without regard to the order of keys.
  EXPECT_EQ(SortedJson::parse(dump_json(read_json_file(folder / "pack.json"))),
            SortedJson::parse(dump_json(expected)));
}

TEST(ReadPackTest, ALaneMayBeFusedOfOthers) {
  const test::TemporaryFolder folder;
  SmallPack small(folder.path());
  add_fused_lane(small.json);
  small.write();
  const PackManifest pack = read_pack(folder.path());
  const PackLane* const lane = pack.lane(Lane::fused);
  ASSERT_NE(lane, nullptr);
  ASSERT_TRUE(lane->fusion.has_value());
  ASSERT_EQ(lane->fusion->towers.size(), 1u);
  EXPECT_EQ(pack.space_of(lane->fusion->towers[0]).dimension, 1000);
  EXPECT_EQ(lane->spaces.at(0).queries.at("text").via, "fusion");
}

Json& eye(Json& json) { return json["models"][0]; }
Json& weights(Json& json) { return eye(json)["files"][0]; }
Json& lane(Json& json) { return json["lanes"][0]; }
Json& space(Json& json) { return lane(json)["spaces"][0]; }
Json& text(Json& json) { return space(json)["queries"]["text"]; }

INSTANTIATE_TEST_SUITE_P(
    EveryField, SpoiledPackTest,
    ::testing::Values(
        Spoiled{"NotAnObject", [](Json& j) { j = Json::array(); }, "format"},
        Spoiled{"OtherFormat", [](Json& j) { j["format"] = "zip"; }, "ogam-pack, version 1"},
        Spoiled{"NewerVersion", [](Json& j) { j["version"] = 2; }, "ogam-pack, version 1"},
        Spoiled{"VersionAsText", [](Json& j) { j["version"] = "1"; }, "ogam-pack, version 1"},
        Spoiled{"NoName", [](Json& j) { j.erase("name"); }, "name"},
        Spoiled{"NameWithSlash", [](Json& j) { j["name"] = "../up"; }, "cannot be the name"},
        Spoiled{"ModelsNotAList", [](Json& j) { j["models"] = "eye"; }, "'models' must be a list"},
        Spoiled{"ModelNotAnObject", [](Json& j) { j["models"][0] = 7; }, "'id'"},
        Spoiled{"NoModelType", [](Json& j) { eye(j).erase("model_type"); }, "model_type"},
        Spoiled{"EmptyLicence", [](Json& j) { eye(j)["licence"] = ""; }, "'licence' is empty"},
        Spoiled{"RoleAsNumber", [](Json& j) { eye(j)["role"] = 3; }, "role"},
        Spoiled{"IdWithSlash", [](Json& j) { eye(j)["id"] = "a/b"; }, "cannot be the id"},
        Spoiled{"DuplicateId", [](Json& j) { j["models"][1]["id"] = "eye"; }, "'eye' occurs twice"},
        Spoiled{"PathUpwards", [](Json& j) { weights(j)["path"] = "models/../../x"; },
                "inside the pack"},
        Spoiled{"AbsolutePath", [](Json& j) { weights(j)["path"] = "/etc/passwd"; },
                "inside the pack"},
        Spoiled{"EmptyPath", [](Json& j) { weights(j)["path"] = ""; }, "inside the pack"},
        Spoiled{"PathWithZero", [](Json& j) { weights(j)["path"] = std::string("a\0b", 3); },
                "inside the pack"},
        Spoiled{"PathAsList", [](Json& j) { weights(j)["path"] = Json::array(); }, "path"},
        Spoiled{"MissingFile", [](Json& j) { weights(j)["path"] = "models/eye/x.bin"; },
                "models/eye/x.bin is missing"},
        Spoiled{"FolderAsFile", [](Json& j) { weights(j)["path"] = "models/eye"; },
                "models/eye is missing"},
        Spoiled{"WrongSize", [](Json& j) { weights(j)["size"] = 8; }, "has 7 bytes, expected 8"},
        Spoiled{"NegativeSize", [](Json& j) { weights(j)["size"] = -1; }, "count of bytes"},
        Spoiled{"FractionalSize", [](Json& j) { weights(j)["size"] = 7.0; }, "count of bytes"},
        Spoiled{"ShortHash", [](Json& j) { weights(j)["sha256"] = "abc"; },
                "64 hexadecimal digits"},
        Spoiled{"FileListedTwice", [](Json& j) { eye(j)["files"].push_back(weights(j)); },
                "listed twice"},
        Spoiled{"FolderElsewhere", [](Json& j) { eye(j)["folder"] = "names"; },
                "not in its folder"},
        Spoiled{"FolderUpwards", [](Json& j) { eye(j)["folder"] = ".."; }, "inside the pack"},
        Spoiled{"NoFolder", [](Json& j) { eye(j).erase("folder"); }, "folder"},
        Spoiled{"UnknownLane", [](Json& j) { lane(j)["lane"] = "smell"; }, "'smell' is not a lane"},
        Spoiled{"LaneTwice", [](Json& j) { j["lanes"].push_back(lane(j)); }, "visual occurs twice"},
        Spoiled{"DanglingEncoder", [](Json& j) { lane(j)["encoder"] = "ear"; }, "no model 'ear'"},
        Spoiled{"DanglingLaneModel", [](Json& j) { lane(j)["models"]["vad"] = "ear"; },
                "no model 'ear'"},
        Spoiled{"LaneModelsAsList", [](Json& j) { lane(j)["models"] = {1}; }, "models"},
        Spoiled{"NoSpaces", [](Json& j) { lane(j).erase("spaces"); }, "'spaces' is empty"},
        Spoiled{"SpaceTwice", [](Json& j) { lane(j)["spaces"].push_back(space(j)); },
                "'posterior' occurs twice"},
        Spoiled{"NoDimension", [](Json& j) { space(j).erase("dimension"); }, "dimension"},
        Spoiled{"ZeroDimension", [](Json& j) { space(j)["dimension"] = 0; }, "'dimension' must be"},
        Spoiled{"HugeDimension", [](Json& j) { space(j)["dimension"] = 1e18; },
                "'dimension' must be"},
        Spoiled{"QueriesAsList", [](Json& j) { space(j)["queries"] = {1, 2}; },
                "'queries' must be an object"},
        Spoiled{"UnknownModality", [](Json& j) { space(j)["queries"]["smell"] = text(j); },
                "no 'smell' queries"},
        Spoiled{"UnknownVia", [](Json& j) { text(j)["via"] = "magic"; }, "'via' must be"},
        Spoiled{"DanglingQueryModel", [](Json& j) { text(j)["model"] = "ear"; }, "no model 'ear'"},
        Spoiled{"NoQueryModel", [](Json& j) { text(j).erase("model"); }, "'model' is missing"},
        Spoiled{"NamesUpwards", [](Json& j) { text(j)["names"] = "../names.json"; },
                "inside the pack"},
        Spoiled{"NamesNotListed", [](Json& j) { text(j)["names"] = "names/x.json"; }, "not listed"},
        Spoiled{"ZeroTemperature", [](Json& j) { text(j)["temperature"] = 0; },
                "'temperature' must be above 0"},
        Spoiled{"TemperatureAsText", [](Json& j) { text(j)["temperature"] = "hot"; },
                "temperature"},
        Spoiled{"CalibrationAsList", [](Json& j) { text(j)["calibration"] = {1, 2}; },
                "'calibration' must be an object"},
        Spoiled{"FallingCalibration", [](Json& j) { text(j)["calibration"]["slope"] = -1; },
                "slope must be above 0"},
        Spoiled{"TowerOfNoLane",
                [](Json& j) { add_fused_lane(j)["fusion"]["towers"][0]["lane"] = "sound"; },
                "has no lane sound for the tower 'seen'"},
        Spoiled{"TowerOfItself",
                [](Json& j) { add_fused_lane(j)["fusion"]["towers"][0]["lane"] = "fused"; },
                "has no lane fused for the tower"},
        Spoiled{"TowerOfNoOutput",
                [](Json& j) { add_fused_lane(j)["fusion"]["towers"][0]["output"] = "smile"; },
                "has no output 'smile'"},
        Spoiled{"TowerTwice",
                [](Json& j) {
                  Json& towers = add_fused_lane(j)["fusion"]["towers"];
                  towers.push_back(Json(towers[0]));
                },
                "'seen' occurs twice"},
        Spoiled{"NoTowers",
                [](Json& j) { add_fused_lane(j)["fusion"]["towers"] = Json::array(); },
                "'towers' is empty"},
        Spoiled{"DanglingFusionModel",
                [](Json& j) { add_fused_lane(j)["fusion"]["model"] = "glue"; },
                "no model 'glue'"},
        Spoiled{"FusionAsText", [](Json& j) { add_fused_lane(j)["fusion"] = "yes"; }, "towers"},
        Spoiled{"FusedPictures",
                [](Json& j) {
                  add_fused_lane(j)["spaces"][0]["queries"]["image"] = {{"via", "fusion"}};
                },
                "only text queries go via fusion"},
        Spoiled{"FusionWhereNoneIs", [](Json& j) { text(j)["via"] = "fusion"; },
                "the lane has none"},
        Spoiled{"DanglingTask", [](Json& j) { j["tasks"]["shots"] = "ear"; }, "no model 'ear'"},
        Spoiled{"TasksAsText", [](Json& j) { j["tasks"] = "eye"; }, "tasks"},
        Spoiled{"RouteWithAnotherBackground",
                [](Json& j) {
                  j["lanes"][0]["spaces"][0]["queries"]["image"]["background"] = "noise";
                },
                "'background' must be texts or archive"},
        Spoiled{"CreatedWithAText", [](Json& j) { j["created_with"] = "rm -r"; }, "created_with"},
        Spoiled{"BackgroundOfNumbers", [](Json& j) { j["background"] = {1, 2}; }, "background"},
        Spoiled{"HugeBackground",
                [](Json& j) { j["background"] = std::vector<std::string>(10'001, "x"); },
                "10001 background texts"}),
    [](const auto& param) { return std::string(param.param.name); });

class SpoiledFileTest : public ::testing::TestWithParam<std::pair<const char*, std::string>> {};

TEST_P(SpoiledFileTest, IsRefused) {
  const test::TemporaryFolder folder;
  SmallPack(folder.path()).write();
  write_file_atomically(folder / "pack.json", GetParam().second);
  EXPECT_NE(refusal(folder.path()), "");
}

INSTANTIATE_TEST_SUITE_P(
    NotJson, SpoiledFileTest,
    ::testing::Values(std::pair("Empty", std::string()),
                      std::pair("Cut", std::string("{\"format\":")),
                      std::pair("Binary", std::string("\x00\xff\xfePK\x03\x04", 7)),
                      std::pair("BrokenText", std::string("{\"name\":\"\xff\"}")),
                      std::pair("KeyTwice", std::string("{\"name\":\"a\",\"name\":\"b\"}")),
                      std::pair("TooDeep", std::string(100'000, '[')),
                      std::pair("HugeNumber", std::string("{\"version\":1e999}"))),
    [](const auto& param) { return std::string(param.param.first); });

TEST(ReadPackTest, APackJsonBeyondTheLimitIsNotRead) {
  const test::TemporaryFolder folder;
  SmallPack(folder.path()).write();
  fs::resize_file(folder / "pack.json", 1u << 30);
  EXPECT_THAT(refusal(folder.path()), HasSubstr("at most"));
}

TEST(ReadPackTest, AFolderWithoutPackJsonIsRefused) {
  const test::TemporaryFolder folder;
  EXPECT_THAT(refusal(folder.path()), HasSubstr("pack.json"));
}

TEST(VerifyPackTest, NamesDamagedAndMissingFiles) {
  const test::TemporaryFolder folder;
  SmallPack(folder.path()).write();
  const PackManifest pack = read_pack(folder.path());
  EXPECT_THAT(verify_pack(pack), IsEmpty());

  write_file_atomically(folder / "models/eye/model.safetensors", "wEights");
  fs::remove(folder / "names/things.json");
  EXPECT_THAT(verify_pack(pack), ElementsAre(HasSubstr("names/things.json is missing"),
                                             HasSubstr("model.safetensors is damaged")));
  write_file_atomically(folder / "models/eye/model.safetensors", "w");
  EXPECT_THAT(verify_pack(pack).at(1), HasSubstr("has 1 bytes, expected 7"));
}

/// Sets OGAM_HOME for one test.
class FindPackTest : public ::testing::Test {
 protected:
  FindPackTest() { ::setenv("OGAM_HOME", home_.path().c_str(), 1); }
  ~FindPackTest() override { ::unsetenv("OGAM_HOME"); }

  fs::path install(const std::string& name) const {
    const fs::path folder = home_ / "packs" / name;
    fs::create_directories(folder);
    SmallPack(folder).write();
    return folder;
  }

  test::TemporaryFolder home_;
};

TEST_F(FindPackTest, FindsByNameAndByFolder) {
  const fs::path folder = install("mine");
  EXPECT_EQ(find_pack("mine"), folder);
  EXPECT_EQ(find_pack(folder.string()), folder);
}

TEST_F(FindPackTest, AMissingPackIsNamedWithTheCommandThatBuildsIt) {
  for (const char* name : {"starter", "", "..", ".", "no/such/folder"}) {
    try {
      find_pack(name);
      ADD_FAILURE() << "found a pack named '" << name << "'";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::unavailable);
      EXPECT_THAT(error.what(), HasSubstr(name));
      EXPECT_THAT(error.what(), HasSubstr(kPackMendingCommand));
    }
  }
}

TEST_F(FindPackTest, InstalledPacksAreSortedAndUnfinishedOnesLeftOut) {
  EXPECT_THAT(installed_packs(), IsEmpty());
  const fs::path b = install("b");
  const fs::path a = install("a");
  install(".building-x");
  EXPECT_THAT(installed_packs(), ElementsAre(a, b));
}

TEST(PackCommandTest, PacksThatAreBuiltOnDemandNameTheirOwnCommand) {
  EXPECT_EQ(pack_building_command("starter"), kPackMendingCommand);
  EXPECT_EQ(pack_building_command("writer-small"), "scripts/setup.sh --packs writer-small");
  EXPECT_EQ(pack_mending_command("/nowhere/packs/writer"), "scripts/setup.sh --packs writer");
}

}  // namespace
}  // namespace ogam
