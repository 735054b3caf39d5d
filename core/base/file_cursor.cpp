#include "core/base/file_cursor.h"

#include "core/base/files.h"

namespace ogam {

std::string checked_name(std::string_view name, std::string_view what, const std::string& origin) {
  auto shown = display_path(name);
  require(!name.empty() && shown == name, ErrorCode::corrupt_data,
          "{}: the name of a {} must be UTF-8 text without control characters, got '{}'", origin,
          what, shown);
  return shown;
}

}  // namespace ogam
