//! Whether a log directory still works. It fails once and for all of its partitions: after a failed write or sync nobody
//! knows what its files hold, so they are not touched before a restart has recovered them.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use super::error::LogError;

/// Whether a log directory still works.
#[derive(Debug)]
pub struct Health {
    directory: PathBuf,
    failure: OnceLock<Arc<str>>,
}

impl Health {
    /// A directory that works.
    #[must_use]
    pub fn of(directory: &Path) -> Arc<Health> {
        Arc::new(Health { directory: directory.to_owned(), failure: OnceLock::new() })
    }

    /// The log directory.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// What failed first, if anything did.
    #[must_use]
    pub fn failure(&self) -> Option<&Arc<str>> {
        self.failure.get()
    }

    /// An error where the directory has failed.
    pub(super) fn check(&self) -> Result<(), LogError> {
        self.failure.get().map_or(Ok(()), |cause| Err(self.offline(cause)))
    }

    fn offline(&self, cause: &Arc<str>) -> LogError {
        LogError::Offline { path: self.directory.clone(), cause: cause.clone() }
    }

    /// Takes the directory offline for good; the error says why it is.
    pub(super) fn fail(&self, error: &LogError) -> LogError {
        if let LogError::Offline { .. } = error {
            return error.clone();
        }
        let mut is_first = false;
        let cause = self.failure.get_or_init(|| {
            is_first = true;
            error.to_string().into()
        });
        if is_first {
            tracing::error!(log_dir = %self.directory.display(), %cause, "log directory failed and is offline");
        }
        self.offline(cause)
    }

    /// The result of an operation that changes files: a failure of the disk takes the directory offline. A full disk and
    /// what the caller did wrong do not.
    pub(super) fn judge<T>(&self, result: Result<T, LogError>) -> Result<T, LogError> {
        result.map_err(|error| if error.is_disk_failure() { self.fail(&error) } else { error })
    }
}
