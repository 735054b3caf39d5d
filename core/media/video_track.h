#pragma once

#include <deque>
#include <filesystem>
#include <optional>
#include <vector>

#include "core/media/frame_state.h"
#include "core/media/packet_decoder.h"
#include "core/media/wanted_times.h"

namespace ogam {

/// How the pictures of a stream are to be turned.
Orientation orientation_of(const AVStream& stream);

/// The video stream of a reader: takes its packets, gives the wanted frames.
class VideoTrack {
 public:
  VideoTrack(std::filesystem::path path, const AVStream& stream, Time start,
             const ReadOptions& options, ReadReport& report);

  /// Takes the next packet of the stream.
  void push(ffmpeg::Packet packet);

  /// The stream has ended.
  void finish();

  /// The next wanted frame.
  std::optional<VideoFrame> take();

  const PacketDecoder& decoder() const { return decoder_; }

  /// Every wanted frame was given.
  bool done() const;

 private:
  void close_group(std::optional<Time> end, bool end_is_key);
  void decode_group(Time until, std::optional<Time> end);
  void decode(const AVPacket* packet);
  void drain();
  void accept(ffmpeg::Frame frame);
  Time settle_time(std::optional<Time> stored);
  std::optional<Time> packet_time(const AVPacket& packet) const;

  PacketDecoder decoder_;
  StreamClock clock_;
  Orientation orientation_;
  MediaLimits limits_;
  ReadReport& report_;
  std::optional<WantedTimes> wanted_;  // for FrameSelection::at_times

  // Note: [Groups of pictures]
  // With wanted times, packets wait in `group_` until the next keyframe is seen. Then it is known
  // which wanted times the group serves, and only what these need is decoded: nothing, the keyframe
  // alone, or the packets up to the last one.
  std::vector<ffmpeg::Packet> group_;
  std::size_t group_bytes_ = 0;
  bool decode_all_ = false;         // packets have no times that could be planned by
  bool mid_group_ = false;          // the start of the current group was decoded already
  bool contiguous_ = true;          // the decoder has seen every packet up to here
  bool fed_ = false;                // the decoder may hold frames
  std::optional<Time> open_until_;  // frames up to this time are wanted, wherever they are stored

  std::optional<VideoFrame> held_;  // for at_times: shown until the next frame
  std::optional<Time> last_time_;
  Time step_ = 0;   // between the last two frames; before the second, by the claimed rate
  Time shift_ = 0;  // added to stored times since they started anew
  std::deque<VideoFrame> ready_;
};

}  // namespace ogam
