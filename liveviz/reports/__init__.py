"""reports draw pages: what was heard in a song (`analysis`), contact sheets of a generator and its directions, the reference
of the mapping language. They read, and write files; a live show needs none of them."""
