"""Who draws OpenGL here, by the name that GL gives its renderer (`GL_RENDERER`)."""

SOFTWARE_RENDERERS = ("llvmpipe", "softpipe", "swiftshader", "basic render", "software renderer")


def is_software(renderer: str) -> bool:
    """Whether the processor draws: a texture is host memory then, and every pass costs milliseconds of the frame."""
    return any(name in renderer.lower() for name in SOFTWARE_RENDERERS)
