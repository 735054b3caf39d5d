#pragma once

#include <chrono>
#include <filesystem>
#include <string>

#include "core/hub/url.h"

namespace ogam::hub {

/// The cache of models: `HF_HUB_CACHE`, or `HF_HOME`/hub, or ~/.cache/huggingface/hub.
/// @throws Error{unavailable} when not even HOME is set.
std::filesystem::path cache_folder();

/// What the environment says about the hub, in the variables that Python's huggingface_hub reads.
struct Settings {
  Url endpoint;                 ///< `HF_ENDPOINT`, else https://huggingface.co
  std::filesystem::path cache;  ///< see cache_folder
  std::string token;  ///< `HF_TOKEN`, else what the file `HF_TOKEN_PATH` or `HF_HOME`/token holds
  bool offline = false;                                    ///< `HF_HUB_OFFLINE`
  std::chrono::seconds timeout = std::chrono::seconds(0);  ///< `HF_HUB_DOWNLOAD_TIMEOUT`, else 10

  /// @throws Error{invalid_argument} naming the variable that makes no sense.
  static Settings from_environment();
};

/// The proxy for requests to `url` where libcurl does not find it itself: `HTTP_PROXY`, which it
/// reads in small letters alone. Empty: it does. `NO_PROXY` is libcurl's to heed either way.
std::string proxy_for(const Url& url);

}  // namespace ogam::hub
