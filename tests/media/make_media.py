#!/usr/bin/env python3
"""Makes the clips that the tests of core/media read, with the ffmpeg command.

    make_media.py FOLDER [NAME...]

Clips that are there already are kept. Nothing but Python's standard library is needed.

Most clips show a gray level that tells the frame's number (see `frame_level`), so that a test can tell from the
pixels which frame it was given.
"""

import struct
import subprocess
import sys
import zlib
from pathlib import Path

RATE = 25
LEVELS = 220


def frame_level(number):
    """Luma, in the limited range, of frame `number` of a clip made by `numbered`."""
    return 16 + number * 5 % LEVELS


def numbered(seconds, size="128x96", rate=RATE, first=0):
    """A source of frames that differ in their gray level."""
    return [
        "-f", "lavfi", "-i",
        f"color=black:s={size}:r={rate}:d={seconds},format=yuv420p,"
        f"geq=lum='16+mod((N+{first})*5,{LEVELS})':cb=128:cr=128",
    ]


def corner(seconds, size="128x96"):
    """A black picture whose top left corner is white."""
    return ["-f", "lavfi", "-i", f"color=black:s={size}:r={RATE}:d={seconds},drawbox=0:0:32:24:white:fill"]


def pattern(seconds, size="320x240", rate=RATE):
    """A moving picture in colour."""
    return ["-f", "lavfi", "-i", f"testsrc2=s={size}:r={rate}:d={seconds}"]


def tone(seconds, rate=44100, frequency=440):
    return ["-f", "lavfi", "-i", f"sine=f={frequency}:r={rate}:d={seconds}"]


def click(seconds, at, rate=44100):
    """Silence with a burst of 10 ms."""
    return ["-f", "lavfi", "-i", f"aevalsrc=exprs='0.8*sin(2*PI*1000*t)*between(t,{at},{at}+0.01)':s={rate}:d={seconds}"]


H264 = ["-c:v", "libx264", "-preset", "veryfast", "-qp", "8", "-bf", "3", "-g", "25", "-pix_fmt", "yuv420p"]
MOVE_ON = ["-fps_mode", "passthrough"]

