"""Make the recordings of the digits that the spoken picture is put together from.

eSpeak NG speaks them: the package espeakng-loader brings its library and its voices.
"""

import ctypes
import hashlib
import shutil
import sys
from array import array
from contextlib import chdir
from functools import cache
from importlib.metadata import version
from math import sqrt
from pathlib import Path
from statistics import fmean
from typing import Any

import espeakng_loader

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from core.accounts import spoken_digits
from core.accounts.spoken_digits import DIGITS, LANGUAGES, RATE, RECORDINGS, SILENCE

STAMP = RECORDINGS / "made-from"
# In Arabic, a digit is spoken as people count, and a word with its ending inside a sentence.
VOICES = {"ar": "ar", "en": "en-us"}
# Variant of the voice, words a minute, and pitch from 0 to 99.
SPEAKERS = [
    *(("", 145, 50), ("+m6", 150, 45), ("+adam", 140, 50)),
    *(("+edward2", 145, 55), ("+f2", 150, 50), ("+f5", 145, 55)),
]

# From speak_lib.h of eSpeak NG.
SYNCHRONOUS, DO_NOT_EXIT, BY_CHARACTERS, UTF_8, SPEED, PITCH = 2, 0x8000, 1, 1, 1, 3
OF_SAMPLES = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
)

# A low-pass filter for half of the samples: its five weights that are not 0, and where they stand.
HALF_BAND = ((-3, -1), (-1, 9), (0, 16), (1, 9), (3, -1))
HALF_BAND_SUM, REACH = 32, 3
AUDIBLE = 0.02  # of the loudest sample; what is below at the ends of a recording is cut off
LOUDNESS, LOUDEST = 20, 127  # root mean square and maximum of a recording, in its samples


def main() -> None:
    made_from = [Path(__file__), Path(spoken_digits.__file__)]
    source = hashlib.sha256(b"".join(file.read_bytes() for file in made_from)).hexdigest()
    source = f"{source} espeakng-loader {version('espeakng-loader')}"
    recordings = {
        RECORDINGS / language / str(number) / f"{digit}.wav": (digit, VOICES[language], speaker)
        for language in LANGUAGES
        for number, speaker in enumerate(SPEAKERS)
        for digit in DIGITS
    }
    is_made = STAMP.exists() and STAMP.read_text() == source
    if is_made and all(file.exists() for file in recordings):
        return
    print("Recording the digits of the spoken picture ...", flush=True)
    shutil.rmtree(RECORDINGS, ignore_errors=True)
    for file, (digit, voice, (variant, speed, pitch)) in recordings.items():
        speech = say(digit, voice + variant, speed, pitch)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(spoken_digits.wav_file(to_bytes(without_ends(at_half_the_rate(speech)))))
    STAMP.write_text(source)


def say(text: str, voice: str, speed: int, pitch: int) -> "array[int]":
    """Return the samples of `text`, twice RATE a second."""
    library = synthesiser()
    spoken = array("h")

    @OF_SAMPLES
    def keep(samples: Any, count: int, _events: Any) -> int:
        if samples:
            spoken.frombytes(ctypes.string_at(samples, count * spoken.itemsize))
        return 0

    library.espeak_SetSynthCallback(keep)
    said = text.encode() + b"\0"
    # The voices are read from files when they are first used, relative to this folder.
    with chdir(espeakng_loader.get_data_path()):
        failed = (
            library.espeak_SetVoiceByName(voice.encode())
            or library.espeak_SetParameter(SPEED, speed, 0)
            or library.espeak_SetParameter(PITCH, pitch, 0)
            or library.espeak_Synth(said, len(said), 0, BY_CHARACTERS, 0, UTF_8, None, None)
        )
    if failed or not spoken:
        sys.exit(f"eSpeak NG could not say {text} with the voice {voice}.")
    return spoken


@cache
def synthesiser() -> ctypes.CDLL:
    library = ctypes.CDLL(espeakng_loader.get_library_path())
    # It takes paths of up to 160 bytes and no longer ones, so it is told the shortest.
    with chdir(espeakng_loader.get_data_path()):
        rate = library.espeak_Initialize(SYNCHRONOUS, 0, b".", DO_NOT_EXIT)
    if rate != 2 * RATE:
        sys.exit(f"eSpeak NG cannot be used: it answered {rate} in place of {2 * RATE}.")
    # Speech has noise in it. Every server has to make the same recordings, because a browser may
    # get the parts of one file from several.
    library.espeak_ng_SetRandSeed(ctypes.c_long(1))
    return library


def at_half_the_rate(samples: "array[int]") -> list[float]:
    """Leave out every second sample, after what would be heard as another tone without it."""
    return [
        sum(weight * samples[place + step] for step, weight in HALF_BAND) / HALF_BAND_SUM
        for place in range(REACH, len(samples) - REACH, 2)
    ]


def without_ends(samples: list[float]) -> list[float]:
    """Cut off the silence before and after, so that all pauses are those of the portal."""
    threshold = AUDIBLE * max(map(abs, samples))
    heard = [place for place, sample in enumerate(samples) if abs(sample) > threshold]
    return samples[heard[0] : heard[-1] + 1]


def to_bytes(samples: list[float]) -> bytes:
    """Return the samples as bytes, as loud as the other recordings, or as loud as bytes can be."""
    factor = min(
        LOUDNESS / sqrt(fmean(sample * sample for sample in samples)),
        LOUDEST / max(map(abs, samples)),
    )
    return bytes(SILENCE + round(sample * factor) for sample in samples)


if __name__ == "__main__":
    main()
