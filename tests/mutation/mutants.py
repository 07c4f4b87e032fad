"""The mutants of a module, as mutmut makes them, and which of them a sample takes.

Left out is what no test should notice: the wording for people, what is logged, what types alone read, and of a text's
mutants all but one. Other than mutmut's own run this takes constants, defaults of classes and decorated functions too.
"""

from __future__ import annotations

import ast
import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import libcst
from libcst.metadata import MetadataWrapper, PositionProvider
from mutmut.mutation.file_mutation import Mutation, MutationVisitor, deep_replace
from mutmut.mutation.mutators import mutation_operators
from mutmut.mutation.pragma_handling import IgnoredCode

_PROSE = re.compile(r"""[rb]*["']([A-Z][a-z']*|[a-z]+),? [^=(]*["']""")
_UNREAD = re.compile(r"\blogger\.\w+\(|\bTypeVar\(|\bcast\(|\b__all__\b|\bTYPE_CHECKING\b")


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """A module with one thing in it changed; `line` is where, from 1; `code` the whole module after the change."""

    path: str
    line: int
    old: str
    new: str
    number: int  # among the module's mutants that change the same words to the same words
    render: Callable[[], str]

    @property
    def name(self) -> str:
        """What is changed to what, on one line; stays the same when other places of the module change."""
        old, new = (" ".join(words.split()) for words in (self.old, self.new))
        return f"{self.path}: {old} -> {new}" + (f" (#{self.number})" if self.number > 1 else "")

    def rank(self, seed: int) -> str:
        """Its place in the order in which samples of this seed are drawn; no other mutant has a say in it."""
        return hashlib.sha256(f"{seed} {self.name}".encode()).hexdigest()


class _Everywhere(MutationVisitor):
    """mutmut's own visitor skips decorated functions, since it could not call their mutants by name."""

    def _skip_node_and_children(self, node: libcst.CSTNode) -> bool:
        if isinstance(node, libcst.FunctionDef) and node.decorators:
            return False
        return bool(super()._skip_node_and_children(node))


def sample(root: Path, folder: str, count: int, seed: int) -> list[Mutant]:
    """So many of the mutants of a folder's modules; the same for the same seed, but for what has changed since."""
    files = sorted((root / folder).glob("*.py"))
    found = [mutant for file in files for mutant in mutants(root, file.relative_to(root).as_posix())]
    ranked = sorted(found, key=lambda mutant: mutant.rank(seed))
    return list(islice((mutant for mutant in ranked if _runs(root, mutant)), count))


def mutants(root: Path, path: str) -> Iterator[Mutant]:
    """Every mutant of a module that a test might notice."""
    source = (root / path).read_text("utf-8")
    lines = source.splitlines()
    wrapper = MetadataWrapper(libcst.parse_module(source))
    places = wrapper.resolve(PositionProvider)
    nothing = IgnoredCode(no_mutate_lines=set(), ignore_node_lines=set(), ignore_pattern_lines=set())
    visitor = _Everywhere(mutation_operators, nothing)
    module = wrapper.visit(visitor)
    seen: Counter[tuple[str, str]] = Counter()
    for mutation in visitor.mutations:
        line = places[mutation.original_node].start.line
        old, new = (module.code_for_node(node) for node in (mutation.original_node, mutation.mutated_node))
        if _UNREAD.search(lines[line - 1]) or _is_wording(mutation):
            continue
        seen[old, new] += 1

        def render(mutation: Mutation = mutation) -> str:
            changed = deep_replace(module, mutation.original_node, mutation.mutated_node)
            assert isinstance(changed, libcst.Module)
            return changed.code

        yield Mutant(path=path, line=line, old=old, new=new, number=seen[old, new], render=render)


def _is_wording(mutation: Mutation) -> bool:
    old, new = mutation.original_node, mutation.mutated_node
    if not isinstance(old, libcst.SimpleString) or not isinstance(new, libcst.SimpleString):
        return False
    return len(new.value) != len(old.value) + len("XXXX") or _PROSE.fullmatch(old.value) is not None


def _runs(root: Path, mutant: Mutant) -> bool:
    """Whether it is Python, and other Python than before."""
    before, after = (root / mutant.path).read_text("utf-8"), mutant.render()
    try:
        compile(after, mutant.path, "exec", dont_inherit=True)
    except SyntaxError:
        return False
    return ast.dump(ast.parse(before)) != ast.dump(ast.parse(after))
