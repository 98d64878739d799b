//! The file of a document outside the database, and the turn of those who need all of its bytes at once.

use tokio::sync::Semaphore;

use super::DocumentMedia;
use crate::{
    core::{Error, Result},
    server::spool::{self, Spool},
};

/// The files whose bytes are all in memory at the same time. Each takes its size (`document_limit`, usually 20 MB), a picture that is cleaned
/// twice that, and one that is drawn up to 128 MB more (`redraw`).
const AT_ONCE: usize = 1;
/// The turns.
static TURN: Semaphore = Semaphore::const_new(AT_ONCE);

/// The file of a new document: what is kept of the file that was sent.
#[derive(Clone, Debug)]
pub struct DocumentFile {
    pub media: DocumentMedia,
    pub spool: Spool,
}

impl DocumentFile {
    /// Creates the file of bytes that are in memory already.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn of(media: DocumentMedia, bytes: &[u8]) -> Result<Self> {
        let spool = Spool::of(bytes, &std::env::temp_dir()).map_err(spool::failed)?;
        Ok(Self { media, spool })
    }
}

/// Works with all bytes of a file, away from the threads that serve requests, when its turn has come.
///
/// # Errors
/// When the disk refuses.
pub(super) async fn with_whole<T: Send + 'static>(file: &Spool, work: impl FnOnce(&[u8]) -> T + Send + 'static) -> Result<T> {
    let turn = TURN.acquire().await.map_err(|_| Error::Busy)?;
    let file = file.clone();
    let work = tokio::task::spawn_blocking(move || {
        let done = file.whole().map(|bytes| work(&bytes));
        // A request that is given up leaves the turn when its bytes are gone.
        drop(turn);
        done
    });
    work.await.map_err(|error| Error::internal("a file was not worked on", &error))?.map_err(spool::failed)
}
