"""Small files in the official layout of NAS-Bench-360; each writer gives what it wrote."""

import csv
import gzip
import json
import pickle
import wave

import numpy as np
import scipy.io

RHYTHMS = "NAO~"


def write_cifar100(folder, rng, protocol=2):
    """Pickles as Python 2 left them: names as bytes."""
    written = {}
    (folder / "cifar-100-python").mkdir()
    for name, n in (("train", 5), ("test", 3)):
        images = rng.integers(0, 256, (n, 3, 32, 32), dtype=np.uint8)
        labels = rng.integers(0, 100, n).tolist()
        content = {"data": images.reshape(n, -1), "fine_labels": labels, "batch_label": "part"}
        path = folder / "cifar-100-python" / name
        path.write_bytes(pickle.dumps(content, protocol))
        written[name] = images, labels
    return written


def write_spherical(folder, rng):
    content = {
        name: {
            "images": rng.integers(0, 256, (n, 3, 60, 60), dtype=np.uint8),
            "labels": rng.integers(0, 100, n),
        }
        for name, n in (("train", 5), ("test", 3))
    }
    with gzip.open(folder / "s2_cifar100.gz", "wb") as file:
        pickle.dump(content, file)
    return content


def write_darcy(folder, rng, n=6):
    written = []
    for part in (1, 2):
        fields = {name: rng.normal(size=(n, 421, 421)) for name in ("coeff", "sol")}
        path = folder / f"piececonst_r421_N1024_smooth{part}.mat"
        scipy.io.savemat(path, fields | {"Kcoeff": np.zeros(2)})
        written.append(fields)
    return written


def write_psicov(folder, rng, length=40):
    written = {}
    for part, proteins in (("deepcov", ["1abc", "2def"]), ("psicov", ["3ghi"])):
        root = folder / "protein" / part
        (root / "features").mkdir(parents=True)
        (root / "distance").mkdir()
        (folder / "protein" / f"{part}.lst").write_text("".join(f"{one} 7\n" for one in proteins))
        for one in proteins:
            written[one] = write_protein(root, one, rng, length)
    return written


def write_protein(root, name, rng, length):
    features = {
        "seq": "A" * length,
        "ss": rng.random((3, length)),
        "pssm": rng.random((length, 22)),
        "sa": rng.random(length),
        "entropy": rng.random(length),
        **{kind: rng.random((length, length)) for kind in ("ccmpred", "freecon", "potential")},
    }
    (root / "features" / f"{name}.pkl").write_bytes(pickle.dumps(features))
    points = 6 * rng.normal(size=(length, 3))  # some pairs in contact, some beyond the cap
    distances = np.linalg.norm(points[:, None] - points, axis=2)
    content = np.empty(3, dtype=object)
    content[:] = length, "A" * length, distances
    np.save(root / "distance" / f"{name}-cb.npy", content, allow_pickle=True)
    return features, distances


def write_cosmic(folder, rng, base="./cosmic"):
    written = {}
    for part, channels in (("train", 3), ("test", 2)):
        visit = folder / "cosmic" / f"npy_{part}" / "f435w" / "10342" / "3"
        visit.mkdir(parents=True)
        names = [f"{exposure}_{part}.npy" for exposure in (1, 2)]
        images = [rng.random((channels, 256, 256)) for _ in names]
        for name, image in zip(names, images, strict=True):
            image[1:] = image[1:] > 0.9
            np.save(visit / name, image)
        np.save(visit / "sky.npy", [10.0, 1000.0])
        listed = [f"{base}/npy_{part}/f435w/10342/3/{name}" for name in names]
        np.save(folder / "cosmic" / f"{part}_dirs.npy", listed)
        written[part] = images
    return written


def write_ninapro(folder, rng):
    written = {}
    (folder / "ninaPro").mkdir()
    for part, n in (("train", 4), ("val", 2), ("test", 3)):
        written[part] = rng.normal(size=(n, 52, 16)), rng.integers(0, 18, n)
        for name, array in zip(("ninapro", "label"), written[part], strict=True):
            np.save(folder / "ninaPro" / f"{name}_{part}.npy", array)
    return written


def write_fsd50k(folder, rng, base="data"):
    chunks = folder / "audio" / "chunks"
    chunks.mkdir(parents=True)
    labels = {f"Label_{k}": k for k in range(200)}
    (chunks / "lbl_map.json").write_text(json.dumps(labels))
    written = {}
    for manifest, clips in (("tr.csv", ["64760", "16399"]), ("eval.csv", ["37199"])):
        place = f"FSD50K.{manifest[:2]}_chunks"
        (folder / "audio" / place).mkdir()
        rows = []
        for clip in clips:
            names = [f"Label_{k}" for k in rng.choice(200, 2, replace=False)]
            for number in range(2):
                sound = rng.integers(-(2**15), 2**15, 22050).astype("<i2")
                file = f"{place}/{clip}_{number:04d}.wav"
                write_wav(folder / "audio" / file, sound)
                rows.append((f"{base}/{file}", ",".join(names), clip, sound))
        with (chunks / manifest).open("w", newline="") as file:
            table = csv.writer(file)
            table.writerows([("files", "labels", "ext"), *(row[:3] for row in rows)])
        written[manifest] = rows
    return written


def write_wav(path, sound, rate=22050):
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(sound.astype("<i2").tobytes())


def write_ecg(folder, rng, n=20):
    lengths = rng.integers(1500, 3500, n)
    signals = np.empty(n, dtype=object)
    for i, length in enumerate(lengths):
        signals[i] = rng.integers(-900, 900, length).astype(np.int16)
    labels = np.array([RHYTHMS[i % 4] for i in range(n)])
    (folder / "challenge2017.pkl").write_bytes(pickle.dumps({"data": signals, "label": labels}))
    return signals, labels


def write_satellite(folder, rng):
    written = {}
    for part, n in (("train", 6), ("test", 3)):
        written[part] = {"data": rng.normal(size=(n, 46)), "label": rng.integers(1, 25, n)}
        np.save(folder / f"satellite_{part}.npy", written[part], allow_pickle=True)
    return written


def write_deepsea(folder, rng):
    written = {}
    for part, n in (("train", 4), ("val", 2), ("test", 3)):
        bases = rng.integers(0, 4, (n, 1000))
        written[f"x_{part}"] = np.eye(4, dtype=bool)[bases]
        written[f"y_{part}"] = rng.integers(0, 2, (n, 36)).astype(np.uint8)
    np.savez(folder / "deepsea_filtered.npz", **written)
    return written


WRITERS = {
    "CIFAR-100": write_cifar100,
    "Spherical": write_spherical,
    "Darcy Flow": write_darcy,
    "PSICOV": write_psicov,
    "Cosmic": write_cosmic,
    "NinaPro": write_ninapro,
    "FSD50K": write_fsd50k,
    "ECG": write_ecg,
    "Satellite": write_satellite,
    "DeepSEA": write_deepsea,
}
