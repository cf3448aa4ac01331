//! Writing transcripts down.

use super::{Content, Exchange, Outline, Read, Sent, Transcript};
use crate::limits;
use crate::private;
use crate::types::{Failure, FailureKind};
use cap_std::fs::{Dir, OpenOptions};
use hotcell_egress::Egress;
use hotcell_manifest::Digest;
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

/// A folder that transcripts are written to, which is this user's alone.
#[derive(Clone, Debug)]
pub(crate) struct Transcripts {
    directory: Arc<Dir>,
    content: Content,
}

impl Transcripts {
    pub(crate) fn at(directory: &Path, content: Content) -> io::Result<Self> {
        Ok(Self { directory: Arc::new(private::open(directory)?), content })
    }

    /// Begins a transcript. What its answer and its exchanges are comes later.
    pub(crate) fn begin(&self, mut transcript: Transcript, egress: Egress) -> Recorder {
        transcript.timing.at = humantime::format_rfc3339_millis(SystemTime::now()).to_string();
        Recorder {
            transcripts: self.clone(),
            egress,
            transcript,
            room: Room(limits::TRANSCRIPT_BYTES),
            started: Instant::now(),
        }
    }

    /// Writes beside and renames: a transcript is there whole, or not at all.
    fn write(&self, transcript: &Transcript) -> io::Result<Digest> {
        let time = transcript.timing.at.replace(':', "-");
        let name = format!("{time}-{}.json", transcript.request_id);
        let beside = format!(".{name}");
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        cap_std::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = BufWriter::new(self.directory.open_with(&beside, &options)?);
        // What is not kept never reaches the disk.
        let digest = match Outline::of(transcript, self.content)? {
            None => write(file, transcript),
            Some(outline) => write(file, &outline),
        }?;
        self.directory.rename(&beside, &self.directory, &name)?;
        Ok(digest)
    }
}

/// Writes something as JSON, and gives the digest of the file.
fn write<W: Write>(file: W, what: &impl Serialize) -> io::Result<Digest> {
    let mut file = Digested { file, digest: Sha256::new() };
    serde_json::to_writer_pretty(&mut file, what)?;
    file.write_all(b"\n")?;
    file.flush()?;
    Ok(Digest::from(<[u8; 32]>::from(file.digest.finalize())))
}

/// A file whose digest is known when it is written.
struct Digested<W> {
    file: W,
    digest: Sha256,
}

impl<W: Write> Write for Digested<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.digest.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Writes along while a cell works, and keeps it when the cell is gone.
pub(crate) struct Recorder {
    transcripts: Transcripts,
    /// Whose audit log tells the transcript's digest.
    egress: Egress,
    pub(crate) transcript: Transcript,
    room: Room,
    started: Instant,
}

impl Recorder {
    /// Writes a request down, before it is sent.
    ///
    /// # Errors
    /// Where the transcript is full: what is not written down does not happen.
    pub(crate) fn request(&mut self, request: Sent) -> Result<usize, Failure> {
        let headers = request.headers.iter().map(|(name, value)| name.len() + value.len());
        let bytes = request.path.len() + headers.sum::<usize>() + request.body.0.len();
        self.room.take(bytes + size_of::<Exchange>())?;
        let exchanges = &mut self.transcript.exchanges;
        exchanges.push(Exchange {
            request,
            failure: None,
            status: None,
            headers: Vec::new(),
            reads: Vec::new(),
        });
        Ok(exchanges.len() - 1)
    }

    /// Writes down what a read of a response gave.
    ///
    /// # Errors
    /// Where the transcript is full.
    pub(crate) fn read(&mut self, number: usize, read: Read) -> Result<(), Failure> {
        let bytes = if let Read::Bytes(bytes) = &read { bytes.0.len() } else { 0 };
        self.room.take(bytes + size_of::<Read>())?;
        if let Some(exchange) = self.transcript.exchanges.get_mut(number) {
            exchange.reads.push(read);
        }
        Ok(())
    }
}

/// The bytes that a transcript still has room for.
struct Room(usize);

impl Room {
    fn take(&mut self, bytes: usize) -> Result<(), Failure> {
        let left = self.0.checked_sub(bytes);
        // Once full it stays full, so that nothing small is written behind a gap.
        self.0 = left.unwrap_or(0);
        left.map(|_| ()).ok_or_else(|| {
            let most = limits::TRANSCRIPT_BYTES;
            let message =
                format!("the transcript of this request has {most} bytes, the most it may");
            Failure::new(FailureKind::TooLarge, message)
        })
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.transcript.timing.duration_ms = self.started.elapsed().as_millis() as u64;
        let Transcript { request_id, provider, adapter, digest, .. } = &self.transcript;
        let kept = self.transcripts.write(&self.transcript).map_err(|error| error.to_string());
        let noted = kept.and_then(|transcript| {
            let noted = self.egress.recorded(request_id, provider, adapter, *digest, transcript);
            noted.map_err(|error| error.to_string())
        });
        if let Err(error) = noted {
            tracing::error!(target: "hotcell::audit", %error, %request_id, "the transcript of a request is missing");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transcript_has_room_for_so_much_and_is_full_then() {
        let mut room = Room(10);
        room.take(4).expect("there is room");
        room.take(6).expect("there is room");
        let failure = room.take(1).expect_err("it is full");
        assert_eq!(failure.kind, FailureKind::TooLarge);
        let mut room = Room(10);
        room.take(11).expect_err("it is more than there is room for");
        room.take(1).expect_err("nothing stands behind a gap");
    }
}
