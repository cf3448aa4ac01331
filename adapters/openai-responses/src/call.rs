//! A call of a function: its beginning, and its arguments in pieces or as a whole.

use crate::DIALECT;
use crate::tell::Teller;
use hotcell_openai_chat::json::{Members, text};
use hotcell_sdk::{Event, Native, ToolCallStarted};
use std::borrow::Cow;

/// A call so far.
#[derive(Default)]
pub(crate) struct Call {
    /// What its result has to name.
    pub(crate) id: String,
    started: bool,
    /// What came of the arguments before the call's name.
    early: String,
    told: bool,
}

impl Call {
    /// Tells of the call at `part`, once its name is known.
    pub(crate) fn start(&mut self, part: u32, item: &Members<'_>, teller: &mut Teller<'_>) {
        let Some(name) = item.text("name").filter(|_| !self.started) else { return };
        self.id = match item.text("call_id").or(item.text("id")) {
            Some(id) => id.into_owned(),
            None => format!("call_{part}"),
        };
        let about = item.pairs().filter(|(name, value)| match *name {
            "type" | "call_id" | "name" | "arguments" => false,
            "status" => !matches!(*value, "\"completed\"" | "\"in_progress\""),
            _ => *value != "null",
        });
        let about = Members(about.map(|(name, value)| (name.into(), value)).collect());
        self.begin(part, name.into_owned(), about.extra(DIALECT), teller);
    }

    /// Tells of a call whose name never came.
    pub(crate) fn force(&mut self, part: u32, teller: &mut Teller<'_>) {
        if !self.started {
            self.id = format!("call_{part}");
            self.begin(part, String::new(), None, teller);
        }
    }

    fn begin(&mut self, index: u32, name: String, extra: Option<Native>, teller: &mut Teller<'_>) {
        self.started = true;
        let (choice, id, signature) = (0, self.id.clone(), None);
        let started = ToolCallStarted { choice, index, id, name, signature, extra };
        teller.tell(Event::ToolCallStarted(started));
        let early = std::mem::take(&mut self.early);
        if !early.is_empty() {
            teller.text(Event::ToolCallArguments, index, early);
        }
    }

    /// More arguments, or all of them.
    pub(crate) fn arguments(
        &mut self,
        part: u32,
        raw: Option<&str>,
        whole: bool,
        teller: &mut Teller<'_>,
    ) {
        // Some providers give the object itself.
        let object = raw.filter(|raw| raw.starts_with('{')).map(Cow::Borrowed);
        let Some(text) = object.or_else(|| text(raw)) else { return };
        if whole && self.told {
            return;
        }
        self.told = true;
        match self.started {
            true => teller.text(Event::ToolCallArguments, part, text),
            false => self.early.push_str(&text),
        }
    }
}
