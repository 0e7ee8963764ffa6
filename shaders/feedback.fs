/*{
    "DESCRIPTION": "Feedback trails: light lingers, drifts outwards and changes colour as it fades",
    "CREDIT": "liveviz",
    "ISFVSN": "2",
    "CATEGORIES": ["Feedback"],
    "INPUTS": [
        {"NAME": "inputImage", "TYPE": "image"},
        {"NAME": "amount", "TYPE": "float", "MIN": 0.0, "MAX": 1.0, "DEFAULT": 0.0},
        {"NAME": "decay", "TYPE": "float", "MIN": 0.05, "MAX": 8.0, "DEFAULT": 1.2, "LABEL": "Seconds until a trail has lost about two thirds of its light"},
        {"NAME": "zoom", "TYPE": "float", "MIN": -1.0, "MAX": 1.0, "DEFAULT": 0.18, "LABEL": "Drift of trails: outwards above 0, inwards below; doublings per second"},
        {"NAME": "rotate", "TYPE": "float", "MIN": -0.5, "MAX": 0.5, "DEFAULT": 0.02, "LABEL": "Turns of the trails per second"},
        {"NAME": "hue", "TYPE": "float", "MIN": -1.0, "MAX": 1.0, "DEFAULT": 0.05, "LABEL": "Turns of the colour wheel per second, as trails fade"}
    ],
    "PASSES": [
        {"TARGET": "trails", "PERSISTENT": true, "FLOAT": true, "WIDTH": "$WIDTH/2.0", "HEIGHT": "$HEIGHT/2.0"},
        {}
    ]
}*/

vec3 turned(vec3 c, float angle) {
    const vec3 grey = vec3(0.57735);
    return c * cos(angle) + cross(grey, c) * sin(angle) + grey * dot(grey, c) * (1.0 - cos(angle));
}

void main() {
    if (PASSINDEX == 0) {
        vec2 at = isf_FragNormCoord - 0.5;
        float angle = 6.2831853 * rotate * TIMEDELTA;
        float aspect = RENDERSIZE.x / RENDERSIZE.y;
        at.x *= aspect;
        at = mat2(cos(angle), -sin(angle), sin(angle), cos(angle)) * at * exp2(-zoom * TIMEDELTA);
        at.x /= aspect;
        at = 1.0 - abs(1.0 - mod(at + 0.5, 2.0));  // beyond the edge the picture goes on mirrored: no bars, no frame
        // blue lingers longest and colours deepen, so that white light fades into violet and not into grey
        vec3 before = IMG_NORM_PIXEL(trails, at).rgb * exp(-TIMEDELTA / decay * vec3(1.1, 1.2, 0.85));
        float grey = dot(before, vec3(0.3333));
        before = grey + (before - grey) * exp(0.5 * TIMEDELTA);
        before = turned(before, 6.2831853 * hue * TIMEDELTA);
        vec3 now = IMG_NORM_PIXEL(inputImage, isf_FragNormCoord).rgb;
        // only light leaves a trail: dark parts stay dark, so the picture does not turn to fog
        now *= smoothstep(0.15, 0.75, max(now.r, max(now.g, now.b)));
        gl_FragColor = vec4(clamp(max(now, before), 0.0, 4.0), 1.0);
    } else {
        vec4 picture = IMG_THIS_PIXEL(inputImage);
        vec3 lingering = IMG_NORM_PIXEL(trails, isf_FragNormCoord).rgb;
        gl_FragColor = vec4(mix(picture.rgb, max(picture.rgb, lingering), amount), picture.a);
    }
}
