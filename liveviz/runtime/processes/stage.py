"""The child on stage: it owns the clock, the mapping, the post effects and the window, and waits for nobody. Whatever the
engine, a controller or a recorder does, a picture is presented in time: the newest there is."""

import json
import logging
from collections.abc import Callable, Iterator

from liveviz import post, signals
from liveviz.post import Chain
from liveviz.runtime import composition, last_state, newest_controls, open_generator
from liveviz.runtime.frame_times import Figures
from liveviz.runtime.hints import Hints
from liveviz.runtime.image_transport import Receiver
from liveviz.runtime.ipc import wire
from liveviz.runtime.ipc.links import Links
from liveviz.runtime.ipc.status import Phase, StageStatus
from liveviz.runtime.key_commands import KEY_COMMANDS
from liveviz.runtime.learning_keys import LearningKeys
from liveviz.runtime.message_account import plays
from liveviz.runtime.model_choice import ModelChoice
from liveviz.runtime.open_sinks import OpenSinks
from liveviz.runtime.options import ShowOptions
from liveviz.runtime.processes import child
from liveviz.runtime.quality.rate import Rate
from liveviz.runtime.remote_engine import RemoteEngine
from liveviz.runtime.screen import Screen
from liveviz.runtime.show_choice import ShowChoice
from liveviz.runtime.tick import Tick, TickFrame
from liveviz.spec import Command, CommandKind, ControlMessage, ShowState, SignalFrame
from liveviz.system.clock import WallClock, now, worked

_log = logging.getLogger("liveviz.runtime")
_STATE_EVERY = 0.05


