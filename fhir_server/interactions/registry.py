"""Every interaction of this server, as data. https://hl7.org/fhir/R4/http.html#summary"""

from __future__ import annotations

from fhir_server.exchange.registry import Answer, Content, Interaction, Phase
from fhir_server.exchange.url import Shape
from fhir_server.interactions import bundle, capabilities, create, delete, history, read, search, update, vread

INTERACTIONS: tuple[Interaction, ...] = (
    Interaction("capabilities", "GET", Shape.METADATA, capabilities.handle, frozenset(("mode",)), phase=Phase.READ),
    Interaction("read", "GET", Shape.INSTANCE, read.handle, phase=Phase.READ),
    Interaction("vread", "GET", Shape.VERSION, vread.handle, phase=Phase.READ),
    Interaction(
        "update",
        "PUT",
        Shape.INSTANCE,
        update.handle,
        answer=Answer.PLAIN,
        content=Content.RESOURCE,
        phase=Phase.UPDATE,
        steps=update.STEPS,
    ),
    Interaction(
        "delete",
        "DELETE",
        Shape.INSTANCE,
        delete.handle,
        answer=Answer.PLAIN,
        phase=Phase.DELETE,
        steps=delete.STEPS,
    ),
    Interaction(
        "create",
        "POST",
        Shape.TYPE,
        create.handle,
        answer=Answer.PLAIN,
        content=Content.RESOURCE,
        phase=Phase.CREATE,
        steps=create.STEPS,
    ),
    Interaction("history-instance", "GET", Shape.INSTANCE_HISTORY, history.handle, history.PARAMS, phase=Phase.READ),
    Interaction("history-type", "GET", Shape.TYPE_HISTORY, history.handle, history.PARAMS, phase=Phase.READ),
    Interaction("history-system", "GET", Shape.SYSTEM_HISTORY, history.handle, history.PARAMS, phase=Phase.READ),
    Interaction("search-type", "GET", Shape.TYPE, search.handle, answer=Answer.OWN, phase=Phase.READ),
    Interaction("search-type", "GET", Shape.COMPARTMENT, search.handle, answer=Answer.OWN, phase=Phase.READ),
    Interaction("search-system", "GET", Shape.SYSTEM, search.handle, answer=Answer.OWN, phase=Phase.READ),
    Interaction("search-type", "POST", Shape.TYPE_SEARCH, search.handle, answer=Answer.OWN, content=Content.FORM),
    Interaction("search-system", "POST", Shape.SYSTEM_SEARCH, search.handle, answer=Answer.OWN, content=Content.FORM),
    Interaction("transaction", "POST", Shape.SYSTEM, bundle.handle, answer=Answer.PLAIN, content=Content.RESOURCE),
    Interaction("batch", "POST", Shape.SYSTEM, bundle.handle, answer=Answer.PLAIN, content=Content.RESOURCE),
)
