#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "apps/ogam/command_line.h"
#include "apps/ogam/console.h"
#include "apps/ogam/model_json.h"
#include "apps/ogam/run_verb.h"
#include "apps/ogam/verbs.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/hub/pull.h"
#include "pipelines/machine_speed.h"
#include "pipelines/model_cost.h"

namespace ogam {

namespace {

namespace fs = std::filesystem;

/// One precision that a model can run in.
struct Precision {
  const char* name;
  at::ScalarType type;
  int bytes;
};
constexpr std::array kPrecisions = {
    Precision{"float32", at::ScalarType::Float, 4},
    Precision{"bfloat16", at::ScalarType::BFloat16, 2},
};

/// What a model needs here, or why that is not known.
struct Needs {
  ModelCost cost = {};
  std::vector<std::pair<Precision, MatmulSpeed>> speeds = {};  ///< of the precisions it runs in
  std::uint64_t memory = 0;                                    ///< that there is
  std::optional<Error> error = {};

  double seconds(const ItemCost& item, const MatmulSpeed& speed) const {
    return item.multiply_adds / speed.many_tokens + item.step_multiply_adds / speed.one_token;
  }
  double bytes(const Precision& precision) const {
    return cost.weight_bytes(precision.bytes) + cost.work_bytes(precision.bytes);
  }
  bool fits(const Precision& precision) const {
    return bytes(precision) <= static_cast<double>(memory);
  }
};

Needs needs_of(const fs::path& folder) {
  Needs needs{.memory = machine_memory()};
  try {
    needs.cost = model_cost(folder);
  } catch (const Error& error) {
    needs.error = error;
    return needs;
  }
  for (const Precision& precision : kPrecisions) {
    if (precision.type == at::ScalarType::Float || needs.cost.runs_in_bfloat16) {
      needs.speeds.emplace_back(precision, needs.cost.items.empty()
                                               ? MatmulSpeed{}
                                               : measure_matmul_speed(precision.type));
    }
  }
  return needs;
}

Json needs_json(const Needs& needs) {
  if (needs.error) {
    return {{"error", error_json(error_code_name(needs.error->code()), describe(*needs.error))}};
  }
  Json memory = Json::object();
  Json speeds = Json::object();
  for (const auto& [precision, speed] : needs.speeds) {
    memory[precision.name] = {{"weights", std::llround(needs.cost.weight_bytes(precision.bytes))},
                              {"work", std::llround(needs.cost.work_bytes(precision.bytes))},
                              {"fits", needs.fits(precision)}};
    if (!needs.cost.items.empty()) {
      speeds[precision.name] = {{"many_tokens", speed.many_tokens}, {"one_token", speed.one_token}};
    }
  }
  Json items = Json::array();
  for (const ItemCost& item : needs.cost.items) {
    Json seconds = Json::object();
    for (const auto& [precision, speed] : needs.speeds) {
      seconds[precision.name] = needs.seconds(item, speed);
    }
    items.push_back({{"item", item.item},
                     {"multiply_adds", item.multiply_adds + item.step_multiply_adds},
                     {"estimated_seconds", seconds}});
  }
  return {{"parameters", needs.cost.parameters},
          {"memory", memory},
          {"memory_of_machine", needs.memory},
          {"items", items},
          {"multiply_adds_per_second", speeds}};
}

std::string format_count(double count) {
  return count >= 1e9   ? fmt::format("{:.2f} thousand million", count / 1e9)
         : count >= 1e6 ? fmt::format("{:.1f} million", count / 1e6)
                        : fmt::format("{:.0f}", count);
}

/// Two digits that count, which is more than an estimate is worth.
std::string format_seconds(double seconds) {
  const bool small = seconds < 1;
  const double value = small ? seconds * 1000 : seconds;
  return fmt::format("{:.{}f} {}", value, value >= 10 ? 0 : value >= 1 ? 1 : 2, small ? "ms" : "s");
}

std::string format_size(double bytes) { return format_bytes(static_cast<std::uint64_t>(bytes)); }

void print_row(const char* name, const std::string& value) {
  fmt::print("  {:<9} {}\n", name, value);
}

void print_needs(const Needs& needs) {
  if (needs.error) {
    return;  // said at the end
  }
  const ModelCost& cost = needs.cost;
  print_row("weights",
            fmt::format("{} numbers", format_count(static_cast<double>(cost.parameters))));
  for (const auto& [precision, speed] : needs.speeds) {
    const auto work = cost.work_bytes(precision.bytes);
    print_row("memory",
              fmt::format(
                  "{} in {}{}", format_size(cost.weight_bytes(precision.bytes)), precision.name,
                  work > 0 ? fmt::format(", and {} for one item at work", format_size(work)) : ""));
  }
  for (const ItemCost& item : cost.items) {
    std::string times;
    for (const auto& [precision, speed] : needs.speeds) {
      times += fmt::format("{}{} in {}", times.empty() ? "" : ", ",
                           format_seconds(needs.seconds(item, speed)), precision.name);
    }
    print_row("time", fmt::format("about {}: {}", times, item.item));
  }
  print_row("", dim(cost.items.empty()
                        ? "how long such a model takes is not known before it runs"
                        : "times are estimates for one core, from the sizes of the weights and how "
                          "fast this machine multiplied just now"));
}

/// What is wrong, on stderr.
int report(const Needs& needs) {
  if (needs.error) {
    fmt::print(stderr, "ogam models: what the model needs is not known: {}\n",
               printable(describe(*needs.error)));
    return kInputUnreadable;
  }
  for (const auto& [precision, speed] : needs.speeds) {
    if (!needs.fits(precision)) {
      fmt::print(stderr, "ogam models: in {} it takes {}, and this machine has {} of memory\n",
                 precision.name, format_size(needs.bytes(precision)),
                 format_size(static_cast<double>(needs.memory)));
    }
  }
  return kDone;
}

int show(const CommandLine& line, Json described, const std::optional<Needs>& needs) {
  if (line.common().json) {
    if (needs) {
      described["needs"] = needs_json(*needs);
    }
    print_json(described);
  } else if (needs) {
    print_needs(*needs);
  }
  return needs ? report(*needs) : kDone;
}

void print_pack_model(const PackModel& model) {
  fmt::print("{}\n", bold(model.id));
  const std::vector<std::pair<const char*, std::string>> rows = {
      {"role", model.role},
      {"type", model.model_type},
      {"origin", model.origin},
      {"licence", model.licence + (model.licence_note.empty() ? "" : "; " + model.licence_note)},
      {"training", model.training},
      {"folder", model.files.empty() ? "from the distribution" : display_path(model.folder)},
  };
  for (const auto& [name, value] : rows) {
    print_row(name, value);
  }
  for (const PackFile& file : model.files) {
    print_row("file", fmt::format("{} ({}, sha256 {}…)", display_path(file.path),
                                  format_bytes(file.size), file.sha256.substr(0, 12)));
  }
  if (!model.files.empty()) {
    print_row("on disk", format_bytes(size_of(model)));
  }
}

/// A model by its id, or all of the pack; what they need is told of one.
int show_pack(const CommandLine& line, const PackManifest& pack, const std::string& wanted) {
  int status = kDone;
  for (const PackModel& model : pack.models) {
    if (!wanted.empty() && model.id != wanted) {
      continue;
    }
    if (!line.common().json) {
      print_pack_model(model);
    }
    std::optional<Needs> needs;
    if (!wanted.empty() && !model.files.empty()) {
      needs = needs_of(model.folder);
    }
    status = show(line, model_json(model), needs);
  }
  return status;
}

std::string type_of(const fs::path& folder) {
  const auto path = folder / "config.json";
  std::error_code ignored;
  return fs::is_regular_file(path, ignored)
             ? json_value_or<std::string>(read_json_file(path), "model_type", display_path(path),
                                          "")
             : "";
}

/// A folder in Hugging Face layout. `name` is as the person wrote it.
int show_folder(const CommandLine& line, const std::string& name, const fs::path& folder) {
  const std::string type = type_of(folder);
  std::map<std::string, std::uint64_t> files;
  std::uint64_t bytes = 0;
  std::error_code ignored;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file(ignored)) {
      files[entry.path().lexically_relative(folder).string()] = entry.file_size();
      bytes += entry.file_size();
    }
  }
  Json listed = Json::array();
  for (const auto& [path, size] : files) {
    listed.push_back({{"path", display_path(path)}, {"size", size}});
  }
  if (!line.common().json) {
    fmt::print("{}\n", bold(display_path(name)));
    print_row("type", type.empty() ? "unknown: there is no config.json with a model_type"
                                   : printable(type));
    print_row("folder", display_path(folder));
    for (const auto& [path, size] : files) {
      print_row("file", fmt::format("{} ({})", display_path(path), format_bytes(size)));
    }
    print_row("on disk", format_bytes(bytes));
  }
  return show(line,
              {{"id", display_path(name)},
               {"model_type", type},
               {"folder", display_path(folder)},
               {"bytes", bytes},
               {"files", listed}},
              needs_of(folder));
}

}  // namespace

int run_models_show(std::span<const std::string> arguments) {
  const CommandLine line(
      {.synopsis = "models show [MODEL]", .description = "", .examples = "", .positionals = 1}, {},
      arguments);
  const std::string wanted = line.words().empty() ? "" : line.words().front();
  if (wanted.find('/') != std::string::npos) {  // ids of packs have no slash
    return show_folder(line, wanted, hub::resolve_model(wanted));
  }
  const PackManifest pack = read_pack(find_pack(line.common().pack));
  const bool known = std::any_of(pack.models.begin(), pack.models.end(),
                                 [&](const PackModel& model) { return model.id == wanted; });
  if (!known && !wanted.empty()) {
    if (const auto folder = hub::find_model(wanted)) {
      return show_folder(line, wanted, *folder);
    }
  }
  require(known || wanted.empty(), ErrorCode::invalid_argument,
          "pack {} has no model '{}'; 'ogam models list' shows what there is", pack.name, wanted);
  return show_pack(line, pack, wanted);
}

}  // namespace ogam
