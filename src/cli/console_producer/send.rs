//! The loop of the tool: line in, record out, and a line on stderr for each record that was not written.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::mpsc;

use super::fields::FieldError;
use super::input::{Event, Input, Line};
use super::plan::{Plan, kafka_exception, refused};
use crate::cli::error::{ToolError, class_with_package, log_time};
use crate::cli::output::Output;
use crate::cli::tools::Context;
use crate::client::{ClientError, Delivery, Producer, ProducerRecord};
use crate::io::clock::SystemClock;
use crate::io::spawn::spawn;

/// Blocks of lines whose results are awaited; reading waits for them beyond that. A line that a person typed or pasted is a
/// block of its own, and what they hold is bounded by `buffer.memory`.
const BLOCKS_AWAITED_MAX: usize = 1024;
/// The exit codes of a program that a signal ends.
const TERMINATED: i32 = 128 + 15;
const INTERRUPTED: i32 = 128 + 2;
/// Results that are handed over at once.
const RESULTS_AT_ONCE: usize = 4096;

/// A record that was given its place.
struct Sent {
    delivery: Delivery,
    size: Size,
}

/// What the log line of a failure says of a record.
#[derive(Clone, Copy)]
struct Size {
    key: Option<usize>,
    value: Option<usize>,
}

/// Sends until the input ends, then waits for all results.
pub(super) async fn send_all(plan: &Plan, producer: Producer, context: &mut Context) -> Result<(), ToolError> {
    let failures = Arc::new(Failures { topic: plan.topic.clone(), count: AtomicU64::new(0) });
    let (results, awaited) = mpsc::channel(BLOCKS_AWAITED_MAX);
    let watching = spawn(watch(awaited, Arc::clone(&failures)));
    let interrupted = spawn(on_interrupt(producer.clone()));
    let sent = send_lines(plan, &producer, context, &failures, results).await;
    // What was sent before a bad line is written all the same.
    let closed = producer.close(Duration::MAX).await;
    // It ends with the last result.
    let _ = watching.await;
    interrupted.abort();
    sent?;
    closed?;
    if failures.count.load(Ordering::Relaxed) > 0 && !context.style.is_script() {
        return Err(ToolError::told());
    }
    Ok(())
}

async fn send_lines(
    plan: &Plan,
    producer: &Producer,
    context: &Context,
    failures: &Failures,
    results: mpsc::Sender<Vec<Sent>>,
) -> Result<(), ToolError> {
    let line_max = usize::try_from(plan.producer.max_request_size).unwrap_or(0);
    let mut input = Input::open(line_max)?;
    let mut number = 0_u64;
    let mut sent = Vec::new();
    loop {
        match input.wait()? {
            Event::End => break,
            Event::Interrupted => {
                hand_over(&results, &mut sent).await;
                end_interrupted(producer, INTERRUPTED).await;
            }
            Event::Typed(line) => {
                number += 1;
                let one = send_line(plan, producer, context, failures, Line::Whole(line.as_bytes()), number).await?;
                sent.extend(one);
            }
            Event::Lines => {
                while let Some(line) = input.next() {
                    number += 1;
                    sent.extend(send_line(plan, producer, context, failures, line, number).await?);
                    if sent.len() >= RESULTS_AT_ONCE {
                        hand_over(&results, &mut sent).await;
                    }
                }
            }
        }
        hand_over(&results, &mut sent).await;
    }
    Ok(())
}

async fn hand_over(results: &mpsc::Sender<Vec<Sent>>, sent: &mut Vec<Sent>) {
    if !sent.is_empty() {
        let full = std::mem::replace(sent, Vec::with_capacity(RESULTS_AT_ONCE));
        // The watcher lives until the channel is dropped.
        let _ = results.send(full).await;
    }
}

async fn send_line(
    plan: &Plan,
    producer: &Producer,
    context: &Context,
    failures: &Failures,
    line: Line<'_>,
    number: u64,
) -> Result<Option<Sent>, ToolError> {
    let line = match line {
        Line::Whole(line) => line,
        Line::TooLong(size) => {
            let limit = usize::try_from(plan.producer.max_request_size).unwrap_or(0);
            let error = ClientError::RecordTooLarge { size, limit, property: "max.request.size" };
            let sizes = Size { key: None, value: Some(size) };
            return given_up(plan, context, failures, sizes, error).map(|()| None);
        }
    };
    let parted = plan.fields.part(line, number).map_err(|FieldError(text)| kafka_exception(context, text))?;
    let size = Size { key: parted.key.map(<[u8]>::len), value: parted.value.map(<[u8]>::len) };
    let record = ProducerRecord {
        topic: &plan.topic,
        key: parted.key,
        value: parted.value,
        headers: &parted.headers,
        ..ProducerRecord::default()
    };
    match producer.send(record).await {
        Ok(delivery) if plan.sync => match delivery.done().await {
            Ok(()) => Ok(None),
            Err(error) => given_up(plan, context, failures, size, error).map(|()| None),
        },
        Ok(delivery) => Ok(Some(Sent { delivery, size })),
        Err(error) => given_up(plan, context, failures, size, error).map(|()| None),
    }
}

/// A record was not written: with `--sync` that ends the tool, else it is logged.
fn given_up(
    plan: &Plan,
    context: &Context,
    failures: &Failures,
    size: Size,
    error: ClientError,
) -> Result<(), ToolError> {
    if !plan.sync {
        failures.log(size, &error);
        return Ok(());
    }
    let text = format!("{}: {error}", class_with_package(&error));
    Err(refused(context, "java.util.concurrent.ExecutionException", text))
}

/// Awaits results in the order of the records.
async fn watch(mut blocks: mpsc::Receiver<Vec<Sent>>, failures: Arc<Failures>) {
    while let Some(block) = blocks.recv().await {
        for sent in block {
            if let Err(error) = sent.delivery.done().await {
                failures.log(sent.size, &error);
            }
        }
    }
}

/// Ctrl-C and SIGTERM send what was read and end the tool, as the script's shutdown hook does.
async fn on_interrupt(producer: Producer) {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else { return };
    let code = tokio::select! {
        _ = tokio::signal::ctrl_c() => INTERRUPTED,
        _ = terminate.recv() => TERMINATED,
    };
    end_interrupted(&producer, code).await;
}

async fn end_interrupted(producer: &Producer, code: i32) -> ! {
    producer.flush().await;
    std::process::exit(code)
}

/// Records that were not written.
struct Failures {
    topic: String,
    count: AtomicU64,
}

impl Failures {
    /// Logs one, in the words of Kafka's `ErrorLoggingCallback`.
    fn log(&self, size: Size, error: &ClientError) {
        self.count.fetch_add(1, Ordering::Relaxed);
        let bytes =
            |length: Option<usize>| length.map_or_else(|| "null".to_owned(), |length| format!("{length} bytes"));
        let time = log_time(&SystemClock::new());
        Output::tell(&format!(
            "[{time}] ERROR Error when sending message to topic {} with key: {}, value: {} with error: \
             (org.apache.kafka.clients.producer.internals.ErrorLoggingCallback)\n{}: {error}",
            self.topic,
            bytes(size.key),
            bytes(size.value),
            class_with_package(error),
        ));
    }
}
