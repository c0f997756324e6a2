"""The text of a pipeline that counts the calls of each account."""

TEXT = """version: 1
pipeline: {name}
source:
  name: calls
  topics: [{topic}]
  message: tidemark.events.v1.CallMetric
  event_time: event_time_ms
  watermark: {{max_out_of_orderness: {seconds}s}}
shuffle: {{partitions: {merges}}}
queries:
  - name: by_account
    sql: |
      SELECT account_sid, count(*) AS calls FROM calls GROUP BY tumble('{seconds}s'), account_sid
    sinks: [{{topic: {name}-rows}}]
"""


def pipeline(name, topic, merges, seconds):
    """`seconds`: of its windows, and of disorder."""
    return TEXT.format(name=name, topic=topic, merges=merges, seconds=seconds)
