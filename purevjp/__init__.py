"""A rulebook of gradients: `value, vjp = rule(x, w, axis=-1)` and `dx, dw = vjp(u)`, in NumPy.

Positional arrays are differentiated, keywords are not. See the README for the whole contract.
"""

from purevjp.activation import *
from purevjp.arithmetic import *
from purevjp.attention import *
from purevjp.axes import *
from purevjp.binary import *
from purevjp.calculus import *
from purevjp.chain import *
from purevjp.convolution import *
from purevjp.cumulative import *
from purevjp.decomposition import *
from purevjp.derivative import *
from purevjp.diagonals import *
from purevjp.elementwise import *
from purevjp.fourier import *
from purevjp.heap import keep_freed
from purevjp.hessian import *
from purevjp.indexing import *
from purevjp.joining import *
from purevjp.loss import *
from purevjp.mlp import *
from purevjp.normalization import *
from purevjp.pooling import *
from purevjp.product import *
from purevjp.quantiles import *
from purevjp.recurrent import *
from purevjp.reduction import *
from purevjp.rounding import *
from purevjp.scattering import *
from purevjp.selection import *
from purevjp.singular import *
from purevjp.solving import *
from purevjp.sorting import *
from purevjp.statistics import *
from purevjp.structural import *
from purevjp.tensor import *
from purevjp.tiling import *
from purevjp.train import *
from purevjp.tree import *
from purevjp.trigonometric import *

keep_freed()
