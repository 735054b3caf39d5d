#include "core/hub/model_info.h"

#include <algorithm>
#include <charconv>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/json.h"

namespace ogam::hub {

namespace {

constexpr std::size_t kMaxAnswer = 32U << 20;
constexpr std::size_t kMaxPath = 1000;
constexpr std::size_t kMaxPart = 255;
constexpr std::uint64_t kMaxSize = std::uint64_t{1} << 50;  // so that no sum of sizes overflows
constexpr std::size_t kMaxFiles = 8192;
constexpr std::size_t kGitDigits = 40;
constexpr std::size_t kSha256Digits = 64;

bool is_etag(const std::string& text) {
  return (text.size() == kGitDigits || text.size() == kSha256Digits) && is_lower_hex(text);
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return text;
}

/// Licences in the model's card and its tags, each once.
std::vector<std::string> licences_of(const SortedJson& info, const std::string& origin) {
  std::vector<std::string> licences;
  const auto add = [&](std::string licence) {
    licence = lower(std::move(licence));
    if (!licence.empty() &&
        std::find(licences.begin(), licences.end(), licence) == licences.end()) {
      licences.push_back(std::move(licence));
    }
  };
  const auto card = json_value_or<SortedJson>(info, "cardData", origin, SortedJson::object());
  if (card.is_object() && card.contains("license")) {
    const SortedJson& licence = card.at("license");
    for (const SortedJson& one : licence.is_array() ? licence : SortedJson::array({licence})) {
      if (one.is_string()) {
        add(one.get<std::string>());
      }
    }
  }
  constexpr std::string_view kTag = "license:";
  for (const auto& tag : json_value_or<std::vector<std::string>>(info, "tags", origin, {})) {
    if (tag.starts_with(kTag)) {
      add(tag.substr(kTag.size()));
    }
  }
  return licences;
}

RemoteFile file_of(const SortedJson& sibling, const std::string& origin) {
  RemoteFile file{.path = json_value<std::string>(sibling, "rfilename", origin)};
  check_file_path(file.path);
  const auto lfs = json_value_or<SortedJson>(sibling, "lfs", origin, SortedJson());
  const bool is_large = lfs.is_object();
  const SortedJson& source = is_large ? lfs : sibling;
  file.etag = json_value_or<std::string>(source, is_large ? "sha256" : "blobId", origin, "");
  if (!file.etag.empty()) {
    require(is_etag(file.etag), ErrorCode::corrupt_data, "{}: '{}' is no hash of {}", origin,
            display_path(file.etag), display_path(file.path));
    file.size = json_value<std::uint64_t>(source, "size", origin);
    require(file.size <= kMaxSize, ErrorCode::corrupt_data, "{}: {} cannot have {} bytes", origin,
            display_path(file.path), file.size);
  }
  return file;
}

}  // namespace

void check_file_path(std::string_view path) {
  const auto check = [&](bool condition, const char* problem) {
    require(condition, ErrorCode::corrupt_data,
            "the hub names a file '{}', which {}; it is not a "
            "name to be trusted",
            display_path(path), problem);
  };
  check(!path.empty() && path.size() <= kMaxPath, "has no length that a path may have");
  check(std::none_of(path.begin(), path.end(),
                     [](char letter) {
                       const auto byte = static_cast<unsigned char>(letter);
                       return byte < 0x20 || byte == 0x7F;
                     }),
        "holds control characters");
  check(path.front() != '/', "is absolute");
  for (std::string_view rest = path;;) {
    const auto slash = std::min(rest.find('/'), rest.size());
    const std::string_view part = rest.substr(0, slash);
    check(!part.empty() && part != "." && part != "..", "could leave its folder");
    check(part.size() <= kMaxPart, "has a part that is too long");
    if (slash == rest.size()) {
      return;
    }
    rest.remove_prefix(slash + 1);
  }
}

ModelInfo parse_model_info(std::string_view json, const std::string& origin) {
  const SortedJson info = parse_sorted_json(json, origin);
  ModelInfo model{.commit = json_value<std::string>(info, "sha", origin),
                  .licences = licences_of(info, origin)};
  require(is_commit(model.commit), ErrorCode::corrupt_data, "{}: '{}' is not a commit", origin,
          display_path(model.commit));
  const auto siblings = json_value<SortedJson>(info, "siblings", origin);
  require(siblings.is_array() && siblings.size() <= kMaxFiles, ErrorCode::corrupt_data,
          "{}: 'siblings' must list at most {} files", origin, kMaxFiles);
  for (const SortedJson& sibling : siblings) {
    model.files.push_back(file_of(sibling, origin));
  }
  const auto by_path = [](const RemoteFile& a, const RemoteFile& b) { return a.path < b.path; };
  std::sort(model.files.begin(), model.files.end(), by_path);
  const auto twice =
      std::adjacent_find(model.files.begin(), model.files.end(),
                         [](const auto& a, const auto& b) { return a.path == b.path; });
  require(twice == model.files.end(), ErrorCode::corrupt_data, "{}: {} is listed twice", origin,
          twice == model.files.end() ? "" : display_path(twice->path));
  return model;
}

ModelInfo fetch_model_info(const Client& client, const ModelId& id) {
  const std::string path =
      fmt::format("/api/models/{}/revision/{}?blobs=true", id.name, percent_encode(id.revision));
  HttpResponse response;
  const std::string answer = client.get(path, kMaxAnswer, response);
  if (response.status != 200) {
    fail_for_status(response, client, id);
  }
  return parse_model_info(answer, client.url(path).text());
}

std::string resolve_path(const ModelId& id, const std::string& commit, const std::string& file) {
  return fmt::format("/{}/resolve/{}/{}", id.name, commit, percent_encode(file, "/"));
}

void complete(const Client& client, const ModelId& id, const std::string& commit,
              RemoteFile& file) {
  if (!file.etag.empty()) {
    return;
  }
  const HttpResponse response = client.head(resolve_path(id, commit, file.path));
  if (response.status >= 400) {
    fail_for_status(response, client, id);
  }
  const auto either = [&](const char* linked, const char* own) {
    const std::string value = response.header(linked);
    return value.empty() ? response.header(own) : value;
  };
  std::string etag = either("X-Linked-Etag", "ETag");
  etag = etag.starts_with("W/") ? etag.substr(2) : etag;
  std::erase(etag, '"');
  const std::string size = either("X-Linked-Size", "Content-Length");
  const auto parsed = std::from_chars(size.data(), size.data() + size.size(), file.size);
  require(is_etag(etag) && !size.empty() && parsed.ec == std::errc() &&
              parsed.ptr == size.data() + size.size() && file.size <= kMaxSize,
          ErrorCode::corrupt_data,
          "the hub tells neither size nor hash of {} that could be checked (got '{}' and '{}')",
          display_path(file.path), display_path(size), display_path(etag));
  file.etag = etag;
}

void fail_for_status(const HttpResponse& response, const Client& client, const ModelId& id) {
  const std::string code = response.header("X-Error-Code");
  const std::string page = client.url("/" + id.name).text();
  const bool has_token = !client.settings().token.empty();
  if (code == "GatedRepo") {
    fail(ErrorCode::unavailable, "{} is gated: accept its terms at {}{}", id.name, page,
         has_token ? ", as the user whose token is set" : " and set HF_TOKEN to a token of yours");
  }
  if (code == "RevisionNotFound") {
    fail(ErrorCode::unavailable, "{} has no revision '{}'; {} lists what there is", id.name,
         id.revision, page);
  }
  if (code == "EntryNotFound") {
    fail(ErrorCode::unavailable, "a file that {} lists is not there; run again", id.name);
  }
  if (response.status == 407) {
    fail(ErrorCode::unavailable, "{}", kProxyWantsPassword);
  }
  if (response.status == 401 || response.status == 403) {
    fail(
        ErrorCode::unavailable,
        "the hub refuses {} ({}): there is no such model, or it is private or gated; check the id, "
        "accept its terms at {} and {}",
        id.name, response.status, page,
        has_token ? "check that the token may read it" : "set HF_TOKEN to a token of yours");
  }
  if (response.status == 404) {
    fail(ErrorCode::unavailable, "the hub has no model {} with a revision '{}'; check the id at {}",
         id.name, id.revision, page);
  }
  fail(ErrorCode::unavailable, "the hub answered {} for {}{}", response.status, id.name,
       code.empty() ? "" : " (" + display_path(code) + ")");
}

}  // namespace ogam::hub
