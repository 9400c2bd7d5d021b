"""Words of the figures: charts, tasks by name, failures by place."""

from __future__ import annotations

from desktop.words import Text, text, textn

WORDS: dict[str, Text] = {
    "figure_span": text("Span of time"),
    "figure_15m": text("15 min"),
    "figure_1h": text("1 h"),
    "figure_6h": text("6 h"),
    "figure_1d": text("24 h"),
    "figure_7d": text("7 d"),
    "figure_throughput": text("Throughput"),
    "figure_failures": text("Failures"),
    "figure_wait": text("Wait, 95 %"),
    "figure_queued": text("In the queues"),
    "figure_finished": text("finished"),
    "figure_failed": text("failed"),
    "figure_median": text("Median"),
    "figure_median_word": text("median"),
    "figure_95": text("95 %"),
    "figure_99": text("99 %"),
    "figure_wait_word": text("wait"),
    "figure_messages": text("messages"),
    "figure_between": text("{name} between {least} and {most}, at last {last}"),
    "figure_nothing": text("Nothing was measured."),
    "figure_by_name": text("Tasks by name"),
    "figure_by_place": text("Failures by place"),
    "figure_runs": text("Times run"),
    "figure_per_minute": text("Per minute"),
    "figure_retried": text("Retried"),
    "figure_failure": text("Failure"),
    "figure_of": text("Of"),
    "figure_first": text("First"),
    "figure_last": text("Last"),
    "figure_succeeded_since": text("Succeeded since"),
    "figure_failed_in": text("{n} × {exception} in {place}", n="{n}"),
    "figure_failed_so": text("{n} × {exception}", n="{n}"),
    "figure_ended": textn("{count} task ended", "{count} tasks ended", 1, count="{n}"),
    "figure_of_them_failed": text("{count} failed ({share} %)"),
    "figure_none_ended": text("Nothing has ended in this time."),
}
