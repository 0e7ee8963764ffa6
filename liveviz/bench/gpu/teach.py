"""Step 3: train the default generator. A run in the folder `train` is resumed, for so many minutes; what comes back
is the averaged network in half precision and a sheet, every file under 16 MiB."""

from pathlib import Path

from liveviz import learning
from liveviz.bench.gpu.report import Report
from liveviz.learning.procedural.run import Run
from liveviz.learning.staged import CHECKPOINT_FILE
from liveviz.system.clock import now

PIECE_BYTES = 15 * 2**20
TRIAL_STAGES = (
    learning.TrainStage(32, 4000, 128, (0.008, 0.005)),
    learning.TrainStage(64, 8000, 128, (0.007, 0.0015)),
    learning.TrainStage(128, 20000, 64, (0.004, 0.0002), lower=0.5),
)
SMALL_STAGES = (learning.TrainStage(32, 3, 4, (0.004, 0.001)),)


def run(report: Report, folder: Path, minutes: float, stages: tuple[learning.TrainStage, ...], columns: int) -> None:
    """Go on with what is in `folder`, or begin; then export."""
    options = learning.TrainOptions(
        folder=folder,
        stages=SMALL_STAGES if report.small else stages,
        device=report.device,
        save=500,
        export=10**9,
        palette_steps=20 if report.small else 6000,
        columns=columns,
    )
    end = now() + 60.0 * minutes
    last: list[learning.Progress] = []

    def check() -> None:
        if now() > end and last:
            raise learning.Stopped

    def heard(progress: learning.Progress) -> None:
        last[:] = [progress]

    resumed = (folder / CHECKPOINT_FILE).exists()
    try:
        learning.train(options, now, report=heard, check=check)
        ended = "to the end"
    except learning.Stopped:
        ended = f"stopped after {minutes:g} minutes; the same command goes on"
        trained = Run(options, learning.Together(), lambda: None)
        trained.export()
    if last:
        done = last[0]
        report.say(
            f"{'gone on' if resumed else 'begun'}, {ended}",
            f"step {done.step}, {done.size} px, error {done.error:.4f}, {done.speed:.0f} images/s",
        )
        report.keep(step=done.step, size=done.size, error=done.error, pictures_s=done.speed)
    for path in sorted((folder / "bundle").iterdir()) + sorted(folder.glob("sheet_*.png"))[-1:]:
        for piece in pieces(path, report.folder):
            report.say(f"{path.name}", f"{piece.name}, {piece.stat().st_size / 2**20:.1f} MiB", None)


def pieces(path: Path, folder: Path) -> list[Path]:
    """Copies of a file, in pieces of PIECE_BYTES where it is larger: `cat NAME.* > NAME` makes it whole again."""
    folder.mkdir(parents=True, exist_ok=True)
    data = path.read_bytes()
    parts = [data[start : start + PIECE_BYTES] for start in range(0, max(len(data), 1), PIECE_BYTES)]
    made = []
    for number, part in enumerate(parts):
        made.append(folder / (path.name if len(parts) == 1 else f"{path.name}.{number:02d}"))
        made[-1].write_bytes(part)
    return made
