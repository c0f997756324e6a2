"""A message type of somebody's own: batches of readings, and its descriptor set."""
from confluent_kafka import Producer
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

PER_BATCH = 3
START_MS = 1_760_000_000_000
STEP_MS = 1_000

PIPELINE = """version: 1
pipeline: bad-readings
source:
  topics: [bad-readings]
  descriptor_set: readings.pb
  message: readings.Batch
  unnest: readings
  event_time: at_ms
  watermark: {max_out_of_orderness: 1s}
shuffle: {partitions: 1}
queries:
  - name: hottest
    sql: SELECT sensor, max(celsius) AS hottest FROM events GROUP BY tumble('5s'), sensor
    sinks: [{topic: bad-readings-rows}]
"""


def _field(message, name, kind, type_name=None):
    field = message.field.add(name=name, number=len(message.field) + 1, type=kind, label=1)
    if type_name:
        field.type_name, field.label = type_name, 3
    return field


def descriptor_set(message="Batch", fields=0):
    """`fields` more in a reading."""
    kinds = descriptor_pb2.FieldDescriptorProto
    files = descriptor_pb2.FileDescriptorSet()
    file = files.file.add(name="readings.proto", package="readings", syntax="proto3")
    reading = file.message_type.add(name="Reading")
    _field(reading, "at_ms", kinds.TYPE_INT64)
    _field(reading, "sensor", kinds.TYPE_STRING)
    _field(reading, "celsius", kinds.TYPE_INT64)
    for n in range(fields):
        _field(reading, f"a_field_with_a_long_name_{n}", kinds.TYPE_INT64)
    _field(file.message_type.add(name=message), "readings", kinds.TYPE_MESSAGE, ".readings.Reading")
    file.message_type.add(name="Unused")
    return files.SerializeToString()


def send(bootstrap, topic, batches, first):
    pool = descriptor_pool.DescriptorPool()
    for file in descriptor_pb2.FileDescriptorSet.FromString(descriptor_set()).file:
        pool.Add(file)
    batch_type = message_factory.MessageFactory(pool).GetPrototype(pool.FindMessageTypeByName("readings.Batch"))
    producer = Producer({"bootstrap.servers": bootstrap})
    for n in range(first, first + batches):
        batch = batch_type()
        for i in range(PER_BATCH):
            batch.readings.add(at_ms=START_MS + n * STEP_MS, sensor=f"s{i}", celsius=n)
        producer.produce(topic, batch.SerializeToString(), partition=n % 2, timestamp=START_MS + n * STEP_MS)
    producer.flush(30)
