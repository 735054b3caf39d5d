#include "core/hub/model_card.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <vector>

#include "core/base/error.h"
#include "core/base/files.h"

namespace ogam::hub {

namespace {

constexpr std::size_t kMaxCardBytes = 4u << 20;

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\"'";
  const auto first = text.find_first_not_of(kBlank);
  return first == std::string_view::npos
             ? std::string_view()
             : text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

/// The next line of `text`, which is taken off it.
std::string_view take_line(std::string_view& text) {
  const auto end = text.find('\n');
  const auto line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

/// The value in small letters, without what could break a message.
std::string plain(std::string_view value) {
  std::string result;
  for (const char letter : value.substr(0, 100)) {
    const auto byte = static_cast<unsigned char>(letter);
    result += byte < 0x20 || byte > 0x7E ? '?' : static_cast<char>(std::tolower(byte));
  }
  return result;
}

/// "[a, b]", "a" in parts.
void add_values(std::string_view value, std::vector<std::string>& values) {
  if (value.starts_with('[')) {
    value.remove_prefix(1);
    value = value.substr(0, value.find(']'));
  }
  while (!value.empty()) {
    const auto comma = value.find(',');
    if (const auto part = trimmed(value.substr(0, comma)); !part.empty()) {
      values.push_back(plain(part));
    }
    value.remove_prefix(comma == std::string_view::npos ? value.size() : comma + 1);
  }
}

/// The values of the wanted keys at the top of the YAML between the first two lines of dashes.
std::map<std::string, std::vector<std::string>> front_matter(std::string_view card) {
  std::map<std::string, std::vector<std::string>> found = {{"license", {}}, {"license_name", {}}};
  if (trimmed(take_line(card)) != "---") {
    return found;
  }
  std::vector<std::string>* open = nullptr;  // a key whose list may follow, an element a line
  while (!card.empty()) {
    const auto line = take_line(card);
    const auto text = trimmed(line);
    if (text == "---") {
      return found;
    }
    if (open != nullptr && text.starts_with("- ")) {
      add_values(trimmed(text.substr(2)), *open);
      continue;
    }
    open = nullptr;
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) {
      continue;
    }
    if (const auto key = found.find(std::string(line.substr(0, colon))); key != found.end()) {
      open = &key->second;
      add_values(trimmed(line.substr(colon + 1)), *open);
    }
  }
  return {{"license", {}}, {"license_name", {}}};  // it has no end
}

std::string joined(const std::vector<std::string>& names) {
  std::string all;
  for (const std::string& name : names) {
    all += all.empty() ? name : "," + name;
  }
  return all;
}

}  // namespace

CardLicence card_licence(std::string_view card) {
  const auto matter = front_matter(card);
  const std::string licence = joined(matter.at("license"));
  const std::string name = joined(matter.at("license_name"));
  if (licence.empty()) {
    return {"", "the model's card names no licence"};
  }
  if (licence == "other" && !name.empty()) {
    return {name, "a licence of its own, so named by the model's card"};
  }
  return {licence, "named by the model's card"};
}

CardLicence folder_licence(const std::filesystem::path& folder) {
  try {
    return card_licence(read_file(folder / "README.md", kMaxCardBytes));
  } catch (const Error& error) {
    return {"", error.code() == ErrorCode::not_found
                    ? "there is no card (README.md) in the model's folder"
                    : "the model's card cannot be read"};
  }
}

}  // namespace ogam::hub
