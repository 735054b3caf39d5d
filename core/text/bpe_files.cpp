#include "core/text/bpe_files.h"

#include <algorithm>
#include <map>
#include <string_view>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/text/text_limits.h"

namespace ogam {

namespace {

namespace fs = std::filesystem;

constexpr const char* kVocabulary = "vocab.json";
constexpr const char* kMerges = "merges.txt";
constexpr const char* kConfig = "tokenizer_config.json";
constexpr const char* kEnd = "<|endoftext|>";

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

SortedJson read_object(const fs::path& path) {
  auto json = parse_sorted_json(read_file(path, kMaxTokenizerBytes), display_path(path));
  require(json.is_object(), ErrorCode::corrupt_data, "{} must hold a JSON object",
          display_path(path));
  return json;
}

/// "a b" for every line that is neither empty nor the version.
SortedJson read_merges(const fs::path& path) {
  const auto text = read_file(path, kMaxTokenizerBytes);
  SortedJson merges = SortedJson::array();
  std::string_view left = text;
  while (!left.empty()) {
    const auto end = std::min(left.find('\n'), left.size());
    auto line = left.substr(0, end);
    left.remove_prefix(std::min(end + 1, left.size()));
    if (line.ends_with('\r')) {
      line.remove_suffix(1);
    }
    if (!line.empty() && !(merges.empty() && line.starts_with("#version"))) {
      merges.emplace_back(std::string(line));
    }
  }
  return merges;
}

/// "<|1.28|>", which is not special: a text shows when it is said.
bool is_time(std::string_view token) {
  return token.starts_with("<|") && token.size() > 2 && token[2] >= '0' && token[2] <= '9';
}

/// Every added token by its id.
SortedJson added_tokens(const fs::path& folder, const SortedJson& config,
                        const SortedJson& vocabulary) {
  std::map<std::int64_t, std::string> contents;
  if (const auto path = folder / "added_tokens.json"; is_there(path)) {
    const auto json = read_object(path);
    for (const auto& [content, id] : json.items()) {
      contents[json_value<std::int64_t>(json, content, display_path(path))] = content;
    }
  }
  const auto origin = display_path(folder / kConfig);
  if (config.contains("added_tokens_decoder")) {
    const auto& decoder = config.at("added_tokens_decoder");
    for (const auto& [id, token] : decoder.items()) {
      require(
          !id.empty() && id.size() < 10 && id.find_first_not_of("0123456789") == std::string::npos,
          ErrorCode::corrupt_data, "{}: added_tokens_decoder has the id '{}'", origin, id);
      contents[std::stoll(id)] = json_value<std::string>(token, "content", origin);
    }
  }
  if (vocabulary.contains(kEnd)) {
    contents[json_value<std::int64_t>(vocabulary, kEnd, kVocabulary)] = kEnd;
  }
  SortedJson added = SortedJson::array();
  for (const auto& [id, content] : contents) {
    added.push_back({{"id", id},
                     {"content", content},
                     {"single_word", false},
                     {"lstrip", false},
                     {"rstrip", false},
                     {"normalized", false},
                     {"special", !is_time(content)}});
  }
  return added;
}

/// Whisper's: start and no times before a text, the end after it.
SortedJson whisper_template(const SortedJson& added, const std::string& origin) {
  SortedJson special = SortedJson::object();
  const auto token = [&](const char* content) {
    const auto found = std::find_if(added.begin(), added.end(), [&](const SortedJson& candidate) {
      return candidate.at("content") == content;
    });
    require(found != added.end(), ErrorCode::corrupt_data, "{}: Whisper's token {} is not there",
            origin, content);
    special[content] = {{"id", content},
                        {"ids", SortedJson::array({found->at("id")})},
                        {"tokens", SortedJson::array({content})}};
    return SortedJson{{"SpecialToken", {{"id", content}, {"type_id", 0}}}};
  };
  const auto text = [](const char* which) {
    return SortedJson{{"Sequence", {{"id", which}, {"type_id", 0}}}};
  };
  const auto start = token("<|startoftranscript|>");
  const auto no_times = token("<|notimestamps|>");
  const auto end = token(kEnd);
  return {{"type", "TemplateProcessing"},
          {"single", SortedJson::array({start, no_times, text("A"), end})},
          {"pair", SortedJson::array({start, no_times, text("A"), text("B"), end})},
          {"special_tokens", special}};
}

}  // namespace

bool has_bpe_files(const fs::path& folder) {
  return is_there(folder / kVocabulary) && is_there(folder / kMerges);
}

std::string tokenizer_json_of_bpe_files(const fs::path& folder) {
  const auto origin = display_path(folder);
  const auto config = read_object(folder / kConfig);
  const auto name = json_value<std::string>(config, "tokenizer_class", origin + "/" + kConfig);
  require(name == "WhisperTokenizer" || name == "WhisperTokenizerFast", ErrorCode::unsupported,
          "{}: {} and {} are not enough for the tokenizer {}; save it as tokenizer.json", origin,
          kVocabulary, kMerges, name);
  const auto vocabulary = read_object(folder / kVocabulary);
  const auto added = added_tokens(folder, config, vocabulary);
  const SortedJson byte_level = {{"type", "ByteLevel"},
                                 {"add_prefix_space", false},
                                 {"trim_offsets", true},
                                 {"use_regex", true}};
  return SortedJson{
      {"version", "1.0"},
      {"added_tokens", added},
      {"normalizer", nullptr},
      {"pre_tokenizer", byte_level},
      {"post_processor", whisper_template(added, origin)},
      {"decoder", byte_level},
      {"model",
       {{"type", "BPE"}, {"vocab", vocabulary}, {"merges", read_merges(folder / kMerges)}}}}
      .dump(-1, ' ', false, SortedJson::error_handler_t::replace);
}

}  // namespace ogam
