#include "core/hub/settings.h"

#include <gtest/gtest.h>

#include "core/base/error.h"
#include "core/base/files.h"
#include "tests/core/hub/environment.h"
#include "tests/support/temporary_folder.h"

namespace ogam::hub {
namespace {

using test::Environment;
using test::no_hub_variables;

TEST(SettingsTest, TheCacheLiesWherePythonKeepsIt) {
  const Environment nothing(no_hub_variables());
  const Environment home{{"HOME", "/home/me"}};
  EXPECT_EQ(cache_folder(), "/home/me/.cache/huggingface/hub");
  const Environment caches{{"XDG_CACHE_HOME", "/caches"}};
  EXPECT_EQ(cache_folder(), "/caches/huggingface/hub");
  const Environment hf_home{{"HF_HOME", "~/models"}};
  EXPECT_EQ(cache_folder(), "/home/me/models/hub");
  const Environment hub_cache{{"HF_HUB_CACHE", "/disk/hub"}};
  EXPECT_EQ(cache_folder(), "/disk/hub");
}

TEST(SettingsTest, TheTokenIsTheVariableElseTheFile) {
  const Environment nothing(no_hub_variables());
  const test::TemporaryFolder folder;
  const Environment home{{"HF_HOME", folder.path().string()}};
  EXPECT_EQ(Settings::from_environment().token, "");
  write_file_atomically(folder / "token", "hf_file\n");
  EXPECT_EQ(Settings::from_environment().token, "hf_file");
  write_file_atomically(folder / "other", " hf_other ");
  const Environment path{{"HF_TOKEN_PATH", (folder / "other").string()}};
  EXPECT_EQ(Settings::from_environment().token, "hf_other");
  const Environment token{{"HF_TOKEN", "hf_variable"}};
  EXPECT_EQ(Settings::from_environment().token, "hf_variable");
}

TEST(SettingsTest, ATokenThatWouldAddALineToTheRequestIsRefused) {
  const Environment nothing(no_hub_variables());
  const Environment token{{"HF_TOKEN", "hf_a\r\nHost: elsewhere"}};
  EXPECT_THROW(Settings::from_environment(), Error);
}

TEST(SettingsTest, TheEndpointMayBeAMirrorWithAPath) {
  const Environment nothing(no_hub_variables());
  EXPECT_EQ(Settings::from_environment().endpoint.text(), "https://huggingface.co");
  const Environment mirror{{"HF_ENDPOINT", "http://mirror:8080/hf/"}};
  EXPECT_EQ(Settings::from_environment().endpoint.text(), "http://mirror:8080/hf");
  for (const char* wrong : {"mirror", "ftp://mirror", "http://user:pass@mirror", "http://m/?x"}) {
    const Environment endpoint{{"HF_ENDPOINT", wrong}};
    EXPECT_THROW(Settings::from_environment(), Error) << wrong;
  }
}

TEST(SettingsTest, OfflineAndTimeoutAreRead) {
  const Environment nothing(no_hub_variables());
  EXPECT_FALSE(Settings::from_environment().offline);
  EXPECT_EQ(Settings::from_environment().timeout.count(), 10);
  const Environment set{{"HF_HUB_OFFLINE", "yes"}, {"HF_HUB_DOWNLOAD_TIMEOUT", "3"}};
  EXPECT_TRUE(Settings::from_environment().offline);
  EXPECT_EQ(Settings::from_environment().timeout.count(), 3);
  const Environment wrong{{"HF_HUB_DOWNLOAD_TIMEOUT", "soon"}};
  EXPECT_THROW(Settings::from_environment(), Error);
}

TEST(SettingsTest, TheProxyForHttpIsReadInCapitalLettersToo) {
  const Environment nothing(no_hub_variables());
  const Url hub = parse_url("http://hub/").value();
  EXPECT_EQ(proxy_for(hub), "");
  const Environment capital{{"HTTP_PROXY", "http://capital:1"}};
  EXPECT_EQ(proxy_for(hub), "http://capital:1");
  const Environment small{{"http_proxy", "http://small:1"}};
  EXPECT_EQ(proxy_for(hub), "http://small:1");
  EXPECT_EQ(proxy_for(parse_url("https://hub/").value()), "");
}

}  // namespace
}  // namespace ogam::hub
