#include "core/text/bpe_model.h"

#include <functional>
#include <queue>
#include <tuple>

#include "core/base/error.h"
#include "core/text/unicode.h"

namespace ogam {

namespace {

std::uint64_t pair_key(std::int32_t left, std::int32_t right) {
  return (static_cast<std::uint64_t>(static_cast<std::uint32_t>(left)) << 32) |
         static_cast<std::uint32_t>(right);
}

/// A token of the word at work, linked to its neighbours; merged ones are skipped by the links.
struct Symbol {
  std::int32_t id = 0;
  std::int32_t previous = -1;
  std::int32_t next = -1;
  bool merged = false;  // into its left neighbour
};

/// A merge that was possible when it was queued; smaller is sooner.
struct Candidate {
  std::int32_t rank = 0;
  std::int32_t position = 0;  // of the left symbol
  std::int32_t id = 0;        // of the merged token
  friend bool operator>(const Candidate& a, const Candidate& b) {
    return std::tie(a.rank, a.position) > std::tie(b.rank, b.position);
  }
};

std::string_view affix(std::string_view text, bool wanted) {
  return wanted ? text : std::string_view();
}

std::pair<std::string, std::string> merge_value(const SortedJson& value,
                                                const std::string& origin) {
  if (value.is_string()) {
    const auto text = value.get<std::string>();
    const auto space = text.find(' ');
    require(space != std::string::npos && text.find(' ', space + 1) == std::string::npos,
            ErrorCode::corrupt_data, "{}: merge '{}' must be two tokens and a space", origin, text);
    return {text.substr(0, space), text.substr(space + 1)};
  }
  require(value.is_array() && value.size() == 2 && value[0].is_string() && value[1].is_string(),
          ErrorCode::corrupt_data, "{}: a merge must be a text or a pair of texts", origin);
  return {value[0].get<std::string>(), value[1].get<std::string>()};
}

}  // namespace

BpeConfig BpeConfig::parse(ComponentJson& json) {
  BpeConfig config;
  require(json.value_or<double>("dropout", 0) == 0, ErrorCode::unsupported,
          "{}: dropout is not implemented", json.origin());
  if (!json.part("unk_token").is_null()) {
    config.unk_token = json.value<std::string>("unk_token");
  }
  config.continuing_subword_prefix = json.value_or<std::string>("continuing_subword_prefix", "");
  config.end_of_word_suffix = json.value_or<std::string>("end_of_word_suffix", "");
  config.fuse_unk = json.value_or<bool>("fuse_unk", false);
  config.byte_fallback = json.value_or<bool>("byte_fallback", false);
  config.ignore_merges = json.value_or<bool>("ignore_merges", false);
  const auto& merges = json.part("merges");
  require(merges.is_array(), ErrorCode::corrupt_data, "{}: the model must have a merges array",
          json.origin());
  for (const auto& merge : merges) {
    // Files made from a merges.txt may have kept its first line.
    if (!merge.is_string() || !merge.get_ref<const std::string&>().starts_with("#version")) {
      config.merges.push_back(merge_value(merge, json.origin()));
    }
  }
  return config;
}

BpeModel::BpeModel(Vocabulary vocabulary, BpeConfig config)
    : TokenModel(std::move(vocabulary)), config_(std::move(config)) {
  if (config_.byte_fallback) {
    bytes_.emplace(this->vocabulary());
  }
  const auto& origin = this->vocabulary().origin();
  const auto id_of = [&](const std::string& token) {
    const auto id = this->vocabulary().id(token);
    require(id.has_value(), ErrorCode::corrupt_data,
            "{}: '{}' is in the merges and not in the vocabulary", origin, token);
    return *id;
  };
  const auto& prefix = config_.continuing_subword_prefix;
  merges_.reserve(config_.merges.size());
  std::int32_t rank = 0;
  for (const auto& [left, right] : config_.merges) {
    require(right.starts_with(prefix), ErrorCode::corrupt_data,
            "{}: '{}' is merged with what is before it and does not begin with '{}'", origin, right,
            prefix);
    merges_.insert_or_assign(pair_key(id_of(left), id_of(right)),
                             Merge{rank++, id_of(left + right.substr(prefix.size()))});
  }
  config_.merges = {};
}

const BpeModel::Merge* BpeModel::find_merge(std::int32_t left, std::int32_t right) const {
  const auto found = merges_.find(pair_key(left, right));
  return found == merges_.end() ? nullptr : &found->second;
}

std::int32_t BpeModel::unknown_id() const {
  const auto id = vocabulary().id(*config_.unk_token);
  require(id.has_value(), ErrorCode::corrupt_data,
          "{}: the text has a character that is not in the vocabulary, nor is the unknown token "
          "'{}'",
          vocabulary().origin(), *config_.unk_token);
  return *id;
}

void BpeModel::encode(std::string_view word, std::vector<std::int32_t>& ids) const {
  if (config_.ignore_merges) {
    if (const auto id = vocabulary().id(word)) {
      ids.push_back(*id);
      return;
    }
  }
  std::vector<std::int32_t> symbols;
  symbols.reserve(word.size());
  split(word, symbols);
  merge(symbols);
  ids.insert(ids.end(), symbols.begin(), symbols.end());
}

/// The tokens of the word's characters.
void BpeModel::split(std::string_view word, std::vector<std::int32_t>& ids) const {
  bool unknown = false;  // the last character, not yet in `ids`
  const auto add_unknown = [&] {
    if (unknown) {
      ids.push_back(unknown_id());
      unknown = false;
    }
  };
  std::string affixed;
  for (std::size_t begin = 0; begin < word.size();) {
    const auto size = first_character(word.substr(begin)).size;
    std::string_view symbol = word.substr(begin, size);
    const auto prefix = affix(config_.continuing_subword_prefix, begin > 0);
    begin += size;
    const auto suffix = affix(config_.end_of_word_suffix, begin == word.size());
    if (!prefix.empty() || !suffix.empty()) {
      affixed.assign(prefix).append(symbol).append(suffix);
      symbol = affixed;
    }
    if (const auto id = vocabulary().id(symbol)) {
      add_unknown();
      ids.push_back(*id);
      continue;
    }
    // As in the `tokenizers` library, an unknown character before bytes comes after them.
    if ((bytes_ && bytes_->append(symbol, ids)) || !config_.unk_token) {
      continue;
    }
    if (!config_.fuse_unk) {
      add_unknown();
    }
    unknown = true;
  }
  add_unknown();
}

void BpeModel::merge(std::vector<std::int32_t>& ids) const {
  const auto size = static_cast<std::int32_t>(ids.size());
  std::vector<Symbol> symbols(ids.size());
  for (std::int32_t i = 0; i < size; ++i) {
    symbols[i] = {ids[i], i - 1, i + 1 < size ? i + 1 : -1};
  }
  std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> queue;
  const auto propose = [&](std::int32_t left) {
    if (left < 0 || symbols[left].next < 0) {
      return;
    }
    if (const auto* merge = find_merge(symbols[left].id, symbols[symbols[left].next].id)) {
      queue.push({merge->rank, left, merge->id});
    }
  };
  for (std::int32_t i = 0; i < size; ++i) {
    propose(i);
  }
  while (!queue.empty()) {
    const auto candidate = queue.top();
    queue.pop();
    auto& left = symbols[candidate.position];
    if (left.merged || left.next < 0) {
      continue;
    }
    // The neighbours may have changed since this was queued.
    const auto* merge = find_merge(left.id, symbols[left.next].id);
    if (merge == nullptr || merge->id != candidate.id) {
      continue;
    }
    auto& right = symbols[left.next];
    left.id = candidate.id;
    right.merged = true;
    left.next = right.next;
    if (right.next >= 0) {
      symbols[right.next].previous = candidate.position;
    }
    propose(left.previous);
    propose(candidate.position);
  }
  ids.clear();
  for (std::int32_t i = 0; i >= 0 && i < size; i = symbols[i].next) {
    ids.push_back(symbols[i].id);
  }
}

}  // namespace ogam
