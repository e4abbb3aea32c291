use std::io::Read;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

/// What a process writes to one of its streams, read as it comes so that the process never waits.
#[derive(Default)]
pub(super) struct Captured {
    bytes: Arc<Mutex<Vec<u8>>>,
    reader: Mutex<Option<JoinHandle<()>>>,
}

impl Captured {
    /// Reads the stream in a thread of its own until it ends.
    pub(super) fn follow(&self, stream: Option<impl Read + Send + 'static>) {
        let Some(mut stream) = stream else { return };
        let bytes = Arc::clone(&self.bytes);
        let reader = std::thread::spawn(move || {
            let mut chunk = [0; 4096];
            while let Ok(length @ 1..) = stream.read(&mut chunk) {
                let mut bytes = bytes.lock().unwrap_or_else(PoisonError::into_inner);
                bytes.extend_from_slice(&chunk[..length]);
            }
        });
        *self.reader.lock().unwrap_or_else(PoisonError::into_inner) = Some(reader);
    }

    /// Waits until all that an ended process wrote has been read.
    pub(super) fn finish(&self) {
        let reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(reader) = reader {
            drop(reader.join());
        }
    }

    /// What was written so far.
    pub(super) fn text(&self) -> String {
        let bytes = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}
