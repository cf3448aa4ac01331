//! Time, memory, and whatever else the host has to pay for.

use crate::ask::{self, Endpoint};
use crate::cell::Answer;
use hotcell_sdk::{
    EmbedResponse, Event, FinishReason, Finished, LogLevel, MediaEvent, MediaKind, MediaPart,
    MediaSource, Started, ToolCallStarted, log, setting, text,
};
use std::hint::black_box;
use std::mem;
use std::sync::atomic::{AtomicU32, Ordering};

const MEBIBYTE: usize = 1 << 20;

static NOTE: AtomicU32 = AtomicU32::new(0);

pub(crate) fn state_kept() -> Answer {
    Answer::telling(match NOTE.swap(42, Ordering::Relaxed) {
        0 => "there is no note".to_owned(),
        note => format!("GOT the note {note}"),
    })
}

pub(crate) fn loop_forever() -> Answer {
    loop {
        black_box(());
    }
}

pub(crate) fn loop_in_next() -> Answer {
    let mut first = true;
    Answer::of(move || match mem::take(&mut first) {
        true => Ok(Some(vec![text(0, 0, "one word, ")])),
        false => loop {
            black_box(());
        },
    })
}

pub(crate) fn loop_through_host() -> Answer {
    loop {
        black_box(setting("attempt"));
    }
}

pub(crate) fn recurse() -> Answer {
    fn deeper(depth: u64) -> u64 {
        let here = black_box([depth; 16]);
        if here[0] == u64::MAX { 0 } else { deeper(here[3] + 1) + here[7] }
    }
    Answer::telling(format!("GOT to the bottom: {}", deeper(0)))
}

pub(crate) fn memory_grown() -> Answer {
    let mut taken = 0;
    loop {
        let mut memory: Vec<u8> = Vec::new();
        if memory.try_reserve_exact(MEBIBYTE).is_err() {
            break;
        }
        memory.resize(MEBIBYTE, 1);
        mem::forget(memory);
        taken += 1;
    }
    Answer::telling(format!("took {taken} MiB"))
}

pub(crate) fn memory_exhausted() -> Answer {
    loop {
        mem::forget(black_box(vec![1_u8; MEBIBYTE]));
    }
}

pub(crate) fn memory_left_behind() -> Answer {
    use core::arch::wasm32;
    const PAGES: usize = 64;
    let page = wasm32::memory_grow::<0>(PAGES);
    #[allow(unsafe_code, reason = "fresh pages belong to nobody else yet")]
    // SAFETY: the memory has just been grown by these pages, and the allocator does
    // not know of them.
    let fresh = unsafe { core::slice::from_raw_parts_mut((page << 16) as *mut u8, PAGES << 16) };
    let found = fresh.iter().filter(|byte| **byte != 0).count();
    fresh.fill(0x5e);
    black_box(&fresh);
    Answer::telling(match found {
        0 => "fresh memory is empty".to_owned(),
        _ => format!("GOT {found} bytes of somebody's"),
    })
}

pub(crate) fn endpoints_held() -> Answer {
    for _ in 0..10_000_000 {
        mem::forget(Endpoint::named("api"));
    }
    Answer::telling("GOT ten million endpoints")
}

pub(crate) fn responses_held() -> Answer {
    let mut held = Vec::new();
    loop {
        match ask::send(&ask::request("hello")) {
            Ok(response) => held.push(response),
            Err(failure) => {
                let refusal = ask::refusal(&failure);
                return Answer::telling(format!("held {}, then {refusal}", held.len()));
            }
        }
    }
}

pub(crate) fn calls_made() -> Answer {
    for made in 0.. {
        if let Err(failure) = ask::send(&ask::request("hello")) {
            let refusal = ask::refusal(&failure);
            return Answer::telling(format!("made {made}, then {refusal}"));
        }
    }
    Answer::telling("GOT to the end of numbers")
}

