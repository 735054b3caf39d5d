#pragma once

#include <cstdlib>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ogam::test {

/// Sets variables of the environment for the length of a test; empty values unset them.
class Environment {
 public:
  using Variable = std::pair<std::string, std::string>;

  Environment(std::initializer_list<Variable> variables)
      : Environment(std::vector<Variable>(variables)) {}
  explicit Environment(const std::vector<Variable>& variables) {
    for (const auto& [name, value] : variables) {
      const char* const before = std::getenv(name.c_str());
      before_[name] = before == nullptr ? std::nullopt : std::optional<std::string>(before);
      set(name, value.empty() ? std::nullopt : std::optional(value));
    }
  }
  ~Environment() {
    for (const auto& [name, value] : before_) {
      set(name, value);
    }
  }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

 private:
  static void set(const std::string& name, const std::optional<std::string>& value) {
    if (value) {
      ::setenv(name.c_str(), value->c_str(), 1);
    } else {
      ::unsetenv(name.c_str());
    }
  }

  std::map<std::string, std::optional<std::string>> before_;
};

/// Every variable that core/hub reads, unset.
inline std::vector<Environment::Variable> no_hub_variables() {
  std::vector<Environment::Variable> variables;
  for (const char* name :
       {"HF_HOME", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "XDG_CACHE_HOME", "HF_ENDPOINT",
        "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_TOKEN_PATH", "HF_HUB_OFFLINE",
        "TRANSFORMERS_OFFLINE", "HF_HUB_DOWNLOAD_TIMEOUT", "https_proxy", "HTTPS_PROXY",
        "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"}) {
    variables.emplace_back(name, "");
  }
  return variables;
}

}  // namespace ogam::test
