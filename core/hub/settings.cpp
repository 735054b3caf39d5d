#include "core/hub/settings.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <string_view>

#include "core/base/error.h"
#include "core/base/files.h"

namespace ogam::hub {

namespace fs = std::filesystem;

namespace {

constexpr int kDefaultTimeout = 10;
constexpr int kMaxTimeout = 3600;

/// The variable's value; empty when it is not set.
std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

/// The value of the first of these variables that is set to something.
std::string first_of(std::initializer_list<const char*> names) {
  for (const char* name : names) {
    if (std::string value = variable(name); !value.empty()) {
      return value;
    }
  }
  return "";
}

fs::path home() {
  const std::string home = variable("HOME");
  require(!home.empty(), ErrorCode::unavailable,
          "neither HF_HOME nor HOME is set; set HF_HOME to the folder for models of the hub");
  return home;
}

fs::path expanded(const std::string& path) {
  return path == "~" || path.starts_with("~/") ? fs::path(home().native() + path.substr(1))
                                               : fs::path(path);
}

fs::path hub_home() {
  if (const std::string folder = variable("HF_HOME"); !folder.empty()) {
    return expanded(folder);
  }
  const std::string caches = variable("XDG_CACHE_HOME");
  return (caches.empty() ? home() / ".cache" : expanded(caches)) / "huggingface";
}

bool is_true(const std::string& value) {
  std::string upper = value;
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::toupper(letter)); });
  constexpr std::array<std::string_view, 4> kTrue = {"1", "ON", "YES", "TRUE"};
  return std::find(kTrue.begin(), kTrue.end(), upper) != kTrue.end();
}

std::string stripped(const std::string& text) {
  constexpr const char* kBlanks = " \t\r\n";
  const auto begin = text.find_first_not_of(kBlanks);
  return begin == std::string::npos
             ? ""
             : text.substr(begin, text.find_last_not_of(kBlanks) + 1 - begin);
}

std::string read_token() {
  constexpr std::size_t kMaxTokenFile = 64 << 10;
  std::string origin = "HF_TOKEN";
  std::string token = stripped(first_of({"HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"}));
  if (token.empty()) {
    const std::string named = variable("HF_TOKEN_PATH");
    const fs::path file = named.empty() ? hub_home() / "token" : expanded(named);
    std::error_code ignored;
    if (!fs::is_regular_file(file, ignored)) {
      return "";
    }
    origin = display_path(file);
    token = stripped(read_file(file, kMaxTokenFile));
  }
  // It becomes a line of the request.
  const bool printable = std::all_of(token.begin(), token.end(),
                                     [](char letter) { return letter > 0x20 && letter < 0x7F; });
  require(printable, ErrorCode::invalid_argument,
          "{} holds no token of the hub: one word of ASCII is expected", origin);
  return token;
}

std::chrono::seconds read_timeout() {
  const std::string text = variable("HF_HUB_DOWNLOAD_TIMEOUT");
  int seconds = kDefaultTimeout;
  if (!text.empty()) {
    const char* const end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, seconds);
    require(parsed.ec == std::errc() && parsed.ptr == end && seconds >= 1 && seconds <= kMaxTimeout,
            ErrorCode::invalid_argument,
            "HF_HUB_DOWNLOAD_TIMEOUT takes whole seconds from 1 to {}, got '{}'", kMaxTimeout,
            display_path(text));
  }
  return std::chrono::seconds(seconds);
}

}  // namespace

fs::path cache_folder() {
  const std::string folder = first_of({"HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"});
  return fs::absolute(folder.empty() ? hub_home() / "hub" : expanded(folder));
}

Settings Settings::from_environment() {
  const std::string named = variable("HF_ENDPOINT");
  const auto endpoint = parse_url(named.empty() ? "https://huggingface.co" : named);
  require(endpoint && endpoint->target.find('?') == std::string::npos, ErrorCode::invalid_argument,
          "HF_ENDPOINT must be an http or https address such as https://huggingface.co, got '{}'",
          display_path(named));
  Settings settings{.endpoint = *endpoint,
                    .cache = cache_folder(),
                    .token = read_token(),
                    .offline = is_true(first_of({"HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"})),
                    .timeout = read_timeout()};
  while (settings.endpoint.target.ends_with('/')) {
    settings.endpoint.target.pop_back();
  }
  return settings;
}

std::string proxy_for(const Url& url) {
  return url.scheme == "http" ? first_of({"http_proxy", "HTTP_PROXY"}) : "";
}

}  // namespace ogam::hub
