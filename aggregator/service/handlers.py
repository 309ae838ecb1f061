"""The handlers of durable tasks by kind, composed over a pipeline."""

from collections.abc import Mapping

from aggregator.model.websub import TaskKind
from aggregator.service.alert_webhook import AlertNotifier
from aggregator.service.full_text import FullText
from aggregator.service.images import ImageCopies
from aggregator.service.letters import Letters
from aggregator.service.pipeline import Pipeline
from aggregator.service.probes import Probes
from aggregator.service.site_terms import SiteTerms
from aggregator.tasks import Handler
from aggregator.websub.subscriber import Subscriber


def handlers(pipeline: Pipeline, alerts: AlertNotifier) -> Mapping[TaskKind, Handler]:
    """Return what carries out each kind of task."""
    storage, client, write = pipeline.storage, pipeline.client, pipeline.write
    config, clock = pipeline.config, pipeline.clock
    hubs = Subscriber(storage.tasks, client, write, config=config, clock=clock)
    terms = SiteTerms(storage.tasks, client, write, config=config, clock=clock)
    probes = Probes(storage.origins, client, write, config=config, clock=clock)
    pages = FullText(storage.pages, client, pipeline.extractor, write, config=config, clock=clock)
    letters = Letters(storage.reports, config=config, clock=clock)
    copies = ImageCopies(storage, client, pipeline.drawer, write, config=config, clock=clock)
    return {
        TaskKind.WEBSUB: hubs.run,
        TaskKind.ALERTS: alerts.run,
        TaskKind.TERMS: terms.run,
        TaskKind.PROBE: probes.run,
        TaskKind.PAGE: pages.run,
        TaskKind.LETTER: letters.run,
        TaskKind.IMAGES: copies.look,
        TaskKind.IMAGE: copies.run,
    }
