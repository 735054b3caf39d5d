#include "core/nn/sentence_modules.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/table.h"
#include "core/nn/activation.h"
#include "core/nn/layers.h"
#include "core/nn/normalize_rows.h"

namespace ogam {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kMaxSettingsBytes = 1 << 20;
constexpr std::size_t kMaxModules = 16;
constexpr std::int64_t kMaxWidth = 65'536;

at::Tensor identity(const at::Tensor& x) { return x; }
at::Tensor tanh(const at::Tensor& x) { return at::tanh(x); }
at::Tensor sigmoid(const at::Tensor& x) { return at::sigmoid(x); }
at::Tensor relu(const at::Tensor& x) { return at::relu(x); }
at::Tensor gelu(const at::Tensor& x) { return at::gelu(x); }
at::Tensor silu(const at::Tensor& x) { return at::silu(x); }

struct ActivationRow {
  std::string_view name;  // of torch's class
  Activation function;
};

constexpr std::array kDenseActivations = {
    ActivationRow{"torch.nn.modules.activation.GELU", &gelu},
    ActivationRow{"torch.nn.modules.activation.ReLU", &relu},
    ActivationRow{"torch.nn.modules.activation.SiLU", &silu},
    ActivationRow{"torch.nn.modules.activation.Sigmoid", &sigmoid},
    ActivationRow{"torch.nn.modules.activation.Tanh", &tanh},
    ActivationRow{"torch.nn.modules.linear.Identity", &identity},
};

/// A module's class without its package, which has moved between versions.
std::string class_of(const ConfigReader& entry) {
  const auto type = entry.text("type", "");
  require(type.starts_with("sentence_transformers."), ErrorCode::unsupported,
          "{}: a module of type '{}' is not of sentence-transformers", entry.origin(), type);
  return type.substr(type.rfind('.') + 1);
}

/// The folder of a module, which must lie in the model's.
fs::path folder_of(const fs::path& model, const ConfigReader& entry) {
  const auto path = entry.text("path", "");
  require(!path.empty() && path != "." && path != ".." &&
              path.find_first_of(std::string_view("/\\\0", 3)) == std::string::npos,
          ErrorCode::corrupt_data, "{}: a module's \"path\" must be a folder beside it, got '{}'",
          entry.origin(), path);
  return model / path;
}

Json read_settings_file(const fs::path& path) {
  auto json = read_json_file(path, kMaxSettingsBytes);
  require(json.is_object(), ErrorCode::corrupt_data, "{}: must hold an object", display_path(path));
  return json;
}

}  // namespace

SentenceModules::SentenceModules(Checkpoint& checkpoint, const Config& config)
    : pooling_(config.hidden_size, config.pooling_mode),
      dimension_(config.hidden_size),
      min_dimension_(config.min_dimension) {
  const ConfigReader model(checkpoint.config(), checkpoint.origin());
  if (model.has("matryoshka_dimensions")) {
    const auto sizes = model.sizes("matryoshka_dimensions", kMaxWidth);
    require(!sizes.empty(), ErrorCode::corrupt_data, "{}: \"matryoshka_dimensions\" is empty",
            model.origin());
    min_dimension_ = *std::min_element(sizes.begin(), sizes.end());
  }
  const auto list = checkpoint.folder() / "modules.json";
  const bool at_unit_length = fs::exists(list) && read_modules(checkpoint, list);
  read_settings(checkpoint.folder(), at_unit_length);
}

bool SentenceModules::read_modules(Checkpoint& checkpoint, const fs::path& list) {
  struct Row {
    std::string_view name;
    void (SentenceModules::*add)(const fs::path&, at::ScalarType);
  };
  static constexpr std::array kSteps = {
      Row{"Dense", &SentenceModules::add_dense},
      Row{"Normalize", &SentenceModules::add_normalize},
  };
  const auto origin = display_path(list);
  const auto modules = read_json_file(list, kMaxSettingsBytes);
  require(modules.is_array() && modules.size() >= 2 && modules.size() <= kMaxModules,
          ErrorCode::corrupt_data,
          "{}: must be a list of a Transformer, a Pooling and at most {} further modules", origin,
          kMaxModules - 2);
  std::string type;
  for (std::size_t i = 0; i < modules.size(); ++i) {
    const ConfigReader entry(modules[i], fmt::format("{}: module {}", origin, i));
    type = class_of(entry);
    if (i == 0) {
      require(type == "Transformer" && entry.text("path", "").empty(), ErrorCode::unsupported,
              "{}: must be a Transformer in the model's folder itself, not a {} in '{}'",
              entry.origin(), type, entry.text("path", ""));
    } else if (i == 1) {
      require(type == "Pooling", ErrorCode::unsupported, "{}: must be a Pooling, not a {}",
              entry.origin(), type);
      const auto path = folder_of(checkpoint.folder(), entry) / "config.json";
      const auto json = read_settings_file(path);
      pooling_ = Pooling(dimension_, ConfigReader(json, display_path(path)));
      dimension_ = pooling_.dimension();
    } else {
      const auto& row = find_row(kSteps, type, "a module of type", entry.origin());
      (this->*row.add)(folder_of(checkpoint.folder(), entry), checkpoint.weights().precision());
    }
    entry.refuse_unread({"idx", "name"});
  }
  return type == "Normalize";
}

