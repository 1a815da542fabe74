"""The picture as speech: for each form, in the language of the page, and as long as it is good."""

import re
import runpy
import subprocess
import sys
import wave
from io import BytesIO
from itertools import groupby
from pathlib import Path
from statistics import fmean

import pytest
from captcha.models import CaptchaStore
from django.test import Client

from core.accounts import spoken_digits
from core.accounts.spoken_digits import DIGITS, LANGUAGES, RATE, RECORDINGS, SILENCE
from deploy import build_speech
from tests.conftest import picture_on, without_tokens
from tests.core.accounts import pages

ROOT = Path(__file__).resolve().parents[3]
FORMS = ("account/register/", "account/password/reset/")
LABELS = {"ar": "الاستماع إلى الأرقام", "en": "Listen to the digits"}
REGISTRANT = {"number": pages.NUMBER, **pages.born_on()}


def player_on(page):
    """Return the address and the label of the player on a page."""
    markup = page.content.decode()
    player = re.search(
        r'<audio controls preload="none" src="(.*?)" aria-labelledby="(.*?)">', markup
    )
    label = re.search(rf'id="{player[2]}">(.*?)<', markup)[1]
    assert f'<a href="{player[1]}">{label}</a></audio>' in markup
    return player[1], label


def samples_in(content):
    """Return the samples of a WAV file, each as far from silence as it is."""
    with wave.open(BytesIO(content)) as speech:
        assert speech.getparams()[:3] == (1, 1, RATE)
        return [sample - SILENCE for sample in speech.readframes(speech.getnframes())]


def drawn(digits="22222"):
    """Draw a picture of these digits, and return the address of its speech."""
    key = CaptchaStore.generate_key()
    CaptchaStore.objects.filter(hashkey=key).update(challenge=digits, response=digits)
    return f"/en/account/picture/{key}.wav"


def test_each_form_has_a_player_in_the_language_of_the_page(client, db, as_resident):
    shown = [(client, form) for form in FORMS] + [(as_resident, "appointments/verify/")]
    for language, label in LABELS.items():
        for browser, form in shown:
            page = browser.get(f"/{language}/{form}")
            address, its_label = player_on(page)
            assert its_label == label, form
            key = picture_on(page)["picture_key"]
            assert address == f"/{language}/account/picture/{key}.wav"
            response = browser.get(address)
            assert (response.status_code, response["Content-Type"]) == (200, "audio/wav")
            assert response["Cache-Control"] == "no-store"
            assert 3 < len(samples_in(response.content)) / RATE < 8, address


def test_digits_are_spoken_in_their_order_with_pauses_between(monkeypatch):
    loud = {digit: bytes([SILENCE + 10 * int(digit)]) * 500 for digit in DIGITS}
    monkeypatch.setattr(spoken_digits, "_speakers", lambda language: [loud])
    for seed in range(50):
        samples = samples_in(spoken_digits.speak("2854477"[: seed % 7 + 1], "ar", bytes([seed])))
        heard = [(next(run), 1 + len(list(run))) for _is, run in groupby(samples, lambda s: s > 9)]
        words, pauses = heard[1::2], heard[0::2]
        assert len(pauses) == len(words) + 1
        assert all(length == 500 for _level, length in words)
        assert min(length for _level, length in pauses) > RATE / 20
        spoken = [level for level, _length in words]
        for level, digit in zip(spoken, "2854477", strict=False):
            assert 7 * int(digit) <= level <= 10 * int(digit), seed


def test_recordings_differ_and_are_as_loud_as_each_other():
    for language in LANGUAGES:
        speakers = spoken_digits._speakers(language)
        assert len(speakers) == len(build_speech.SPEAKERS)
        said = [recording for speaker in speakers for recording in speaker.values()]
        assert len(set(said)) == len(said) == len(speakers) * len(DIGITS)
        for recording in said:
            samples = [sample - SILENCE for sample in recording]
            assert 0.2 < len(samples) / RATE < 1.1
            assert 13 < fmean(sample**2 for sample in samples) ** 0.5 < 21


def test_two_pictures_of_the_same_digits_share_no_stretch_of_bytes(client, db):
    one, other = (client.get(drawn()).content[44:] for _picture in range(2))
    length = RATE // 20
    stretches = {other[start : start + length] for start in range(len(other) - length)}
    assert not any(one[start : start + length] in stretches for start in range(0, len(one), 50))


