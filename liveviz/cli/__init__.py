"""cli is the command line: `main` finds the command, `arguments` are the options that several share, one file a command in
`commands/`. It says what went wrong in one line, and is the only room beside bench that prints."""