void SentenceModules::add_dense(const fs::path& folder, at::ScalarType precision) {
  Checkpoint checkpoint(folder, precision);
  const ConfigReader config(checkpoint.config(), checkpoint.origin());
  const auto in = config.size("in_features", kMaxWidth);
  const auto out = config.size("out_features", kMaxWidth);
  require(in == dimension_, ErrorCode::corrupt_data,
          "{}: \"in_features\" is {}; the module before gives {} values", config.origin(), in,
          dimension_);
  config.demand_or_absent<std::string>("module_input_name", "sentence_embedding");
  config.demand_or_absent<std::string>("module_output_name", "sentence_embedding");
  const auto name = config.text("activation_function", "torch.nn.modules.activation.Tanh");
  const auto activation = find_row(kDenseActivations, name, "activation", config.origin()).function;
  const auto weights = checkpoint.weights();
  const Linear linear(weights.scope("linear"),
                      {.in = in, .out = out, .bias = config.flag("bias", true)});
  Step residual;
  if (config.flag("use_residual", false)) {
    residual = in == out
                   ? Step(&identity)
                   : Step(Linear(weights.scope("residual"), {.in = in, .out = out, .bias = false}));
  }
  config.refuse_unread();
  checkpoint.finish();
  steps_.emplace_back([=](const at::Tensor& pooled) {
    const auto x = pooled.to(precision);
    const auto y = activation(linear(x));
    return (residual ? y + residual(x) : y).to(at::kFloat);
  });
  dimension_ = out;
}

void SentenceModules::add_normalize(const fs::path& folder, at::ScalarType /*precision*/) {
  const auto path = folder / "config.json";
  if (fs::exists(path)) {  // earlier versions had nothing to write
    const auto json = read_settings_file(path);
    const ConfigReader config(json, display_path(path));
    config.demand_or_absent<std::string>("module_input_name", "sentence_embedding");
    config.demand_or_absent<std::string>("module_output_name", "sentence_embedding");
    config.refuse_unread();
  }
  steps_.emplace_back(&normalize_rows);
}

void SentenceModules::read_settings(const fs::path& folder, bool at_unit_length) {
  const auto path = folder / "config_sentence_transformers.json";
  if (!fs::exists(path)) {
    return;
  }
  const auto json = read_settings_file(path);
  const ConfigReader config(json, display_path(path));
  prompts_ = Prompts(config);
  if (config.has("truncate_dim")) {
    dimension_ = std::min(dimension_, config.size("truncate_dim", kMaxWidth));
    at_unit_length = false;
  }
  const auto similarity = config.text("similarity_fn_name", "cosine");
  const bool agrees = at_unit_length && (similarity == "dot" || similarity == "euclidean");
  require(similarity == "cosine" || agrees, ErrorCode::unsupported,
          "{}: \"similarity_fn_name\" is '{}'; only the cosine is implemented, and what orders "
          "vectors of length 1 as it does",
          config.origin(), similarity);
  config.demand_or_absent<std::string>("model_type", "SentenceTransformer");
  config.refuse_unread({"__version__"});
}

at::Tensor SentenceModules::operator()(const at::Tensor& states, const at::Tensor& mask,
                                       std::int64_t prompt_tokens) const {
  auto x = pooling_(states, mask, prompt_tokens);
  for (const auto& step : steps_) {
    x = step(x);
  }
  return normalize_rows(x.narrow(1, 0, dimension_));
}

}  // namespace ogam
