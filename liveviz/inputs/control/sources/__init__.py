"""The control sources, one file each: what plays a show by hand, or keeps its time. `source.py` of the folder above says what
a file here must have, `_template.py` is one to copy, and `tests/test_control_contract.py` runs over every file found."""
