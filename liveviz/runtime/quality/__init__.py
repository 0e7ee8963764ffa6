"""Rate first: how much of a show is drawn (`steps`), who chooses it (`controller`, `rate`), where a show begins (`start`), a
generator drawn with less (`reduced`), and mixtures of two images where there are fewer than frames (`in_between`)."""
