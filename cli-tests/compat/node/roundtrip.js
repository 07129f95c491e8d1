// Produces with kafkajs, reads everything back in a group, and checks it.
//
// usage: node roundtrip.js BOOTSTRAP TOPIC CODEC COUNT      CODEC: none | gzip (what kafkajs brings along)
const { Kafka, CompressionTypes, logLevel } = require("kafkajs");

const [bootstrap, topic, codec, countText] = process.argv.slice(2);
const count = Number(countText);

async function main() {
  const kafka = new Kafka({ brokers: [bootstrap], logLevel: logLevel.ERROR });
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions: 3, replicationFactor: 1 }], waitForLeaders: true });
  if (!(await admin.listTopics()).includes(topic)) throw new Error("the new topic is not listed");

  const producer = kafka.producer({ idempotent: true });
  await producer.connect();
  const messages = Array.from({ length: count }, (_, i) => ({
    key: `key-${i}`,
    value: `value-${i}`,
    headers: { n: String(i) },
  }));
  await producer.send({ topic, messages, acks: -1, compression: codec === "gzip" ? CompressionTypes.GZIP : undefined });
  await producer.disconnect();

  const seen = new Map();
  const consumer = kafka.consumer({ groupId: `${topic}-group` });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error(`read ${seen.size} of ${count}: not in time`)), 60000).unref();
    consumer.run({
      eachMessage: async ({ message }) => {
        const key = message.key.toString();
        if (seen.has(key)) reject(new Error(`${key} came twice`));
        if (message.headers.n.toString() !== key.slice(4)) reject(new Error(`the header of ${key}`));
        seen.set(key, message.value.toString());
        if (seen.size === count) resolve();
      },
    });
  });
  for (let i = 0; i < count; i++) if (seen.get(`key-${i}`) !== `value-${i}`) throw new Error(`record ${i}`);
  await consumer.disconnect();
  await admin.disconnect();
  console.log("ok", codec, count);
}

main().catch((failure) => {
  console.error(failure);
  process.exit(1);
});
