#include "python/bindings/python.h"

#include <ATen/ATen.h>

#include <cstring>
#include <memory>
#include <utility>

#include "core/base/error.h"
#include "core/tensor/shape.h"

namespace ogam::python {

void check_signals() {
  const py::gil_scoped_acquire interpreter;
  if (PyErr_CheckSignals() != 0) {
    throw py::error_already_set();
  }
}

at::Tensor for_python(const at::Tensor& tensor) {
  if (!tensor.is_inference()) {
    return tensor;
  }
  return at::from_blob(
      tensor.data_ptr(), tensor.sizes(), tensor.strides(), [tensor](void*) {}, tensor.options());
}

at::Tensor adopt(std::vector<float> values, at::IntArrayRef sizes) {
  const auto kept = std::make_shared<std::vector<float>>(std::move(values));
  return at::from_blob(
      kept->data(), sizes, [kept](void*) {}, at::kFloat);
}

at::Tensor adopt(Image image) {
  const auto kept = std::make_shared<Image>(std::move(image));
  return at::from_blob(
             kept->pixels.data(), {kept->height, kept->width, 3}, [kept](void*) {}, at::kByte)
      .permute({2, 0, 1});
}

Image image_of(const at::Tensor& pixels) {
  require(pixels.dim() == 3 && pixels.size(0) == 3 && pixels.numel() > 0 &&
              pixels.scalar_type() == at::kByte,
          ErrorCode::invalid_argument,
          "a picture must be a uint8 tensor [3, H, W] or array [H, W, 3], got {} {}",
          c10::toString(pixels.scalar_type()), shape_string(pixels.sizes()));
  const at::Tensor rows = pixels.to(at::kCPU).permute({1, 2, 0}).contiguous();
  const auto* const data = rows.const_data_ptr<std::uint8_t>();
  return {.width = static_cast<int>(rows.size(1)),
          .height = static_cast<int>(rows.size(0)),
          .pixels = std::vector<std::uint8_t>(data, data + rows.numel())};
}

py::tuple seconds_of(const TimeSpan& span) {
  return py::make_tuple(to_seconds(span.start), to_seconds(span.end));
}

std::vector<Lane> lanes_of(const std::vector<std::string>& names) {
  if (names.empty()) {
    return Lane::all();
  }
  std::string list;
  for (const std::string& name : names) {
    list += (list.empty() ? "" : ",") + name;
  }
  return Lane::parse_list(list);
}

}  // namespace ogam::python
