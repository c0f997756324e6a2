"""What a run over Kafka must have published, computed once more from the raw input.

Shares no code with the engine: it knows no slices, tags, partials or merges. From the shuffle topic it takes only what
the guarantee names as input besides the records: the watermarks that committed frames gave to idle partitions.
"""
