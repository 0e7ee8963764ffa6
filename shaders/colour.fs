/*{
    "DESCRIPTION": "Colour grade: how much of hue, saturation, contrast, brightness and invert is seen",
    "CREDIT": "liveviz",
    "ISFVSN": "2",
    "CATEGORIES": ["Color Adjustment"],
    "INPUTS": [
        {"NAME": "inputImage", "TYPE": "image"},
        {"NAME": "amount", "TYPE": "float", "MIN": 0.0, "MAX": 1.0, "DEFAULT": 0.0},
        {"NAME": "hue", "TYPE": "float", "MIN": -0.5, "MAX": 0.5, "DEFAULT": 0.0, "LABEL": "Turn of the colour wheel; 0.5 is the opposite colour"},
        {"NAME": "saturation", "TYPE": "float", "MIN": 0.0, "MAX": 2.0, "DEFAULT": 1.3, "LABEL": "0 grey, 1 as it is, 2 vivid"},
        {"NAME": "contrast", "TYPE": "float", "MIN": 0.0, "MAX": 2.0, "DEFAULT": 1.15, "LABEL": "0 flat, 1 as it is, 2 hard"},
        {"NAME": "brightness", "TYPE": "float", "MIN": -0.5, "MAX": 0.5, "DEFAULT": 0.0, "LABEL": "Added light; 0 as it is"},
        {"NAME": "invert", "TYPE": "float", "MIN": 0.0, "MAX": 1.0, "DEFAULT": 0.0, "LABEL": "1 is the negative"}
    ]
}*/

// Hue turns about the grey axis (Rodrigues' rotation), so that greys stay grey and no colour jumps.
vec3 turned(vec3 c, float angle) {
    const vec3 grey = vec3(0.57735);
    return c * cos(angle) + cross(grey, c) * sin(angle) + grey * dot(grey, c) * (1.0 - cos(angle));
}

void main() {
    vec4 original = IMG_THIS_PIXEL(inputImage);
    vec3 c = turned(original.rgb, hue * 6.2831853);
    c = mix(vec3(dot(c, vec3(0.2126, 0.7152, 0.0722))), c, saturation);
    c = (c - 0.5) * contrast + 0.5 + brightness;
    c = clamp(c, 0.0, 1.0);
    c = mix(c, 1.0 - c, invert);
    gl_FragColor = vec4(mix(original.rgb, c, amount), original.a);
}
