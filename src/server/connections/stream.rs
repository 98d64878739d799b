//! Counts the bytes of one connection; reading waits for memory while a large part of a head is unfinished.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};
use tokio_util::sync::PollSemaphore;

use super::{LARGEST_HEAD, activity::Activity, memory::RequestMemory};

/// The bytes of a head that are read without reserved memory: more than most heads have, and the smallest size of a
/// buffer.
pub(super) const UNRESERVED: usize = 8 * 1024;

/// The stream of a connection, below TLS.
#[derive(Debug)]
pub(super) struct MeteredStream {
    stream: TcpStream,
    activity: Arc<Activity>,
    memory: RequestMemory,
    waiting: Option<PollSemaphore>,
}

impl MeteredStream {
    pub(super) fn new(stream: TcpStream, activity: Arc<Activity>, memory: RequestMemory) -> Self {
        Self { stream, activity, memory, waiting: None }
    }

    fn poll_memory(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let reserved = match self.memory.try_reserve(LARGEST_HEAD, self.activity.signed_in) {
            Some(reserved) => reserved,
            None => {
                let waiting = self.waiting.get_or_insert_with(|| self.memory.waiting());
                let bytes = u32::try_from(LARGEST_HEAD).unwrap_or(u32::MAX);
                ready!(waiting.poll_acquire_many(context, bytes)).ok_or_else(|| io::Error::other("no memory for heads"))?
            }
        };
        self.waiting = None;
        self.activity.reserve(reserved);
        Poll::Ready(Ok(()))
    }

    fn written(&self, outcome: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match outcome {
            Poll::Pending => self.activity.write_waits(),
            Poll::Ready(_) => self.activity.wrote(),
        }
        outcome
    }
}

impl AsyncRead for MeteredStream {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.activity.needs_memory() {
            ready!(self.poll_memory(context))?;
        }
        let before = buffer.filled().len();
        let outcome = Pin::new(&mut self.stream).poll_read(context, buffer);
        self.activity.received(buffer.filled().len() - before);
        outcome
    }
}

impl AsyncWrite for MeteredStream {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.written(outcome)
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write_vectored(context, bytes);
        self.written(outcome)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
