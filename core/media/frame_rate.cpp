#include "core/media/frame_rate.h"

#include <array>

namespace ogam {

FrameRate usual_rate(double fps) {
  constexpr std::array kUsual = {
      FrameRate{5, 1},  FrameRate{6, 1},  FrameRate{8, 1},        FrameRate{10, 1},
      FrameRate{12, 1}, FrameRate{15, 1}, FrameRate{20, 1},       FrameRate{24000, 1001},
      FrameRate{24, 1}, FrameRate{25, 1}, FrameRate{30000, 1001}, FrameRate{30, 1},
      FrameRate{48, 1}, FrameRate{50, 1}, FrameRate{60000, 1001}, FrameRate{60, 1},
  };
  constexpr double kAlike = 1.0002;  // 23.976 and 24 differ by 1.001
  if (!(fps > 0)) {
    return {};
  }
  for (const FrameRate& rate : kUsual) {
    if (rate.value() * kAlike >= fps) {
      return rate;
    }
  }
  return kUsual.back();
}

}  // namespace ogam
