# make play [ARGS="--seconds 10"]   set up what is missing, then play
# make test                          set up what is missing, then run every check
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SHELL := /bin/bash
QUIET := not live and not soak and not gpu
# where the processor has more than AVX2, engines are tested both ways: as it is, and as most laptops are
AVX2 := ONEDNN_MAX_CPU_ISA=AVX2 ATEN_CPU_CAPABILITY=avx2 MKL_ENABLE_INSTRUCTIONS=AVX2 OPENBLAS_CORETYPE=Haswell
BOTH_WAYS := $(addprefix tests/test_,bending_engines.py engine_backends.py engine_rewrite.py engine_same_image.py models_reference.py)
APT_PLAY := python3-venv libportaudio2 libasound2-plugins libegl1 libgl1 libglx-mesa0 libgl1-mesa-dri
APT_TEST := xvfb xdotool pulseaudio jackd2 liblo-tools fluidsynth fluid-soundfont-gm timgm6mb-soundfont ffmpeg

.PHONY: play setup setup-test test soak bench gpu docs wheel clean

play: setup
	$(BIN)/liveviz play $(ARGS)

setup: $(VENV)/.installed

setup-test: $(VENV)/.installed-test

test: setup-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m "$(QUIET)" -n 2 --dist loadfile
ifneq ($(shell grep -m1 -o avx512f /proc/cpuinfo 2>/dev/null),)
	$(AVX2) OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m "$(QUIET)" -n 2 --dist loadfile -k "not cuda-f16" $(BOTH_WAYS)
endif
	$(BIN)/python -m pytest -m "live and not soak and not gpu"

soak: setup-test
	$(BIN)/python -m pytest -m soak -s $(ARGS)

bench: setup
	$(BIN)/liveviz bench $(ARGS)

# on a machine with an NVIDIA GPU, with its own python3: NumPy and PyTorch are enough, nothing is installed
gpu:
	$(PYTHON) -m liveviz.bench.gpu $(ARGS)

# the reference of the mapping language, from the program itself
docs: setup
	$(BIN)/liveviz mapping reference -o docs
	$(BIN)/liveviz model gallery wide -o docs/gallery

wheel: setup-test
	$(BIN)/pip wheel --no-deps -w build/wheel .

clean:
	rm -rf $(VENV) build dist *.egg-info

$(VENV)/.installed: pyproject.toml
	@./.ci/apt $(APT_PLAY)
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --disable-pip-version-check -q -e .
	@touch $@

$(VENV)/.installed-test: pyproject.toml $(VENV)/.installed
	@./.ci/apt $(APT_TEST)
	$(BIN)/pip install --disable-pip-version-check -q -e '.[dev]'
	@touch $@
