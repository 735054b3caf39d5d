// Reads the words in pictures, for tests and measurements: one line of JSON for each file.
#include <tesseract/baseapi.h>

#include <chrono>
#include <exception>
#include <functional>
#include <iostream>
#include <memory>
#include <string>

#include "core/base/error.h"
#include "core/base/json.h"
#include "core/media/image_file.h"
#include "decoders/text/tesseract_reader.h"

namespace ogam {
namespace {

double milliseconds(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
      .count();
}

/// What Tesseract makes of the whole picture by itself, with its default page segmentation.
class WholePage {
 public:
  WholePage() {
    api_.SetVariable("debug_file", "/dev/null");
    require(api_.Init(nullptr, "kor+eng", tesseract::OEM_LSTM_ONLY) == 0, ErrorCode::unavailable,
            "Tesseract cannot start");
    api_.SetPageSegMode(tesseract::PSM_AUTO);
  }
  std::string read(const Image& image) {
    api_.SetImage(image.pixels.data(), image.width, image.height, 3, image.width * 3);
    return std::unique_ptr<char[]>(api_.GetUTF8Text()).get();
  }

 private:
  tesseract::TessBaseAPI api_;
};

Json read_picture(TesseractReader& reader, WholePage* page, const std::string& path) {
  const Image image = read_image(path);
  Json result = {{"path", path}, {"lines", Json::array()}};
  result["find_ms"] = milliseconds([&] { find_text_lines(image); });
  result["total_ms"] = milliseconds([&] {
    for (const ReadLine& read : reader.read(image)) {
      result["lines"].push_back({{"text", read.text},
                                 {"confidence", read.confidence},
                                 {"left", read.line.left},
                                 {"top", read.line.top},
                                 {"width", read.line.size.width},
                                 {"height", read.line.size.height}});
    }
  });
  if (page != nullptr) {
    result["page_ms"] = milliseconds([&] { result["page_text"] = page->read(image); });
  }
  return result;
}

}  // namespace
}  // namespace ogam

int main(int argc, char** argv) {
  try {
    ogam::TesseractReader reader;
    std::unique_ptr<ogam::WholePage> page;
    for (int i = 1; i < argc; ++i) {
      if (std::string(argv[i]) == "--whole-page") {
        page = std::make_unique<ogam::WholePage>();
      } else {
        std::cout << ogam::dump_json(ogam::read_picture(reader, page.get(), argv[i])) << std::endl;
      }
    }
    return 0;
  } catch (const std::exception& error) {
    std::cerr << ogam::describe(error) << '\n';
    return 1;
  }
}
