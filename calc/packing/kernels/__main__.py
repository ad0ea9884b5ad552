"""Compile every kernel: ``python -m calc.packing.kernels``."""

from calc.packing.kernels import warm_up

if __name__ == "__main__":
    warm_up()
