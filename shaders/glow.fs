/*{
    "DESCRIPTION": "Glow: bright parts shine into their surroundings",
    "CREDIT": "liveviz",
    "ISFVSN": "2",
    "CATEGORIES": ["Glow"],
    "INPUTS": [
        {"NAME": "inputImage", "TYPE": "image"},
        {"NAME": "amount", "TYPE": "float", "MIN": 0.0, "MAX": 1.0, "DEFAULT": 0.0},
        {"NAME": "threshold", "TYPE": "float", "MIN": 0.0, "MAX": 1.0, "DEFAULT": 0.35, "LABEL": "Brightness from which a colour shines"},
        {"NAME": "radius", "TYPE": "float", "MIN": 0.2, "MAX": 2.0, "DEFAULT": 1.0, "LABEL": "How far the light reaches"}
    ],
    "PASSES": [
        {"TARGET": "bright", "WIDTH": "$WIDTH/4.0", "HEIGHT": "$HEIGHT/4.0"},
        {"TARGET": "across", "WIDTH": "$WIDTH/4.0", "HEIGHT": "$HEIGHT/4.0"},
        {"TARGET": "near", "WIDTH": "$WIDTH/4.0", "HEIGHT": "$HEIGHT/4.0"},
        {"TARGET": "wide", "WIDTH": "$WIDTH/8.0", "HEIGHT": "$HEIGHT/8.0"},
        {"TARGET": "far", "WIDTH": "$WIDTH/8.0", "HEIGHT": "$HEIGHT/8.0"},
        {}
    ]
}*/

// A Gaussian of nine taps in five filtered reads; `step` is one tap, in parts of the picture.
#define BLUR(image, step) ( \
    IMG_NORM_PIXEL(image, isf_FragNormCoord).rgb * 0.2270270 \
    + (IMG_NORM_PIXEL(image, isf_FragNormCoord + (step) * 1.3846154).rgb \
       + IMG_NORM_PIXEL(image, isf_FragNormCoord - (step) * 1.3846154).rgb) * 0.3162162 \
    + (IMG_NORM_PIXEL(image, isf_FragNormCoord + (step) * 3.2307692).rgb \
       + IMG_NORM_PIXEL(image, isf_FragNormCoord - (step) * 3.2307692).rgb) * 0.0702703)

void main() {
    // the reach is a part of the height, not a number of pixels: the same look at every size
    vec2 reach = vec2(RENDERSIZE.y / RENDERSIZE.x, 1.0) * radius * 0.009;
    if (PASSINDEX == 0) {
        vec3 c = IMG_NORM_PIXEL(inputImage, isf_FragNormCoord).rgb;
        gl_FragColor = vec4(c * smoothstep(threshold, threshold + 0.4, max(c.r, max(c.g, c.b))), 1.0);
    } else if (PASSINDEX == 1) {
        gl_FragColor = vec4(BLUR(bright, vec2(reach.x, 0.0)), 1.0);
    } else if (PASSINDEX == 2) {
        gl_FragColor = vec4(BLUR(across, vec2(0.0, reach.y)), 1.0);
    } else if (PASSINDEX == 3) {
        gl_FragColor = vec4(BLUR(near, vec2(3.0 * reach.x, 0.0)), 1.0);
    } else if (PASSINDEX == 4) {
        gl_FragColor = vec4(BLUR(wide, vec2(0.0, 3.0 * reach.y)), 1.0);
    } else {
        vec4 picture = IMG_THIS_PIXEL(inputImage);
        vec3 light = 0.5 * IMG_NORM_PIXEL(near, isf_FragNormCoord).rgb + 0.65 * IMG_NORM_PIXEL(far, isf_FragNormCoord).rgb;
        // screen: light adds up but never clips to a flat white
        gl_FragColor = vec4(1.0 - (1.0 - picture.rgb) * (1.0 - clamp(amount * light, 0.0, 1.0)), picture.a);
    }
}
