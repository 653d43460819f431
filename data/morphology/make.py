"""Make the simulated survey of galaxy images: 2,700 to train on and 675 to test, with the truth about each.

Run it with `make data-morphology`. Every galaxy is a sum of parts (bulge, disc, bar, arms, clumps, companions, field)
that GalSim blurs with one point-spread function and puts on noisy pixels; the sum is stretched by an asinh and
inverted, as the public SDSS sheets are. Each galaxy has a random generator of its own, so the same versions of GalSim
and NumPy give the same pixels.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import galsim
import numpy as np
import pandas as pd
from PIL import Image

HERE = Path(__file__).parent
SEED = 20_231
STAMP = 32
TILES = {"train": 30, "test": 15}  # tiles along a side of a sheet: 900 and 225 galaxies a class
KINDS = {
    "E": {"elliptical": 0.7, "lenticular": 0.3},
    "S": {"two-armed": 0.42, "barred": 0.3, "flocculent": 0.16, "ringed": 0.12},
    "I": {"close pair": 0.3, "wide pair": 0.18, "merger": 0.2, "clumpy": 0.12, "disturbed": 0.12, "crowded": 0.08},
}
GRID_STEP = 0.4  # pixels
BITS = {"core": 1, "arms": 2, "clumps": 4}
SKY, SOFTENING, WHITE = 1.3, 10.0, 11_000.0  # in units of the sky's noise: pedestal, linear range, brightest pixel


@dataclass
class Scene:
    """The parts of one image, each with the role it plays, and the numbers that made them."""

    rng: np.random.Generator
    parts: list[tuple[str, galsim.GSObject]] = field(default_factory=list)
    numbers: dict[str, float | str] = field(default_factory=dict)

    def add(self, role: str, profile: galsim.GSObject) -> None:
        self.parts.append((role, profile))

    def uniform(self, low: float, high: float) -> float:
        return float(self.rng.uniform(low, high))

    def log_uniform(self, low: float, high: float) -> float:
        return float(np.exp(self.rng.uniform(np.log(low), np.log(high))))

    def place(self, nearest: float, farthest: float) -> tuple[float, float]:
        radius, angle = self.uniform(nearest, farthest), self.uniform(0, 2 * np.pi)
        return radius * np.cos(angle), radius * np.sin(angle)


def turned(profile: galsim.GSObject, axis_ratio: float, angle: float) -> galsim.GSObject:
    """Squeeze a round profile to an axis ratio and turn it, angle in radians."""
    return profile.shear(q=axis_ratio, beta=angle * galsim.radians)


def spheroid(radius: float, axis_ratio: float, angle: float, index: float) -> galsim.GSObject:
    """A Sérsic profile of half-light radius in pixels; GalSim tabulates each index, so it is rounded."""
    return turned(galsim.Sersic(n=round(index, 1), half_light_radius=radius), axis_ratio, angle)


def face_on(light: np.ndarray) -> galsim.GSObject:
    """A profile of flux 1 with the brightness of a fine grid."""
    grid = galsim.Image(light, scale=GRID_STEP)
    return galsim.InterpolatedImage(grid, x_interpolant="linear").withFlux(1)


def polar_grid() -> tuple[np.ndarray, np.ndarray]:
    y, x = np.mgrid[-63.5:64, -63.5:64] * GRID_STEP
    return np.hypot(x, y), np.arctan2(y, x)


def spiral_arms(scene: Scene, scale: float, arms: int, pitch: float, start: float) -> galsim.GSObject:
    """Ridges that wind with the logarithm of the radius, from `start` to where the disc ends, ragged along the way."""
    radius, angle = polar_grid()
    phase = arms * (angle - np.log(np.maximum(radius, 0.1) / start) / np.tan(pitch))
    ridges = np.exp(scene.uniform(0.8, 3) * (np.cos(phase) - 1))
    window = 1 / (1 + np.exp(-4 * (radius - start) / scale)) / (1 + np.exp(4 * (radius - 4 * scale) / scale))
    ragged = 1 + 0.5 * np.cos(3 * angle + scene.uniform(0, 6)) * np.sin(radius / scale + scene.uniform(0, 6))
    return face_on(np.exp(-radius / (1.25 * scale)) * ridges * window * ragged)


def ring(scale: float) -> galsim.GSObject:
    radius, _ = polar_grid()
    return face_on(np.exp(-0.5 * ((radius - 1.6 * scale) / (0.35 * scale)) ** 2))


def tail(scene: Scene, flux: float, start: tuple[float, float]) -> None:
    """A tidal tail: blobs along an arc that get wider and fainter outwards."""
    bend, step = scene.uniform(-0.35, 0.35), scene.uniform(1.0, 1.6)
    angle = np.arctan2(start[1], start[0]) + scene.uniform(-0.6, 0.6)
    x, y = start
    for number in range(8):
        x, y, angle = x + step * np.cos(angle), y + step * np.sin(angle), angle + bend
        scene.add("clumps", galsim.Gaussian(sigma=0.8 + 0.12 * number, flux=flux * 0.75**number / 4).shift(x, y))


def elliptical(scene: Scene, kind: str) -> None:
    """A spheroid; a lenticular has a smooth disc as well, flatter than its bulge."""
    radius, axis_ratio, angle = scene.log_uniform(2.0, 7), scene.uniform(0.5, 1), scene.uniform(0, np.pi)
    flux = scene.log_uniform(2.2e4, 9e4) * (radius / 4) ** 1.2
    index, disc_share = scene.uniform(1.6, 3.2), scene.uniform(0.3, 0.6) if kind == "lenticular" else 0.0
    scene.numbers |= {"radius": radius, "axis_ratio": axis_ratio, "angle": angle, "index": index, "flux": flux}
    scene.numbers |= {"disc_share": disc_share}
    scene.add("core", (1 - disc_share) * flux * spheroid(radius, axis_ratio, angle, index))
    if disc_share:
        disc = galsim.Exponential(half_light_radius=1.3 * radius, flux=disc_share * flux)
        scene.add("smooth", turned(disc, axis_ratio * scene.uniform(0.5, 0.9), angle))


def spiral(scene: Scene, kind: str) -> None:
    """A bulge, a disc, arms that start at the end of a bar or near the bulge, and some bars."""
    scale, tilt, angle = scene.uniform(2.6, 5.2), scene.uniform(0.4, 1), scene.uniform(0, np.pi)
    arms = int(scene.rng.integers(3, 5)) if kind == "flocculent" else 2
    pitch, hand = np.radians(scene.uniform(12, 32)), float(scene.rng.choice([-1.0, 1.0]))
    bulge_share, arm_share = scene.log_uniform(0.05, 0.35), scene.log_uniform(0.04, 0.4)
    barred = kind in ("barred", "ringed")
    bar_share = scene.uniform(0.05, 0.2) if barred else float(scene.rng.choice([0, 0.06]))
    start = scale * (scene.uniform(0.9, 1.5) if barred else scene.uniform(0.5, 0.9))
    flux = scene.log_uniform(1.2e4, 5.5e4) * (scale / 3) ** 1.5

    def seen(profile: galsim.GSObject, share: float) -> galsim.GSObject:
        tilted = profile.transform(1, 0, 0, hand * tilt).rotate(angle * galsim.radians)
        return tilted.withFlux(share * flux)

    bulge = spheroid(scene.uniform(0.12, 0.4) * scale, scene.uniform(0.7, 1), angle, 2.0)
    scene.add("core", bulge_share * flux * bulge)
    disc = galsim.Sersic(n=0.8, half_light_radius=1.68 * scale)
    scene.add("smooth", seen(disc, 1 - bulge_share - arm_share - bar_share))
    pattern = spiral_arms(scene, scale, arms, pitch, start)
    scene.add("arms", seen(0.5 * (pattern + ring(scale)) if kind == "ringed" else pattern, arm_share))
    if bar_share:
        bar = galsim.Sersic(n=0.6, half_light_radius=0.75 * start).transform(1, 0, 0, scene.uniform(0.2, 0.35))
        scene.add("arms", seen(bar, bar_share))
    scene.numbers |= {"radius": 1.68 * scale, "axis_ratio": tilt, "angle": angle, "flux": flux, "n_arms": arms}
    scene.numbers |= {"pitch": pitch, "bulge_share": bulge_share, "arm_share": arm_share, "bar_share": bar_share}


def body(scene: Scene, flux: float, radius: float, axis_ratio: float) -> None:
    """The main body of an irregular galaxy: a spheroid, or a disc with a small core."""
    angle = scene.uniform(0, np.pi)
    core_share, core_radius = (0.95, radius) if scene.rng.random() < 0.65 else (scene.uniform(0.05, 0.4), 0.35 * radius)
    scene.add("core", core_share * flux * spheroid(core_radius, axis_ratio**0.5, angle, scene.uniform(1.5, 3.5)))
    disc = galsim.Sersic(n=1, half_light_radius=radius, flux=(1 - core_share) * flux)
    scene.add("smooth", turned(disc, axis_ratio, angle))
    scene.numbers |= {"radius": radius, "axis_ratio": axis_ratio, "angle": angle, "flux": flux}


def companion(scene: Scene, flux: float, distance: float, largest: float = 3.5) -> tuple[float, float]:
    position = scene.place(distance, distance)
    radius = scene.log_uniform(0.9, largest)
    profile = spheroid(radius, scene.uniform(0.45, 1), scene.uniform(0, np.pi), scene.uniform(1, 3))
    scene.add("clumps", (flux * profile).shift(*position))
    return position


def pair(scene: Scene, kind: str, flux: float) -> int:
    """A companion close by or at some distance, or two or three of them."""
    if kind == "wide pair":
        companion(scene, flux * scene.log_uniform(0.1, 1.5), scene.uniform(8, 19), largest=5.5)
        return 1
    count = int(scene.rng.integers(2, 4)) if kind == "crowded" else 1
    for _ in range(count):
        companion(scene, flux * scene.log_uniform(0.03, 0.7), scene.uniform(3.5, 10))
    return count


def merger(scene: Scene, flux: float) -> int:
    """A companion so close that tides pull tails out of one or both."""
    x, y = companion(scene, flux * scene.uniform(0.3, 1), scene.uniform(3, 8))
    tail(scene, flux * scene.uniform(0.2, 0.5), (x, y))
    if scene.rng.random() < 0.6:
        tail(scene, flux * scene.uniform(0.15, 0.4), (-x / 2, -y / 2))
    return 1


def clumps(scene: Scene, flux: float, radius: float) -> int:
    """Star-forming clumps strewn over the body."""
    count = int(scene.rng.integers(4, 14))
    for _ in range(count):
        blob = galsim.Gaussian(sigma=scene.uniform(0.4, 1.1), flux=flux * scene.log_uniform(0.008, 0.07))
        scene.add("clumps", blob.shift(*scene.rng.normal(0, 0.9 * radius, 2)))
    return count


def irregular(scene: Scene, kind: str) -> None:
    """A body and what makes it irregular, which counts as clumps: companions, tails, star-forming clumps."""
    flux, radius, axis_ratio = scene.log_uniform(1.5e4, 1.2e5), scene.log_uniform(2.5, 9), scene.uniform(0.45, 1)
    if kind in ("disturbed", "clumpy"):
        axis_ratio = scene.uniform(0.25, 0.7)
    body(scene, 0.6 * flux if kind == "clumpy" else flux, radius, axis_ratio)
    match kind:
        case "merger":
            count = merger(scene, flux)
        case "clumpy":
            count = clumps(scene, flux, radius)
        case "disturbed":
            for _ in range(2):
                tail(scene, flux * scene.log_uniform(0.05, 0.4), scene.place(0.7 * radius, 1.6 * radius))
            count = 2
        case _:
            count = pair(scene, kind, flux)
    scene.numbers |= {"n_clumps": count}


def field_objects(scene: Scene) -> None:
    """Stars and small galaxies that happen to lie there, mostly away from the centre."""
    stars, galaxies = scene.rng.poisson(0.6), scene.rng.poisson(0.5)
    for _ in range(stars):
        scene.add("field", galsim.DeltaFunction(flux=scene.log_uniform(100, 4000)).shift(*scene.place(4, 21)))
    for _ in range(galaxies):
        small = spheroid(scene.log_uniform(0.8, 1.8), scene.uniform(0.4, 1), scene.uniform(0, np.pi), 1.0)
        scene.add("field", (scene.log_uniform(150, 4000) * small).shift(*scene.place(5, 21)))
    scene.numbers |= {"n_stars": int(stars), "n_field_galaxies": int(galaxies)}


def light(profile: galsim.GSObject, psf: galsim.GSObject) -> np.ndarray:
    """Noiseless pixels of a profile behind the point-spread function, in units of the sky's noise."""
    blurred = galsim.Convolve(profile, psf, gsparams=galsim.GSParams(maximum_fft_size=16_384))
    return blurred.drawImage(nx=STAMP, ny=STAMP, scale=1.0).array.astype(float)


