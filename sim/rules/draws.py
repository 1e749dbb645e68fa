"""Every random draw, as a pure function of what it is for (model description 6).

A draw depends on (seed, run, purpose, number, i, j) and on nothing else: not on the order of
draws, on the engine, on the number of workers or on who else takes part. Two scenarios under the
same seed and run therefore share every draw that both make (common random numbers).

The generator is Philox4x32-10 (Salmon, Moraes, Dror & Shaw 2011, "Parallel random numbers: as
easy as 1, 2, 3", SC11). Its 32-bit words are held in 64-bit integers, so that no product
overflows.
"""

import math
from typing import Any

import numba
from numba.extending import intrinsic, overload
from numpy import uint64

from sim.rules.compile import compiled, helper

# Purposes. A number, once given, is never given to anything else: it is part of every draw.
MOOD = 1
POWER = 2
FUNDS = 3  # capacity and network follow as 4 and 5
OUTSIDE_OPTION = 6
EXPECTATION = 7
NORM = 8
IMMOVABLE = 9
FREE_RIDER = 10
INVITATION = 11
RING = 12
REWIRING = 13
WEAK_TIE = 14
TIE = 15
PROBLEM = 16
STRATEGIC = 17
FACT = 18
OPTION = 19
CENTRE = 20
INTEREST = 21
KNOWLEDGE = 22
LISTENING = 23
DEBATE = 24
WOBBLE = 25
TREMBLE = 26
SHIRKING = 27
WATCHING = 28
POWER_ORDER = 29
VALUES = 30

_LOW = uint64(0xFFFFFFFF)
_SHIFT = uint64(32)
_MULTIPLIER_0 = uint64(0xD2511F53)
_MULTIPLIER_1 = uint64(0xCD9E8D57)
_WEYL_0 = uint64(0x9E3779B9)
_WEYL_1 = uint64(0xBB67AE85)
Word = uint64  # 64 bits: those that are drawn, or a set of facts
Words = tuple[Word, Word, Word, Word]


@helper
def philox(key_0: Word, key_1: Word, c_0: Word, c_1: Word, c_2: Word, c_3: Word) -> Words:
    """Four 32-bit words of Philox4x32-10 for a key of two words and a counter of four.

    Source: Salmon et al. 2011, section 2; tested against the published known-answer vectors.

    Examples
    --------
    >>> from numpy import uint64
    >>> zero = uint64(0)
    >>> [hex(word) for word in philox(zero, zero, zero, zero, zero, zero)]
    ['0x6627e8d5', '0xe169c58d', '0xbc57ac4c', '0x9b00dbd8']
    """
    for _round in range(10):
        product_0 = _MULTIPLIER_0 * c_0
        product_1 = _MULTIPLIER_1 * c_2
        c_0, c_1, c_2, c_3 = (
            (product_1 >> _SHIFT) ^ c_1 ^ key_0,
            product_1 & _LOW,
            (product_0 >> _SHIFT) ^ c_3 ^ key_1,
            product_0 & _LOW,
        )
        key_0 = (key_0 + _WEYL_0) & _LOW
        key_1 = (key_1 + _WEYL_1) & _LOW
    return c_0, c_1, c_2, c_3


@compiled
def words(key_0: Word, key_1: Word, purpose: int, number: int, i: int, j: int) -> Words:
    """Return the four words of one draw of the run whose key is given.

    Parameters
    ----------
    key_0, key_1
        The run's key (:func:`run_key`).
    purpose
        What is drawn: one of this module's constants.
    number
        The problem's number for what belongs to a problem, 0 for what belongs to the run, else
        cycle x 2^16 + round within the phase.
    i, j
        Whom or what it is for; a stakeholder is sector x 2^20 + place in the sector.
    """
    return philox(key_0, key_1, uint64(purpose), uint64(number), uint64(i), uint64(j))


@helper
def run_key(seed: Word, run: int) -> tuple[Word, Word]:
    """Return the key of a run: the first two words of the block (run, 0, 0, 0) under the seed."""
    zero = uint64(0)
    first, second, _third, _fourth = philox(
        seed & _LOW, seed >> _SHIFT, uint64(run), zero, zero, zero
    )
    return first, second


@helper
def uniform(word: Word) -> float:
    """Return a uniform number in (0, 1) from one word: (word + .5) / 2^32."""
    return (float(word) + 0.5) / 4294967296.0


@helper
def normal(word: Word) -> float:
    """Return a standard normal number: where the normal distribution reaches uniform(word).

    Algorithm AS 241, PPND7 (Wichura 1988): accurate to seven digits, which is finer than the steps
    of 2^-32 of its input. Faster than Box & Muller (1958), which needs two words and a cosine.

    Examples
    --------
    >>> from numpy import uint64
    >>> round(normal(uint64(0.975 * 2**32)), 5)
    1.95996
    """
    q = uniform(word) - 0.5
    if math.fabs(q) <= 0.425:
        r = 0.180625 - q * q
        above = ((59.109374720 * r + 159.29113202) * r + 50.434271938) * r + 3.3871327179
        below = ((67.187563600 * r + 78.757757664) * r + 17.895169469) * r + 1.0
        return q * above / below
    r = math.sqrt(-math.log(0.5 - math.fabs(q))) - 1.6
    above = ((0.17023821103 * r + 1.3067284816) * r + 2.7568153900) * r + 1.4234372777
    below = (0.12021132975 * r + 0.73700164250) * r + 1.0
    return math.copysign(above / below, q)


NOTHING = uint64(0)  # the empty set of facts
EVERYTHING = uint64(0xFFFFFFFFFFFFFFFF)


@helper
def bit(index: int) -> Word:
    """Return the set that holds one element: a word with one bit."""
    return uint64(1) << uint64(index)


def count_bits(members: Word) -> int:
    """Return how many bits of a word are set. Compiled, it is one instruction of the processor."""
    return int(members).bit_count()


@intrinsic
def _population_count(_context: Any, members: Any) -> Any:
    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return numba.int64(members), generate


# numba compares the arguments with those of what is returned, annotations and all.
@overload(count_bits, inline="always")
def _count_bits_compiled(members):  # type: ignore[no-untyped-def]
    return lambda members: _population_count(members)


@helper
def size(members: Word) -> int:
    """Return how many elements a bit set has.

    Examples
    --------
    >>> from numpy import uint64
    >>> size(uint64(0b10110))
    3
    """
    return count_bits(members)


@helper
def pick(members: Word, word: Word) -> int:
    """One element of a non-empty bit set, each equally likely.

    Examples
    --------
    >>> from numpy import uint64
    >>> pick(uint64(0b10110), uint64(0)), pick(uint64(0b10110), uint64(2**32 - 1))
    (1, 4)
    """
    rank = int(uniform(word) * size(members))
    one, place, half = uint64(1), uint64(0), uint64(32)
    while half > NOTHING:  # is it in the lower half of where it may be? Faster than one by one
        below = size((members >> place) & ((one << half) - one))
        if rank >= below:
            rank -= below
            place += half
        half >>= one
    return int(place)
