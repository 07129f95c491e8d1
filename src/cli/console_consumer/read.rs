//! The loop of the tool: poll, print, stop.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::Duration;

use super::plan::{Begin, Plan, Source};
use crate::cli::error::{Kind, ToolError, class_with_package, log_time};
use crate::cli::tools::Context;
use crate::cli::{client_log, reach};
use crate::client::{ClientError, Consumer, ConsumerRecord, ConsumerRecords, Wakeup};
use crate::io::clock::{Clock, SystemClock};
use crate::io::spawn::spawn;
use crate::model::{Offset, TopicPartition};

/// The longest poll; without a timeout polls follow each other.
const POLL: Duration = Duration::from_secs(1);
/// How long the end may take: the last commit, and leaving the group.
const CLOSE: Duration = Duration::from_secs(30);

/// Why reading ended.
enum Ended {
    /// All that was asked for was read, or nothing came for the time that was given.
    Done,
    TimedOut,
    Interrupted,
    /// Nobody reads what is printed.
    Unheard,
    Failed(ClientError),
    /// A record could not be printed.
    Unprintable(String),
}

/// Reads until there is a reason to stop, prints the summary and gives the exit code.
pub(super) async fn read_all(plan: Plan, context: &mut Context) -> Result<(), ToolError> {
    let mut consumer = match open(&plan) {
        Ok(consumer) => consumer,
        Err(error) => return Err(unknown_error(&error, context)),
    };
    reach::resolve(consumer.cluster(), context).map_err(|error| not_made(error, context))?;
    // Only now: what the library says of a name without an address has been said.
    client_log::start(&context.style, "Consumer clientId=console-consumer", plan.timeout);
    let signal = Arc::new(AtomicI32::new(0));
    let interrupts = spawn(on_interrupt(consumer.wakeup(), Arc::clone(&signal)));
    let mut reading = Reading::new(&plan);
    let ended = reading.run(&mut consumer, context).await;
    let told = tell(&ended, context);
    reading.give_back(&consumer);
    // A group that cannot be left in order ends this member by its session.
    let _ = consumer.close(CLOSE).await;
    context.output.error(&format!("Processed a total of {} messages", reading.count));
    interrupts.abort();
    if plan.systest_events {
        context.output.line("shutdown_complete")?;
    }
    let code = signal.load(Ordering::Acquire);
    if code != 0 {
        context.output.flush()?;
        std::process::exit(code);
    }
    told
}

fn open(plan: &Plan) -> Result<Consumer, ClientError> {
    let config = plan.config().map_err(|error| ClientError::Config(error.message))?;
    let mut consumer = Consumer::new(&config)?;
    match &plan.source {
        Source::Topic(topic) => consumer.subscribe(&[topic])?,
        Source::Pattern(pattern) => consumer.subscribe_pattern(pattern)?,
        Source::Partition(partition, begin) => {
            let one = [partition.clone()];
            consumer.assign(&one)?;
            match begin {
                Begin::Earliest => consumer.positions().seek_to_beginning(&one)?,
                Begin::Latest => consumer.positions().seek_to_end(&one)?,
                Begin::At(offset) => consumer.positions().seek(partition, *offset)?,
            }
        }
    }
    Ok(consumer)
}

/// The reading as far as it has come.
struct Reading<'a> {
    plan: &'a Plan,
    clock: SystemClock,
    count: u64,
    /// When the last record came.
    heard: Duration,
    /// For `--until-end`: where each partition ended when it was assigned.
    ends: BTreeMap<TopicPartition, Offset>,
    /// Records of the last poll that were not printed; they are not consumed.
    unread: BTreeMap<TopicPartition, Offset>,
}

