//! Answers that providers keep: whose they are, and where.

/// An answer that a provider keeps, as far as the gateway knows of it. What is in it is at the
/// provider alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Response {
    /// Who asked for it: what their spending is kept under. It is nobody else's.
    pub(crate) owner: String,
    /// The provider's id. Two providers may give the same one to two owners.
    pub(crate) id: String,
    /// The model, as its client called it.
    pub(crate) name: String,
    /// `provider/model` where it was made.
    pub(crate) model: String,
    /// When it was made: seconds since 1970.
    pub(crate) made: u64,
    /// What it used is not known yet, and not in the accounts.
    pub(crate) due: bool,
}

impl Response {
    /// How long it is known, in seconds. OpenAI keeps answers for thirty days
    /// (<https://platform.openai.com/docs/guides/conversation-state>).
    pub(crate) const LIFE: u64 = 30 * 24 * 60 * 60;
    /// Those of one owner that are known, at the most. What is beyond was made longest ago.
    pub(crate) const MOST: u32 = 100_000;
}
