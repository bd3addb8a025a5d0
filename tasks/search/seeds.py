"""Seeds and ids as hashes of what they belong to, so that a tree depends neither on its neighbours nor on a resume."""

from hashlib import blake2b

_SEPARATOR = "\x1f"


def hashed_seed(*parts: str | int) -> int:
    """Return a seed in [0, 2**63) that belongs to `parts`.

    Hashed, never added: engines draw from seed + i for the i-th sample of a request, so neighbouring sums would collide.
    """
    return int.from_bytes(_digest(parts, n_bytes=8), "big") >> 1


def tree_id(run_seed: int, round_number: int, problem_id: str, tree_index: int) -> str:
    """Return the id of a search tree: 16 hexadecimal digits."""
    return _digest((run_seed, round_number, problem_id, tree_index), n_bytes=8).hex()


def _digest(parts: tuple[str | int, ...], n_bytes: int) -> bytes:
    return blake2b(_SEPARATOR.join(map(str, parts)).encode(), digest_size=n_bytes).digest()
