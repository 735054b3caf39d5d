#include "archive/archive.h"

#include <memory>
#include <mutex>
#include <utility>

#include "archive/asset_lookup.h"
#include "core/base/error.h"
#include "core/media/image_file.h"
#include "pipelines/indexing.h"
#include "pipelines/search.h"
#include "pipelines/thumbnail.h"
#include "python/bindings/long_call.h"

namespace ogam::python {

namespace {

namespace fs = std::filesystem;

py::dict file_dict(const FileReport& file) {
  py::dict fields;
  fields["path"] = file.path;
  fields["status"] = file_status_name(file.status);
  fields["asset"] = file.asset;
  fields["kind"] = file.kind;
  fields["duration"] = to_seconds(file.duration);
  fields["segments"] = file.segments;
  fields["vectors"] = file.vectors;
  fields["words"] = file.words;
  fields["seconds"] = file.seconds;
  fields["notes"] = file.notes;
  fields["error"] =
      file.error ? py::object(py::str(error_code_name(*file.error))) : py::object(py::none());
  fields["message"] = file.message;
  return fields;
}

py::dict asset_dict(const AssetSummary& asset) {
  py::dict fields;
  fields["id"] = asset.id;
  fields["path"] = asset.path;
  fields["kind"] = asset.kind;
  fields["duration"] = to_seconds(asset.duration);
  fields["segments"] = asset.segments;
  fields["indexed_at"] = asset.indexed_at;
  fields["tags"] = asset.tags;
  fields["vectors"] = asset.vectors;
  fields["words"] = asset.words;
  return fields;
}

py::dict moment_dict(const Moment& moment) {
  py::dict lanes;
  for (const auto& [lane, evidence] : moment.lanes) {
    py::dict seen;
    seen["score"] = evidence.score;
    seen["time"] = to_seconds(evidence.time);
    seen["text"] = evidence.text;
    seen["words"] = evidence.words;
    lanes[py::str(Lane(lane).name())] = seen;
  }
  py::dict fields;
  fields["rank"] = moment.rank;
  fields["score"] = moment.score;
  fields["asset"] = moment.asset;
  fields["path"] = moment.path;
  fields["kind"] = moment.kind;
  fields["start"] = to_seconds(moment.span.start);
  fields["end"] = to_seconds(moment.span.end);
  fields["lanes"] = lanes;
  return fields;
}

template <typename Item, typename ToDict>
py::list list_of(const std::vector<Item>& items, const ToDict& to_dict) {
  py::list list;
  for (const Item& item : items) {
    list.append(to_dict(item));
  }
  return list;
}

struct IndexArguments {
  std::vector<std::string> lanes;
  std::string language;
  std::string segments;
  double sample_fps = 1;
  std::map<std::string, std::string> tags;
  bool force = false;
  int threads = 0;
};

/// An archive with the pack that it is indexed with. It is held open for reading, from its first
/// use on, and for writing only while something is written, so that other processes may write too.
class PackedArchive {
 public:
  PackedArchive(fs::path folder, Pack pack) : folder_(std::move(folder)), pack_(std::move(pack)) {}

  /// @throws as index() does; KeyboardInterrupt and what callbacks raise, when the files that were
  ///     finished before are kept.
  py::dict index(const std::vector<fs::path>& inputs, const IndexArguments& arguments,
                 const std::optional<py::function>& on_progress,
                 const std::optional<py::function>& on_file) {
    LongCall call;
    IndexOptions options;
    options.lanes = lanes_of(arguments.lanes);
    options.language = arguments.language;
    options.segments = SegmentRule::parse(arguments.segments);
    options.sample_fps = arguments.sample_fps;
    options.tags = arguments.tags;
    options.force = arguments.force;
    options.threads = checked_threads(arguments.threads);
    options.cancellation = call.cancellation();
    options.on_progress = call.progress(on_progress);
    if (on_file) {
      options.on_file = [&](const FileReport& file) {
        call.tell([&] { (*on_file)(file_dict(file)); });
      };
    }
    close();
    IndexReport report;
    call.run([&] {
      Archive archive = Archive::open_or_create(folder_, pack_.spaces(options.lanes));
      report = ogam::index(archive, pack_, inputs, options);
    });
    py::dict fields;
    fields["indexed"] = report.indexed;
    fields["skipped"] = report.skipped;
    fields["failed"] = report.failed;
    fields["duration"] = to_seconds(report.duration);
    fields["seconds"] = report.seconds;
    fields["notes"] = report.notes;
    return fields;
  }

