#include "archive/background.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "archive/vector_scan.h"
#include "core/base/error.h"

namespace ogam {

namespace {

constexpr std::size_t kSampledRows = 4000;
constexpr std::size_t kMostQueries = 256;
constexpr std::size_t kOwnRows = 512;  // that are compared with one another
constexpr Background kPrior{};         // of similarities in [-1, 1] that mean nothing
constexpr double kPriorRows = 5;       // vectors that weigh as much as the prior
constexpr double kClipped = 0.01;      // share of the scores at either end that is drawn in
constexpr double kLeastDeviation = 0.02;
constexpr double kHighestOwnMean = 0.9999;  // so that equal vectors still stand out

/// Evenly spaced vectors of a space, end to end.
std::vector<float> sample_rows(const SpaceContent& content) {
  const std::size_t count = std::min(content.rows, kSampledRows);
  const auto dimension = static_cast<std::size_t>(content.space.dimension);
  std::vector<float> sample;
  sample.reserve(count * dimension);
  std::size_t first = 0;  // number of the block's first row
  std::size_t taken = 0;
  for (const SpaceContent::Block& block : content.blocks) {
    const std::size_t rows = block.vectors.rows.size();
    for (; taken < count; ++taken) {
      const std::size_t wanted = taken * content.rows / count;
      if (wanted >= first + rows) {
        break;
      }
      const auto values = block.vectors.values.subspan((wanted - first) * dimension, dimension);
      sample.insert(sample.end(), values.begin(), values.end());
    }
    first += rows;
  }
  return sample;
}

/// The queries that are about anything the space can tell; to the others every vector scores 0,
/// which would make the scores of the rest look remarkable.
std::vector<float> telling_queries(const std::vector<float>& queries, std::size_t dimension) {
  std::vector<float> telling;
  for (std::size_t first = 0; first + dimension <= queries.size(); first += dimension) {
    const auto query = std::span(queries).subspan(first, dimension);
    if (std::any_of(query.begin(), query.end(), [](float value) { return value != 0; })) {
      telling.insert(telling.end(), query.begin(), query.end());
    }
  }
  return telling;
}

/// Mean and deviation of scores of `rows` vectors, at least one.
Background summarize(std::vector<float> scores, std::size_t rows, const Space& space) {
  require(std::all_of(scores.begin(), scores.end(), [](float s) { return std::isfinite(s); }),
          ErrorCode::corrupt_data,
          "the vectors of {} are damaged; run `ogam archive verify` to see where", space.name);
  std::sort(scores.begin(), scores.end());
  const auto clipped = static_cast<std::size_t>(kClipped * static_cast<double>(scores.size()));
  const float low = scores[clipped];
  const float high = scores[scores.size() - 1 - clipped];
  double mean = 0;
  double square = 0;
  for (const float score : scores) {
    const double value = std::clamp(score, low, high);
    mean += value;
    square += value * value;
  }
  mean /= static_cast<double>(scores.size());
  square /= static_cast<double>(scores.size());
  // The prior counts as a few more vectors, so that an archive of one picture has a background too.
  const double weight = static_cast<double>(rows) / (static_cast<double>(rows) + kPriorRows);
  const double prior_square = kPrior.mean * kPrior.mean + kPrior.deviation * kPrior.deviation;
  const double mixed_mean = weight * mean + (1 - weight) * kPrior.mean;
  const double mixed_square = weight * square + (1 - weight) * prior_square;
  const double variance = std::max(0.0, mixed_square - mixed_mean * mixed_mean);
  return {mixed_mean, std::max(std::sqrt(variance), kLeastDeviation)};
}

/// Some vectors of a space, and of which asset each is.
struct OwnSample {
  std::vector<float> values;        // end to end
  std::vector<std::size_t> assets;  // by row, ascending
};

/// As many of each asset as kOwnRows allows, evenly spaced; of very many assets evenly spaced ones.
OwnSample sample_assets(const SpaceContent& content) {
  const auto dimension = static_cast<std::size_t>(content.space.dimension);
  const std::size_t blocks = std::min(content.blocks.size(), kOwnRows);
  OwnSample sample;
  for (std::size_t i = 0; i < blocks; ++i) {
    const auto& block = content.blocks[i * content.blocks.size() / blocks];
    const std::size_t rows = block.vectors.rows.size();
    const std::size_t taken = std::min(rows, kOwnRows / blocks);
    for (std::size_t j = 0; j < taken; ++j) {
      const auto row = block.vectors.values.subspan(j * rows / taken * dimension, dimension);
      sample.values.insert(sample.values.end(), row.begin(), row.end());
      sample.assets.push_back(block.asset);
    }
  }
  return sample;
}

}  // namespace

std::vector<float> read_background_queries(const Database& database, const SpaceRow& space) {
  Rows rows = database.query("SELECT queries FROM backgrounds WHERE space = ?", space.row);
  std::vector<float> queries;
  if (rows.next()) {
    const Blob bytes = rows.blob(0);
    const std::size_t one = static_cast<std::size_t>(space.space.dimension) * sizeof(float);
    require(bytes.size() % one == 0, ErrorCode::corrupt_data,
            "the catalog is damaged: the background queries of {} have {} bytes", space.space.name,
            bytes.size());
    queries.resize(bytes.size() / sizeof(float));
    if (!queries.empty()) {
      std::memcpy(queries.data(), bytes.data(), bytes.size());
    }
  }
  return queries;
}

void write_background_queries(const Database& database, const SpaceRow& space,
                              const std::vector<float>& queries) {
  database.execute("INSERT OR REPLACE INTO backgrounds(space, queries) VALUES (?, ?)", space.row,
                   std::as_bytes(std::span(queries)));
}

std::optional<Background> read_background(const Database& database, const SpaceRow& space,
                                          std::int64_t generation) {
  Rows rows =
      database.query("SELECT mean, deviation FROM backgrounds WHERE space = ? AND generation = ?",
                     space.row, generation);
  if (!rows.next()) {
    return std::nullopt;
  }
  const Background background{rows.real(0), rows.real(1)};
  require(std::isfinite(background.mean) && background.deviation >= kLeastDeviation,
          ErrorCode::corrupt_data, "the catalog is damaged: the background of {} is {} +- {}",
          space.space.name, background.mean, background.deviation);
  return background;
}

void write_background(const Database& database, const SpaceRow& space, std::int64_t generation,
                      const Background& background) {
  database.execute("UPDATE backgrounds SET mean = ?, deviation = ?, generation = ? WHERE space = ?",
                   background.mean, background.deviation, generation, space.row);
}

Background measure_background(const SpaceContent& content, const std::vector<float>& all_queries) {
  const auto dimension = static_cast<std::size_t>(content.space.dimension);
  const std::vector<float> queries = telling_queries(all_queries, dimension);
  const std::vector<float> sample = sample_rows(content);
  const std::size_t rows = sample.size() / dimension;
  const std::size_t count = std::min(queries.size() / dimension, kMostQueries);
  if (rows == 0 || count == 0) {
    return kPrior;
  }
  std::vector<float> scores(rows * count);
  for (std::size_t q = 0; q < count; ++q) {
    dot_products(sample, std::span(queries).subspan(q * dimension, dimension),
                 std::span(scores).subspan(q * rows, rows));
  }
  return summarize(std::move(scores), rows, content.space);
}

Background measure_own_background(const SpaceContent& content) {
  const auto dimension = static_cast<std::size_t>(content.space.dimension);
  const OwnSample sample = sample_assets(content);
  std::vector<float> scores;
  std::vector<float> row_scores;
  for (std::size_t row = 0; row < sample.assets.size(); ++row) {
    const auto after = std::upper_bound(sample.assets.begin(), sample.assets.end(),
                                        sample.assets[row]);  // the first row of the next asset
    const auto others = static_cast<std::size_t>(sample.assets.end() - after);
    row_scores.resize(others);
    const auto values = std::span(sample.values);
    dot_products(values.last(others * dimension), values.subspan(row * dimension, dimension),
                 row_scores);
    scores.insert(scores.end(), row_scores.begin(), row_scores.end());
  }
  if (scores.empty()) {
    return kPrior;
  }
  Background background = summarize(std::move(scores), sample.assets.size(), content.space);
  background.mean = std::min(background.mean, kHighestOwnMean);
  background.deviation =
      std::min(background.deviation, (1 - background.mean) / kIdentityDeviations);
  return background;
}

}  // namespace ogam
