"""Imports go up the page only, and importing the library loads nothing that was not asked for."""

from __future__ import annotations

import ast
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import glidepath

SOURCE = Path(glidepath.__file__).parent

#: The page, from the top: modules and packages. Each may import those above it, and files of its own package.
PAGE = [
    "errors",
    "files",
    "arrays",
    "fields",
    "schedule",
    "tree",
    "schedules",
    "compose",
    "phases",
    "recipes",
    "units",
    "plain",
    "reader",
    "spec",
    "expression",
    "simplify",
    "text",
    "compiled",
    "export",
    "difference",
    "pinned",
    "ticks",
    "svg",
    "braille",
    "plot",
    "jax",
    "plateau",
    "torch",
    "optax",
    "braintools",
    "optimus_dl",
    "convert",
    "theory",
    "testing",
    "lab",
    "web",
    "cli",
    "__main__",
]

#: Imports down the page, inside of functions: conveniences, and what is needed only when it is there.
CONVENIENCES = {
    ("arrays", "tree"): "the tensors of a schedule say which device to use",
    ("fields", "schedule"): "a field may hold a schedule",
    ("fields", "tree"): "a field may hold schedules in columns",
    ("schedule", "tree"): "which field an error is about",
    ("schedule", "schedules"): "a number that stands for a constant schedule",
    ("schedule", "compose"): "operators and then()",
    ("schedule", "compiled"): "the first call with a number",
    ("schedule", "text"): "to_source()",
    ("schedule", "spec"): "to_dict(), to_json() and dump()",
    ("schedule", "phases"): "phases()",
    ("schedule", "svg"): "_repr_html_()",
    ("schedule", "braille"): "preview()",
    ("schedule", "plot"): "plot()",
}

#: Which packages may be imported where, at the top of a file or in a function. None else may be, anywhere.
HOSTS = {
    "numpy": ["arrays/numpy", "arrays/jax", "jax", "optax/", "braintools/", "theory/", "testing/", "lab/"],
    "scipy": ["theory/"],
    "jax": ["arrays/jax", "jax", "optax/", "braintools/", "testing/jax", "lab/jax"],
    "torch": ["arrays/torch", "torch/", "optimus_dl/", "convert/torch", "testing/torch", "lab/torch"],
    "omegaconf": ["optimus_dl/"],
    "matplotlib": ["plot"],
    "optax": ["optax/"],
    "braintools": ["braintools/"],
    "brainstate": ["braintools/"],
    "yaml": ["plain"],
    "click": ["cli/"],
    "joblib": ["lab/"],
    "tqdm": ["lab/"],
}


def files():
    return sorted(SOURCE.rglob("*.py"))


def name_of(path):
    """``compose.join`` for ``compose/join.py``, ``compose`` for its ``__init__.py``."""
    parts = path.relative_to(SOURCE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _is_for_type_checkers(node):
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def imports(path, *, deferred):
    """The nodes of the import statements that run with the file, or of those inside of its functions."""

    def visit(node, inside):
        if _is_for_type_checkers(node):
            for child in node.orelse:
                yield from visit(child, inside)
            return
        if isinstance(node, ast.Import | ast.ImportFrom) and inside == deferred:
            yield node
        inside = inside or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for child in ast.iter_child_nodes(node):
            yield from visit(child, inside)

    return list(visit(ast.parse(path.read_text()), False))


def own_modules(path, nodes):
    """Which modules of the library some import statements name."""
    known = {name_of(file) for file in files()}
    package = path.relative_to(SOURCE).parent.parts
    for node in nodes:
        if isinstance(node, ast.Import):
            assert not any(alias.name.split(".")[0] == "glidepath" for alias in node.names), (
                f"{path}: import relatively"
            )
        elif node.level:
            base = [*package[: len(package) - node.level + 1], *(node.module or "").split(".")]
            base = ".".join(part for part in base if part)
            for alias in node.names:
                inner = f"{base}.{alias.name}" if base else alias.name
                yield inner if inner in known else base
        else:
            assert node.module.split(".")[0] != "glidepath", f"{path}: import relatively"


def room(module):
    return module.split(".")[0]


def test_every_file_stands_on_the_page():
    assert {room(name_of(path)) for path in files()} - {""} == set(PAGE)


@pytest.mark.parametrize("path", [pytest.param(path, id=name_of(path) or "glidepath") for path in files()])
def test_a_file_imports_only_what_stands_above_it(path):
    own = room(name_of(path))
    if not own:  # the face
        return
    for module in own_modules(path, imports(path, deferred=False)):
        if room(module) != own:
            assert module, f"{own} imports the whole library"
            assert PAGE.index(room(module)) < PAGE.index(own), f"{own} imports {module}, which stands below it"


def test_no_files_import_each_other_in_a_circle():
    graph = {name_of(path): set(own_modules(path, imports(path, deferred=False))) - {name_of(path)} for path in files()}
    assert list(TopologicalSorter(graph).static_order())


def test_only_conveniences_import_down_the_page():
    found = set()
    for path in files():
        own = room(name_of(path))
        for module in own_modules(path, imports(path, deferred=True)):
            below = room(module) != own and (not module or PAGE.index(room(module)) > PAGE.index(own))
            found |= {(own, room(module))} if below else set()
    assert found == set(CONVENIENCES)


def test_only_rooms_named_for_a_library_import_it():
    for path in files():
        place = path.relative_to(SOURCE).with_suffix("").as_posix()
        for node in [*imports(path, deferred=False), *imports(path, deferred=True)]:
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
            for name in names:
                top = name.split(".")[0]
                if isinstance(node, ast.ImportFrom) and node.level:
                    continue
                if top not in sys.stdlib_module_names:
                    assert top in HOSTS, f"{place} imports {top}"
                    assert place.startswith(tuple(HOSTS[top])), f"{place} imports {top}"


def test_a_star_import_brings_every_public_name_but_what_would_hide_a_builtin():
    own = {alias.asname for node in imports(SOURCE / "__init__.py", deferred=False) for alias in node.names}
    assert set(glidepath.__all__) == own - {"compile"}


# In a fresh process -------------------------------------------------------------------------------------------


def loaded_by(statement):
    """The modules that a fresh interpreter has loaded after a statement."""
    code = f"import sys; before = set(sys.modules); {statement}; print(*sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_importing_the_library_loads_the_standard_library_only():
    top = {name.split(".")[0] for name in loaded_by("import glidepath")}
    assert top - set(sys.stdlib_module_names) == {"glidepath"}


def test_importing_the_library_loads_no_costly_module_of_the_standard_library():
    costly = {
        "typing",
        "pathlib",
        "inspect",
        "importlib.metadata",
        "hashlib",
        "json",
        "fractions",
        "difflib",
        "argparse",
    }
    assert not costly & (loaded_by("import glidepath") - loaded_by("import dataclasses"))


def test_a_call_with_a_number_loads_no_array_library():
    use = (
        "import glidepath as g; s = g.wsd(0.1, warmup=10, decay=20, total=100); s(5); s.to_source(); s.to_json(); s * 2"
    )
    assert not {"numpy", "jax", "torch", "yaml", "mpmath"} & loaded_by(use)


def test_a_numpy_call_loads_no_framework():
    use = "import glidepath as g, numpy as np; g.sgdr(0.1, period=9)(np.arange(9))"
    assert not {"jax", "torch"} & loaded_by(use)


def test_the_jax_room_loads_no_torch():
    assert "torch" not in loaded_by("import glidepath.jax")
