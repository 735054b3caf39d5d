#include "core/hub/model_id.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/base/files.h"

namespace ogam::hub {

namespace {

constexpr std::size_t kMaxPart = 96;
constexpr std::size_t kMaxRevision = 200;
constexpr std::size_t kCommitDigits = 40;

bool is_alphanumeric(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
         (letter >= '0' && letter <= '9');
}

bool is_made_of(std::string_view text, std::string_view also) {
  return std::all_of(text.begin(), text.end(), [&](char letter) {
    return is_alphanumeric(letter) || also.find(letter) != std::string_view::npos;
  });
}

bool is_name_part(std::string_view part) {
  const auto is_edge = [](char letter) { return is_alphanumeric(letter) || letter == '_'; };
  return !part.empty() && part.size() <= kMaxPart && is_made_of(part, "-_.") &&
         is_edge(part.front()) && is_edge(part.back());
}

bool is_name(std::string_view name) {
  if (name.find("--") != std::string_view::npos || name.find("..") != std::string_view::npos ||
      name.ends_with(".git")) {
    return false;
  }
  const auto slash = name.find('/');
  return slash == std::string_view::npos
             ? is_name_part(name)
             : is_name_part(name.substr(0, slash)) && is_name_part(name.substr(slash + 1));
}

/// What git allows as a name and what is harmless as a path below refs/.
bool is_revision(std::string_view revision) {
  if (revision.empty() || revision.size() > kMaxRevision || !is_made_of(revision, "-_.+/") ||
      revision.front() == '-' || revision.find("..") != std::string_view::npos) {
    return false;
  }
  const std::string framed = fmt::format("/{}/", revision);
  return framed.find("//") == std::string::npos && framed.find("/.") == std::string::npos &&
         framed.find("./") == std::string::npos && framed.find(".lock/") == std::string::npos;
}

}  // namespace

std::string ModelId::text() const { return revision == "main" ? name : name + "@" + revision; }

ModelId parse_model_id(std::string_view text) {
  const auto at = text.find('@');
  ModelId id{.name = std::string(text.substr(0, at))};
  if (at != std::string_view::npos) {
    id.revision = text.substr(at + 1);
  }
  require(is_name(id.name), ErrorCode::invalid_argument,
          "'{}' is not the id of a model; write ORGANISATION/NAME, such as "
          "google/siglip2-base-patch16-256, with @REVISION behind it where another than main is "
          "meant",
          display_path(text));
  require(is_revision(id.revision), ErrorCode::invalid_argument,
          "'{}' is not a revision; write a branch, a tag or a commit behind the @",
          display_path(id.revision));
  return id;
}

bool is_lower_hex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

bool is_commit(std::string_view text) { return text.size() == kCommitDigits && is_lower_hex(text); }

}  // namespace ogam::hub
