"""The table of rules: each a function of a rendering that yields (object, what is wrong)."""

RULES = []  # (names, tool, function)


def rule(*names, tool):
    """Registers a function under the names that users know it by; the first is printed."""

    def add(function):
        RULES.append((names, tool, function))
        return function

    return add


def ignored(document):
    """The rules that an object says are not for it, by the tools' own annotations."""
    template = ((document.get("spec") or {}).get("template") or {}) if document.get("spec") else {}
    notes = {
        **((template.get("metadata") or {}).get("annotations") or {}),
        **(document["metadata"].get("annotations") or {}),
    }
    names = set(notes.get("kube-score/ignore", "").replace(" ", "").split(","))
    prefix = "ignore-check.kube-linter.io/"
    return names | {key[len(prefix):] for key in notes if key.startswith(prefix)}


def lint(bundle):
    """Yields (rule's name, tool, object, what is wrong)."""
    for names, tool, function in RULES:
        for document, text in function(bundle):
            if not (ignored(document) | bundle.without) & set(names):
                yield names, tool, document, text
