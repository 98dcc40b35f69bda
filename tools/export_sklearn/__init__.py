"""From a fitted scikit-learn estimator to a model document of omen, see omen-model(5).

    from export_sklearn import export, save

    document = export(pipeline, X_train, name="iris", version="1")
    save(document, "MODELS/iris/1/model.json")

What cannot be exported raises Refused, which names every such part with its place.
"""

from .document import Refused, save
from .export import export

__all__ = ["Refused", "export", "save"]
