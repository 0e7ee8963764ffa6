"""Which room of the package may import which."""

# every room imports itself and rooms below it: no arrow upwards, no circle
MAY_IMPORT: dict[str, set[str]] = {
    "spec": set(),
    "system": {"spec"},
    "bending": {"system", "spec"},
    "fields": set(),
    "models": {"fields", "system", "spec"},
    "inputs": {"system", "spec"},
    "signals": {"system", "spec"},
    "mapping": {"system", "spec"},
    "post": {"fields", "system", "spec"},
    "outputs": {"system", "spec"},
    "learning": {"fields", "models", "signals", "system", "spec"},
    "engine": {"fields", "models", "bending", "system", "spec"},
}
MAY_IMPORT["runtime"] = set(MAY_IMPORT)
MAY_IMPORT["reports"] = set(MAY_IMPORT)
MAY_IMPORT["bench"] = set(MAY_IMPORT) - {"reports"}
MAY_IMPORT["cli"] = set(MAY_IMPORT)
