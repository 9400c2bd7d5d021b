"""What is wrong with the Celery processes of this machine: one file a finding, all of them pure.

A judge is a function from a :class:`~desktop.engine.census.judgement.sight.Sight` (all that was
seen) to verdicts. To add a finding: its word in ``states.WorkerFinding``, one file here, one line
in ``judge.JUDGES``, and its sentence in ``worker_findings.py``.

A verdict says how sure it is. What should have been measured and could not be is told as
``Confidence.UNKNOWN``: it is no finding, and no clean bill of health either.
"""
