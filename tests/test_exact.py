"""On small integers nothing is rounded: every dtype must agree with integer arithmetic bit for bit."""

import numpy as np
import pytest

import purevjp as pv
from purevjp.tree import tree_map

ein = np.einsum

A = np.array([[3, -1, 2], [0, 4, -5]])
B = np.array([[1, 7, -2], [6, -3, 2]])
C = np.array([[2, -1], [0, 3], [-4, 5]])
ROW = np.array([4, -6, 1])
STACK = np.stack([A, B, A + B])
COLUMNS = STACK.transpose(0, 2, 1)
U = np.array([[1, -2, 3], [5, 0, -7]])
U1 = np.array([2, -5])
COLUMN = np.array([[2], [-5]])
U2 = np.array([[2, -3], [1, 4]])
U3 = np.stack([U2, 2 * U2, U2 - 1])
U4 = np.arange(18).reshape(2, 3, 3) - 5

ROWS = {
    # rule, arguments, static arguments, u, value, cotangents
    "negative": (pv.negative, (A,), {}, U, -A, (-U,)),
    "add": (pv.add, (A, B), {}, U, A + B, (U, U)),
    "add row": (pv.add, (A, ROW), {}, U, A + ROW, (U, U.sum(0))),
    "subtract": (pv.subtract, (A, B), {}, U, A - B, (U, -U)),
    "subtract row": (pv.subtract, (ROW, A), {}, U, ROW - A, (U.sum(0), -U)),
    "multiply": (pv.multiply, (A, B), {}, U, A * B, (U * B, U * A)),
    "multiply row": (pv.multiply, (A, ROW), {}, U, A * ROW, (U * ROW, (U * A).sum(0))),
    "square": (pv.square, (A,), {}, U, A * A, (2 * U * A,)),
    "reshape": (pv.reshape, (A,), {"shape": (3, 2)}, C, A.reshape(3, 2), (C.reshape(2, 3),)),
    "transpose": (pv.transpose, (A,), {}, C, A.T, (C.T,)),
    "transpose axes": (
        pv.transpose,
        (COLUMNS,),
        {"axes": (2, 0, 1)},
        U4,
        ein("abc->cab", COLUMNS),
        (ein("cab->abc", U4),),
    ),
    "concatenate": (
        pv.concatenate,
        ([A, C],),
        {"axis": None},
        np.append(B, U),
        np.append(A, C),
        ([B, U.reshape(3, 2)],),
    ),
    "concatenate axis": (pv.concatenate, ((A, C.T),), {"axis": -1}, np.hstack([U, B]), np.hstack([A, C.T]), ((U, B),)),
    "sum": (pv.sum, (A,), {}, np.array(3), A.sum(), (np.full((2, 3), 3),)),
    "sum axis": (pv.sum, (A,), {"axis": 0}, ROW, A.sum(0), (np.stack([ROW, ROW]),)),
    "sum keepdims": (pv.sum, (A,), {"axis": 1, "keepdims": True}, COLUMN, A.sum(1, keepdims=True), (COLUMN + 0 * A,)),
    "max": (pv.max, (A,), {"axis": 1}, U1, A.max(1), (np.array([[2, 0, 0], [0, -5, 0]]),)),
    "relu": (pv.relu, (A,), {}, U, A * (A > 0), (U * (A > 0),)),
    "dot": (pv.dot, (A, C), {}, U2, ein("ij,jk", A, C), (ein("ik,jk", U2, C), ein("ij,ik->jk", A, U2))),
    "dot vector": (pv.dot, (A, ROW), {}, U1, ein("ij,j", A, ROW), (ein("i,j", U1, ROW), ein("ij,i->j", A, U1))),
    "dot vectors": (pv.dot, (ROW, A[0]), {}, np.array(-3), np.array(20), (-3 * A[0], -3 * ROW)),
    "dot number": (pv.dot, (np.array(2), A), {}, U, 2 * A, (np.array((U * A).sum()), 2 * U)),
    "dot stack": (pv.dot, (STACK, C), {}, U3, STACK @ C, (ein("bik,jk", U3, C), ein("bij,bik->jk", STACK, U3))),
    "dot of stack": (
        pv.dot,
        (A, COLUMNS),
        {},
        U4[:, :, 1:],
        ein("ij,bjk->ibk", A, COLUMNS),
        (ein("ibk,bjk->ij", U4[:, :, 1:], COLUMNS), ein("ibk,ij->bjk", U4[:, :, 1:], A)),
    ),
    "matmul": (pv.matmul, (A, C), {}, U2, A @ C, (ein("ik,jk", U2, C), ein("ij,ik->jk", A, U2))),
    "matmul stack": (pv.matmul, (STACK, C), {}, U3, STACK @ C, (ein("bik,jk", U3, C), ein("bij,bik->jk", STACK, U3))),
    "matmul broadcast": (
        pv.matmul,
        (ROW, COLUMNS),
        {},
        C,
        ein("j,bjk->bk", ROW, COLUMNS),
        (ein("bk,bjk->j", C, COLUMNS), ein("bk,j->bjk", C, ROW)),
    ),
    "linear": (pv.linear, (A, B), {}, U2, ein("bn,mn", A, B), (ein("bm,mn", U2, B), ein("bm,bn->mn", U2, A))),
    "linear sample": (pv.linear, (ROW, A), {}, U1, A @ ROW, (ein("m,mn", U1, A), ein("m,n", U1, ROW))),
    "squared_loss": (pv.squared_loss, (A, -A), {}, np.array(3), np.array(110), (6 * A, -6 * A)),
}


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("name", ROWS)
def test_small_integers_are_exact(name, dtype):
    rule, xs, static, u, value, cotangents = ROWS[name]
    got, vjp = rule(*tree_map(lambda x: x.astype(dtype), xs), **static)

    def check(should, got):
        np.testing.assert_array_equal(np.asarray(got), np.asarray(should, dtype), strict=True)

    tree_map(check, (value, cotangents), (got, vjp(u.astype(dtype))))
