//! An answer that is still coming keeps what `Completion` promises, whatever the
//! provider sends and however it is cut.

use hotcell_sdk::testing::{Cut, Run, Script};
use hotcell_sdk::{
    Assemble, BODY_BYTES, Chat, ChatRequest, Completion, Endpoint, Event, Failure, FailureKind,
    Header, Reply, finished, text, warning,
};

/// Events of this protocol are `end`, `ping`, `error`, `last`, and else text.
#[derive(Default)]
struct Assembly {
    finished: bool,
}

impl Assemble for Assembly {
    fn event(&mut self, name: &str, data: &str, events: &mut Vec<Event>) -> Result<(), Failure> {
        assert!(!self.finished, "an event after the end");
        match name {
            "ping" => {}
            "end" => {
                self.finished = true;
                events.push(finished(0, "stop"));
            }
            "last" => {
                self.finished = true;
                return Err(Failure::new(FailureKind::ProviderError, data));
            }
            "error" => return Err(Failure::new(FailureKind::Overloaded, data)),
            _ => events.push(text(0, 0, data)),
        }
        Ok(())
    }

    fn whole(&mut self, body: &str, events: &mut Vec<Event>) -> Result<(), Failure> {
        if body.starts_with("[") {
            return Err(Failure::new(FailureKind::Overloaded, body));
        }
        events.extend([text(0, 0, body), finished(0, "stop")]);
        Ok(())
    }

    fn has_ended(&self) -> bool {
        self.finished
    }

    fn end(&mut self, _: &mut Vec<Event>) -> Result<(), Failure> {
        match self.finished {
            true => Ok(()),
            false => Err(Failure::malformed("the stream ended before `end`")),
        }
    }
}

/// Warns, whatever it is asked.
struct Adapter;

impl Chat for Adapter {
    type Completion = Reply<Assembly>;

    fn complete(_: ChatRequest) -> Result<Reply<Assembly>, Failure> {
        let response = Endpoint::named("api")?.post("/chat").send()?;
        Reply::begin(response, Assembly::default(), vec!["w".to_owned()])
    }
}

fn script(body: impl Into<Vec<u8>>) -> Script {
    let mut script = Script::new();
    script.answer(200, "text/plain", body);
    script
}

fn run(body: impl Into<Vec<u8>>) -> Run {
    script(body).chat_at_every_cut::<Adapter>(&ChatRequest::user("hi"))
}

/// Only the call itself, without asking for an event.
fn call(body: &str) -> Result<(), Failure> {
    script(body).call(|| Adapter::complete(ChatRequest::user("hi"))).0.map(|_| ())
}

fn failed(run: &Run) -> Option<(FailureKind, &str)> {
    run.failure.as_ref().map(|failure| (failure.kind, failure.message.as_str()))
}

const STREAM: &str = ": hi\r\n\r\ndata: a\u{e9}\r\n\r\nevent: ping\r\ndata:\r\n\r\n\
    data: \u{1f600}\r\n\r\nevent: end\r\ndata:\r\n\r\n";

#[test]
fn any_cut_gives_the_same_answer() {
    let expected = [warning("w"), text(0, 0, "a\u{e9}\u{1f600}"), finished(0, "stop")];
    for lead in ["", "\u{feff}", " \r\n\t", "\u{feff}\n"] {
        let body = format!("{lead}{STREAM}");
        for first in 0..body.len() {
            for second in [first + 1, first + 3, first + 20] {
                let cut = Cut::At(vec![first, second]);
                let run = script(&*body).cut(cut).chat::<Adapter>(ChatRequest::user("hi"));
                assert_eq!(run.failure, None, "{lead:?} cut at {first} and {second}");
                assert_eq!(run.joined(), expected, "{lead:?} cut at {first} and {second}");
            }
        }
        assert_eq!(run(&*body).joined(), expected, "{lead:?}");
    }
}

