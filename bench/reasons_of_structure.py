"""Why some rules of solving, indexing, structure and the like stay below 0.4 of the faster of JAX and PyTorch."""

ONE_COPY = "PyTorch returns a view of u; our cotangents own their memory, and the one copy is all the time there is"
NO_LU = (
    "NumPy keeps no LU factor, so the pullback factors again; OpenBLAS solves for many right sides at a fourth of the "
    "speed of its products"
)
POCKETFFT = "NumPy's transforms of float32 run lane by lane and are several times slower than those of JAX and MKL"

CALLS = "at 10², the overhead of many small NumPy calls; above the mark from 10⁴ on"
REASONS = {
    "avg_pool": CALLS,
    "sliding_window_view": CALLS,
    "transpose": ONE_COPY,
    "swapaxes": ONE_COPY,
    "moveaxis": ONE_COPY,
    "ravel": ONE_COPY,
    "squeeze": ONE_COPY,
    "expand_dims": ONE_COPY,
    "atleast_1d": ONE_COPY,
    "atleast_2d": ONE_COPY,
    "atleast_3d": ONE_COPY,
    "full": "PyTorch's value is a view of one number; NumPy's full is an array that can be written to",
    "astype": "NumPy converts to and from float16 one number at a time; the others in vector registers",
    "fft": POCKETFFT,
    "ifft": POCKETFFT,
    "rfft": POCKETFFT,
    "fftn": POCKETFFT,
    "ifftn": POCKETFFT,
    "solve": NO_LU,
    "det": NO_LU,
    "slogdet": NO_LU,
    "triangular_solve": (
        "NumPy has no triangular solution: blocks of 32 go through its general solver, which factors each, the rest is "
        "products"
    ),
    "cholesky": "two triangular solutions, for which NumPy has none: see triangular_solve",
    "lstsq": "singular values decide the rank, as documented; two thirds of the time is their decomposition",
    "cross": "each of the 3 components is a strided pass over memory in NumPy; JAX computes them in one loop",
    "select": "NumPy runs one pass over memory for each step of each condition; JAX one loop for all",
    "put_along_axis": "places are computed and compared, for elements named twice have their last value: int64",
    "conv": CALLS,
    "conv_transpose": CALLS,
}
"""What costs, in a sentence, by rule."""