def stretch(pixels: np.ndarray) -> np.ndarray:
    """Counts to 8 bits: linear in the noise, logarithmic above, bright sky and dark galaxy."""
    grey = np.arcsinh((pixels + SKY) / SOFTENING) / np.arcsinh(WHITE / SOFTENING)
    return np.round(255 * (1 - np.clip(grey, 0, 1))).astype(np.uint8)


def masks(layers: dict[str, np.ndarray]) -> np.ndarray:
    """Bits that say which part of the galaxy a pixel belongs to.

    Core: the brightest pixels that hold half of the core's light. Arms (with the bar): where they make up more of the
    light than they do of the whole galaxy. Clumps (with companions and tails): where they make up a third of the light.
    Arms and clumps must outshine three times the noise.
    """
    total = sum(light for role, light in layers.items() if role != "field")
    bits = np.zeros((STAMP, STAMP), np.uint8)
    core = layers["core"]
    ranked = np.sort(core, axis=None)[::-1]
    bits[core >= ranked[np.searchsorted(np.cumsum(ranked), 0.5 * core.sum())]] |= BITS["core"]
    for name in BITS.keys() & layers.keys() - {"core"}:
        share = layers[name].sum() / total.sum() if name == "arms" else 1 / 3
        bits[(layers[name] > 3) & (layers[name] > share * total)] |= BITS[name]
    return bits