#[test]
fn the_form_is_told_by_the_first_byte() {
    for lead in ["", "\u{feff}", " \r\n\t", "\u{feff}\n"] {
        let run = run(format!("{lead}{{\"a\": \"\u{e9}\"}}\n"));
        assert_eq!(run.failure, None);
        let expected = [warning("w"), text(0, 0, "{\"a\": \"\u{e9}\"}\n"), finished(0, "stop")];
        assert_eq!(run.events, expected);
    }
}

#[test]
fn events_go_out_when_their_bytes_are_in() {
    let mut script = script("data: a\n\ndata: b\n\ndata: c\n\nevent: end\ndata:\n\n");
    let cut = Cut::At(vec![9, 27]);
    let (batches, _) = script.cut(cut).call(|| {
        let mut reply = Adapter::complete(ChatRequest::user("hi"))?;
        let mut batches = Vec::new();
        while let Some(batch) = reply.next()? {
            batches.push(batch);
        }
        assert_eq!(reply.next()?, None, "the end stays the end");
        Ok(batches)
    });
    let expected = [
        vec![warning("w"), text(0, 0, "a")],
        vec![text(0, 0, "b"), text(0, 0, "c")],
        vec![finished(0, "stop")],
    ];
    assert_eq!(batches, Ok(expected.to_vec()));
}

#[test]
fn an_error_as_the_first_event_fails_the_call() {
    for body in
        ["event: error\ndata: busy\n\n", "event: ping\ndata:\n\nevent: error\ndata: busy\n\n"]
    {
        let failure = call(body).unwrap_err();
        assert_eq!((failure.kind, failure.message.as_str()), (FailureKind::Overloaded, "busy"));
        assert_eq!(run(body).events, [], "no warning of an answer that never began");
    }
    assert_eq!(call("[]").unwrap_err().kind, FailureKind::Overloaded);
}

#[test]
fn an_error_after_events_comes_after_them() {
    let body = "data: a\n\ndata: b\n\nevent: error\ndata: busy\n\ndata: c\n\n";
    assert_eq!(call(body), Ok(()));
    let run = run(body);
    assert_eq!(run.joined(), [warning("w"), text(0, 0, "ab")]);
    assert_eq!(failed(&run), Some((FailureKind::Overloaded, "busy")));
}

#[test]
fn a_failure_is_told_once_and_nothing_is_read_after_it() {
    let (rest, _) = script("data: a\n\nevent: error\ndata: busy\n\ndata: b\n\n").call(|| {
        let mut reply = Adapter::complete(ChatRequest::user("hi"))?;
        Ok((reply.next().is_ok(), reply.next().is_err(), reply.next()))
    });
    assert_eq!(rest, Ok((true, true, Ok(None))));
}

#[test]
fn a_connection_that_breaks_is_told_after_what_came_before() {
    let mut script = script("data: a\n\ndata: b");
    let run = script.broken().chat_at_every_cut::<Adapter>(&ChatRequest::user("hi"));
    assert_eq!(run.text(), "a");
    assert_eq!(run.failure.map(|failure| failure.kind), Some(FailureKind::Unreachable));
}

#[test]
fn a_stream_that_ends_without_its_end_is_an_error() {
    for body in ["data: a\n\n", "data: a\n\nevent: end\n", "data: a\n\nevent: end"] {
        let run = run(body);
        assert_eq!(run.joined(), [warning("w"), text(0, 0, "a")]);
        let expected = (FailureKind::MalformedResponse, "the stream ended before `end`");
        assert_eq!(failed(&run), Some(expected));
    }
}

#[test]
fn an_end_without_its_blank_line_is_an_end() {
    let run = run("data: a\n\nevent: end\ndata:");
    assert_eq!(run.failure, None);
    assert!(run.finished().is_some());
}

#[test]
fn what_comes_after_the_end_is_not_read() {
    for rest in [&b"data: b\n\n"[..], b"event: error\ndata: late\n\n", b"data: \xff\n\n"] {
        let run = run([STREAM.as_bytes(), rest].concat());
        assert_eq!((run.text().as_str(), run.failure), ("a\u{e9}\u{1f600}", None));
    }
    // A connection that stays open and then breaks is not waited for.
    let mut script = script(STREAM);
    assert_eq!(script.broken().chat::<Adapter>(ChatRequest::user("hi")).failure, None);
}

