"""Sounds of a second, and their log-mel spectrograms."""

from __future__ import annotations

import wave
from functools import lru_cache
from pathlib import Path

import numpy as np

from benchmarks.nasbench360.files import reading
from benchmarks.unavailable import Unavailable

RATE = 22050
N_BANDS = 96
N_FFT = 96 * 20
WINDOW = int(RATE * 0.03)
HOP = int(RATE * 0.01)
FLOOR, DYNAMIC_RANGE = 1e-10, 80.0  # of power, and below the loudest value in dB


def read_wav(path: Path) -> np.ndarray:
    """Read a chunk of a second; a shorter sound is repeated.

    Parameters
    ----------
    path : Path
        Mono sound of 16 bits at 22,050 Hz, at most a second.

    Returns
    -------
    sound : float32 ndarray of shape (22050,)
        In [-1, 1).

    Raises
    ------
    Unavailable
        If it is damaged or of another kind.
    """
    with reading(path), wave.open(str(path)) as file:
        kind = file.getnchannels(), 8 * file.getsampwidth(), file.getframerate()
        n_frames = file.getnframes()
        content = file.readframes(n_frames)
    if kind != (1, 16, RATE) or not 0 < n_frames <= RATE:
        raise Unavailable(f"{path} is not a second of mono sound with 16 bits at {RATE} Hz")
    if len(content) != 2 * n_frames:
        raise Unavailable(f"{path} can't be read: it ends before its {n_frames} samples do")
    return np.resize(np.frombuffer(content, "<i2"), RATE).astype(np.float32) / 2**15


def log_mel(sound: np.ndarray) -> np.ndarray:
    """Take the log-mel spectrogram of a sound, its mean removed.

    Follows the benchmark's code, which calls ``torchaudio.transforms.MelSpectrogram`` (power of
    a Hann window of 30 ms every 10 ms, the sound mirrored at its ends; triangles on the HTK mel
    scale up to half the rate, not normalised) and ``librosa.power_to_db`` (at most 80 dB below
    the loudest value).

    Parameters
    ----------
    sound : ndarray of shape (n,)

    Returns
    -------
    spectrogram : float32 ndarray of shape (96, 1 + n // 220)
        In dB.
    """
    power = np.maximum(mel_filters() @ power_spectrogram(sound), FLOOR)
    decibel = 10 * np.log10(power)
    decibel = np.maximum(decibel, decibel.max() - DYNAMIC_RANGE)
    return (decibel - decibel.mean()).astype(np.float32)


def power_spectrogram(sound: np.ndarray) -> np.ndarray:
    """Take the squared magnitudes of a short-time Fourier transform, (961, 1 + n // 220)."""
    padded = np.pad(sound, N_FFT // 2, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, N_FFT)[::HOP]
    return np.abs(np.fft.rfft(frames * _window())).T ** 2


@lru_cache(maxsize=1)
def mel_filters() -> np.ndarray:
    """Triangles that rise from one band's centre to the next and fall again, (96, 961)."""
    frequencies = np.linspace(0, RATE // 2, N_FFT // 2 + 1)
    corners = _hertz(np.linspace(0, _mel(RATE // 2), N_BANDS + 2))[:, None]
    widths = np.diff(corners, axis=0)
    rising = (frequencies - corners[:-2]) / widths[:-1]
    falling = (corners[2:] - frequencies) / widths[1:]
    return np.maximum(0, np.minimum(rising, falling))


def _window() -> np.ndarray:
    """A periodic Hann window amid zeros, (1920,)."""
    window = np.zeros(N_FFT)
    start = (N_FFT - WINDOW) // 2
    window[start : start + WINDOW] = np.hanning(WINDOW + 1)[:-1]
    return window


def _mel(hertz: float) -> float:
    return 2595 * np.log10(1 + hertz / 700)


def _hertz(mel: np.ndarray) -> np.ndarray:
    return 700 * (10 ** (mel / 2595) - 1)