def galaxy(kind: str, letter: str, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, dict]:
    """Draw one galaxy: its 8-bit image, its mask and the numbers that made it."""
    scene = Scene(rng, numbers={"kind": kind})
    {"E": elliptical, "S": spiral, "I": irregular}[letter](scene, kind)
    field_objects(scene)
    seeing, noise = scene.uniform(1.3, 2.4), scene.log_uniform(0.7, 1.6)
    shift = scene.rng.normal(0, 0.6, 2)
    psf = galsim.Moffat(beta=3.5, fwhm=seeing)
    layers: dict[str, np.ndarray] = {}
    for role, profile in scene.parts:
        layers[role] = layers.get(role, 0) + light(profile.shift(*shift), psf)
    total = sum(layers.values())
    noisy = total + rng.normal(0, 1, total.shape) * np.sqrt(noise**2 + np.maximum(total, 0) / 20)
    scene.numbers |= {"seeing": seeing, "noise": noise}
    return stretch(noisy), masks(layers), scene.numbers


def sheet(tiles: np.ndarray, side: int) -> Image.Image:
    return Image.fromarray(tiles.reshape(side, side, STAMP, STAMP).swapaxes(1, 2).reshape(side * STAMP, side * STAMP))


def draw(sample: str, letter: str) -> Iterator[tuple[np.ndarray, np.ndarray, dict]]:
    side = TILES[sample]
    names, shares = zip(*KINDS[letter].items(), strict=True)
    for tile in range(side**2):
        rng = np.random.default_rng([SEED, list(TILES).index(sample), "ESI".index(letter), tile])
        yield galaxy(str(rng.choice(names, p=shares)), letter, rng)


def main() -> None:
    rows = []
    for sample, side in TILES.items():
        for letter in KINDS:
            images, bits, numbers = zip(*draw(sample, letter), strict=True)
            sheet(np.stack(images), side).save(HERE / f"{sample}{letter}.png", optimize=True)
            sheet(np.stack(bits), side).save(HERE / f"{sample}{letter}-masks.png", optimize=True)
            rows += [{"sample": sample, "class": letter, "tile": t} | n for t, n in enumerate(numbers)]
    pd.DataFrame(rows).to_parquet(HERE / "parameters.parquet", compression="zstd", index=False)
    for path in sorted([*HERE.glob("*.png"), HERE / "parameters.parquet"]):
        print(f"morphology/{path.name} {hashlib.sha256(path.read_bytes()).hexdigest()}")


if __name__ == "__main__":
    main()
