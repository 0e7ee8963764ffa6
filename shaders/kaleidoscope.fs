/*{
    "DESCRIPTION": "Kaleidoscope: mirrors around the centre",
    "CREDIT": "liveviz",
    "ISFVSN": "2",
    "CATEGORIES": ["Geometry"],
    "INPUTS": [
        {"NAME": "inputImage", "TYPE": "image"},
        {"NAME": "amount", "TYPE": "float", "MIN": 0.0, "MAX": 1.0, "DEFAULT": 0.0},
        {"NAME": "segments", "TYPE": "long", "MIN": 2, "MAX": 24, "DEFAULT": 6, "LABEL": "How many pairs of mirror images go round"},
        {"NAME": "angle", "TYPE": "float", "MIN": -1.0, "MAX": 1.0, "DEFAULT": 0.0, "LABEL": "Turn of the mirrors, in whole turns"},
        {"NAME": "zoom", "TYPE": "float", "MIN": 0.25, "MAX": 4.0, "DEFAULT": 1.0, "LABEL": "Enlargement of what the mirrors show"}
    ]
}*/

const float TURN = 6.2831853;

void main() {
    float aspect = RENDERSIZE.x / RENDERSIZE.y;
    vec2 at = isf_FragNormCoord - 0.5;
    at.x *= aspect;
    float wedge = TURN / float(segments);
    float direction = atan(at.y, at.x) - angle * TURN + 0.25 * TURN;
    float folded = abs(mod(direction, wedge) - 0.5 * wedge) + angle * TURN;
    vec2 seen = length(at) / zoom * vec2(cos(folded), sin(folded));
    seen.x /= aspect;
    seen = 1.0 - abs(1.0 - mod(seen + 0.5, 2.0));
    vec4 picture = IMG_THIS_PIXEL(inputImage);
    gl_FragColor = vec4(mix(picture.rgb, IMG_NORM_PIXEL(inputImage, seen).rgb, amount), picture.a);
}
