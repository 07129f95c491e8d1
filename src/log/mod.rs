//! One partition on disk, in exactly Kafka's files: segments and their indexes, producers, epochs, recovery, retention;
//! and the log directories that hold the partitions.
//!
//! Every call here blocks on the disk; who must not block calls from elsewhere. Time comes in as an argument. The room
//! knows nothing of leaders and followers: it appends what it is given and reads up to the bound that it is told.
//!
//! Invariants: a published byte is part of a whole batch; offsets ascend; an index is never believed unchecked; nothing is
//! written, synced or renamed in a log directory that has failed; a sync that failed is never tried again.

mod append;
mod batch_scan;
mod checkpoint;
mod config;
mod dirs;
mod dirs_error;
mod epoch_cache;
mod epochs;
mod error;
mod flush;
mod health;
mod index_file;
mod leftovers;
#[expect(clippy::module_inception, reason = "the noun of the file is the noun of the room")]
mod log;
mod log_dir;
mod markers;
mod meta_properties;
mod offset_index;
pub mod partition_dir;
mod place;
mod producer_entry;
mod producer_snapshot;
mod producer_staging;
mod producer_state;
mod read;
mod recovery;
mod removal;
mod replay;
mod retention;
mod roll;
mod segment;
mod snapshots;
#[cfg(test)]
mod tests;
mod time_index;
mod times;
mod topic_id;
mod truncate;
mod txn_index;

pub use append::{Append, Appended, Origin};
pub use checkpoint::{CheckpointError, EpochEntry, Offsets};
pub use config::LogConfig;
pub use dirs::{Create, Dirs, Loaded, OpenDirs};
pub use dirs_error::DirsError;
pub use epoch_cache::{EpochCache, EpochEnd};
pub use error::LogError;
pub use health::Health;
pub use log::{LastStop, Log, Open};
pub use log_dir::{CleanMark, LogDir};
pub use meta_properties::{MetaProperties, MetaPropertiesError};
pub use producer_entry::{ProducerBatch, ProducerEntry, ProducerError};
pub use producer_snapshot::{SnapshotError, SnapshotProducer, decode_snapshot};
pub use read::{Fetched, MinOne, Read};
pub use times::TimedOffset;
pub use txn_index::AbortedTxn;
