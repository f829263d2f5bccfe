"""A load with meaning: many users at once who speak the protocol rightly, and check every answer as the suite does.

The way of the data: `device` is one user's way through the protocol, `process` what the users of one process share,
`tally` what a process tells; `centre` puts together what all of them told and finds what only shows over all of them;
`user` and `locustfile` are how Locust knows of it, and `conduct` is the whole of a load, from options to the verdict.

The one rule: what a load finds is recorded as a run's findings are, so that every report shows it.
Only `user`, `locustfile`, `ledger` and `conduct` know Locust and gevent; importing them patches the process.
"""
