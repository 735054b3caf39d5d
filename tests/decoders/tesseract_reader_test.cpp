#include "decoders/text/tesseract_reader.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <chrono>

#include "core/base/error.h"
#include "tests/support/caption.h"

namespace ogam {
namespace {

std::string read_one(TesseractReader& reader, const test::Caption& caption) {
  std::string text;
  for (const ReadLine& line : reader.read(test::draw_caption(caption))) {
    text += (text.empty() ? "" : "\n") + line.text;
  }
  return text;
}

TEST(TesseractReaderTest, ReadsKoreanAndEnglish) {
  TesseractReader reader;
  EXPECT_EQ(read_one(reader, {.text = "회의는 내일 오후 3시에 시작합니다"}),
            "회의는 내일 오후 3시에 시작합니다");
  EXPECT_EQ(read_one(reader, {.text = "Welcome to the annual meeting"}),
            "Welcome to the annual meeting");
}

TEST(TesseractReaderTest, ReadsDarkColouredAndOutlinedWriting) {
  TesseractReader reader;
  const std::string text = "지금부터 발표를 시작하겠습니다";
  EXPECT_EQ(read_one(reader, {.text = text, .ink = "black", .paper = "white"}), text);
  EXPECT_EQ(read_one(reader, {.text = text, .ink = "yellow", .paper = "navy"}), text);
  EXPECT_EQ(read_one(reader, {.text = text, .outline = "black", .source = "mandelbrot"}), text);
}

TEST(TesseractReaderTest, GivesLinesFromTopToBottom) {
  TesseractReader reader;
  EXPECT_EQ(read_one(reader, {.text = "첫 번째 질문에 답해 주십시오\nResults and discussion"}),
            "첫 번째 질문에 답해 주십시오\nResults and discussion");
}

TEST(TesseractReaderTest, ReadsNothingWhereNothingIsWritten) {
  TesseractReader reader;
  EXPECT_EQ(read_one(reader, {.text = " ", .source = "mandelbrot"}), "");
  EXPECT_EQ(read_one(reader, {.text = " "}), "");
}

TEST(TesseractReaderTest, NamesTheMissingLanguageAndTheCommandThatInstallsIt) {
  try {
    const TesseractReader reader({.languages = "eng+xyz"});
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::unavailable);
    EXPECT_NE(std::string(error.what()).find("'xyz'"), std::string::npos);
    EXPECT_NE(std::string(error.what()).find("apt-get install"), std::string::npos);
  }
  EXPECT_THROW(TesseractReader({.data_folder = "/nowhere"}), Error);
}

TEST(TesseractReaderTest, WritesNothingToStderr) {
  testing::internal::CaptureStderr();
  EXPECT_THROW(TesseractReader({.languages = "xyz"}), Error);
  TesseractReader reader;
  reader.read_line(test::draw_caption({.text = "l"}), {.left = 90, .top = 390, .size = {3, 3}});
  reader.read(test::draw_caption({.text = "자막", .source = "mandelbrot"}));
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST(TesseractReaderTest, ComputesOnTheCallingThreadAlone) {
  TesseractReader reader;
  const Image image = test::draw_caption({.text = "새로운 도서관이 다음 주에 문을 엽니다"});
  const auto seconds_of = [](int who) {
    rusage usage{};
    getrusage(who, &usage);
    return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
  };
  const double thread_before = seconds_of(RUSAGE_THREAD);
  const double process_before = seconds_of(RUSAGE_SELF);
  for (int i = 0; i < 5; ++i) {
    reader.read(image);
  }
  const double thread = seconds_of(RUSAGE_THREAD) - thread_before;
  const double process = seconds_of(RUSAGE_SELF) - process_before;
  EXPECT_LT(process, thread * 1.25 + 0.05);  // other threads, if any, did next to nothing
}

}  // namespace
}  // namespace ogam