def test_parts_that_a_browser_asks_for_fit_together(client, db):
    address = drawn("34567")
    whole = client.get(address)
    assert whole["Accept-Ranges"] == "bytes"
    size = len(whole.content)
    half = size // 2
    parts = b""
    for asked, sent in (
        ("bytes=0-1", f"bytes 0-1/{size}"),
        (f"bytes=2-{half}", f"bytes 2-{half}/{size}"),
        (f"bytes={half + 1}-", f"bytes {half + 1}-{size - 1}/{size}"),
    ):
        part = client.get(address, headers={"Range": asked})
        assert (part.status_code, part["Content-Range"]) == (206, sent)
        assert int(part["Content-Length"]) == len(part.content)
        parts += part.content
    assert parts == whole.content
    assert client.get(address, headers={"Range": f"bytes=0-{size}"}).content == whole.content
    for asked in (
        "",
        "bytes=",
        "bytes=-5",
        f"bytes={size}-",
        "bytes=9-5,0-1",
        "bytes=٠-١",
        "x=0-1",
    ):
        response = client.get(address, headers={"Range": asked})
        assert (response.status_code, response.content) == (200, whole.content), asked
    assert client.get(address.replace("/en/", "/ar/")).content != whole.content


def test_whoever_only_listens_can_register(client, db, registered):
    page = client.get(pages.REGISTER)
    address, _label = player_on(page)
    for _time in range(3):
        assert client.get(address).status_code == 200
    sent = client.post(pages.REGISTER, {**REGISTRANT, **picture_on(page)})
    assert (sent.status_code, sent.url) == (302, f"{pages.REGISTER}code/")


def test_used_expired_and_unknown_picture_are_answered_alike(client, db, clock):
    page = client.get(pages.REGISTER)
    used, _label = player_on(page)
    client.post(pages.REGISTER, {**REGISTRANT, **picture_on(page)})
    expired = drawn()
    clock.move(599)
    assert client.get(expired).status_code == 200
    clock.move(1)
    unknown = "/en/account/picture/{}.wav"
    addresses = [used, expired, *map(unknown.format, ("0" * 40, "a", "-", "a" * 200))]
    answers = [Client().get(address) for address in addresses]
    assert {answer.status_code for answer in answers} == {404}
    pairs = zip(answers, addresses, strict=True)
    # The link to the page in Arabic holds the address too.
    same = {without_tokens(answer).replace(address[3:].encode(), b"") for answer, address in pairs}
    assert len(same) == 1


def test_portal_without_recordings_does_not_start(monkeypatch, tmp_path):
    folder = tmp_path / "recordings"
    monkeypatch.setattr(spoken_digits, "RECORDINGS", folder)
    for copied in ((), ("ar", "en")):
        spoken_digits._speakers.cache_clear()
        for language in copied:
            speaker = folder / language / "0"
            speaker.mkdir(parents=True)
            for digit in DIGITS[1:] if language == "en" else DIGITS:
                recording = RECORDINGS / language / "0" / f"{digit}.wav"
                (speaker / recording.name).write_bytes(recording.read_bytes())
        with pytest.raises(SystemExit) as stop:
            runpy.run_path("tawasul/wsgi.py")
        assert stop.value.code == (
            "Tawasul cannot start: the recordings of the digits are missing from "
            f"{folder / (copied or ('ar',))[-1]}; make them with: python deploy/build_speech.py."
        )
    spoken_digits._speakers.cache_clear()


def test_build_makes_all_recordings_on_every_server_the_same(tmp_path):
    program = f"""
from pathlib import Path
from core.accounts import spoken_digits
spoken_digits.RECORDINGS = Path({str(tmp_path / "recordings")!r})
import build_speech
build_speech.main()
build_speech.main()
"""
    paths = f"{ROOT}:{ROOT / 'deploy'}"
    made = subprocess.run(
        [sys.executable, "-c", program], env={"PYTHONPATH": paths}, capture_output=True, timeout=60
    )
    assert made.stdout == b"Recording the digits of the spoken picture ...\n", made.stderr
    for recording in RECORDINGS.rglob("*.*"):
        again = tmp_path / "recordings" / recording.relative_to(RECORDINGS)
        assert again.read_bytes() == recording.read_bytes()


def test_build_makes_what_is_missing(monkeypatch, tmp_path):
    monkeypatch.setattr(build_speech, "SPEAKERS", build_speech.SPEAKERS[:1])
    monkeypatch.setattr(build_speech, "RECORDINGS", tmp_path)
    monkeypatch.setattr(build_speech, "STAMP", tmp_path / "made-from")
    build_speech.main()
    lost = tmp_path / "ar" / "0" / "7.wav"
    lost.unlink()
    build_speech.main()
    assert samples_in(lost.read_bytes())
