"""A rulebook of gradients: `value, vjp = rule(x, w, axis=-1)` and `dx, dw = vjp(u)`, in NumPy.

Positional arrays are differentiated, keywords are not. See the README for the whole contract.
"""

from purevjp.activation import *
from purevjp.arithmetic import *
from purevjp.elementwise import *
from purevjp.loss import *
from purevjp.mlp import *
from purevjp.product import *
from purevjp.reduction import *
from purevjp.structural import *
from purevjp.train import *
from purevjp.tree import *
