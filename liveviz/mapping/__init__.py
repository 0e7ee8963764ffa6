"""mapping is where sound becomes picture: it reads a musician's TOML file and plays it. `load` turns a file into a
frozen, checked `Program` (load.py for the whole, route_table.py and latent_table.py for its tables, reach.py for what
a generator can never show; every mistake is answered with file, line, field and what is allowed). A `Performer` performs a
program: signals and control messages go in, one ParameterFrame per picture comes out. On its way a signal is brought
to 0-1, followed with attack and release, bent by a curve (curves.py), stretched over the route's range
and mixed onto the parameter's base value, which [set], controllers (knobs.py: takeover) and OSC move (controls.py;
idle.py says why that is not seen); the pictures of [latent] drift, are pulled and follow the harmony in latents.py, in
musical time (beats.py). Bends act at a layer of the generator, on all of its channels or on some; pushes and
truncation on all rows of w+ or on those that a route chooses. A source may also be a formula (formula.py), or one of the
show's own (modulators/); heard_sources.py is what those read, moving_routes.py is all routes in motion. Scenes (scenes.py)
are looks under a name; inserting.py puts them into a file. A new curve is one entry in `CURVES`; a new thing to drive is one
entry in the registry and needs nothing here. The room reads no clock and does no I/O but the file that `load` is given."""

from liveviz.mapping.controls import REST_ADDRESS, Move
from liveviz.mapping.curves import CURVES
from liveviz.mapping.describe import describe, move_text, parameter_rows, route_text
from liveviz.mapping.direct_addresses import DirectAddresses
from liveviz.mapping.formula_functions import FUNCTIONS
from liveviz.mapping.idle import Facts, why_idle
from liveviz.mapping.learned import takes_the_place_of, with_learned
from liveviz.mapping.load import list_files, load
from liveviz.mapping.modulator_table import tables as modulator_tables
from liveviz.mapping.performer import Performer
from liveviz.mapping.program import Program, Route, Scene
from liveviz.mapping.reach import Net, notes
from liveviz.mapping.scene_table import with_scene
from liveviz.mapping.words import TABLES

__all__ = [
    "CURVES",
    "FUNCTIONS",
    "REST_ADDRESS",
    "TABLES",
    "DirectAddresses",
    "Facts",
    "Move",
    "Net",
    "Performer",
    "Program",
    "Route",
    "Scene",
    "describe",
    "list_files",
    "load",
    "modulator_tables",
    "move_text",
    "notes",
    "parameter_rows",
    "route_text",
    "takes_the_place_of",
    "why_idle",
    "with_learned",
    "with_scene",
]
