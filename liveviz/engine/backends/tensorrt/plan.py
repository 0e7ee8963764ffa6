"""One plan: built from a network without a GPU, and run on one. TensorRT and TensorRT for RTX have the same Python, so
this file serves both modules; everything that is asked of either is asked here."""

import importlib
import importlib.util
import logging
from types import ModuleType
from typing import TYPE_CHECKING, Any

from liveviz import bending
from liveviz.engine import families
from liveviz.engine.backends.tensorrt import graph as tensorrt_graph
from liveviz.engine.backends.tensorrt.bends import TensorRtOperations
from liveviz.engine.family import Network
from liveviz.spec import LivevizError

if TYPE_CHECKING:
    from torch import Tensor

MODULE_NAMES = ("tensorrt_rtx", "tensorrt_rtx_bindings", "tensorrt")
MISSING_MESSAGE = "neither TensorRT for RTX nor TensorRT is installed (pip install 'liveviz[tensorrt]')"

_log = logging.getLogger("liveviz.engine")


def module_name() -> str | None:
    """Name of the TensorRT module there is, TensorRT for RTX first; None where there is none."""
    return next((name for name in MODULE_NAMES if importlib.util.find_spec(name) is not None), None)


def load_module() -> ModuleType:
    """TensorRT's Python module. LivevizError where it is not installed, or its libraries do not load."""
    name = module_name()
    if name is None:
        raise LivevizError(f"backend tensorrt: does not run here: {MISSING_MESSAGE}")
    try:
        return importlib.import_module(name)
    except (ImportError, OSError) as error:
        raise LivevizError(f"backend tensorrt: {name} cannot be loaded: {str(error).splitlines()[0]}") from error


class Log:
    """TensorRT's messages in the program's log; the last error is kept, to be told.

    A logger of TensorRT's is a subclass of a class of its own, which is there only when the module is loaded.
    """

    def __init__(self, trt: ModuleType) -> None:
        self.error = ""
        levels = {trt.ILogger.INTERNAL_ERROR: logging.WARNING, trt.ILogger.ERROR: logging.WARNING}
        kept = self

        class Logger(trt.ILogger):  # type: ignore[name-defined]
            def __init__(self) -> None:
                trt.ILogger.__init__(self)

            def log(self, severity: Any, message: str) -> None:
                level = levels.get(severity, logging.DEBUG)
                if level == logging.WARNING:
                    kept.error = " ".join(message.split())[:300]
                _log.log(logging.DEBUG, "tensorrt: %s", message)

        self.logger = Logger()


def build_plan(
    trt: ModuleType, drawn: Network, topology: bending.Topology, half: bool, capability: str | None = None
) -> bytes:
    """A serialized plan. TensorRT for RTX needs no GPU for it.

    Args:
        capability: like `SM89`, for TensorRT for RTX alone; None builds for those that it builds for by itself.
    Raises: LivevizError with TensorRT's own words where it refuses.
    """
    log = Log(trt)
    builder = trt.Builder(log.logger)
    typed = getattr(trt.NetworkDefinitionCreationFlag, "STRONGLY_TYPED", None)
    network = builder.create_network(0 if typed is None else 1 << int(typed))
    o = TensorRtOperations(trt, network, half)
    tensorrt_graph.Graph(o, drawn, topology, families.layers_of(drawn.config))
    config = builder.create_builder_config()
    if not half:
        config.clear_flag(trt.BuilderFlag.TF32)  # who asks for float32 wants all of its bits
    if capability is not None:
        config.num_compute_capabilities = 1
        if not config.set_compute_capability(getattr(trt.ComputeCapability, capability), 0):
            raise LivevizError(f"backend tensorrt: it does not build for {capability}: {log.error}")
    plan = builder.build_serialized_network(network, config)
    if plan is None:
        raise LivevizError(f"backend tensorrt: cannot build this generator: {log.error}")
    return bytes(plan)


def capability_of(trt: ModuleType, major: int, minor: int) -> str | None:
    """What to build for, for a card of that compute capability: its own where TensorRT for RTX knows it by name, else
    the library's own choice, which is meant to run on later cards too."""
    name = f"SM{major}{minor}"
    return name if hasattr(getattr(trt, "ComputeCapability", None), name) else None


class PlanNetwork:
    """A plan on the GPU, its inputs and its output at addresses that never change.

    Args:
        inputs: those tensors that are always the same, by name; the rest gets tensors of its own.
        kept: what the card compiled of this plan before (TensorRT for RTX), or None.
    Raises: LivevizError where this card or library refuses the plan.
    """

    def __init__(self, trt: ModuleType, plan: bytes, inputs: dict[str, "Tensor"], kept: bytes | None) -> None:
        import torch

        self._log = Log(trt)
        self._runtime = trt.Runtime(self._log.logger)
        self._engine = self._runtime.deserialize_cuda_engine(plan)
        if self._engine is None:
            raise LivevizError(f"backend tensorrt: this plan does not load: {self._log.error}")
        self._compiled: Any = None
        if hasattr(self._engine, "create_runtime_config"):
            config = self._engine.create_runtime_config()
            self._compiled = config.create_runtime_cache()
            if kept is not None and not self._compiled.deserialize(kept):
                _log.info("what the card compiled before does not fit it any more: compiling again")
            config.set_runtime_cache(self._compiled)
            self._context = self._engine.create_execution_context(config)
        else:
            self._context = self._engine.create_execution_context()
        if self._context is None:
            raise LivevizError(f"backend tensorrt: this plan cannot run here: {self._log.error}")
        types = {trt.float32: torch.float32, trt.float16: torch.float16}
        self.tensors: dict[str, Tensor] = {}
        for index in range(self._engine.num_io_tensors):
            name = self._engine.get_tensor_name(index)
            shape, dtype = tuple(self._engine.get_tensor_shape(name)), types[self._engine.get_tensor_dtype(name)]
            tensor = inputs.get(name)
            if tensor is None or tensor.dtype != dtype or tensor.shape != shape or tensor.data_ptr() % 256:
                tensor = torch.zeros(shape, dtype=dtype, device="cuda")
            self.tensors[name] = tensor
            if not self._context.set_tensor_address(name, tensor.data_ptr()):
                raise LivevizError(f"backend tensorrt: {name}: {self._log.error}")

    def run(self, inputs: dict[str, "Tensor"]) -> "Tensor":
        """The raw image, in a tensor that the next run overwrites. Goes into the present stream, captured or not."""
        import torch

        for name, value in inputs.items():
            if value.data_ptr() != self.tensors[name].data_ptr():
                self.tensors[name].copy_(value)
        # A refused enqueue inside a capture would replay what was there before for ever.
        if not self._context.execute_async_v3(torch.cuda.current_stream().cuda_stream):
            raise LivevizError(f"backend tensorrt: the plan was not started: {self._log.error}")
        return self.tensors[tensorrt_graph.IMAGE_NAME]

    def compiled(self) -> bytes | None:
        """What the card has compiled of the plan so far (TensorRT for RTX), or None."""
        made = self._compiled.serialize() if self._compiled is not None else None
        return None if made is None else bytes(made)
