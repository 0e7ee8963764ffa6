"""What the keys of the window ask for, beside what a mapping file gives them to do. Esc and F are the window's own."""

from liveviz.spec import Command, CommandKind

KEY_COMMANDS = {
    "key.space": Command(CommandKind.TOGGLE, "stage.freeze"),
    "key.b": Command(CommandKind.TOGGLE, "stage.blackout"),
    "key.h": Command(CommandKind.OVERLAY),
    "key.r": Command(CommandKind.REST),
    "key.m": Command(CommandKind.MESSAGES),
    "key.n": Command(CommandKind.NEXT_SCENE, value=1.0),
    "key.p": Command(CommandKind.NEXT_SCENE, value=-1.0),
    "key.k": Command(CommandKind.STORE_SCENE),
    "key.u": Command(CommandKind.UNDO),
    "key.right_bracket": Command(CommandKind.NEXT_MAPPING, value=1.0),
    "key.left_bracket": Command(CommandKind.NEXT_MAPPING, value=-1.0),
    "key.page_down": Command(CommandKind.NEXT_MODEL, value=1.0),
    "key.page_up": Command(CommandKind.NEXT_MODEL, value=-1.0),
}
