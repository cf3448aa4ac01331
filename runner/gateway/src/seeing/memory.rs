//! How much memory the process has.

#[cfg(target_os = "linux")]
use std::{fs::File, os::unix::fs::FileExt};

/// Where the system says it. It is opened before the process confines itself, since it could not
/// be later.
pub(crate) struct Memory {
    #[cfg(target_os = "linux")]
    status: Option<File>,
}

impl Memory {
    pub(super) fn open() -> Self {
        Self {
            #[cfg(target_os = "linux")]
            status: File::open("/proc/self/status").ok(),
        }
    }

    /// Resident bytes; none where the system does not say.
    #[cfg(target_os = "linux")]
    pub(crate) fn bytes(&self) -> Option<u64> {
        let mut text = [0; 4096];
        let read = self.status.as_ref()?.read_at(&mut text, 0).ok()?;
        let text = std::str::from_utf8(&text[..read]).ok()?;
        let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
        Some(kib * 1024)
    }

    /// The same where nobody says it.
    #[cfg(not(target_os = "linux"))]
    #[expect(clippy::unused_self, reason = "Linux has something to ask")]
    pub(crate) fn bytes(&self) -> Option<u64> {
        None
    }
}
