#include "apps/ogam/licence_list.h"

#include <algorithm>
#include <cctype>

#include "core/base/error.h"

namespace ogam {

std::vector<std::string> parse_licences(const std::string& list) {
  std::vector<std::string> licences(1);
  for (const char letter : list) {
    if (letter == ',') {
      licences.emplace_back();
    } else if (letter != ' ') {
      licences.back() += static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
    }
  }
  require(std::find(licences.begin(), licences.end(), "") == licences.end(),
          ErrorCode::invalid_argument,
          "--require-license takes licences with commas between, such as apache-2.0,mit; got '{}'",
          list);
  return licences;
}

}  // namespace ogam
