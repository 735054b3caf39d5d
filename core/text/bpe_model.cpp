#include "core/text/bpe_model.h"

#include <functional>
#include <queue>
#include <tuple>

#include "core/base/error.h"
#include "core/text/byte_alphabet.h"

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

}  // namespace

BpeModel::BpeModel(BpeModelConfig config) : config_(std::move(config)) {
  const auto id_of = [&](const std::string& token) {
    const auto id = token_id(token);
    require(id.has_value(), ErrorCode::corrupt_data, "{}: '{}' is not in the vocabulary",
            config_.origin, token);
    return *id;
  };
  for (int byte = 0; byte < 256; ++byte) {
    byte_ids_.push_back(id_of(byte_symbol(static_cast<unsigned char>(byte))));
  }
  merges_.reserve(config_.merges.size());
  std::int32_t rank = 0;
  for (const auto& [left, right] : config_.merges) {
    merges_.insert_or_assign(pair_key(id_of(left), id_of(right)),
                             Merge{rank++, id_of(left + right)});
  }
  config_.merges.clear();
}

std::optional<std::int32_t> BpeModel::token_id(std::string_view token) const {
  const auto found = config_.vocabulary.find(std::string(token));
  return found == config_.vocabulary.end() ? std::nullopt : std::optional(found->second);
}

const BpeModel::Merge* BpeModel::find_merge(std::int32_t left, std::int32_t right) const {
  const auto found = merges_.find(pair_key(left, right));
  return found == merges_.end() ? nullptr : &found->second;
}

void BpeModel::encode(std::string_view word, std::vector<std::int32_t>& ids) const {
  if (config_.ignore_merges) {
    std::string symbols;
    for (const char byte : word) {
      symbols += byte_symbol(static_cast<unsigned char>(byte));
    }
    if (const auto id = token_id(symbols)) {
      ids.push_back(*id);
      return;
    }
  }
  const auto size = static_cast<std::int32_t>(word.size());
  std::vector<Symbol> symbols(word.size());
  for (std::int32_t i = 0; i < size; ++i) {
    symbols[i] = {byte_ids_[static_cast<unsigned char>(word[i])], i - 1, i + 1 < size ? i + 1 : -1};
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
  for (std::int32_t i = 0; i >= 0 && i < size; i = symbols[i].next) {
    ids.push_back(symbols[i].id);
  }
}

}  // namespace ogam
