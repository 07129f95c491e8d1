"""Produces with one Python client, reads everything back in a group, and checks it.

usage: roundtrip.py CLIENT BOOTSTRAP TOPIC CODEC COUNT     CLIENT: confluent | kafka-python | aiokafka
"""

import asyncio
import sys
import time

PARTITIONS = 3
DEADLINE = time.monotonic() + 60


def late(what):
    if time.monotonic() > DEADLINE:
        sys.exit(f"{what}: not in time")


def check(seen, count):
    assert len(seen) == count, f"read {len(seen)} of {count}"
    for i in range(count):
        assert seen[b"key-%d" % i] == b"value-%d" % i, f"record {i}"


def confluent(bootstrap, topic, codec, count):
    from confluent_kafka import Consumer, KafkaException, Producer
    from confluent_kafka.admin import AdminClient, NewTopic

    admin = AdminClient({"bootstrap.servers": bootstrap})
    admin.create_topics([NewTopic(topic, PARTITIONS, 1)])[topic].result(30)
    assert topic in admin.list_topics(timeout=10).topics
    failures = []
    producer = Producer(
        {"bootstrap.servers": bootstrap, "compression.type": codec, "enable.idempotence": True, "linger.ms": 5}
    )
    for i in range(count):
        producer.produce(
            topic,
            key=b"key-%d" % i,
            value=b"value-%d" % i,
            headers=[("n", b"%d" % i)],
            on_delivery=lambda error, _: error and failures.append(error),
        )
        producer.poll(0)
    assert producer.flush(30) == 0 and not failures, failures
    seen = {}
    for part in (count // 2, count):
        consumer = Consumer(
            {
                "bootstrap.servers": bootstrap,
                "group.id": topic + "-group",
                "auto.offset.reset": "earliest",
                "enable.auto.commit": False,
            }
        )
        consumer.subscribe([topic])
        while len(seen) < part:
            late("consume")
            message = consumer.poll(1.0)
            if message is None:
                continue
            if message.error():
                raise KafkaException(message.error())
            assert message.headers() == [("n", message.key()[4:])], message.headers()
            assert message.key() not in seen, message.key()
            seen[message.key()] = message.value()
            consumer.commit(message, asynchronous=True)
        consumer.commit(asynchronous=False) if part < count else None
        consumer.close()
    check(seen, count)


def kafka_python(bootstrap, topic, codec, count):
    from kafka import KafkaConsumer, KafkaProducer
    from kafka.admin import KafkaAdminClient, NewTopic

    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    admin.create_topics([NewTopic(topic, PARTITIONS, 1)])
    assert topic in admin.list_topics()
    admin.close()
    producer = KafkaProducer(
        bootstrap_servers=bootstrap, compression_type=None if codec == "none" else codec, acks="all", linger_ms=5
    )
    sent = [
        producer.send(topic, key=b"key-%d" % i, value=b"value-%d" % i, headers=[("n", b"%d" % i)]) for i in range(count)
    ]
    producer.flush(30)
    for future in sent:
        future.get(30)
    producer.close()
    seen = {}
    for part in (count // 2, count):
        consumer = KafkaConsumer(
            topic,
            bootstrap_servers=bootstrap,
            group_id=topic + "-group",
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            max_poll_records=50,
        )
        while len(seen) < part:
            late("consume")
            for messages in consumer.poll(1000).values():
                for message in messages:
                    assert message.key not in seen, message.key
                    seen[message.key] = message.value
            consumer.commit()
        consumer.close()
    check(seen, count)


async def aiokafka(bootstrap, topic, codec, count):
    from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
    from aiokafka.admin import AIOKafkaAdminClient, NewTopic

    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(topic, PARTITIONS, 1)])
    await admin.close()
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap, compression_type=None if codec == "none" else codec, enable_idempotence=True
    )
    await producer.start()
    futures = [await producer.send(topic, key=b"key-%d" % i, value=b"value-%d" % i) for i in range(count)]
    await asyncio.gather(*futures)
    await producer.stop()
    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=bootstrap, group_id=topic + "-group", auto_offset_reset="earliest"
    )
    await consumer.start()
    seen = {}
    while len(seen) < count:
        late("consume")
        for messages in (await consumer.getmany(timeout_ms=1000)).values():
            for message in messages:
                assert message.key not in seen, message.key
                seen[message.key] = message.value
    await consumer.stop()
    check(seen, count)


def main():
    client, bootstrap, topic, codec, count = sys.argv[1:]
    arguments = (bootstrap, topic, codec, int(count))
    if client == "confluent":
        confluent(*arguments)
    elif client == "kafka-python":
        kafka_python(*arguments)
    elif client == "aiokafka":
        asyncio.run(aiokafka(*arguments))
    else:
        sys.exit(__doc__)
    print("ok", codec, count)


main()
