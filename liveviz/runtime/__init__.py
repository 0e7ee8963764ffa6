"""runtime is a show while it plays. A supervisor starts four processes (`processes/`) and starts again whichever dies; they
meet in mailboxes in shared memory (`ipc/`): newest-wins slots for frames, bounded rings for events; where engine and stage
share one NVIDIA GPU, images stay in its memory and the slot carries where they are (`image_transport`). The tick (`tick`)
is written once: live it follows the wall clock and the newest of every mailbox, offline (`offline`) the frame clock and every
block in order. `composition` puts together what the rooms declare."""
