"""Catalogue of validation findings: ``VAL-2xxx``, one file for each cause.

An id keeps its meaning for ever; texts may be improved. What a new finding is about says where it stands:
20xx resource and object shape, 21xx cardinality and choice, 22xx values, 23xx terminology, 24xx references and
contained, 25xx extensions, 26xx narrative, 27xx profiles, 28xx questionnaires, 29xx Bundles.
"""

from __future__ import annotations

from profiles.messages.bundles import *  # noqa: F403
from profiles.messages.elements import *  # noqa: F403
from profiles.messages.extensions import *  # noqa: F403
from profiles.messages.narrative import *  # noqa: F403
from profiles.messages.profiled import *  # noqa: F403
from profiles.messages.questionnaires import *  # noqa: F403
from profiles.messages.references import *  # noqa: F403
from profiles.messages.terminology import *  # noqa: F403
