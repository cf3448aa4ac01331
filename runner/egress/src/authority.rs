//! The wall as a word to search for: whatever reads a secret, resolves a name or
//! opens a socket takes an [`Authority`], and only this crate can make one.

/// The right to use what belongs to the process: its secrets and its network.
#[derive(Debug)]
pub struct Authority(());

impl Authority {
    /// Takes the right. To see who does, search for this name.
    pub(crate) const fn of_the_process() -> Self {
        Self(())
    }
}
