"""`liveviz model compile`: what a show would compile is there before it."""

from pathlib import Path


def test_what_a_show_needs_is_in_the_cache_afterwards(liveviz, tmp_path: Path) -> None:
    model = tmp_path / "m.safetensors"
    sizes = ("--resolution", "16", "--channel-base", "256", "--channel-max", "16")
    liveviz("model", "new", *sizes, "--seed", "1", "-o", model)
    cache = tmp_path / "cache"
    words = ("model", "compile", model, "--backend", "openvino", "--size", "320x180")
    done = liveviz(*words, env={"XDG_CACHE_HOME": str(cache)})
    assert done.returncode == 0, done.stderr
    assert "openvino" in done.stdout and "28x16" in done.stdout  # of the canvas's shape
    kept = {path: path.stat().st_mtime_ns for path in cache.rglob("*.openvino")}
    assert len(kept) == 1
    assert liveviz(*words, env={"XDG_CACHE_HOME": str(cache)}).returncode == 0
    assert {path: path.stat().st_mtime_ns for path in cache.rglob("*.openvino")} == kept  # nothing was compiled again


def test_a_backend_that_compiles_nothing_says_so(liveviz) -> None:
    done = liveviz("model", "compile", "default", "--backend", "reference")
    assert done.returncode == 0 and "compiles nothing" in done.stdout