pub(crate) fn request_gigantic() -> Answer {
    let request = ask::Request { body: vec![b' '; 30 * MEBIBYTE], ..ask::request("hello") };
    Answer::telling(ask::line("a gigantic request", ask::send(&request)))
}

pub(crate) fn body_read() -> Answer {
    let response = match ask::send(&ask::request("endless")) {
        Ok(response) => response,
        Err(failure) => return Answer::telling(ask::refusal(&failure)),
    };
    let mut length = 0;
    Answer::telling(loop {
        match response.read(64 * 1024) {
            Ok(Some(bytes)) => length += bytes.len(),
            Ok(None) => break format!("GOT all {length} bytes"),
            Err(failure) => break format!("read {length} bytes, then {}", ask::refusal(&failure)),
        }
    })
}

pub(crate) fn read_twice() -> Answer {
    let length = |model: &str| match ask::send(&ask::request(model)) {
        Ok(response) => {
            let told = ask::told(&response, 64 * 1024);
            told.lines().find(|line| line.contains(" bytes, then ")).unwrap_or("?").to_owned()
        }
        Err(failure) => ask::refusal(&failure),
    };
    Answer::telling([length("hello"), length("echo-key")].join("\n"))
}

fn read_with(limit: u32) -> Answer {
    Answer::telling(match ask::send(&ask::request("hello")) {
        Ok(response) => match response.read(limit) {
            Ok(bytes) => format!("read {} bytes", bytes.unwrap_or_default().len()),
            Err(failure) => ask::refusal(&failure),
        },
        Err(failure) => ask::refusal(&failure),
    })
}

pub(crate) fn read_of_nothing() -> Answer {
    read_with(0)
}

pub(crate) fn read_of_everything() -> Answer {
    read_with(u32::MAX)
}

pub(crate) fn log_flood() -> Answer {
    for number in 0..1_000_000 {
        log(LogLevel::Info, if number % 2 == 0 { "even" } else { "odd" });
    }
    Answer::telling("wrote a million lines")
}

pub(crate) fn log_gigantic() -> Answer {
    log(LogLevel::Error, &"\u{1b}[2J\r\nforged: line\u{7}".repeat(30 * MEBIBYTE / 20));
    Answer::telling("wrote a gigantic line")
}

pub(crate) fn events_without_end() -> Answer {
    Answer::of(|| Ok(Some(vec![text(0, 0, "more, ")])))
}

pub(crate) fn event_gigantic() -> Answer {
    Answer::of(|| Ok(Some(vec![text(0, 0, "x".repeat(30 * MEBIBYTE))])))
}

/// Every event in turn carries its weight where an accountant may not look.
pub(crate) fn events_with_luggage() -> Answer {
    let mut number = 0;
    Answer::of(move || {
        number += 1;
        let choice = number;
        let luggage = || "x".repeat(MEBIBYTE);
        let media = MediaPart {
            kind: MediaKind::Image,
            mime: Some(luggage()),
            source: MediaSource::Url(String::new()),
            name: None,
            cache: None,
            extra: None,
        };
        let call = ToolCallStarted {
            choice,
            index: 0,
            id: String::new(),
            name: String::new(),
            signature: Some(luggage()),
            extra: None,
        };
        let finished =
            Finished { choice, reason: FinishReason::Stop, raw: Some(luggage()), extra: None };
        Ok(Some(vec![match number % 4 {
            0 => Event::Media(MediaEvent { choice, index: 0, part: media }),
            1 => Event::Started(Started {
                id: Some(luggage()),
                model: None,
                created: None,
                extra: None,
            }),
            2 => Event::ToolCallStarted(call),
            _ => Event::Finished(finished),
        }]))
    })
}

pub(crate) fn events_at_once() -> Answer {
    Answer::batches([(0..200_000).map(|number| text(number, 0, "")).collect()])
}

pub(crate) fn embed_gigantic() -> EmbedResponse {
    let vectors = vec![vec![0.5; MEBIBYTE]; 5];
    EmbedResponse { model: None, vectors, usage: None, extra: None }
}
