// Produces with one Go client, reads everything back in a group, and checks it.
//
// usage: compat CLIENT BOOTSTRAP TOPIC CODEC COUNT      CLIENT: franz | sarama
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"strconv"
	"time"

	"github.com/IBM/sarama"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

const partitions = 3

func main() {
	if len(os.Args) != 6 {
		log.Fatal("usage: compat CLIENT BOOTSTRAP TOPIC CODEC COUNT")
	}
	client, bootstrap, topic, codec := os.Args[1], os.Args[2], os.Args[3], os.Args[4]
	count, err := strconv.Atoi(os.Args[5])
	must(err)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	seen := map[string]string{}
	switch client {
	case "franz":
		franz(ctx, bootstrap, topic, codec, count, seen)
	case "sarama":
		shopify(ctx, bootstrap, topic, codec, count, seen)
	default:
		log.Fatalf("no client %q", client)
	}
	for i := range count {
		if got := seen[fmt.Sprintf("key-%d", i)]; got != fmt.Sprintf("value-%d", i) {
			log.Fatalf("record %d is %q", i, got)
		}
	}
	fmt.Println("ok", codec, count)
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func franz(ctx context.Context, bootstrap, topic, codec string, count int, seen map[string]string) {
	codecs := map[string]kgo.CompressionCodec{
		"none": kgo.NoCompression(), "gzip": kgo.GzipCompression(), "snappy": kgo.SnappyCompression(),
		"lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression(),
	}
	producer, err := kgo.NewClient(kgo.SeedBrokers(bootstrap), kgo.ProducerBatchCompression(codecs[codec]))
	must(err)
	_, err = kadm.NewClient(producer).CreateTopic(ctx, partitions, 1, nil, topic)
	must(err)
	for i := range count {
		producer.Produce(ctx, &kgo.Record{
			Topic: topic, Key: fmt.Appendf(nil, "key-%d", i), Value: fmt.Appendf(nil, "value-%d", i),
			Headers: []kgo.RecordHeader{{Key: "n", Value: []byte(strconv.Itoa(i))}},
		}, func(_ *kgo.Record, err error) { must(err) })
	}
	must(producer.Flush(ctx))
	producer.Close()

	consumer, err := kgo.NewClient(kgo.SeedBrokers(bootstrap), kgo.ConsumeTopics(topic), kgo.ConsumerGroup(topic+"-group"),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.DisableAutoCommit())
	must(err)
	defer consumer.Close()
	for len(seen) < count {
		fetches := consumer.PollFetches(ctx)
		must(fetches.Err())
		fetches.EachRecord(func(record *kgo.Record) {
			if _, twice := seen[string(record.Key)]; twice {
				log.Fatalf("%s came twice", record.Key)
			}
			seen[string(record.Key)] = string(record.Value)
		})
		must(consumer.CommitUncommittedOffsets(ctx))
	}
}

func shopify(ctx context.Context, bootstrap, topic, codec string, count int, seen map[string]string) {
	codecs := map[string]sarama.CompressionCodec{
		"none": sarama.CompressionNone, "gzip": sarama.CompressionGZIP, "snappy": sarama.CompressionSnappy,
		"lz4": sarama.CompressionLZ4, "zstd": sarama.CompressionZSTD,
	}
	config := sarama.NewConfig()
	config.Version = sarama.V2_8_0_0
	config.Producer.Return.Successes = true
	config.Producer.Compression = codecs[codec]
	config.Producer.RequiredAcks = sarama.WaitForAll
	config.Producer.Idempotent = true
	config.Net.MaxOpenRequests = 1
	config.Consumer.Offsets.Initial = sarama.OffsetOldest
	admin, err := sarama.NewClusterAdmin([]string{bootstrap}, config)
	must(err)
	must(admin.CreateTopic(topic, &sarama.TopicDetail{NumPartitions: partitions, ReplicationFactor: 1}, false))
	must(admin.Close())
	producer, err := sarama.NewSyncProducer([]string{bootstrap}, config)
	must(err)
	messages := make([]*sarama.ProducerMessage, count)
	for i := range count {
		messages[i] = &sarama.ProducerMessage{
			Topic: topic, Key: sarama.StringEncoder(fmt.Sprintf("key-%d", i)), Value: sarama.StringEncoder(fmt.Sprintf("value-%d", i)),
		}
	}
	must(producer.SendMessages(messages))
	must(producer.Close())
	group, err := sarama.NewConsumerGroup([]string{bootstrap}, topic+"-group", config)
	must(err)
	ctx, cancel := context.WithCancel(ctx)
	claims := make(chan *sarama.ConsumerMessage)
	go func() {
		for ctx.Err() == nil {
			if err := group.Consume(ctx, []string{topic}, handler{claims}); err != nil {
				log.Fatal(err)
			}
		}
	}()
	for len(seen) < count {
		select {
		case message := <-claims:
			seen[string(message.Key)] = string(message.Value)
		case <-ctx.Done():
			log.Fatalf("read %d of %d: not in time", len(seen), count)
		}
	}
	cancel()
}

type handler struct{ claims chan *sarama.ConsumerMessage }

func (handler) Setup(sarama.ConsumerGroupSession) error   { return nil }
func (handler) Cleanup(sarama.ConsumerGroupSession) error { return nil }
func (h handler) ConsumeClaim(session sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
	for {
		select {
		case message, more := <-claim.Messages():
			if !more {
				return nil
			}
			select {
			case h.claims <- message:
				session.MarkMessage(message, "")
			case <-session.Context().Done():
				return nil
			}
		case <-session.Context().Done():
			return nil
		}
	}
}
