/*{
    "DESCRIPTION": "Colour shift: red and blue part like in a bad lens, more so towards the edge",
    "CREDIT": "liveviz",
    "ISFVSN": "2",
    "CATEGORIES": ["Glitch"],
    "INPUTS": [
        {"NAME": "inputImage", "TYPE": "image"},
        {"NAME": "amount", "TYPE": "float", "MIN": 0.0, "MAX": 1.0, "DEFAULT": 0.0},
        {"NAME": "lens", "TYPE": "float", "MIN": -1.0, "MAX": 1.0, "DEFAULT": 0.6, "LABEL": "Parting away from the centre; below 0 the other way round"},
        {"NAME": "slide", "TYPE": "float", "MIN": -1.0, "MAX": 1.0, "DEFAULT": 0.15, "LABEL": "Parting along one direction, everywhere alike"},
        {"NAME": "direction", "TYPE": "float", "MIN": 0.0, "MAX": 1.0, "DEFAULT": 0.0, "LABEL": "That direction, in turns; 0 is sideways"}
    ]
}*/

void main() {
    vec2 centre = isf_FragNormCoord - 0.5;
    vec2 away = centre * dot(centre, centre) * 0.25 * lens;
    vec2 along = vec2(cos(direction * 6.2831853), sin(direction * 6.2831853)) * 0.06 * slide;
    along.x *= RENDERSIZE.y / RENDERSIZE.x;
    vec2 parted = amount * (away + along);
    vec4 picture = IMG_THIS_PIXEL(inputImage);
    float red = IMG_NORM_PIXEL(inputImage, isf_FragNormCoord - parted).r;
    float blue = IMG_NORM_PIXEL(inputImage, isf_FragNormCoord + parted).b;
    gl_FragColor = vec4(red, picture.g, blue, picture.a);
}
