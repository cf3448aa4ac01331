use super::Sent;
use crate::{Delta, Event, Failure, Finished, Usage};

/// What an adapter did.
#[derive(Clone, Debug)]
pub struct Run {
    /// Its events.
    pub events: Vec<Event>,
    /// Why it stopped, if it failed.
    pub failure: Option<Failure>,
    /// The requests that it sent.
    pub requests: Vec<Sent>,
    /// The lines that it logged.
    pub log: Vec<String>,
}

impl Run {
    /// All text of the first choice.
    pub fn text(&self) -> String {
        self.told(|event| match event {
            Event::Text(delta) => Some(delta),
            _ => None,
        })
    }

    /// All reasoning of the first choice.
    pub fn reasoning(&self) -> String {
        self.told(|event| match event {
            Event::Reasoning(delta) => Some(delta),
            _ => None,
        })
    }

    /// How the first choice ended, if it did.
    pub fn finished(&self) -> Option<&Finished> {
        self.events.iter().find_map(|event| match event {
            Event::Finished(finished) if finished.choice == 0 => Some(finished),
            _ => None,
        })
    }

    /// The last report of usage.
    pub fn usage(&self) -> Option<&Usage> {
        self.events.iter().rev().find_map(|event| match event {
            Event::Usage(usage) => Some(usage),
            _ => None,
        })
    }

    /// Every warning.
    pub fn warnings(&self) -> Vec<&str> {
        let warnings = self.events.iter().filter_map(|event| match event {
            Event::Warning(warning) => Some(warning.as_str()),
            _ => None,
        });
        warnings.collect()
    }

    fn told(&self, of: impl Fn(&Event) -> Option<&Delta>) -> String {
        let deltas = self.events.iter().filter_map(of);
        deltas.filter(|delta| delta.choice == 0).map(|delta| delta.text.as_str()).collect()
    }

    /// The events with neighbouring pieces of one thing put together, so that runs
    /// with different cuts can be compared.
    pub fn joined(&self) -> Vec<Event> {
        let mut joined: Vec<Event> = Vec::new();
        for event in &self.events {
            match (joined.last_mut(), event) {
                (Some(Event::Text(last)), Event::Text(next))
                | (Some(Event::Reasoning(last)), Event::Reasoning(next))
                | (Some(Event::Refusal(last)), Event::Refusal(next))
                | (Some(Event::Signature(last)), Event::Signature(next))
                | (Some(Event::RedactedReasoning(last)), Event::RedactedReasoning(next))
                | (Some(Event::ToolCallArguments(last)), Event::ToolCallArguments(next))
                    if (last.choice, last.index) == (next.choice, next.index) =>
                {
                    last.text.push_str(&next.text);
                }
                _ => joined.push(event.clone()),
            }
        }
        joined
    }
}