# name -> the arguments of one ffmpeg run; {folder} stands for the folder of the clips made before.
CLIPS = {
    "plain.mp4": [*numbered(4), *tone(4), *H264, "-c:a", "aac", "-ac", "2"],
    "closed.mp4": [*numbered(4), *H264, "-flags", "+cgop", "-x264-params", "open-gop=0"],
    "open_gop.mkv": [*numbered(4), *H264, "-x264-params", "open-gop=1:scenecut=0"],
    "long_gop.mp4": [*numbered(12), *H264, "-g", "300", "-x264-params", "scenecut=0"],
    "colour.mp4": [*pattern(2), *H264, "-colorspace", "bt709", "-color_range", "tv"],
    "full_range.mp4": [*pattern(1), *H264, "-pix_fmt", "yuvj420p"],
    "vfr.mkv": [*numbered(3), "-vf", "settb=1/1000,setpts='40*N+360*floor(N/7)'", *MOVE_ON, *H264],
    "rotated_90.mp4": ["-i", "{folder}/corner.mp4", "-c", "copy", "-metadata:s:v", "rotate=270"],
    "rotated_180.mp4": ["-i", "{folder}/corner.mp4", "-c", "copy", "-metadata:s:v", "rotate=180"],
    "rotated_270.mp4": ["-i", "{folder}/corner.mp4", "-c", "copy", "-metadata:s:v", "rotate=90"],
    "offset.ts": [*numbered(3), *tone(3), *H264, "-c:a", "aac", "-output_ts_offset", "10"],
    "edit_list.mp4": ["-ss", "1.32", "-i", "{folder}/plain.mp4", "-c", "copy"],
    "ten_bit.mkv": [*pattern(1), *H264, "-pix_fmt", "yuv420p10le"],
    "hdr.mkv": [*pattern(1), *H264, "-pix_fmt", "yuv420p10le", "-colorspace", "bt2020nc", "-color_primaries",
                "bt2020", "-color_trc", "smpte2084", "-color_range", "tv"],
    "hevc.mp4": [*pattern(2), "-c:v", "libx265", "-preset", "ultrafast", "-x265-params",
                 "log-level=none:keyint=12:bframes=3", "-pix_fmt", "yuv420p"],
    "odd.webm": [*pattern(2, "102x78"), "-vf", "scale=101:77", "-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8",
                 "-auto-alt-ref", "1", "-lag-in-frames", "16", "-b:v", "300k"],
    "mpeg2.mpg": [*pattern(2), "-c:v", "mpeg2video", "-bf", "2", "-q:v", "2"],
    "flash.flv": [*pattern(2), *tone(2), "-c:v", "flv", "-q:v", "2", "-c:a", "mp3"],
    "windows.wmv": [*pattern(2), *tone(2), "-c:v", "wmv2", "-q:v", "2", "-c:a", "wmav2"],
    "dts_only.avi": [*numbered(2), *H264],
    "raw.h264": [*numbered(2), *H264],
    "tone.wav": [*tone(2)],
    "tone.flac": [*tone(2)],
    "tone.mp3": [*tone(2), "-c:a", "libmp3lame"],
    "tone.ogg": [*tone(2), "-c:a", "libvorbis"],
    "tone.opus": [*tone(2, 48000), "-c:a", "libopus"],
    "tone.m4a": [*tone(2), "-c:a", "aac"],
    "float.wav": [*tone(2), "-c:a", "pcm_f32le"],
    "click.wav": [*click(3, 1.5)],
    "click.m4a": [*click(3, 1.5), "-c:a", "aac", "-b:a", "128k"],
    "click.ts": [*numbered(3), *click(3, 1.5), *H264, "-c:a", "aac", "-output_ts_offset", "3"],
    "click.mkv": [*numbered(3), *click(3, 1.5, 48000), *H264, "-c:a", "flac"],
    "gap.mkv": ["-f", "lavfi", "-i",
                "sine=f=440:r=48000:d=4:samples_per_frame=480,aselect='not(between(t,1,1.999))'",
                "-c:a", "pcm_s16le"],
    "late_audio.mkv": [*numbered(2), "-itsoffset", "0.7", *tone(1), *H264, "-c:a", "pcm_s16le"],
    "two_audio.mkv": [*numbered(1), *tone(1), *tone(1, 48000, 880), *H264, "-map", "0", "-map", "1", "-map", "2",
                      "-c:a", "aac", "-metadata:s:a:0", "language=eng", "-metadata:s:a:1", "language=kor",
                      "-disposition:a:0", "0", "-disposition:a:1", "default"],
    "surround.mka": ["-f", "lavfi", "-i", "aevalsrc=exprs='0.1|0.2|0.3|0|0.1|0.2':c=5.1:s=48000:d=1", "-c:a", "flac"],
    "cover.mp3": [*tone(2), "-i", "{folder}/picture.png", "-map", "0", "-map", "1", "-c:a", "libmp3lame", "-c:v",
                  "copy", "-disposition:v", "attached_pic"],
    "cover.m4a": [*tone(2), "-i", "{folder}/picture.png", "-map", "0", "-map", "1", "-c:a", "aac", "-c:v", "copy",
                  "-disposition:v", "attached_pic"],
    "one_frame.mp4": [*pattern(0.04), *H264, "-frames:v", "1"],
    "moving.gif": [*pattern(1, "64x48", 10)],
    "still.gif": [*pattern(0.1, "64x48", 10), "-frames:v", "1"],
    "long_sound.mp4": [*numbered(2), *tone(5), *H264, "-c:a", "aac"],
    "long_sound.mkv": [*numbered(2), *tone(5), *H264, "-c:a", "aac"],
    "steady.ts": [*numbered(3), *H264, "-x264-params", "scenecut=0:open-gop=0"],
    "with_sound.ts": [*numbered(3), *tone(3), *H264, "-c:a", "aac"],
    "pictures.mov": [*pattern(2), *tone(2), "-c:v", "mjpeg", "-q:v", "5", "-c:a", "pcm_s16le"],
    "change_a.ts": [*pattern(1, "320x240"), *H264],
    "change_b.ts": [*pattern(1, "160x120"), *H264, "-output_ts_offset", "1"],
}

# Still pictures of `corner`: the top left eighth is white.
ONE = ["-frames:v", "1", "-update", "1"]
PICTURES = {
    "corner.jpg": [*corner(0.04), *ONE, "-q:v", "1"],
    "gray.jpg": [*corner(0.04), *ONE, "-pix_fmt", "gray", "-q:v", "1"],
    "corner.png": [*corner(0.04), *ONE, "-pix_fmt", "rgb24"],
    "gray.png": [*corner(0.04), *ONE, "-pix_fmt", "gray"],
    "gray16.png": [*corner(0.04), *ONE, "-pix_fmt", "gray16be"],
    "rgb48.png": [*corner(0.04), *ONE, "-pix_fmt", "rgb48be"],
    "palette.png": [*corner(0.04), *ONE, "-vf", "split[a][b];[a]palettegen[p];[b][p]paletteuse", "-pix_fmt", "pal8"],
    "corner.bmp": [*corner(0.04), *ONE],
    "corner.tif": [*corner(0.04), *ONE, "-pix_fmt", "rgb24"],
    "corner.webp": [*corner(0.04), *ONE, "-lossless", "1"],
    # Red; the right half is transparent.
    "alpha.png": ["-f", "lavfi", "-i", "color=red:s=64x32:d=0.04,format=rgba,"
                  "geq=r=255:g=0:b=0:a='if(lt(X,32),255,0)'", *ONE],
    "alpha.webp": ["-f", "lavfi", "-i", "color=red:s=64x32:d=0.04,format=rgba,"
                   "geq=r=255:g=0:b=0:a='if(lt(X,32),255,0)'", *ONE, "-lossless", "1", "-pix_fmt", "bgra"],
}

