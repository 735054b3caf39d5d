#include <fmt/format.h>

#include <array>
#include <cstdio>

#include "apps/ogam/command_line.h"
#include "apps/ogam/console.h"
#include "apps/ogam/run_verb.h"
#include "apps/ogam/verbs.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/thread_budget.h"
#include "core/base/version.h"
#include "core/media/capabilities.h"
#include "core/pack/manifest.h"
#include "decoders/text/tesseract_reader.h"

namespace ogam {

namespace {

/// One thing that was looked at.
struct Finding {
  std::string name;
  bool good = true;
  std::string state;
  std::string remedy;  ///< the command that mends it
};

std::string cpu_features() {
  struct Feature {
    const char* name;
    bool present;
  };
  const std::array features = {
      Feature{"AVX2", __builtin_cpu_supports("avx2") != 0},
      Feature{"AVX-512", __builtin_cpu_supports("avx512f") != 0},
      Feature{"VNNI", __builtin_cpu_supports("avx512vnni") != 0},
      Feature{"bf16", __builtin_cpu_supports("avx512bf16") != 0},
  };
  std::vector<std::string> names;
  for (const Feature& feature : features) {
    if (feature.present) {
      names.emplace_back(feature.name);
    }
  }
  return fmt::format("{} cores to use; {}", ThreadBudget().size(),
                     names.empty() ? "no vector extensions that matter"
                                   : fmt::format("{}", fmt::join(names, ", ")));
}

Finding check_media() {
  const MediaCapabilities media = media_capabilities();
  return {"FFmpeg", media.missing.empty(),
          media.missing.empty()
              ? fmt::format("{}; reads {}", media.version, fmt::join(media.codecs, ", "))
              : fmt::format("{}; cannot read {}", media.version, fmt::join(media.missing, ", ")),
          media.missing.empty() ? "" : "apt-get install ffmpeg libavcodec-extra"};
}

Finding check_screen_text() {
  try {
    const TesseractReader reader;
    return {"Tesseract", true, "Korean and English", ""};
  } catch (const Error& error) {
    return {"Tesseract", false, describe(error),
            "apt-get install tesseract-ocr-kor tesseract-ocr-eng"};
  }
}

Finding check_pack(const std::string& name) {
  try {
    const PackManifest pack = read_pack(find_pack(name));
    return {"pack " + pack.name, true,
            fmt::format("{} models in {}", pack.models.size(), display_path(pack.folder)), ""};
  } catch (const Error& error) {
    return {"pack " + name, false, describe(error), pack_mending_command(name)};
  }
}

}  // namespace

int run_doctor(std::span<const std::string> arguments) {
  const CommandLine line(
      {.synopsis = "doctor [OPTIONS]",
       .description = "What this machine has, what is missing, and the command that mends it.\n"
                      "Exits with 4 when something is missing.",
       .examples = "",
       .positionals = 0},
      boost::program_options::options_description(), arguments);
  if (line.wants_nothing_more()) {
    return kDone;
  }
  const std::vector<Finding> findings = {
      {"ogam", true, kVersion, ""},
      {"CPU", true, cpu_features(), ""},
      {"CUDA", true, "not used by this build; models run on the CPU", ""},
      check_media(),
      check_screen_text(),
      check_pack(line.common().pack),
  };
  bool good = true;
  Json rows = Json::array();
  for (const Finding& finding : findings) {
    good = good && finding.good;
    rows.push_back({{"name", finding.name},
                    {"good", finding.good},
                    {"state", finding.state},
                    {"remedy", finding.remedy}});
    if (!line.common().json) {
      fmt::print("{} {:<14} {}\n", finding.good ? "✓" : "✗", finding.name, finding.state);
      if (!finding.remedy.empty()) {
        fmt::print("    mend it with: {}\n", bold(finding.remedy));
      }
    }
  }
  if (line.common().json) {
    print_json({{"good", good}, {"findings", rows}});
  }
  return good ? kDone : kModelMissing;
}

}  // namespace ogam
