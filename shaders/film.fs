/*{
    "DESCRIPTION": "Film: living grain and darker corners, which give soft pictures a surface",
    "CREDIT": "liveviz",
    "ISFVSN": "2",
    "CATEGORIES": ["Film"],
    "INPUTS": [
        {"NAME": "inputImage", "TYPE": "image"},
        {"NAME": "amount", "TYPE": "float", "MIN": 0.0, "MAX": 1.0, "DEFAULT": 0.0},
        {"NAME": "grain", "TYPE": "float", "MIN": 0.0, "MAX": 1.0, "DEFAULT": 0.4, "LABEL": "Strength of the grain"},
        {"NAME": "vignette", "TYPE": "float", "MIN": 0.0, "MAX": 1.0, "DEFAULT": 0.5, "LABEL": "How dark the corners are"}
    ]
}*/

// 24 new grains a second, whatever the frame rate, as film has it. Hash without sine (Dave Hoskins), the same on all GPUs.
float noise(vec2 at, float moment) {
    vec3 p = fract(vec3(at, moment) * vec3(0.1031, 0.1030, 0.0973));
    p += dot(p, p.yzx + 33.33);
    return fract((p.x + p.y) * p.z);
}

void main() {
    vec4 picture = IMG_THIS_PIXEL(inputImage);
    vec3 c = picture.rgb;
    vec2 centre = (isf_FragNormCoord - 0.5) * 1.4142136;
    float corner = dot(centre, centre);
    c *= 1.0 - vignette * 0.85 * smoothstep(0.15, 1.0, corner);
    float moment = mod(floor(TIME * 24.0), 1000.0);
    float g = noise(gl_FragCoord.xy, moment) + noise(gl_FragCoord.xy + 71.0, moment) - 1.0;
    // grain sits in the middle tones; black stays black and light stays clean
    float light = dot(c, vec3(0.2126, 0.7152, 0.0722));
    c += g * grain * 0.35 * sqrt(max(light, 0.0)) * (1.1 - light);
    gl_FragColor = vec4(mix(picture.rgb, clamp(c, 0.0, 1.0), amount), picture.a);
}