impl<'a> Reading<'a> {
    fn new(plan: &'a Plan) -> Reading<'a> {
        let clock = SystemClock::new();
        let heard = clock.elapsed();
        Reading { plan, clock, count: 0, heard, ends: BTreeMap::new(), unread: BTreeMap::new() }
    }

    async fn run(&mut self, consumer: &mut Consumer, context: &mut Context) -> Ended {
        loop {
            if self.plan.max_messages.is_some_and(|most| self.count >= most) {
                return Ended::Done;
            }
            match self.is_at_end(consumer).await {
                Ok(true) => return Ended::Done,
                Ok(false) => {}
                Err(error) => return Ended::Failed(error),
            }
            let silence = self.clock.elapsed().saturating_sub(self.heard);
            let left = self.plan.timeout.map_or(POLL, |timeout| timeout.saturating_sub(silence).min(POLL));
            let records = match consumer.poll(left).await {
                Ok(records) => records,
                Err(ClientError::Wakeup) => return Ended::Interrupted,
                Err(error) => return Ended::Failed(error),
            };
            if records.is_empty() {
                let silence = self.clock.elapsed().saturating_sub(self.heard);
                if self.plan.timeout.is_some_and(|timeout| silence > timeout) {
                    return Ended::TimedOut;
                }
                continue;
            }
            if let Err(ended) = self.print(&records, context) {
                return ended;
            }
            self.heard = self.clock.elapsed();
        }
    }

    fn print(&mut self, records: &ConsumerRecords, context: &mut Context) -> Result<(), Ended> {
        for record in records.iter() {
            let is_over = self.plan.max_messages.is_some_and(|most| self.count >= most);
            if is_over || self.is_behind_end(&record) {
                self.unread.entry(record.topic_partition().clone()).or_insert(record.offset());
                continue;
            }
            self.count += 1;
            if let Err(error) = self.plan.formatter.write(&record, context.output.writer()) {
                self.not_printed(error, context)?;
            }
        }
        context.output.flush().map_err(|error| match error.kind {
            Kind::BrokenPipe => Ended::Unheard,
            _ => Ended::Unprintable(error.message),
        })
    }

    fn not_printed(&self, error: anyhow::Error, context: &mut Context) -> Result<(), Ended> {
        let error = ToolError::from(error);
        match error.kind {
            Kind::BrokenPipe => Err(Ended::Unheard),
            _ if self.plan.skips_errors => {
                log(context, "Error processing message, skipping this message: ", &serialization(&error.message));
                Ok(())
            }
            _ => Err(Ended::Unprintable(serialization(&error.message))),
        }
    }

    fn is_behind_end(&self, record: &ConsumerRecord<'_>) -> bool {
        self.ends.get(record.topic_partition()).is_some_and(|end| record.offset() >= *end)
    }

    /// For `--until-end`: whether every partition has been read up to the end it had.
    async fn is_at_end(&mut self, consumer: &Consumer) -> Result<bool, ClientError> {
        if !self.plan.until_end {
            return Ok(false);
        }
        let assigned = consumer.assignment();
        let new: Vec<TopicPartition> =
            assigned.iter().filter(|partition| !self.ends.contains_key(partition)).cloned().collect();
        if !new.is_empty() {
            self.ends.extend(consumer.end_offsets(&new).await?);
        }
        let positions = consumer.positions();
        let read = |partition: &TopicPartition| {
            let end = self.ends.get(partition).copied().unwrap_or(Offset::MAX);
            positions.get(partition).is_some_and(|position| position >= end)
        };
        Ok(!assigned.is_empty() && assigned.iter().all(read))
    }

    /// Moves positions back to what was not printed, so that an automatic commit does not count it.
    fn give_back(&mut self, consumer: &Consumer) {
        for (partition, offset) in std::mem::take(&mut self.unread) {
            // A partition that went to another member is not ours to commit.
            let _ = consumer.positions().seek(&partition, offset);
        }
    }
}

/// Says why reading ended, where that is worth a word.
fn tell(ended: &Ended, context: &mut Context) -> Result<(), ToolError> {
    const TERMINATING: &str = "Error processing message, terminating consumer process: ";
    let is_script = context.style.is_script();
    match ended {
        Ended::Done | Ended::Interrupted => Ok(()),
        Ended::TimedOut => {
            if is_script {
                log(context, TERMINATING, "org.apache.kafka.common.errors.TimeoutException: null");
            }
            Ok(())
        }
        Ended::Unheard => {
            context.output.error("Unable to write to standard out, closing consumer.");
            Ok(())
        }
        Ended::Failed(error) if is_script => {
            log(context, TERMINATING, &format!("{}: {error}", class_with_package(error)));
            Ok(())
        }
        Ended::Failed(error) => Err(error.clone().into()),
        Ended::Unprintable(text) if is_script => {
            log(context, "Unknown error when running consumer: ", text);
            Err(ToolError::told())
        }
        Ended::Unprintable(text) => Err(ToolError::failed("java.lang.RuntimeException", text.clone())),
    }
}

fn serialization(text: &str) -> String {
    format!("org.apache.kafka.common.errors.SerializationException: {text}")
}

fn unknown_error(error: &ClientError, context: &mut Context) -> ToolError {
    if !context.style.is_script() {
        return match error {
            ClientError::Config(text) => ToolError::argument("", text.clone()),
            other => other.clone().into(),
        };
    }
    let text = format!("{}: {error}", class_with_package(error));
    log(context, "Unknown error when running consumer: ", &text);
    ToolError::told()
}

fn not_made(error: ToolError, context: &mut Context) -> ToolError {
    if !context.style.is_script() {
        return error;
    }
    let made = "org.apache.kafka.common.KafkaException: Failed to construct kafka consumer";
    let text = format!("{made}\nCaused by: {}: {}", error.class(), error.message);
    log(context, "Unknown error when running consumer: ", &text);
    ToolError::told()
}

fn log(context: &mut Context, phrase: &str, cause: &str) {
    let time = log_time(&SystemClock::new());
    context
        .output
        .error(&format!("[{time}] ERROR {phrase} (org.apache.kafka.tools.consumer.ConsoleConsumer)\n{cause}"));
}

/// Ctrl-C and SIGTERM end the poll; a second one ends the program at once.
async fn on_interrupt(wakeup: Wakeup, code: Arc<AtomicI32>) {
    use tokio::signal::unix::{SignalKind, signal};
    const TERMINATED: i32 = 128 + 15;
    const INTERRUPTED: i32 = 128 + 2;
    let (Ok(mut terminate), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        return;
    };
    loop {
        let number = tokio::select! {
            _ = interrupt.recv() => INTERRUPTED,
            _ = terminate.recv() => TERMINATED,
        };
        if code.swap(number, Ordering::AcqRel) != 0 {
            std::process::exit(number);
        }
        wakeup.wake();
    }
}
