"""The write path and the read path meet only in the store, arrows point down, and what needs no Django has none."""

import pytest

from tests.promises.sources import Module, inside, modules

# What each layer may import of ours, besides itself. A file belongs to its longest prefix.
LAYERS: dict[str, set[str]] = {
    "logviewer_client": set(),
    "LearningAPI": {"logviewer_client"},
    "logviewer.store": set(),
    "logviewer.env": set(),
    "logviewer.child_process": set(),
    "logviewer.connections": set(),
    "logviewer.embedded_postgres": {"logviewer.env", "logviewer.child_process"},
    "logviewer.supervisor": {
        "logviewer.env",
        "logviewer.child_process",
        "logviewer.embedded_postgres",
        "logviewer.wsgi",
    },
    "logviewer.query": {"logviewer.store", "logviewer.connections"},
    # Pages that edit keys know what a key is, and who sends without one; nothing else of ingest.
    "logviewer.accounts": {
        "logviewer.env",
        "logviewer.store.event",
        "ingest.models",
        "ingest.keys",
        "ingest.unacknowledged",
    },
    "ingest": {"logviewer.store", "logviewer.connections", "logviewer.accounts.models", "logviewer.accounts.secret"},
    "logviewer.api": {"logviewer.query", "logviewer.accounts", "logviewer.store.event"},
    "logviewer.viewer": {
        "logviewer.query",
        "logviewer.accounts",
        "logviewer.store.event",
        "logviewer.store.models",  # django-filter insists on a queryset
        "ingest.models",
        "ingest.keys",
    },
}
PROJECT = "logviewer"  # settings, urls, health, commands: they put the layers together and may name all of them

WITHOUT_DJANGO = (
    "logviewer_client",
    "ingest.protocols",
    "ingest.python_repr",
    "logviewer.connections",
    "logviewer.store.event",
    "logviewer.store.event_fields",
    "logviewer.store.field_notes",
    "logviewer.query.language",
)
DJANGO_MIDDLEWARE_OF_CLIENT = "logviewer_client.middleware"
DJANGO = ("django", "rest_framework", "django_filters", "django_htmx", "allauth")

ALL = modules()


def layer_of(name: str) -> str:
    homes = [layer for layer in LAYERS if inside(name, layer)]
    return max(homes, key=len) if homes else PROJECT


def of_ours(name: str) -> bool:
    return any(inside(name, top) for top in ("logviewer_client", "LearningAPI", "ingest", "logviewer"))


def places(module: Module, line: int, name: str) -> str:
    return f"{module.path}:{line} imports {name}"


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_imports_only_what_is_below_it(layer):
    allowed = LAYERS[layer] | {layer}
    wrong = [
        places(module, line, name)
        for module in ALL
        if layer_of(module.name) == layer
        for name, line in module.imports()
        if of_ours(name) and not any(inside(name, package) for package in allowed)
    ]
    assert wrong == []


def test_every_layer_has_files():
    # A renamed folder would otherwise leave its rule behind, which then guards nothing.
    assert set(LAYERS) - {layer_of(module.name) for module in ALL} == set()


def test_the_write_path_and_the_read_path_never_import_each_other():
    wrong = [
        places(module, line, name)
        for module in ALL
        for name, line in module.imports()
        if (inside(module.name, "ingest") and inside(name, "logviewer.query"))
        or (inside(module.name, "logviewer.query") and inside(name, "ingest"))
    ]
    assert wrong == []


@pytest.mark.parametrize("package", WITHOUT_DJANGO)
def test_what_has_no_need_of_django_does_not_import_it(package):
    concerned = [module for module in ALL if inside(module.name, package)]
    assert concerned
    wrong = [
        places(module, line, name)
        for module in concerned
        if not inside(module.name, DJANGO_MIDDLEWARE_OF_CLIENT)
        for name, line in module.imports()
        if any(inside(name, one) for one in DJANGO)
    ]
    assert wrong == []


@pytest.mark.parametrize("package", ["ingest.protocols"])
def test_every_kind_is_one_module_and_one_line_of_the_registry(package):
    registry = next(module for module in ALL if module.name == package)
    kinds = {module.name for module in ALL if inside(module.name, package)} - {package}
    registered = {name for name, _ in registry.imports()}
    forgotten = [kind for kind in kinds if not any(inside(name, kind) for name in registered)]
    assert forgotten == []


@pytest.mark.parametrize(
    ("source", "imported"),
    [
        ("import logviewer.query.search", "logviewer.query.search"),
        ("from ..query import search", "logviewer.query.search"),
        ("def late():\n    from logviewer.query.search import Search", "logviewer.query.search.Search"),
    ],
)
def test_imports_are_found_in_every_form(source, imported, tmp_path):
    file = tmp_path / "writer.py"
    file.write_text(source)
    module = Module("logviewer.store.writer", file)

    assert [name for name, _ in module.imports()] == [imported]
