"""Which mapping file a live show plays: the one that it began with, or another that somebody asks for by name while it plays;
and what is written into it: scenes that were made, and controls that were learned, by hand."""

import difflib
import json
import logging
from collections.abc import Callable, Sequence
from pathlib import Path

from liveviz import mapping
from liveviz.runtime import composition, last_state, paths
from liveviz.runtime.ipc.links import Links
from liveviz.runtime.mapping_file import MappingFile
from liveviz.runtime.options import ShowOptions
from liveviz.spec import LivevizError, Output
from liveviz.system import files

_log = logging.getLogger("liveviz.runtime")


class ShowChoice:
    """The mapping file that plays.

    Args:
        outputs: every signal, for the performer.
    Raises:
        LivevizError: the file is not good, and no good one was kept.
    State: `file`; `show`, the performer.
    """

    def __init__(self, options: ShowOptions, links: Links, outputs: Sequence[Output]) -> None:
        self._options, self._links = options, links
        path = links.read_show(options.mapping)  # a stage that was started again goes on with what was asked for
        self.file = MappingFile(path, links.mapping, options.stems, options.model)
        self.show = mapping.Performer(self.file.program, composition.registry(), outputs, seed=options.seed)

        state = last_state.read(last_state.own_process()) if options.take else None
        if state is None and options.resume and not options.take:
            state = json.loads(options.resume)
        if state is not None:
            self.show.scenes.restore(state)

    def write_down(self, model: str) -> None:
        """Where the show stands, for a stage that is started again, and for the next show."""
        state = {"mapping": str(self.file.path.absolute()), "model": model, **self.show.scenes.state()}
        last_state.write(last_state.own_process(), state)

    @property
    def name(self) -> str:
        """Of the mapping file."""
        return self.file.path.stem

    def changed(self) -> mapping.Program | None:
        """The program that is to be played from here on, where the file was saved; the performer plays it already."""
        if (program := self.file.changed()) is not None:
            self.show.replace(program)
        return program

    def play(self, name: str) -> mapping.Program:
        """Play the show of that name from here on.

        Raises: ValueError where there is none of that name, or it cannot be played; the one that plays goes on.
        """
        there = mapping.list_files(paths.mapping_folders())
        if self._options.mapping.stem not in there:
            there[self._options.mapping.stem] = self._options.mapping
        if name not in there:
            near = difflib.get_close_matches(name, list(there), 1, 0.4)
            raise ValueError(f"no show {name!r:.40}; " + (f"did you mean {near[0]}?" if near else ", ".join(there)))
        return self._open(there[name])

    def turn(self, step: int) -> mapping.Program:
        """The show so many behind this one, by name, round the list; ValueError as `play`."""
        names = list(dict.fromkeys([*mapping.list_files(paths.mapping_folders()), self.name]))
        return self.play(names[(names.index(self.name) + step) % len(names)])

    def _open(self, path: Path) -> mapping.Program:
        kept = self._links.mapping.read()
        try:
            composition.load_mapping(path, stems=self._options.stems, model=self.file.model)
            opened = MappingFile(path, self._links.mapping, self._options.stems, self.file.model)
        except LivevizError as error:
            if kept is not None:
                self._links.mapping.write(kept[1].tobytes())
            raise ValueError(str(error)) from error
        self.file = opened
        self._links.write_show(path)
        self.show.replace(opened.program)
        _log.info("show %s", path.stem)
        return opened.program

    def store(self, name: str) -> str:
        """Write what is seen as a scene of that name into the mapping file, and give the name; empty: the first free of
        `scene 1`, `scene 2` ... A file that came with liveviz is copied to the user's own folder first.

        Raises: ValueError where it cannot be written, or the file has a form that cannot be added to.
        """
        taken = set(self.show.scenes.names)
        name = name.strip() or next(n for i in range(1, len(taken) + 2) if (n := f"scene {i}") not in taken)
        scene = self.show.scenes.capture(name)
        path = self._write(lambda text, now: mapping.with_scene(text, now.scenes, scene), f"scene {name!r:.60}")
        _log.info("scene %r kept in %s", name, path)
        return name

    def bind(self, route: mapping.Route, add: bool = False) -> None:
        """Write a route that was learned into the mapping file: in the place of the control that moved its parameter, or,
        with `add`, beside it.

        Raises: as `store`; the control moves the parameter until the show ends all the same.
        """
        path = self._write(
            lambda text, now: mapping.with_learned(text, now.routes, route, add), f"{route.source} on {route.to}"
        )
        self.show.written_down(route.to)
        _log.info("learned: %s moves %s, in %s", route.source, route.to, path)

    def _write(self, change: Callable[[str, mapping.Program], str], what: str) -> Path:
        """Write a changed text in the place of the mapping file's, and play it."""
        path, stems, model = self.file.path, self._options.stems, self.file.model
        try:
            text = path.read_bytes().decode("utf-8-sig")
            written = change(text, composition.load_mapping(text, path, stems, model))
            program = composition.load_mapping(written, path, stems, model)  # it must be good before it is there
            if paths.mappings() in path.parents:
                path = paths.own_mapping(path)
            files.write_whole(path, written.encode())
        except (LivevizError, OSError, UnicodeDecodeError) as error:
            raise ValueError(f"{what} is not kept: {error}") from error
        if path != self.file.path:
            self._open(path)
        else:
            self.show.replace(program)
        return path
