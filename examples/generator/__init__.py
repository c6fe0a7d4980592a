"""The generator of revrec's example data: a year of a made-up company, and a workload of any size.

What belongs here: everything that stands for the *billing system*, the source of landing files. It therefore computes
its amounts and texts itself and takes no accounting from `revrec`: a mistake there cannot cancel itself out here. What
does not: anything that recognizes revenue, and anything that reads landing files.

The modules import each other relatively, so the package works as `generator` (with `examples/` on `sys.path`, as
`generate.py` and the benchmarks do) and as `examples.generator` (with the repository on it).
"""

# Any number would do; it is fixed so that everybody who runs the generator holds the committed bytes.
DEFAULT_SEED = 2025