MADE_FIRST = {
    "corner.mp4": [*corner(0.4), *H264],
    "picture.png": [*pattern(0.04), "-frames:v", "1"],
}


def run_ffmpeg(arguments, target):
    folder = target.parent
    part = folder / f"part-{target.name}"
    command = ["ffmpeg", "-v", "error", "-nostdin", "-y", "-threads", "1"]
    command += [argument.replace("{folder}", str(folder)) for argument in arguments]
    subprocess.run([*command, "-fflags", "+bitexact", str(part)], check=True)
    part.rename(target)


def png_chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def huge_png():
    """A few bytes that claim 60,000 x 60,000 pixels."""
    header = struct.pack(">IIBBBBB", 60000, 60000, 8, 2, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + png_chunk(b"IDAT", zlib.compress(b"\0" * 1000))
            + png_chunk(b"IEND", b""))


PACKET = 188  # bytes of one packet of an MPEG transport stream
SOUND_PID = 0x101  # FFmpeg's choice for the second stream


def without_sound(stream, start, end):
    """A transport stream without its packets of sound between two parts of its length."""
    packets = [stream[i: i + PACKET] for i in range(0, len(stream), PACKET)]
    return b"".join(
        packet for i, packet in enumerate(packets)
        if (packet[1] & 0x1F) << 8 | packet[2] != SOUND_PID or not start <= i / len(packets) < end)


def with_empty_sample(movie, number):
    """A QuickTime file whose first track has a sample without bytes."""
    at = movie.index(b"stsz", movie.rindex(b"moov")) + 16 + 4 * number
    return movie[:at] + bytes(4) + movie[at + 4:]


def with_samples(sound, number, samples):
    """A WAV file of 32-bit samples in which those from `number` on are others."""
    content = sound.read_bytes()
    at = content.index(b"data") + 8 + 4 * number
    return content[:at] + samples + content[at + len(samples):]


def derived_files(folder):
    """Damaged and joined files: name -> content."""
    plain = (folder / "plain.mp4").read_bytes()
    stream = bytearray((folder / "change_a.ts").read_bytes())
    for i in range(len(stream) // 3, len(stream) // 2, 61):
        if i % 188 > 8:
            stream[i] ^= 0x5A
    fast = (folder / "faststart.mp4").read_bytes()
    media_data = fast.index(b"mdat") + 4
    steady = (folder / "steady.ts").read_bytes()
    with_sound = (folder / "with_sound.ts").read_bytes()
    return {
        "empty.mp4": b"",
        "zeroed.mp4": fast[: media_data + 2000] + bytes(len(fast) - media_data - 2000),
        # A hundred samples are no numbers.
        "not_numbers.wav": with_samples(folder / "float.wav", 8000, b"\xff\xff\xff\xff" * 100),
        "no_moov.mp4": plain[: len(plain) // 2],
        "change.ts": (folder / "change_a.ts").read_bytes() + (folder / "change_b.ts").read_bytes(),
        "damaged.ts": bytes(stream),
        # Starts in the middle of a group of pictures.
        "midway.ts": steady[len(steady) // 6 // PACKET * PACKET:],
        # Two recordings, one after the other; the second has a hole in its sound.
        "joined.ts": with_sound + without_sound(with_sound, 0.4, 0.6),
        "empty_sample.mov": with_empty_sample((folder / "pictures.mov").read_bytes(), 10),
        "text.mp4": "영상이 아니라 글입니다.\nThis is text.\n".encode(),
        "playlist.mp4": b"#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\nplain.mp4\n#EXT-X-ENDLIST\n",
        "huge.png": huge_png(),
    }


def make_all(folder, names=None):
    """Makes the named clips, or all."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name, arguments in {**MADE_FIRST, **CLIPS, **PICTURES}.items():
        wanted = names is None or name in names or name in MADE_FIRST
        if wanted and not (folder / name).exists():
            run_ffmpeg(arguments, folder / name)
    if names is None:
        # A file with its index in front can be cut short and still be opened.
        if not (folder / "faststart.mp4").exists():
            run_ffmpeg(["-i", "{folder}/plain.mp4", "-c", "copy", "-movflags", "+faststart"], folder / "faststart.mp4")
        for name, content in derived_files(folder).items():
            (folder / name).write_bytes(content)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    make_all(sys.argv[1], sys.argv[2:] or None)
