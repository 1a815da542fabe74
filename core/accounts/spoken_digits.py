"""The digits of a picture as speech: recordings that the build made, put together for one picture.

Standard library only, because the build reads this too, before there are settings.
"""

import wave
from functools import cache
from io import BytesIO
from operator import add
from pathlib import Path
from random import Random

DIGITS = "2345678"
LANGUAGES = ("ar", "en")
# One folder for each language, in it one for each speaker, in it one recording of each digit.
RECORDINGS = Path(__file__).with_name("recordings")

# Of a recording and of what is put together: one channel, one byte a sample, and samples a second.
CHANNELS, BYTES, RATE = 1, 1, 11025
SILENCE = 128

_BEFORE, _BETWEEN, _AFTER = (200, 400), (250, 450), (100, 200)  # milliseconds, from and to
_VOLUMES = (0.75, 0.95)  # so that no sum with the noise is more than a byte
_NOISE = bytes(number % 2 for number in range(256))


def speak(digits: str, language: str, seed: bytes) -> bytes:
    """Return a WAV file in which one speaker says `digits`.

    Speaker, pauses, volumes and noise follow from `seed`: no two pictures sound alike, and the
    ranges of one file that a browser asks for fit together.
    """
    chance = Random(seed)  # noqa: S311 - `seed` is what nobody may guess
    speaker = chance.choice(_speakers(language))
    parts: list[bytes] = []
    for digit in digits:
        parts += [
            _pause(chance, _BETWEEN if parts else _BEFORE),
            speaker[digit].translate(_volume(chance.uniform(*_VOLUMES))),
        ]
    speech = b"".join([*parts, _pause(chance, _AFTER)])
    noise = chance.randbytes(len(speech)).translate(_NOISE)
    return wav_file(bytes(map(add, speech, noise)))


def load() -> None:
    """Read all recordings. FileNotFoundError: the build has not made them."""
    for language in LANGUAGES:
        _speakers(language)


def wav_file(samples: bytes) -> bytes:
    file = BytesIO()
    with wave.open(file, "wb") as recording:
        recording.setnchannels(CHANNELS)
        recording.setsampwidth(BYTES)
        recording.setframerate(RATE)
        recording.writeframes(samples)
    return file.getvalue()


@cache
def _speakers(language: str) -> list[dict[str, bytes]]:
    """Return the samples of each digit, for each speaker of the language."""
    folders = sorted((RECORDINGS / language).glob("*"))
    try:
        speakers = [{digit: _samples(folder, digit) for digit in DIGITS} for folder in folders]
    except FileNotFoundError:
        speakers = []
    if not speakers:
        raise FileNotFoundError(
            f"the recordings of the digits are missing from {RECORDINGS / language}; "
            "make them with: python deploy/build_speech.py"
        )
    return speakers


def _samples(folder: Path, digit: str) -> bytes:
    with wave.open(str(folder / f"{digit}.wav"), "rb") as recording:
        return recording.readframes(recording.getnframes())


def _pause(chance: Random, milliseconds: tuple[int, int]) -> bytes:
    return bytes([SILENCE]) * (RATE * chance.randint(*milliseconds) // 1000)


def _volume(factor: float) -> bytes:
    """Return the table that makes samples quieter."""
    return bytes(SILENCE + round((sample - SILENCE) * factor) for sample in range(256))
