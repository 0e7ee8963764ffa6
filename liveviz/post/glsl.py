"""Turns ISF's dialect into GLSL 3.30 core, which every desktop driver of the last decade compiles, macOS included.

One program is made per pass, with PASSINDEX and RENDERSIZE as constants: the compiler then drops the code of the other
passes, which on a software renderer halves the cost of a frame.
"""

import re

from liveviz.post.isf import IsfShader

VERTEX_SHADER = """#version 330 core
out vec2 isf_FragNormCoord;
void main() {
    vec2 corner = vec2((gl_VertexID << 1) & 2, gl_VertexID & 2);
    isf_FragNormCoord = corner;
    gl_Position = vec4(corner * 2.0 - 1.0, 0.0, 1.0);
}
"""

_SHADER_HEAD = """#version 330 core
#define IMG_NORM_PIXEL(image, at) texture(image, at)
#define IMG_PIXEL(image, at) texture(image, (at) / vec2(textureSize(image, 0)))
#define IMG_SIZE(image) vec2(textureSize(image, 0))
#define texture2D texture
#define vv_FragNormCoord isf_FragNormCoord
uniform float TIME;
uniform float TIMEDELTA;
uniform int FRAMEINDEX;
uniform vec4 DATE;
in vec2 isf_FragNormCoord;
out vec4 isf_FragColor;
"""

_UNIFORM_TYPES = {"float": "float", "long": "int", "bool": "bool", "event": "bool", "color": "vec4", "point2D": "vec2"}
_MAIN_PATTERN = re.compile(r"\bvoid\s+main\s*\(\s*(?:void)?\s*\)")
_THIS_PIXEL_PATTERN = re.compile(r"\bIMG_THIS(?:_NORM)?_PIXEL\s*\(\s*(\w+)\s*\)")
_VERSION_PATTERN = re.compile(r"^[ \t]*#version[^\n]*", re.MULTILINE)


def fragment(shader: IsfShader, index: int, sizes: dict[str, tuple[int, int]], size: tuple[int, int]) -> str:
    """The fragment shader of pass `index`.

    Args:
        sizes: of each image by name, `inputImage` and the buffers. size: of the pass's own target.
    """
    current = shader.passes[index]
    lines = [
        _SHADER_HEAD,
        f"const int PASSINDEX = {index};",
        f"const vec2 RENDERSIZE = vec2({size[0]}.0, {size[1]}.0);",
    ]
    lines += [f"uniform {_UNIFORM_TYPES[i.type]} {i.name};" for i in shader.inputs]
    for name, image_size in sizes.items():
        # an unfiltered read is the same where the sizes agree, and far cheaper without a GPU
        this = "texelFetch({0}, ivec2(gl_FragCoord.xy), 0)" if image_size == size else "texture({0}, isf_FragNormCoord)"
        lines += [f"uniform sampler2D {name};", f"vec4 isf_this_{name}() {{ return {this.format(name)}; }}"]
    body = _THIS_PIXEL_PATTERN.sub(r"isf_this_\1()", _VERSION_PATTERN.sub("", shader.body)).replace(
        "gl_FragColor", "isf_FragColor"
    )
    main = "isf_main();"
    if current.copy_of is not None:
        body, main = "", f"isf_FragColor = isf_this_{current.copy_of}();"
    if current.target is None and shader.inputs[0].implicit:
        main += " isf_FragColor = mix(isf_this_inputImage(), isf_FragColor, amount);"
    elif current.copy_of is None:
        return "\n".join([*lines, f"#line {shader.body_line}", body])
    body = _MAIN_PATTERN.sub("void isf_main()", body)
    return "\n".join([*lines, f"#line {shader.body_line}", body, f"void main() {{ {main} }}", ""])