#[test]
fn an_end_that_is_a_failure_is_a_failure() {
    let run = run("data: a\n\nevent: last\ndata: no\n\n");
    assert_eq!(failed(&run), Some((FailureKind::ProviderError, "no")));
}

#[test]
fn what_is_no_answer_is_malformed() {
    let page = "the answer is a web page; the endpoint's address may be wrong";
    for (body, message) in [
        (&b""[..], "the answer is empty"),
        (b" \r\n\xef\xbb\xbf", "the answer is empty"),
        (b"<!doctype html>\xff", page),
        (b"\xef\xbb\xbf\n<html>", page),
        (b"{\"a\":\"\xff\"}", "the answer is not UTF-8"),
        (b"data: \xff\n\n", "the stream is not UTF-8"),
        (b"Internal server error", "the stream ended before `end`"),
    ] {
        let run = run(body);
        assert_eq!(failed(&run), Some((FailureKind::MalformedResponse, message)), "{body:?}");
        assert_eq!(run.events, [], "{body:?}");
    }
}

#[test]
fn what_waits_for_the_end_is_told_with_it_also_before_a_failure() {
    struct Late(Result<(), Failure>);
    impl Assemble for Late {
        fn event(&mut self, _: &str, _: &str, _: &mut Vec<Event>) -> Result<(), Failure> {
            Ok(())
        }
        fn whole(&mut self, _: &str, _: &mut Vec<Event>) -> Result<(), Failure> {
            Ok(())
        }
        fn end(&mut self, events: &mut Vec<Event>) -> Result<(), Failure> {
            events.push(text(0, 0, "late"));
            self.0.clone()
        }
    }
    for result in [Ok(()), Err(Failure::malformed("cut off"))] {
        let (told, _) = script("data: x\n\n").call(|| {
            let response = Endpoint::named("api")?.post("/chat").send()?;
            let mut reply = Reply::begin(response, Late(result.clone()), Vec::new())?;
            Ok((reply.next()?, reply.next()))
        });
        let (first, second) = told.unwrap();
        assert_eq!(first, Some(vec![text(0, 0, "late")]));
        assert_eq!(second, result.map(|()| None));
    }
}

#[test]
fn a_failure_has_the_id_of_its_request() {
    for body in ["data: a\n\nevent: error\ndata: busy\n\n", "data: a\n\n", "", "[]"] {
        let mut script = script(body);
        // A network in between has an id of its own, and is not asked first.
        script.header("cf-ray", "c1").header("x-request-id", "r1");
        let failure = script.chat::<Adapter>(ChatRequest::user("hi")).failure.unwrap();
        assert_eq!(failure.request_id.as_deref(), Some("r1"), "{body:?}");
    }
}

#[test]
fn a_dialect_adds_what_its_headers_tell() {
    #[derive(Debug)]
    struct Own;
    impl Assemble for Own {
        fn event(&mut self, _: &str, _: &str, _: &mut Vec<Event>) -> Result<(), Failure> {
            Ok(())
        }
        fn whole(&mut self, _: &str, _: &mut Vec<Event>) -> Result<(), Failure> {
            Ok(())
        }
        fn end(&mut self, _: &mut Vec<Event>) -> Result<(), Failure> {
            Err(Failure::malformed("never complete"))
        }
        fn annotate(&self, failure: &mut Failure, headers: &[Header]) {
            failure.request_id = headers.last().map(|header| header.value.clone());
        }
    }
    let mut script = script(STREAM);
    script.header("trace", "t1");
    let (failure, _) = script.call(|| {
        let response = Endpoint::named("api")?.post("/chat").send()?;
        Ok(Reply::begin(response, Own, Vec::new()).unwrap_err())
    });
    assert_eq!(failure.unwrap().request_id.as_deref(), Some("t1"));
}