class Stage:
    """One show on one screen."""

    def __init__(self, options: ShowOptions, links: Links, goes_on: Callable[[], bool] = lambda: True) -> None:
        self._options, self._links = options, links
        outputs = signals.all_outputs(options.stems)
        self._choice = ShowChoice(options, links, outputs)
        self._show = self._choice.show
        self._hints = Hints(links)
        self.screen = Screen(options, links, goes_on)
        links.stage_status.say(StageStatus(phase=Phase.STARTING, screen=self.screen.kind))
        self._images, self._chain = self._dressed()
        names = [o.name for o in outputs]
        self._levels = {name: names.index(name) for name in ("rms", "level_db")}
        self._models = ModelChoice(
            options.model, self._choice.file.program.model, open_generator.shipped_for(options.size), links
        )
        self._clock = WallClock(options.fps)
        self._learning_keys = LearningKeys(self._show, composition.registry())
        self._commands: dict[CommandKind, Callable[[Command], object]] = {
            CommandKind.MODEL: lambda asked: self._models.ask(asked.name),
            CommandKind.NEXT_MODEL: lambda asked: self._models.turn(_way(asked)),
            CommandKind.TOGGLE: lambda asked: self._show.toggle(asked.name),
            CommandKind.REST: lambda asked: self._show.rest(asked.name),
            CommandKind.RECALL: self._recall,
            CommandKind.LEARN: self._learn,
            CommandKind.PANIC: lambda asked: self._panic(),
            CommandKind.SCENE: lambda asked: self._show.scenes.go(asked.name),
            CommandKind.NEXT_SCENE: lambda asked: self._show.scenes.turn(_way(asked)),
            CommandKind.STORE_SCENE: lambda asked: self._choice.store(asked.name),
            CommandKind.UNDO: lambda asked: self._show.scenes.undo(),
            CommandKind.MAPPING: lambda asked: self._models.follow(self._choice.play(asked.name).model),
            CommandKind.NEXT_MAPPING: lambda asked: self._models.follow(self._choice.turn(_way(asked)).model),
            CommandKind.OVERLAY: lambda asked: self.screen.toggle_overlay(),
            CommandKind.MESSAGES: lambda asked: links.ask_for_page(),
        }
        self._engine = RemoteEngine(links, self._clock, self._images)
        self._heard: SignalFrame | None = None
        self._sinks = OpenSinks(options, links, self.screen.kind)
        self.figures = Figures(options)
        self._rate = Rate(options, links, self._chain, post.software(self.screen.ctx), self._sinks.records)
        self._tick = Tick(
            self._clock,
            self._controls,
            self._listen,
            self._show,
            self._engine.render,
            self._chain,
            self._share,
            links.read_tempo,
        )
        self._told = 0.0
        self._written_down = now()

    def _share(self) -> float:
        return self._rate.share(self._engine.new)

    def _dressed(self) -> tuple[Receiver, Chain]:
        """What draws with the screen's GL."""
        images = Receiver(self._links.images, self._links.handover, self.screen.ctx)
        return images, Chain(self.screen.ctx, composition.shaders(), self._options.size, upload=images.upload)

    def _change_screens(self) -> None:
        """The display went away, or is back: the show goes on with another GL."""
        self._images.close()
        self.screen.change()  # what the old GL held goes with it
        self._images, self._chain = self._dressed()
        self._engine.take_from(self._images)
        self._tick.draw_with(self._chain)
        self._rate.draw_with(self._chain, post.software(self.screen.ctx))

    def _listen(self, until: float, dt: float) -> SignalFrame | None:
        if (found := self._links.signals.read()) is not None:
            self._heard = wire.unpack_signals(found[1])
        return self._heard

    def _controls(self, until: float) -> Iterator[ControlMessage]:
        """Messages and commands in the order in which they came; commands are done between them."""
        messages = newest_controls.unpacked(self._links.controls.drain())
        came: list[Command | ControlMessage] = [m for m in messages if not m.text or plays(m)]
        came += [*self._links.asked(), *self.screen.poll()]
        for one in sorted(came, key=lambda one: one.time):
            if isinstance(one, Command):
                self._do(one)
                continue
            if one.kind == "key" and one.value > 0.0 and self._learning_keys.press(one.address):
                continue
            yield one
            self._write_learned()
            if one.value > 0.0 and one.address in KEY_COMMANDS:
                self._do(KEY_COMMANDS[one.address])

    def _do(self, command: Command) -> None:
        """What a performer asks for; what cannot be done is a line in the log."""
        try:
            self._commands[command.kind](command)
        except ValueError as error:
            _log.warning("%s: %s", command.kind.value, error)

    def _learn(self, command: Command) -> None:
        """The control that moves next is bound."""
        self._show.learn(command.name)
        self._learning_keys.adds = command.value > 0.0

    def _write_learned(self) -> None:
        """A control was learned: into the mapping file with it."""
        if (route := self._show.take_learned()) is not None:
            try:
                self._choice.bind(route, self._learning_keys.adds)
            except ValueError as error:
                _log.warning("learn: %s", error)

    def _panic(self) -> None:
        """Whatever hands have done, an image is seen that the file alone makes."""
        self._show.rest()
        self._show.learn("")
        self._show.recall({"stage.freeze": 0.0, "stage.blackout": 0.0})

    def _recall(self, command: Command) -> None:
        values = json.loads(command.name)  # its error is a ValueError
        if not isinstance(values, dict):
            raise ValueError("the values are no JSON object")
        if unknown := self._show.recall(values, command.value):
            _log.warning("recall: not in this show: %s", ", ".join(map(str, unknown[:8])))

    def step(self) -> bool:
        """One frame; False once the window is closed or the time is up."""
        if self.screen.must_change():
            self._change_screens()
        if (program := self._choice.changed()) is not None:
            self._models.follow(program.model)
        if asked := self._show.scenes.take_model():
            self._models.ask(asked)
        self._show.scenes.early = self._engine.engine_s
        self.screen.say(self._learning_keys.words() or self._choice.file.mistake or self._models.mistake)
        self.screen.leave_escape(not self._show.learning)
        self.screen.quality, self.screen.show_name = self._rate.name, self._show_words()
        self._engine.images = self._rate.images
        frame = self._tick.step()
        self._hints.step(self._show, frame.parameters, self._tick.unheard)
        self._choice.file.model = self._hints.model or self._choice.file.model
        self.screen.present(frame.canvas, self._heard, self._hints, self.figures)
        presented = now()
        if presented - self._told > _STATE_EVERY:
            self._told = presented
            self._links.write_state(self._state(frame))
        if presented - self._written_down > last_state.EVERY_SECONDS:
            self._written_down = presented
            self._choice.write_down(self._hints.model or self._options.model)
        self._rate.worked(worked())
        self._engine.drew(presented - frame.drawn_from)
        if self._engine.seen:
            new = frame.rendered and self._engine.new
            self.figures.frame(frame, presented, self._clock, stale=self._rate.images >= 1.0 and not new)
            if frame.rendered:
                self._rate.see(presented, self._clock, new, self._engine.engine_s)
            self._sinks.frame(frame, self._chain)
        return not self.screen.closed and not self.figures.time_is_up(self._options.seconds)

    def _state(self, frame: TickFrame) -> ShowState:
        """The show as it is, as data."""
        message, heard = self._tick.newest, self._heard
        levels = {name: float(heard.values[place]) for name, place in self._levels.items()} if heard is not None else {}
        return ShowState(
            time=frame.time,
            values={name: round(value, 6) for name, value in frame.parameters.values.items()},
            touched=self._show.last_touched,
            control=None if message is None else (message.address, message.value, message.port),
            learning=self._show.learning,
            learned=dict(self._show.learned),
            model=self._hints.model or self._options.model,
            mapping=self._choice.name,
            scene=self._show.scenes.current,
            armed=self._armed(),
            tempo=self._show.tempo,
            levels=levels,
            health={
                "fps": round(self.figures.fps, 2),
                "late": self.figures.late,
                "quality": self._rate.name,
                "recording": float(self._sinks.recording),
            },
        )

    def _show_words(self) -> str:
        """The show, its scene, and the one that waits, for the overlay."""
        scene, armed = self._show.scenes.current, self._armed()
        waits = f" > {armed[0]} in {armed[1]:.0f}" if armed is not None else ""
        return self._choice.name + (f" / {scene}" if scene else "") + waits

    def _armed(self) -> tuple[str, float] | None:
        """The scene that waits, and after how many beats it begins."""
        scenes = self._show.scenes
        return None if scenes.armed is None else (scenes.armed.name, round(max(scenes.wait, 0.0), 2))

    def say(self, phase: Phase) -> None:
        """Tell the parent how it goes."""
        self._links.stage_status.say(
            StageStatus(
                phase=phase,
                screen=self.screen.kind,
                place=self.screen.place,
                applied=dict(self._tick.applied),
                written=self._sinks.written,
                lost=self._sinks.dropped,
                quality=self._rate.report(),
                **self.figures.report(),
            )
        )

    def close(self) -> None:
        """Finish the sinks, then the screen."""
        self._sinks.close()
        self._chain.close()
        self._images.close()
        self.screen.close()


def _way(asked: Command) -> int:
    """To the next one, or to the one before."""
    return -1 if asked.value < 0.0 else 1


def body(options: ShowOptions, links: Links, life: child.Life) -> None:
    """Present pictures until the show ends."""
    stage = Stage(options, links, life.goes_on)
    child.settle()
    heartbeat = child.Heartbeat()
    goes_on = True
    try:
        while goes_on and life.goes_on():
            goes_on = stage.step()
            if heartbeat.due():
                stage.say(Phase.READY)
    finally:
        stage.close()
        stage.say(Phase.FINISHED)
