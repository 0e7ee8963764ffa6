"""The built-in demo song, composed and synthesised by the program itself: `reader` is the door, `score` the notes (and the
truth that tests hold the analyser against), `synth`, `mix` and `effects` the band."""