  SearchResult search(const SearchRequest& request) {
    return ogam::search(*reading(), pack_, request);
  }

  std::vector<AssetSummary> assets() { return reading()->list(); }

  std::string remove(const std::string& word) {
    close();
    Archive archive = Archive::open(folder_);
    std::string id = find_asset(archive.list(), word);
    archive.remove(id);
    return id;
  }

  /// An archive that is too damaged to be opened has that as its one problem.
  std::vector<std::string> verify() {
    try {
      return reading()->verify();
    } catch (const Error& error) {
      if (error.code() != ErrorCode::corrupt_data) {
        throw;
      }
      return {describe(error)};
    }
  }

  void close() {
    const std::lock_guard lock(mutex_);
    archive_.reset();
  }

 private:
  std::shared_ptr<const Archive> reading() {
    const std::lock_guard lock(mutex_);
    if (archive_ == nullptr) {
      archive_ = std::make_shared<const Archive>(Archive::open(folder_));
    }
    return archive_;
  }

  fs::path folder_;
  Pack pack_;
  std::mutex mutex_;
  std::shared_ptr<const Archive> archive_;
};

template <typename Value>
Value choose(const std::string& what, const std::string& given,
             const std::map<std::string, Value>& choices) {
  const auto chosen = choices.find(given);
  std::vector<std::string> names;
  for (const auto& [name, value] : choices) {
    names.push_back(name);
  }
  require(chosen != choices.end(), ErrorCode::invalid_argument, "{} is {}, not '{}'", what,
          fmt::join(names, " or "), given);
  return chosen->second;
}

struct SearchArguments {
  std::string text;
  fs::path image;
  fs::path audio;
  fs::path video;
  std::optional<std::pair<double, double>> span;
  std::string text_not;
  std::vector<std::string> lanes;
  std::string mode;
  std::map<std::string, double> weights;
  std::string filter;
  std::optional<double> min_score;
  std::int64_t limit = 10;
  std::string group_by;
  std::string page;
};

SearchRequest request_of(const SearchArguments& given) {
  SearchRequest request;
  request.text = given.text;
  request.image = given.image;
  request.audio = given.audio;
  request.video = given.video;
  if (given.span) {
    request.span = TimeSpan{from_seconds(given.span->first), from_seconds(given.span->second)};
    require(request.span->start >= 0 && request.span->start < request.span->end,
            ErrorCode::invalid_argument,
            "a span is (start, end) in seconds, start below end, got ({}, {})", given.span->first,
            given.span->second);
  }
  request.text_not = given.text_not;
  request.lanes = lanes_of(given.lanes);
  request.mode =
      choose<MatchMode>("mode", given.mode, {{"any", MatchMode::any}, {"all", MatchMode::all}});
  for (const auto& [lane, weight] : given.weights) {
    require(weight >= 0 && weight <= 100, ErrorCode::invalid_argument,
            "the weight of {} is a number from 0 to 100, not {}", lane, weight);
    request.weights[Lane::parse(lane)] = weight;
  }
  request.filter = given.filter;
  request.min_score = given.min_score.value_or(kDefaultMinScore);
  require(given.limit >= 1 && given.limit <= 10000, ErrorCode::invalid_argument,
          "limit is a number from 1 to 10000, not {}", given.limit);
  request.limit = static_cast<std::size_t>(given.limit);
  request.group_by = choose<GroupBy>("group_by", given.group_by,
                                     {{"moment", GroupBy::moment}, {"asset", GroupBy::asset}});
  request.page = given.page;
  return request;
}

py::dict search(PackedArchive& archive, const SearchArguments& arguments) {
  SearchResult result;
  {
    const py::gil_scoped_release release;
    result = archive.search(request_of(arguments));
  }
  py::dict fields;
  fields["moments"] = list_of(result.moments, moment_dict);
  fields["total"] = result.total;
  fields["next_page"] = result.next_page;
  return fields;
}

py::bytes moment_picture(const fs::path& path, const std::string& kind,
                         const std::pair<double, double>& span, int side) {
  Moment moment;
  moment.path = path;
  moment.kind = kind;
  moment.span = {from_seconds(span.first), from_seconds(span.second)};
  std::vector<std::uint8_t> jpeg;
  {
    const py::gil_scoped_release release;
    require(has_thumbnail(moment), ErrorCode::unsupported, "{} has no picture: it is {}",
            path.string(), kind);
    require(side > 0, ErrorCode::invalid_argument, "the side of a picture is 1 at least, not {}",
            side);
    jpeg = encode_image(thumbnail(moment, side), ".jpg");
  }
  return {reinterpret_cast<const char*>(jpeg.data()), jpeg.size()};
}

}  // namespace

void bind_archive(py::module_& module) {
  py::class_<PackedArchive>(module, "Archive")
      .def(py::init<fs::path, Pack>(), py::arg("folder"), py::arg("pack"))
      .def(
          "index",
          [](PackedArchive& archive, const std::vector<fs::path>& paths,
             std::vector<std::string> lanes, std::string language, std::string segments,
             double sample_fps, std::map<std::string, std::string> tags, bool force, int threads,
             const std::optional<py::function>& on_progress,
             const std::optional<py::function>& on_file) {
            return archive.index(paths,
                                 {std::move(lanes), std::move(language), std::move(segments),
                                  sample_fps, std::move(tags), force, threads},
                                 on_progress, on_file);
          },
          py::arg("paths"), py::kw_only(), py::arg("lanes"), py::arg("language"),
          py::arg("segments"), py::arg("sample_fps"), py::arg("tags"), py::arg("force"),
          py::arg("threads"), py::arg("on_progress"), py::arg("on_file"))
      .def(
          "search",
          [](PackedArchive& archive, std::string text, fs::path image, fs::path audio,
             fs::path video, std::optional<std::pair<double, double>> span, std::string text_not,
             std::vector<std::string> lanes, std::string mode,
             std::map<std::string, double> weights, std::string filter,
             std::optional<double> min_score, std::int64_t limit, std::string group_by,
             std::string page) {
            return search(archive, {std::move(text), std::move(image), std::move(audio),
                                    std::move(video), span, std::move(text_not), std::move(lanes),
                                    std::move(mode), std::move(weights), std::move(filter),
                                    min_score, limit, std::move(group_by), std::move(page)});
          },
          py::kw_only(), py::arg("text"), py::arg("image"), py::arg("audio"), py::arg("video"),
          py::arg("span"), py::arg("text_not"), py::arg("lanes"), py::arg("mode"),
          py::arg("weights"), py::arg("filter"), py::arg("min_score"), py::arg("limit"),
          py::arg("group_by"), py::arg("page"))
      .def("assets",
           [](PackedArchive& archive) {
             std::vector<AssetSummary> assets;
             {
               const py::gil_scoped_release release;
               assets = archive.assets();
             }
             return list_of(assets, asset_dict);
           })
      .def("remove", &PackedArchive::remove, py::arg("asset"), WithoutInterpreter())
      .def("verify", &PackedArchive::verify, WithoutInterpreter())
      .def("close", &PackedArchive::close);
  module.def(
      "write_image",
      [](const fs::path& path, const at::Tensor& pixels) { write_image(path, image_of(pixels)); },
      py::arg("path"), py::arg("pixels"), WithoutInterpreter());
  module.def("moment_picture", &moment_picture, py::arg("path"), py::arg("kind"), py::arg("span"),
             py::arg("side"));
}

}  // namespace ogam::python
