"""How rows are placed in memory, and how a row is fetched before it is needed.

The neighbours of a stakeholder are scattered over all rows. Among a million people, almost every
access to a neighbour waits for memory. Fetched a few ties ahead, most rows arrive in time. This
changes the time a run takes, and nothing else.
"""

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, overload

from sim.rules.state import R, inner_rule

LINE = 64  # bytes that the processor fetches at a time
BLOCK = 256  # rows that stay at hand in the processor
MANY = 4096  # people that the processor does not hold all at once
AHEAD = 16  # talks: as many rows are on their way at a time
FETCH, KEEP, DATA = 0, 3, 1  # to be read; for use soon and again; not code


def fetch(people: R, i: int) -> None:
    """Fetch the first line of row i. Plain Python does nothing."""


@intrinsic
def _fetch_compiled(_context: Any, people: Any, _i: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        rows = context.make_array(signature.args[0])(context, builder, arguments[0])
        place = cgutils.get_item_pointer(
            context, builder, signature.args[0], rows, [arguments[1]], wraparound=False
        )
        byte = ir.IntType(8).as_pointer()
        number = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [byte, number, number, number])
        prefetch = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0i8")
        wish = [ir.Constant(number, value) for value in (FETCH, KEEP, DATA)]
        builder.call(prefetch, [builder.bitcast(place, byte), *wish])
        return context.get_dummy_value()

    return types.void(people, types.intp), generate


# numba compares the arguments with those of what is returned, annotations and all.
@overload(fetch, inline="always")
def _fetch(people, i):  # type: ignore[no-untyped-def]
    return lambda people, i: _fetch_compiled(people, i)


@inner_rule
def look_ahead(people: R, ties: R, run: R, k: int) -> None:
    """Fetch the speaker of a talk a few after talk k, if there are many people."""
    if len(people) > MANY and k + AHEAD < run[0].talks:
        fetch(people, ties[ties[k + AHEAD].talk].neighbour)
