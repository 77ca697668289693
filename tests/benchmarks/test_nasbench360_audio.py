"""Log-mel spectrograms beside torch's transform and closed forms; damaged sounds."""

import wave

import numpy as np
import pytest
import torch

from benchmarks.nasbench360.audio import (
    log_mel,
    mel_filters,
    power_spectrogram,
    read_wav,
)
from benchmarks.unavailable import Unavailable
from tests.benchmarks.nasbench360_files import write_wav

RATE = 22050
BINS = np.linspace(0, RATE / 2, 961)


@pytest.fixture
def sound():
    return np.random.default_rng(0).uniform(-1, 1, RATE).astype(np.float32)


def tone(hertz, amplitude=0.5):
    return amplitude * np.cos(2 * np.pi * hertz * np.arange(RATE) / RATE)


def test_power_is_that_of_torch(sound):
    theirs = torch.stft(
        torch.from_numpy(sound),
        n_fft=1920,
        hop_length=220,
        win_length=661,
        window=torch.hann_window(661),
        pad_mode="reflect",
        return_complex=True,
    )
    assert theirs.shape == (961, 101)
    np.testing.assert_allclose(power_spectrogram(sound), theirs.abs() ** 2, rtol=1e-3, atol=1e-3)


def test_power_of_a_tone_is_its_amplitude_times_half_the_window():
    power = power_spectrogram(tone(BINS[200]))[:, 10:-10]  # away from the mirrored ends
    np.testing.assert_allclose(power[200], (0.5 / 2 * 661 / 2) ** 2, rtol=1e-4)
    assert (power.argmax(axis=0) == 200).all()


def test_mel_filters_are_triangles_on_the_htk_scale():
    filters = mel_filters()
    corners = 700 * (np.exp(np.linspace(0, np.log(1 + RATE / 2 / 700), 98)) - 1)
    for band in (0, 40, 95):
        expected = np.interp(BINS, corners[band : band + 3], [0, 1, 0])
        np.testing.assert_allclose(filters[band], expected, atol=1e-9)
    between = np.logical_and(corners[1] < BINS, corners[-2] > BINS)
    np.testing.assert_allclose(filters.sum(axis=0)[between], 1)


@pytest.mark.parametrize("band", [30, 60, 90])
def test_a_tone_is_loudest_in_its_band(band):
    centre = 700 * (np.exp((band + 1) / 97 * np.log(1 + RATE / 2 / 700)) - 1)
    assert (log_mel(tone(centre)).argmax(axis=0) == band).all()


def test_log_mel_is_in_decibel_about_its_mean(sound):
    spectrogram = log_mel(sound)
    assert spectrogram.shape == (96, 101)
    assert spectrogram.dtype == np.float32
    power = mel_filters() @ power_spectrogram(sound)
    np.testing.assert_allclose(
        spectrogram[50, 50] - spectrogram[20, 30],
        10 * np.log10(power[50, 50] / power[20, 30]),
        rtol=1e-4,
    )
    assert abs(spectrogram.mean()) < 1e-4
    np.testing.assert_allclose(log_mel(sound / 10), spectrogram, atol=1e-3)


def test_log_mel_ends_80_decibel_below_the_loudest():
    spectrogram = log_mel(tone(BINS[500]))
    assert spectrogram.max() - spectrogram.min() == pytest.approx(80, abs=1e-4)
    np.testing.assert_array_equal(log_mel(np.zeros(RATE)), np.zeros((96, 101)))


def test_a_sound_comes_back_and_a_short_one_is_repeated(tmp_path):
    samples = np.random.default_rng(0).integers(-(2**15), 2**15, RATE)
    write_wav(tmp_path / "whole.wav", samples)
    np.testing.assert_array_equal(read_wav(tmp_path / "whole.wav"), samples / 2**15)
    write_wav(tmp_path / "short.wav", samples[:9000])
    expected = np.concatenate([samples[:9000], samples[:9000], samples[:4050]]) / 2**15
    np.testing.assert_array_equal(read_wav(tmp_path / "short.wav"), expected)


def test_other_sounds_are_refused(tmp_path):
    path = tmp_path / "odd.wav"
    write_wav(path, np.zeros(RATE), rate=44100)
    with pytest.raises(Unavailable, match=r"odd\.wav is not a second of mono sound"):
        read_wav(path)
    write_wav(path, np.zeros(RATE + 1))
    with pytest.raises(Unavailable, match="is not a second"):
        read_wav(path)
    with wave.open(str(path), "wb") as file:
        file.setparams((2, 2, RATE, 0, "NONE", ""))
        file.writeframes(bytes(400))
    with pytest.raises(Unavailable, match="is not a second"):
        read_wav(path)


@pytest.mark.parametrize("end", [0, 20, 40, 1000, -1])
def test_a_sound_that_is_cut_off_is_damaged(tmp_path, end):
    path = tmp_path / "cut.wav"
    write_wav(path, np.ones(RATE))
    path.write_bytes(path.read_bytes()[:end])
    with pytest.raises(Unavailable, match=r"cut\.wav can't be read"):
        read_wav(path)