/// Pieces as the wall gives them.
fn pieces(bytes: usize) -> Cut {
    Cut::At((0..bytes).step_by(64 * 1024).collect())
}

#[test]
fn a_whole_answer_without_end_is_too_large() {
    for (bytes, expected) in [(BODY_BYTES, None), (BODY_BYTES + 1, Some(FailureKind::TooLarge))] {
        let mut body = vec![b' '; bytes];
        body[0] = b'{';
        let run = script(body).cut(pieces(bytes)).chat::<Adapter>(ChatRequest::user("hi"));
        assert_eq!(run.failure.map(|failure| failure.kind), expected, "{bytes}");
    }
}

#[test]
fn a_stream_of_one_event_without_end_is_malformed() {
    let mut body = vec![b'x'; 2 * hotcell_sdk::sse::EVENT_BYTES];
    body[..5].copy_from_slice(b"data:");
    let cut = pieces(body.len());
    let run = script(body).cut(cut).chat::<Adapter>(ChatRequest::user("hi"));
    assert_eq!(run.failure.map(|failure| failure.kind), Some(FailureKind::MalformedResponse));
}

/// A protocol of JSON objects, one a line: `"end"` is the last of them.
#[derive(Default)]
struct Lines(Assembly);

impl Assemble for Lines {
    const LINES: bool = true;

    fn event(&mut self, name: &str, line: &str, events: &mut Vec<Event>) -> Result<(), Failure> {
        assert_eq!(name, "");
        match line {
            "\"end\"" => self.0.event("end", "", events),
            "\"error\"" => self.0.event("error", "e", events),
            line => self.0.event("", line, events),
        }
    }

    fn whole(&mut self, body: &str, _: &mut Vec<Event>) -> Result<(), Failure> {
        panic!("{body:?} came in one piece");
    }

    fn has_ended(&self) -> bool {
        self.0.has_ended()
    }

    fn end(&mut self, events: &mut Vec<Event>) -> Result<(), Failure> {
        self.0.end(events)
    }
}

struct OfLines;

impl Chat for OfLines {
    type Completion = Reply<Lines>;

    fn complete(_: ChatRequest) -> Result<Reply<Lines>, Failure> {
        let response = Endpoint::named("api")?.post("/chat").send()?;
        Reply::begin(response, Lines::default(), Vec::new())
    }
}

#[test]
fn objects_one_a_line_are_events_without_a_name() {
    let run = |body: &str| script(body).chat_at_every_cut::<OfLines>(&ChatRequest::user("hi"));
    let expected = [text(0, 0, "{\"a\":\"\u{e9}\"}"), text(0, 0, "[]"), finished(0, "stop")];
    for body in [
        "{\"a\":\"\u{e9}\"}\n[]\n\"end\"",
        "\u{feff}\r\n {\"a\":\"\u{e9}\"}\r\n\r\n[]\r\n\"end\"\r\n",
        // What follows the end is not read, whatever it is.
        "{\"a\":\"\u{e9}\"}\n[]\n\"end\"\n{}\n\"error\"\n",
    ] {
        let run = run(body);
        assert_eq!((&run.events[..], run.failure), (&expected[..], None), "{body:?}");
    }
    let early = run("{}\n");
    assert_eq!(
        failed(&early),
        Some((FailureKind::MalformedResponse, "the stream ended before `end`"))
    );
    let broken = run("{}\n\"error\"\n\"end\"");
    assert_eq!((broken.events.len(), failed(&broken)), (1, Some((FailureKind::Overloaded, "e"))));
    let last = run("{}\n\"error\"");
    assert_eq!((last.events.len(), failed(&last)), (1, Some((FailureKind::Overloaded, "e"))));
    for (body, kind) in
        [("", FailureKind::MalformedResponse), ("<html>", FailureKind::MalformedResponse)]
    {
        assert_eq!(failed(&run(body)).unwrap().0, kind, "{body:?}");
    }
}
