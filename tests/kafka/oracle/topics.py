"""Reads whole topics as a read_committed consumer sees them."""
import time

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from oracle.batch import Record

QUIET_SECONDS = 30


def partitions_of(consumer, topic):
    metadata = consumer.list_topics(topic, 10).topics[topic]
    if metadata.error is not None:
        raise KafkaException(metadata.error)
    return sorted(metadata.partitions)


def reader(bootstrap, isolation="read_committed"):
    return Consumer({
        "bootstrap.servers": bootstrap, "group.id": "proof-oracle", "isolation.level": isolation,
        "auto.offset.reset": "error", "enable.auto.commit": False, "enable.partition.eof": True,
        "queued.min.messages": 100_000, "fetch.message.max.bytes": 4 << 20})


def read(bootstrap, topic):
    """Yields (partition, Record) of everything committed; per partition in the order of offsets."""
    consumer = reader(bootstrap)
    unread = set(partitions_of(consumer, topic))
    consumer.assign([
        TopicPartition(topic, number, consumer.get_watermark_offsets(TopicPartition(topic, number), 10)[0])
        for number in unread])
    heard = time.monotonic()
    while unread:
        messages = consumer.consume(5_000, 0.1)
        if messages:
            heard = time.monotonic()
        elif time.monotonic() > heard + QUIET_SECONDS:
            raise TimeoutError(f"{topic}: nothing came for {QUIET_SECONDS} s; partitions {sorted(unread)} are not at their end")
        for message in messages:
            error = message.error()
            if error is None:
                yield message.partition(), Record(message.offset(), message.timestamp()[1], message.key(),
                                                  message.value(), message.headers() or [])
            elif error.code() == KafkaError._PARTITION_EOF:
                unread.discard(message.partition())
            elif not error.retriable() and error.code() != KafkaError._TRANSPORT:
                raise KafkaException(error)
    consumer.close()


def ends(bootstrap, topic):
    """{partition: high watermark}. Only a read_uncommitted handle sees it."""
    consumer = reader(bootstrap, "read_uncommitted")
    found = {number: consumer.get_watermark_offsets(TopicPartition(topic, number), 10)[1]
             for number in partitions_of(consumer, topic)}
    consumer.close()
    return found
