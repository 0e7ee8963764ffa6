"""OpenVINO: the compiled engine on a CPU, and on the other devices of Intel."""
