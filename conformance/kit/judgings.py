"""What a case judged and by which rule, for the same to be judged again without the target (`report --rejudge`).

The one rule: a requirement is judged again in whole only where all that was judged of it is here. What rested on more
than answers (an order, a state, a connection) is named in `kept`, and keeps its verdict.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from weakref import ref

from conformance.checks import again
from conformance.checks.judgement import Judgement
from conformance.exchange import Exchange
from conformance.results import Judged

REFUSED, ACCEPTED, BASELINE = "refused", "accepted", "baseline"  # the rules that the stream names; others are checks
UNTOLD = "?"  # one of several requirements would be to blame for a refusal, and which was not asked
_FAILURES_KEPT = 5  # of a rule: what Hypothesis tries on its way to the smallest failure adds nothing


@dataclass(slots=True)
class Judgings:
    """The rules applied in one case, in order, and the exchanges they were applied to, without what was sent."""

    judged: list[Judged] = field(default_factory=list)
    exchanges: list[Exchange] = field(default_factory=list)
    kept: set[str] = field(default_factory=set)
    _places: dict[int, tuple[ref[Exchange], int]] = field(default_factory=dict)
    _failures: Counter[tuple[str, ...]] = field(default_factory=Counter)
    _baselines: set[tuple[str, int]] = field(default_factory=set)

    def rule(
        self,
        rule: str,
        requirements: Iterable[str],
        twin: str,
        exchange: Exchange,
        title: str,
        *,
        failed: bool,
        blame: str = "",
    ) -> None:
        """An answer that had to be `refused` or `accepted`, as an answer to a request of the twin's kind."""
        ids = tuple(requirements)
        if self._enough(rule, ids, failed=failed):
            return
        self.judged.append(Judged(rule, ids, twin=twin, exchange=self._place(exchange), title=title, blame=blame))

    def baseline(self, twin: str, exchange: Exchange) -> None:
        """The untouched twin that a refusal rests on, once."""
        place = self._place(exchange)
        if (twin, place) not in self._baselines:
            self._baselines.add((twin, place))
            self.judged.append(Judged(BASELINE, (), twin=twin, exchange=place))

    def applied(self, judgement: Judgement) -> None:
        """The checks a judgement came of; what it looked at besides is kept as it was judged."""
        covered: set[str] = set()
        broken = {finding.requirement for finding in judgement.findings}
        for one in judgement.applied:
            if not one.checked:
                continue
            covered |= one.checked
            ids = tuple(sorted(one.checked))
            if self._enough(one.check, ids, failed=bool(broken & one.checked)):
                continue
            try:
                arguments = again.written(one.arguments, self._place)
            except again.NotRecordedError:
                self.kept |= one.checked
            else:
                self.judged.append(Judged(one.check, ids, arguments=arguments))
        self.kept |= judgement.checked - covered

    def _enough(self, rule: str, ids: tuple[str, ...], *, failed: bool) -> bool:
        """Whether enough failures of this rule are recorded; what is left out then is never held to have passed."""
        if not failed:
            return False
        self._failures[rule, *ids] += 1
        if self._failures[rule, *ids] <= _FAILURES_KEPT:
            return False
        self.kept.update(ids)
        return True

    def _place(self, exchange: Exchange) -> int:
        """The number of an exchange, the same for the same. Its body is left out: no rule reads what was sent."""
        known, place = self._places.get(id(exchange), (None, -1))
        if known is None or known() is not exchange:  # another had this id, and is gone
            place = len(self.exchanges)
            self._places[id(exchange)] = ref(exchange), place
            self.exchanges.append(replace(exchange, request=replace(exchange.request, body=b"")))
        return place
